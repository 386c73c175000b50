//! Hashes as they are stored: PHC strings of argon2id, and no other function.

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash as Phc, Salt};
use argon2::{ARGON2ID_IDENT, Params, Version};
use tegata_core::password::PasswordHash;

use crate::Argon2Params;

/// The length of a new salt, in bytes (RFC 9106 §3.1).
pub(crate) const SALT_LEN: usize = 16;
/// The length of a new hash, in bytes.
pub(crate) const OUTPUT_LEN: usize = 32;
/// The shortest hash that is compared, in bytes: another password gives the same one by chance in 1 of 2^128 tries.
const MIN_OUTPUT_LEN: usize = 16;

/// What a stored hash may cost at most: it can come from an import, and one line of it shall not take the machine.
/// The usual parameters of other programs (64 MiB, 3 or 4 passes, 4 lanes) are within.
const MAX_MEMORY_KIB: u32 = 64 * 1024;
const MAX_MEMORY_KIB_PASSES: u64 = 4 * 64 * 1024;
const MAX_PARALLELISM: u32 = 16;

/// Why a stored hash is of no use. The texts go to the log and hold nothing of the hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unusable {
    #[error("it is not a PHC string")]
    NotPhc,
    #[error("it is not argon2id")]
    OtherFunction,
    #[error("its version of argon2 is unknown")]
    UnknownVersion,
    #[error("its parameters cannot be read")]
    Params,
    #[error("its parameters cost more than is allowed")]
    TooCostly,
    #[error("it has no salt or no hash of at least 16 bytes")]
    TooShort,
}

/// A stored hash, read and found fit to be computed.
#[derive(Clone)]
pub(crate) struct StoredHash {
    pub(crate) version: Version,
    pub(crate) params: Params,
    pub(crate) salt: Salt,
    pub(crate) output: Output,
}

impl StoredHash {
    /// Reads a PHC string that costs no more than the bounds of this module, or than `today`'s parameters.
    pub(crate) fn parse(hash: &PasswordHash, today: Argon2Params) -> Result<Self, Unusable> {
        let phc = Phc::new(hash.as_phc()).map_err(|_| Unusable::NotPhc)?;
        if phc.algorithm != ARGON2ID_IDENT {
            return Err(Unusable::OtherFunction);
        }
        // A PHC string without a version is of 1.0, the one before RFC 9106.
        let version = phc.version.map_or(Ok(Version::V0x10), Version::try_from);
        let version = version.map_err(|_| Unusable::UnknownVersion)?;
        let params = Params::try_from(&phc).map_err(|_| Unusable::Params)?;
        let passes = |memory: u32, iterations: u32| u64::from(memory) * u64::from(iterations);
        if params.m_cost() > MAX_MEMORY_KIB.max(today.memory_kib())
            || params.p_cost() > MAX_PARALLELISM
            || passes(params.m_cost(), params.t_cost())
                > MAX_MEMORY_KIB_PASSES.max(passes(today.memory_kib(), today.iterations()))
        {
            return Err(Unusable::TooCostly);
        }
        let (Some(salt), Some(output)) = (phc.salt, phc.hash) else { return Err(Unusable::TooShort) };
        if output.len() < MIN_OUTPUT_LEN {
            return Err(Unusable::TooShort);
        }
        Ok(Self { version, params, salt, output })
    }

    /// The PHC string; `None` when the parameters do not fit into one.
    pub(crate) fn to_phc(&self) -> Option<PasswordHash> {
        let phc = Phc {
            algorithm: ARGON2ID_IDENT,
            version: Some(self.version.into()),
            params: ParamsString::try_from(&self.params).ok()?,
            salt: Some(self.salt),
            hash: Some(self.output),
        };
        Some(PasswordHash::from_phc(phc.to_string()))
    }

    /// Whether it would be made in the same way with these parameters.
    pub(crate) fn is_as(&self, today: &Params) -> bool {
        self.version == Version::V0x13
            && self.params.m_cost() == today.m_cost()
            && self.params.t_cost() == today.t_cost()
            && self.params.p_cost() == today.p_cost()
            && self.params.keyid() == today.keyid()
            && self.params.data().is_empty()
            && self.salt.len() >= SALT_LEN
            && self.output.len() == OUTPUT_LEN
    }
}
