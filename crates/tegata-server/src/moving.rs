//! Moving house: everything that is remembered of users, sessions, clients and keys, in one file, from any store to any other.
//!
//! The file is JSON Lines. The first line says what it is, the second holds the signing keys, then come the OAuth clients, then
//! each user with their consents and their sessions behind them, and the last line counts them and authenticates all that stands
//! before it:
//!
//! ```text
//! {"format":"tegata export","version":3,"issuer":"https://id.example.org","as_of":"2026-11-24T12:00:00Z","transfer_key":"…"}
//! {"key_set":{"version":3,"root_secret":"…","keys":[…]}}
//! {"client":{"client_id":"app","version":1,…}}
//! {"user":{"user_id":"…","username":"alice",…}}
//! {"consent":{"user_id":"…","client_id":"app","terms":{"scope":"openid",…}}}
//! {"session":{"user_id":"…","session_id":"…",…}}
//! {"end":{"users":1,"sessions":1,"clients":1,"consents":1,"mac":"…"}}
//! ```
//!
//! It is a function of the store, the instant and the transfer key: clients stand in the order of their names, users and sessions
//! in the order of their ids, consents in that of their clients, and the keys are sealed alike each time. So an export of the
//! new place can be compared with that of the old one, byte for byte. Only a few users are in memory at a time, however many
//! there are.
//!
//! A file of version 1 has no clients, no consents and no grants, and one of version 2 knows of a user no more than name, language
//! and e-mail address. They are read; none is written.
//!
//! Counters of attempts stay behind, and so does what lives for minutes: codes, pushed requests, notices of logouts
//! (docs/adr/0018).

mod export;
mod import;
mod reader;
mod record;
mod transfer_key;
mod writer;

pub(crate) use export::{Export, ExportError, export};
pub(crate) use import::{Import, ImportError, Imported, import};
pub(crate) use reader::{Checked, Reader, Refusal};
pub(crate) use record::{Counts, Header};
pub(crate) use transfer_key::TransferKey;

#[cfg(test)]
mod tests;
