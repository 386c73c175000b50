//! The audit log: a file of JSON lines, each chained to the one before it by an HMAC.
//!
//! Whoever changes, removes, inserts or reorders lines without the master key breaks the chain, and [`verify`] says
//! where. The last lines could be cut off without breaking it, so the newest line is also noted, under a MAC of its own,
//! in a small file beside the log (the *head*). Both files together could be replaced by older copies of both: against
//! that helps only a head that was kept elsewhere.

mod chain;
mod file;
mod writer;

use aws_lc_rs::hmac;
use tegata_core::master_key::MasterKey;

pub(crate) use chain::{Break, Head, Verified, verify};
pub(crate) use file::head_path;
pub(crate) use writer::FileAuditLog;

/// The key that chains the audit log of an installation.
pub(crate) fn audit_key(master_key: &MasterKey) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, master_key.purpose_key("tegata audit log").as_slice())
}
