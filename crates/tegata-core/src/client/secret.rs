use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::entropy::{Entropy, EntropyError, random};
use crate::secret::{equal, sha256};
use crate::timestamp::Timestamp;

/// A secret of a client, or a token to manage it with, sent once. Wiped when dropped; its `Debug` shows nothing.
///
/// 256 random bits in base64url after a prefix that scanners for leaked secrets know.
pub struct ClientSecret(Zeroizing<String>);

impl ClientSecret {
    /// The prefix of secrets (RFC 6749 §2.3.1).
    pub const SECRET: &str = "tgc_";
    /// The prefix of registration access tokens (RFC 7592 §3).
    pub const REGISTRATION: &str = "tgm_";

    /// A new one with this prefix.
    ///
    /// # Errors
    /// When there is no randomness to be had.
    pub fn random(prefix: &str, entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        let bytes = Zeroizing::new(random::<32>(entropy)?);
        let mut text = Zeroizing::new(String::with_capacity(prefix.len() + 43));
        text.push_str(prefix);
        URL_SAFE_NO_PAD.encode_string(bytes.as_slice(), &mut text);
        Ok(Self(text))
    }

    /// The text, for the one answer it is sent in.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What a store keeps of it.
    pub fn hash(&self) -> ClientSecretHash {
        ClientSecretHash::of(&self.0)
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret(…)")
    }
}

/// The SHA-256 of a secret that has 256 bits of entropy, for which a plain hash is enough.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClientSecretHash([u8; 32]);

impl ClientSecretHash {
    /// The hash of a text.
    pub fn of(text: &str) -> Self {
        Self(sha256(text.as_bytes()))
    }

    /// Whether a presented text is the secret, in a time that does not tell how far it is.
    pub fn matches(&self, presented: &str) -> bool {
        equal(&self.0, &Self::of(presented).0)
    }
}

impl fmt::Debug for ClientSecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecretHash(…)")
    }
}

impl From<ClientSecretHash> for String {
    fn from(hash: ClientSecretHash) -> Self {
        URL_SAFE_NO_PAD.encode(hash.0)
    }
}

impl TryFrom<String> for ClientSecretHash {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| "not base64url")?;
        bytes.try_into().map(Self).map_err(|_| "not a SHA-256")
    }
}

/// A secret of a client, as a store keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredSecret {
    /// What is kept of it.
    pub hash: ClientSecretHash,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is of no more use; never if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

impl StoredSecret {
    /// Whether a presented text is this secret, and it is still alive.
    pub fn matches(&self, presented: &str, now: Timestamp) -> bool {
        self.hash.matches(presented) && self.expires_at.is_none_or(|end| now < end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::SeededEntropy;

    #[test]
    fn r10_a_secret_has_256_bits_and_only_its_hash_is_kept() {
        let secret = ClientSecret::random(ClientSecret::SECRET, &SeededEntropy::new(1)).unwrap();
        assert_eq!(secret.expose().len(), 4 + 43);
        assert!(secret.hash().matches(secret.expose()) && !secret.hash().matches("tgc_"));
        let kept = serde_json::to_string(&secret.hash()).unwrap();
        assert!(!kept.contains(&secret.expose()[4..20]));
        assert_eq!(serde_json::from_str::<ClientSecretHash>(&kept).unwrap(), secret.hash());
        assert_eq!(format!("{secret:?}{:?}", secret.hash()), "ClientSecret(…)ClientSecretHash(…)");
    }
}
