//! The keys in use: unsealed, parsed, ready.

use std::sync::Arc;

use tegata_jose::{AccessToken, Algorithm, JwkSet, Profile, SigningKey, VerifiedTokens, VerifyingKeys};

use super::Ports;
use crate::error::ProviderError;
use crate::key_set::{KeyError, KeySet};
use crate::seal::SealingKey;
use crate::secret::ServerSecrets;
use crate::settings::Settings;
use crate::timestamp::Timestamp;

/// How many verified tokens are remembered. A token is well under 1 KiB, so this is a few megabytes at most.
const VERIFIED_TOKENS: usize = 8192;

/// The keys of one version of the key set.
pub struct KeyRing {
    version: u64,
    signing: Option<SigningKey>,
    signing_alg: Algorithm,
    pub(crate) secrets: ServerSecrets,
    pub(crate) access_tokens: Profile<AccessToken>,
    /// Falls away with its key ring: a key that is gone verifies nothing any more.
    pub(crate) verified: VerifiedTokens<AccessToken>,
    jwks: String,
}

impl KeyRing {
    /// Unseals a key set. One without private keys gives a ring that verifies and does not sign.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn open(key_set: &KeySet, settings: &Settings, sealing: &SealingKey) -> Result<Self, KeyError> {
        let keys = JwkSet::new(key_set.public_keys()?)?;
        let jwks = keys.to_json();
        let verifying = Arc::new(VerifyingKeys::from_jwks(&keys));
        let access_tokens = Profile::access_token(&settings.issuer, &settings.tokens.audience, verifying);
        Ok(Self {
            version: key_set.version,
            signing: match key_set.signing_key(sealing) {
                Err(KeyError::NoPrivateKey) => None,
                key => Some(key?),
            },
            signing_alg: key_set.signing_algorithm()?,
            secrets: key_set.server_secrets(sealing)?,
            access_tokens,
            verified: VerifiedTokens::new(VERIFIED_TOKENS),
            jwks,
        })
    }

    /// The version of the key set.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The public keys, as a JWK set (RFC 7517 §5).
    pub fn jwks(&self) -> &str {
        &self.jwks
    }

    /// The algorithm that tokens are signed with (RFC 7518 §3.1).
    pub fn signing_alg(&self) -> Algorithm {
        self.signing_alg
    }

    /// The key that signs.
    ///
    /// # Errors
    /// [`KeyError::NoPrivateKey`] in a process that only verifies.
    pub(crate) fn signing(&self) -> Result<&SigningKey, KeyError> {
        self.signing.as_ref().ok_or(KeyError::NoPrivateKey)
    }
}

/// Whose business the life of the keys is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyDuty {
    /// This process takes the steps that are due.
    Take,
    /// Another one does, and this one learns of them.
    Follow,
}

/// The key set as it should be now, stored; and whether this call changed it.
pub(super) async fn current(
    duty: KeyDuty,
    settings: &Settings,
    ports: &Ports,
    now: Timestamp,
) -> Result<(KeySet, bool), ProviderError> {
    if duty == KeyDuty::Follow {
        let stored = ports.store.find_key_set().await?;
        return Ok((stored.ok_or(KeyError::NoKeySet)?, false));
    }
    let policy = settings.key_policy();
    loop {
        let stored = ports.store.find_key_set().await?;
        let next = match &stored {
            None => Some(KeySet::first(&policy, &ports.sealing, ports.entropy.as_ref(), now)?),
            Some(set) => set.plan(&policy, &ports.sealing, ports.entropy.as_ref(), now)?,
        };
        match (stored, next) {
            (Some(set), None) => return Ok((set, false)),
            (stored, Some(next)) => {
                // Another process may have been first; then its set is read and looked at again.
                if ports.store.replace_key_set(stored.map(|set| set.version), &next).await? {
                    return Ok((next, true));
                }
            }
            (None, None) => return Err(KeyError::NoActiveKey.into()),
        }
    }
}
