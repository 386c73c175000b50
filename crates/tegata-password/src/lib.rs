//! Argon2id behind an admission gate, and the lists of passwords that nobody may choose.
//!
//! [`Argon2Hasher`] is the [`tegata_core::password::PasswordHasher`]; [`CommonPasswords`], [`BreachedList`] and
//! [`Blocklists`] are the [`tegata_core::password::Blocklist`]s.

mod blocklists;
mod breached_list;
mod common_passwords;
mod gate;
mod hasher;
mod memory;
mod params;
mod pepper;
mod priority;
mod scheme;
mod stored_hash;

pub use blocklists::Blocklists;
pub use breached_list::{BreachedList, BreachedListError};
pub use common_passwords::CommonPasswords;
pub use hasher::{Argon2Hasher, Argon2Settings, HasherStats};
pub use params::Argon2Params;
pub use pepper::Pepper;

/// Why a hasher was not made.
#[derive(Debug, thiserror::Error)]
pub enum Argon2Error {
    /// The parameters are weaker than each of OWASP's.
    #[error(
        "argon2id parameters are too weak: at least 19456 KiB with 2 iterations, or 47104 with 1, 12288 with 3, \
         9216 with 4, 7168 with 5"
    )]
    WeakParams,
    /// One login would take the machine.
    #[error("argon2id parameters are too costly: at most 1048576 KiB, 64 iterations and a parallelism of 16")]
    CostlyParams,
    /// Argon2 needs eight blocks for each lane.
    #[error("argon2id needs at least 8 KiB for each degree of parallelism")]
    TooManyLanes,
    /// The pepper could be guessed.
    #[error("a pepper must have at least 32 bytes")]
    ShortPepper,
    /// The operating system gave no thread.
    #[error("no thread to hash passwords in")]
    Thread(#[source] std::io::Error),
}
