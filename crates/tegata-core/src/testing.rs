//! What the tests of this crate share.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::attributes::Attributes;
use crate::entropy::{Entropy, EntropyError};
use crate::identifier::UserId;
use crate::password::PasswordHash;
use crate::scope::Scope;
use crate::secret::sha256;
use crate::timestamp::Timestamp;
use crate::user::{Credential, User, UserStatus};

/// Randomness that is the same in every run.
pub(crate) struct SeededEntropy(AtomicU64);

impl SeededEntropy {
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed << 32))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyError> {
        for chunk in buffer.chunks_mut(32) {
            let block = sha256(&self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes());
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
        Ok(())
    }
}

/// An account with nothing special about it.
pub(crate) fn user(username: &str) -> User {
    User {
        user_id: UserId::from_bytes([username.len().try_into().unwrap_or(u8::MAX); 16]),
        username: username.parse().unwrap(),
        email: None,
        name: None,
        locale: None,
        attributes: Attributes::default(),
        granted_scope: Scope::default(),
        status: UserStatus::Active,
        created_at: Timestamp::from_secs(1_000),
        credential: Credential {
            password_hash: PasswordHash::from_phc("x"),
            version: 1,
            changed_at: Timestamp::from_secs(1_000),
        },
    }
}
