//! The keys in use: unsealed, parsed, ready.

use std::sync::Arc;

use tegata_jose::{AccessToken, Algorithm, JwkSet, Profile, SigningKey, VerifiedTokens, VerifyingKeys};

use super::Ports;
use crate::client::Client;
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
    /// One for each algorithm, that of the settings first; none in a process that only verifies.
    signing: Vec<SigningKey>,
    signing_algs: Vec<Algorithm>,
    pub(crate) secrets: ServerSecrets,
    pub(crate) verifying: Arc<VerifyingKeys>,
    pub(crate) access_tokens: Profile<AccessToken>,
    /// The same for every resource that there is, not only our own API: for whoever asks about a token.
    pub(crate) issued_tokens: Profile<AccessToken>,
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
        let access_tokens =
            Profile::access_token(&settings.issuer, &settings.tokens.audience, Arc::clone(&verifying));
        let own = Profile::access_token(&settings.issuer, &settings.tokens.audience, Arc::clone(&verifying));
        let issued_tokens = settings.oauth.resources.iter().fold(own, Profile::with_audience);
        let mut signing = match key_set.signing_keys(sealing) {
            Err(KeyError::NoPrivateKey) => Vec::new(),
            keys => keys?,
        };
        let mut signing_algs = key_set.signing_algorithms()?;
        // Stable: where the wanted one has no key yet, the one before it goes on.
        signing.sort_by_key(|key| key.algorithm() != settings.tokens.signing_alg);
        signing_algs.sort_by_key(|algorithm| *algorithm != settings.tokens.signing_alg);
        Ok(Self {
            version: key_set.version,
            signing,
            signing_algs,
            secrets: key_set.server_secrets(sealing)?,
            verifying,
            access_tokens,
            issued_tokens,
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

    /// The algorithms that tokens are signed with (RFC 7518 §3.1), first the one of whoever asks for none.
    pub fn signing_algs(&self) -> &[Algorithm] {
        &self.signing_algs
    }

    /// The key that signs, unless another algorithm is asked for.
    ///
    /// # Errors
    /// [`KeyError::NoPrivateKey`] in a process that only verifies.
    pub(crate) fn signing(&self) -> Result<&SigningKey, KeyError> {
        self.signing.first().ok_or(KeyError::NoPrivateKey)
    }

    /// The key that signs what a client verifies, by the algorithm that it has asked for. Until there is one of that, it is
    /// the one of everybody.
    ///
    /// # Errors
    /// As [`KeyRing::signing`].
    pub(crate) fn signing_for(&self, client: &Client) -> Result<&SigningKey, KeyError> {
        let wanted = client.metadata.id_token_signed_response_alg;
        match self.signing.iter().find(|key| Some(key.algorithm()) == wanted) {
            Some(key) => Ok(key),
            None => self.signing(),
        }
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
