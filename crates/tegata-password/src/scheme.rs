//! How passwords are hashed today, and how they are verified.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::phc::{Output, Salt};
use argon2::{Algorithm, Argon2, Params, ParamsBuilder, Version};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use tegata_core::entropy::Entropy;
use tegata_core::password::{HashError, Password, PasswordHash, Verification};
use zeroize::Zeroizing;

use crate::memory::Memory;
use crate::stored_hash::{OUTPUT_LEN, SALT_LEN, StoredHash};
use crate::{Argon2Error, Argon2Params, Pepper};

/// What an unknown user is verified against: the work is that of any other, and no answer is right.
const NOBODYS_SALT: [u8; SALT_LEN] = *b"no such password";

/// Today's function: Argon2id 1.3 with these parameters and this pepper.
pub(crate) struct Scheme {
    today: Argon2Params,
    params: Params,
    pepper: Option<Pepper>,
    entropy: Arc<dyn Entropy>,
    /// How often Argon2 has run.
    runs: AtomicU64,
}

impl Scheme {
    pub(crate) fn new(
        today: Argon2Params,
        pepper: Option<Pepper>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, Argon2Error> {
        let mut params = ParamsBuilder::new();
        params.m_cost(today.memory_kib()).t_cost(today.iterations()).p_cost(today.parallelism());
        params.output_len(OUTPUT_LEN);
        if let Some(pepper) = &pepper {
            params.keyid(pepper.key_id());
        }
        let params = params.build().map_err(|_| Argon2Error::TooManyLanes)?;
        Ok(Self { today, params, pepper, entropy, runs: AtomicU64::new(0) })
    }

    /// How often Argon2 has run.
    pub(crate) fn runs(&self) -> u64 {
        self.runs.load(Ordering::Relaxed)
    }

    /// The blocks of 1 KiB that one hash needs.
    pub(crate) fn block_count(&self) -> usize {
        self.params.block_count()
    }

    /// Hashes a new password, with a new salt.
    pub(crate) fn hash(&self, password: &Password, memory: &mut Memory) -> Result<PasswordHash, HashError> {
        let mut salt = [0; SALT_LEN];
        self.entropy.fill(&mut salt).map_err(|error| {
            tracing::error!(%error, "no salt for a password");
            HashError::Failed
        })?;
        let output = self.run(Version::V0x13, &self.params, OUTPUT_LEN, &salt, password, memory)?;
        let (Ok(salt), Ok(output)) = (Salt::new(&salt), Output::new(&output)) else {
            return Err(HashError::Failed);
        };
        let stored = StoredHash { version: Version::V0x13, params: self.params.clone(), salt, output };
        stored.to_phc().ok_or(HashError::Failed)
    }

    /// Verifies a password, and hashes it anew when its hash is not as today's are.
    ///
    /// Without a hash, one hash is computed all the same, so that an unknown user takes the time of a known one (R60).
    /// A user whose imported hash cost less is the exception, until the first login.
    pub(crate) fn verify(
        &self,
        password: &Password,
        hash: Option<&PasswordHash>,
        memory: &mut Memory,
    ) -> Result<Verification, HashError> {
        let Some(hash) = hash else {
            self.run(Version::V0x13, &self.params, OUTPUT_LEN, &NOBODYS_SALT, password, memory)?;
            return Ok(Verification { matches: false, rehashed: None });
        };
        let stored = StoredHash::parse(hash, self.today).map_err(|reason| {
            tracing::error!(%reason, "a stored password hash cannot be used");
            HashError::Failed
        })?;
        let output =
            self.run(stored.version, &stored.params, stored.output.len(), &stored.salt, password, memory)?;
        let matches = verify_slices_are_equal(&output, stored.output.as_bytes()).is_ok();
        // The login is right even where a better hash could not be made of it; the next one tries again.
        let rehashed =
            if matches && !stored.is_as(&self.params) { self.hash(password, memory).ok() } else { None };
        Ok(Verification { matches, rehashed })
    }

    /// Runs Argon2id once.
    fn run(
        &self,
        version: Version,
        params: &Params,
        output_len: usize,
        salt: &[u8],
        password: &Password,
        memory: &mut Memory,
    ) -> Result<Zeroizing<Vec<u8>>, HashError> {
        let params_of_run = params.clone();
        let argon2 = if params.keyid().is_empty() {
            Argon2::new(Algorithm::Argon2id, version, params_of_run)
        } else {
            let pepper = self.pepper.as_ref().filter(|pepper| pepper.key_id().as_bytes() == params.keyid());
            let Some(pepper) = pepper else {
                tracing::error!("a stored password hash was made with a pepper that is not configured");
                return Err(HashError::Failed);
            };
            Argon2::new_with_secret(pepper.key(), Algorithm::Argon2id, version, params_of_run)
                .map_err(failed)?
        };
        let blocks = memory.blocks(params.block_count())?;
        let mut output = Zeroizing::new(vec![0; output_len]);
        self.runs.fetch_add(1, Ordering::Relaxed);
        argon2
            .hash_password_into_with_memory(password.as_bytes(), salt, &mut output, blocks)
            .map_err(failed)?;
        Ok(output)
    }
}

fn failed(error: argon2::Error) -> HashError {
    tracing::error!(%error, "argon2 failed");
    HashError::Failed
}

#[cfg(test)]
mod tests;
