//! The signing keys of an issuer: their life, and how they are kept.
//!
//! A key is *next* (published, not signing), then *active*, then *retired* (published until its last token has expired),
//! then gone. Which step is due is a plain function of the time ([`KeySet::plan`]); taking it is a compare-and-swap in
//! the store, so that two processes cannot both promote.

mod verifiers;

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use tegata_jose::{Algorithm, JoseError, Jwk, SigningKey};
use zeroize::Zeroizing;

use crate::entropy::{Entropy, EntropyError, random};
use crate::seal::{SealError, SealingKey};
use crate::secret::ServerSecrets;
use crate::timestamp::Timestamp;

/// All keys of an issuer, as a store keeps them: what is private is sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeySet {
    /// Counts the changes of the set.
    pub version: u64,
    /// The root secret of [`ServerSecrets`].
    pub root_secret: Sealed,
    /// The keys, oldest first.
    pub keys: Vec<StoredKey>,
}

/// One signing key, as a store keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredKey {
    /// Its name: the RFC 7638 thumbprint.
    pub kid: String,
    /// What it signs with (RFC 7518 §3.1).
    pub alg: String,
    /// The public half, as a JWK.
    pub public_jwk: String,
    /// The private half (PKCS#8), sealed; absent where only verifying is needed ([`KeySet::without_private_keys`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_key: Option<Sealed>,
    /// When it was made and published.
    pub created_at: Timestamp,
    /// Where in its life it stands.
    pub state: KeyState,
}

/// Where in its life a key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum KeyState {
    /// Published so that verifiers know it before its first token.
    Next,
    /// Signs.
    Active {
        /// Since when.
        since: Timestamp,
    },
    /// Published for the tokens that it signed.
    Retired {
        /// Until when.
        until: Timestamp,
    },
}

/// Sealed bytes. Their `Debug` shows only how many they are.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sealed(pub(crate) Vec<u8>);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

impl From<Sealed> for String {
    fn from(sealed: Sealed) -> Self {
        STANDARD.encode(sealed.0)
    }
}

impl TryFrom<String> for Sealed {
    type Error = base64::DecodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        STANDARD.decode(text).map(Self)
    }
}

/// When keys change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPolicy {
    /// What tokens are signed with, unless a client asks for another.
    pub algorithm: Algorithm,
    /// What else clients may ask for (OIDC Registration §2, `id_token_signed_response_alg`): each has a key of its own.
    pub others: Vec<Algorithm>,
    /// How long a key signs. At most 90 days.
    pub active_for: Duration,
    /// How long a key is published before it signs: at least as long as verifiers cache the JWK set.
    pub publish_ahead: Duration,
    /// How long it stays published after its last token was signed: the longest life of a token and the leeway.
    pub keep_retired: Duration,
}

/// Why there is no key set.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Sealed with another key, or changed since.
    #[error("the signing keys cannot be unsealed with this master key")]
    Seal(#[from] SealError),
    /// A key cannot be used.
    #[error("a signing key cannot be used")]
    Jose(#[from] JoseError),
    /// There is no randomness to be had.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// The stored set has no key that signs.
    #[error("the key set has no active key")]
    NoActiveKey,
    /// Nobody has made a key set yet, and making one is not this process's duty.
    #[error("there is no key set yet")]
    NoKeySet,
    /// This view of the key set has no private keys: it verifies and does not sign.
    #[error("this view of the key set cannot sign")]
    NoPrivateKey,
}

impl KeySet {
    /// The first key set of an issuer: a new root secret and one key, active at once since nobody knows another.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn first(
        policy: &KeyPolicy,
        sealing: &SealingKey,
        entropy: &dyn Entropy,
        now: Timestamp,
    ) -> Result<Self, KeyError> {
        let root: Zeroizing<[u8; ServerSecrets::ROOT_LENGTH]> = Zeroizing::new(random(entropy)?);
        let key =
            StoredKey::generate(policy.algorithm, KeyState::Active { since: now }, sealing, entropy, now)?;
        Ok(Self {
            version: 1,
            root_secret: sealing.seal(root.as_slice(), ROOT_CONTEXT, entropy)?,
            keys: vec![key],
        })
    }

    /// The set after the steps that are due, or `None` when none is.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn plan(
        &self,
        policy: &KeyPolicy,
        sealing: &SealingKey,
        entropy: &dyn Entropy,
        now: Timestamp,
    ) -> Result<Option<Self>, KeyError> {
        let mut set = self.clone();
        set.keys.retain(|key| !matches!(key.state, KeyState::Retired { until } if until <= now));
        // A next key of an algorithm that is no longer wanted has signed nothing.
        set.keys.retain(|key| key.state != KeyState::Next || policy.wants(&key.alg));
        for algorithm in policy.algorithms() {
            set.plan_algorithm(algorithm, policy, sealing, entropy, now)?;
        }
        // Whoever signs with what is no longer wanted goes on until what is wanted signs.
        if set.active(policy.algorithm.as_str()).is_some() {
            set.retire(|key| !policy.wants(&key.alg), policy, now);
        }
        Ok(set.changed_from(self))
    }

    fn plan_algorithm(
        &mut self,
        algorithm: Algorithm,
        policy: &KeyPolicy,
        sealing: &SealingKey,
        entropy: &dyn Entropy,
        now: Timestamp,
    ) -> Result<(), KeyError> {
        let alg = algorithm.as_str();
        let since = self.active(alg);
        let next = self.keys.iter().position(|key| key.state == KeyState::Next && key.alg == alg);
        // Nobody can expect another algorithm's tokens before the metadata names it, and then they have yet to fetch the
        // keys. The one that everybody gets waits until verifiers know its key.
        if since.is_none() && next.is_none() && algorithm != policy.algorithm {
            self.keys.push(StoredKey::generate(
                algorithm,
                KeyState::Active { since: now },
                sealing,
                entropy,
                now,
            )?);
            return Ok(());
        }
        let is_aging =
            since.is_none_or(|since| since + policy.active_for.saturating_sub(policy.publish_ahead) <= now);
        if is_aging && next.is_none() {
            self.keys.push(StoredKey::generate(algorithm, KeyState::Next, sealing, entropy, now)?);
        }
        let is_due = since.is_none_or(|since| since + policy.active_for <= now);
        let is_known =
            |key: &StoredKey| key.state == KeyState::Next && key.created_at + policy.publish_ahead <= now;
        if is_due && let Some(next) = self.keys.iter().position(|key| key.alg == alg && is_known(key)) {
            self.promote(next, policy, now);
        }
        Ok(())
    }

    /// The set with a new key of each algorithm made, or with the next keys active at once where `at_once` is set: for
    /// keys that may have been stolen, when verifiers that have not heard of their successors must go and fetch.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn rotate(
        &self,
        at_once: bool,
        policy: &KeyPolicy,
        sealing: &SealingKey,
        entropy: &dyn Entropy,
        now: Timestamp,
    ) -> Result<Self, KeyError> {
        let mut set = self.clone();
        for algorithm in policy.algorithms() {
            let is_next = |key: &StoredKey| key.state == KeyState::Next && key.alg == algorithm.as_str();
            let next = if let Some(next) = set.keys.iter().position(is_next) {
                next
            } else {
                set.keys.push(StoredKey::generate(algorithm, KeyState::Next, sealing, entropy, now)?);
                set.keys.len() - 1
            };
            if at_once {
                set.promote(next, policy, now);
            }
        }
        if !at_once {
            // The active keys count as old enough: the plan promotes the next ones as soon as verifiers know them.
            for key in &mut set.keys {
                if let KeyState::Active { since } = &mut key.state {
                    *since = now - policy.active_for;
                }
            }
        }
        Ok(set.changed_from(self).unwrap_or_else(|| self.clone()))
    }

    /// The keys that sign, one for each algorithm.
    ///
    /// # Errors
    /// [`KeyError`] when there is none or one cannot be unsealed; [`KeyError::NoPrivateKey`] in a view without them.
    pub fn signing_keys(&self, sealing: &SealingKey) -> Result<Vec<SigningKey>, KeyError> {
        let active = self.keys.iter().filter(|key| matches!(key.state, KeyState::Active { .. }));
        let keys: Vec<_> = active.map(|key| key.open(sealing)).collect::<Result<_, _>>()?;
        if keys.is_empty() { Err(KeyError::NoActiveKey) } else { Ok(keys) }
    }

    /// The server's keys, from the root secret.
    ///
    /// # Errors
    /// [`KeyError::Seal`] when it cannot be unsealed.
    pub fn server_secrets(&self, sealing: &SealingKey) -> Result<ServerSecrets, KeyError> {
        let root = sealing.open(&self.root_secret, ROOT_CONTEXT)?;
        let root = root.as_slice().try_into().map_err(|_| SealError)?;
        Ok(ServerSecrets::derive(root))
    }

    /// The public keys, all of them published.
    ///
    /// # Errors
    /// [`KeyError::Jose`] for a record that is no JWK.
    pub fn public_keys(&self) -> Result<Vec<Jwk>, KeyError> {
        self.keys.iter().map(|key| Ok(Jwk::parse(key.public_jwk.as_bytes())?)).collect()
    }

    /// The set as it is shown to a process that must not sign, even if it is taken over.
    #[must_use]
    pub fn without_private_keys(&self) -> Self {
        let mut set = self.clone();
        for key in &mut set.keys {
            key.private_key = None;
        }
        set
    }

    /// The same set, with everything that is sealed in it sealed anew: `reseal` gets what is sealed and its place.
    ///
    /// # Errors
    /// [`KeyError::Seal`] when `reseal` fails; [`KeyError::NoPrivateKey`] in a view without private keys.
    pub fn resealed(
        &self,
        reseal: impl Fn(&Sealed, &str) -> Result<Sealed, SealError>,
    ) -> Result<Self, KeyError> {
        let mut set = self.clone();
        set.root_secret = reseal(&self.root_secret, ROOT_CONTEXT)?;
        for key in &mut set.keys {
            let sealed = key.private_key.as_ref().ok_or(KeyError::NoPrivateKey)?;
            key.private_key = Some(reseal(sealed, &key.kid)?);
        }
        Ok(set)
    }

    /// What the active keys sign with.
    ///
    /// # Errors
    /// [`KeyError`] when there is none or the algorithm of one is unknown.
    pub fn signing_algorithms(&self) -> Result<Vec<Algorithm>, KeyError> {
        let active = self.keys.iter().filter(|key| matches!(key.state, KeyState::Active { .. }));
        let algorithms: Vec<_> = active.map(|key| key.alg.parse()).collect::<Result<_, _>>()?;
        if algorithms.is_empty() { Err(KeyError::NoActiveKey) } else { Ok(algorithms) }
    }

    /// Since when the key of an algorithm signs, if there is one.
    fn active(&self, alg: &str) -> Option<Timestamp> {
        self.keys.iter().find_map(|key| match key.state {
            KeyState::Active { since } if key.alg == alg => Some(since),
            _ => None,
        })
    }

    fn promote(&mut self, next: usize, policy: &KeyPolicy, now: Timestamp) {
        let alg = self.keys[next].alg.clone();
        self.retire(|key| key.alg == alg, policy, now);
        self.keys[next].state = KeyState::Active { since: now };
    }

    fn retire(&mut self, which: impl Fn(&StoredKey) -> bool, policy: &KeyPolicy, now: Timestamp) {
        for key in &mut self.keys {
            if matches!(key.state, KeyState::Active { .. }) && which(key) {
                key.state = KeyState::Retired { until: now + policy.keep_retired };
            }
        }
    }

    fn changed_from(mut self, old: &Self) -> Option<Self> {
        if self.keys == old.keys {
            return None;
        }
        self.version = old.version + 1;
        Some(self)
    }
}

/// Binds the sealed root secret to its place.
const ROOT_CONTEXT: &str = "root secret";

impl KeyPolicy {
    fn algorithms(&self) -> impl Iterator<Item = Algorithm> {
        let others = self.others.iter().copied().filter(|other| *other != self.algorithm);
        std::iter::once(self.algorithm).chain(others)
    }

    fn wants(&self, alg: &str) -> bool {
        self.algorithms().any(|algorithm| algorithm.as_str() == alg)
    }
}

impl StoredKey {
    fn open(&self, sealing: &SealingKey) -> Result<SigningKey, KeyError> {
        let pkcs8 = sealing.open(self.private_key.as_ref().ok_or(KeyError::NoPrivateKey)?, &self.kid)?;
        Ok(SigningKey::from_pkcs8(self.alg.parse()?, &pkcs8)?)
    }

    fn generate(
        algorithm: Algorithm,
        state: KeyState,
        sealing: &SealingKey,
        entropy: &dyn Entropy,
        now: Timestamp,
    ) -> Result<Self, KeyError> {
        let key = SigningKey::generate(algorithm)?;
        Ok(Self {
            kid: key.kid().to_owned(),
            alg: algorithm.as_str().to_owned(),
            public_jwk: key.public_jwk().to_json(),
            private_key: Some(sealing.seal(&key.to_pkcs8()?, key.kid(), entropy)?),
            created_at: now,
            state,
        })
    }
}

#[cfg(test)]
mod tests;
