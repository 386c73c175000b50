//! Sealing what must not be readable at rest (AES-256-GCM).

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::entropy::{Entropy, random};
use crate::key_set::Sealed;

/// The key that seals private keys. A file of an installation holds it, or a key service unseals it at start.
pub struct SealingKey(LessSafeKey);

/// It was sealed with another key, for another place, or was changed since; or nothing could be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot be unsealed")]
pub struct SealError;

impl SealingKey {
    /// The length of the key, in bytes.
    pub const LENGTH: usize = 32;

    /// The key from its bytes.
    ///
    /// # Panics
    /// Never: the length is that of AES-256.
    pub fn new(bytes: &[u8; Self::LENGTH]) -> Self {
        #[expect(clippy::expect_used, reason = "the type has the length that the algorithm asks for")]
        let key = UnboundKey::new(&AES_256_GCM, bytes).expect("32 bytes are an AES-256 key");
        Self(LessSafeKey::new(key))
    }

    /// Seals bytes for a place, which must be named again to open them.
    ///
    /// # Errors
    /// [`SealError`] without randomness for the nonce. A random nonce is safe for 2³² sealings with one key; an
    /// installation seals a few a month.
    pub fn seal(&self, plaintext: &[u8], place: &str, entropy: &dyn Entropy) -> Result<Sealed, SealError> {
        let nonce: [u8; NONCE_LEN] = random(entropy).map_err(|_| SealError)?;
        let mut sealed = Vec::with_capacity(NONCE_LEN + plaintext.len() + 16);
        sealed.extend_from_slice(plaintext);
        let aad = Aad::from(place.as_bytes());
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut sealed)
            .map_err(|_| SealError)?;
        sealed.splice(0..0, nonce);
        Ok(Sealed(sealed))
    }

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn open(&self, sealed: &Sealed, place: &str) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (nonce, ciphertext) = sealed.0.split_first_chunk::<NONCE_LEN>().ok_or(SealError)?;
        let mut bytes = Zeroizing::new(ciphertext.to_vec());
        let aad = Aad::from(place.as_bytes());
        let length = self
            .0
            .open_in_place(Nonce::assume_unique_for_key(*nonce), aad, &mut bytes)
            .map_err(|_| SealError)?
            .len();
        bytes.truncate(length);
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::SeededEntropy;

    #[test]
    fn sealed_bytes_open_only_in_their_place_and_unchanged() {
        let (key, entropy) = (SealingKey::new(&[1; 32]), SeededEntropy::new(1));
        let sealed = key.seal(b"secret", "here", &entropy).unwrap();
        assert_eq!(key.open(&sealed, "here").unwrap().as_slice(), b"secret");
        assert!(key.open(&sealed, "there").is_err());
        for i in 0..sealed.0.len() {
            let mut changed = sealed.clone();
            changed.0[i] ^= 1;
            assert!(key.open(&changed, "here").is_err(), "{i}");
        }
        assert!(key.open(&Sealed(vec![0; 5]), "here").is_err());
    }
}
