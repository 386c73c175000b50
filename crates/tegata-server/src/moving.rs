//! Moving house: everything that is remembered of users, sessions and keys, in one file, from any store to any other.
//!
//! The file is JSON Lines. The first line says what it is, the second holds the signing keys, then comes each user with
//! their sessions behind them, and the last line counts them and authenticates all that stands before it:
//!
//! ```text
//! {"format":"tegata export","version":1,"issuer":"https://id.example.org","as_of":"2026-11-24T12:00:00Z","transfer_key":"…"}
//! {"key_set":{"version":3,"root_secret":"…","keys":[…]}}
//! {"user":{"user_id":"…","username":"alice",…}}
//! {"session":{"user_id":"…","session_id":"…",…}}
//! {"end":{"users":1,"sessions":1,"mac":"…"}}
//! ```
//!
//! It is a function of the store, the instant and the transfer key: users stand in the order of their ids, sessions in the
//! order of theirs, and the keys are sealed alike each time. So an export of the new place can be compared with that of
//! the old one, byte for byte. Only a few users are in memory at a time, however many there are.
//!
//! Counters of attempts stay behind (docs/adr/0018).

mod export;
mod import;
mod reader;
mod record;
mod transfer_key;
mod writer;

pub(crate) use export::{Export, ExportError, export};
pub(crate) use import::{Import, ImportError, Imported, import};
pub(crate) use reader::{Checked, Reader, Refusal};
pub(crate) use record::Header;
pub(crate) use transfer_key::TransferKey;

#[cfg(test)]
mod tests;
