//! What lives for minutes and ends once: used codes, pushed requests, device authorizations, the names of proofs.
//!
//! Each is a document under a hashed key, with a version. It changes only where the version is still the one that was
//! read, so whatever is used once is used once. The kind is part of the key: no secret of one kind opens another (V6).

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::secret::sha256;
use crate::store::StoreError;
use crate::timestamp::Timestamp;

/// The kind of a transient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TransientKind {
    /// That an authorization code was used (RFC 6749 §4.1.2).
    Code,
    /// A pushed authorization request (RFC 9126).
    PushedRequest,
    /// A device authorization, by its device code (RFC 8628 §3.2).
    DeviceCode,
    /// The same one's user code, which leads to it.
    UserCode,
    /// The `jti` of a client's assertion (RFC 7523 §3), which may be shown once.
    Assertion,
    /// The `jti` of a DPoP proof (RFC 9449 §11.1), which may be shown once.
    Proof,
}

impl TransientKind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Code, Self::PushedRequest, Self::DeviceCode, Self::UserCode, Self::Assertion, Self::Proof];

    /// The letter that stands for it in keys.
    pub const fn letter(self) -> char {
        match self {
            Self::Code => 'c',
            Self::PushedRequest => 'p',
            Self::DeviceCode => 'd',
            Self::UserCode => 'u',
            Self::Assertion => 'a',
            Self::Proof => 'j',
        }
    }
}

/// The key of a transient: a kind and a hash, never the secret itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransientKey {
    /// The kind.
    pub kind: TransientKind,
    /// The SHA-256 of the kind and the secret; with a time in its first eight bytes, if it has one ([`TransientKey::of_time`]).
    pub hash: [u8; 32],
}

impl TransientKey {
    /// The key of what this secret, or this name, stands for. Parts cannot run into each other.
    pub fn new(kind: TransientKind, parts: &[&str]) -> Self {
        let mut bytes = vec![kind.letter() as u8];
        for part in parts {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        Self { kind, hash: sha256(&bytes) }
    }

    /// The same among those of one time: in a store that keeps its keys in order they lie side by side, so that the many
    /// that a busy moment makes change few pages. 192 bits of the hash are left.
    #[must_use]
    pub fn of_time(mut self, time: Timestamp) -> Self {
        self.hash[..8].copy_from_slice(&time.as_millis().to_be_bytes());
        self
    }
}

/// A transient, as a store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transient {
    /// Its key.
    pub key: TransientKey,
    /// Counts its changes.
    pub version: u32,
    /// From here on it counts as absent, and a store may remove it.
    pub expires_at: Timestamp,
    /// What it is, as JSON. It holds no secret.
    pub document: String,
}

impl Transient {
    /// A new one.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] for what cannot be written as JSON, which nothing of ours is.
    pub fn new(
        key: TransientKey,
        document: &impl Serialize,
        expires_at: Timestamp,
    ) -> Result<Self, StoreError> {
        let document = serde_json::to_string(document).map_err(|error| StoreError::Corrupt(error.into()))?;
        Ok(Self { key, version: 0, expires_at, document })
    }

    /// The one that takes its place, with another document.
    ///
    /// # Errors
    /// As [`Transient::new`].
    pub fn successor(&self, document: &impl Serialize) -> Result<Self, StoreError> {
        let next = Self::new(self.key, document, self.expires_at)?;
        Ok(Self { version: self.version.saturating_add(1), ..next })
    }

    /// What it is.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it is something else.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, StoreError> {
        serde_json::from_str(&self.document).map_err(|error| StoreError::Corrupt(error.into()))
    }

    /// Whether it still counts.
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_one_time_lie_side_by_side_and_are_not_the_same() {
        let key = |name, millis| {
            TransientKey::new(TransientKind::Code, &[name]).of_time(Timestamp::from_millis(millis))
        };
        let mut keys = [key("c", 2), key("a", 1), key("d", 1), key("b", 3)];
        keys.sort();
        assert_eq!([keys[2], keys[3]], [key("c", 2), key("b", 3)]);
        assert_ne!(keys[0], keys[1]);
    }

    #[test]
    fn v6_no_secret_of_one_kind_opens_another() {
        let keys = TransientKind::ALL.map(|kind| TransientKey::new(kind, &["same"]));
        for (i, key) in keys.iter().enumerate() {
            assert!(keys[..i].iter().all(|other| other.hash != key.hash && other.kind != key.kind));
        }
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        let key = |parts: &[&str]| TransientKey::new(TransientKind::Assertion, parts);
        assert_ne!(key(&["ab", "c"]), key(&["a", "bc"]));
    }
}
