//! Sealing what must not be readable at rest (AES-256-GCM), or on its way to another installation (AES-256-GCM-SIV).

use aws_lc_rs::aead::{
    AES_256_GCM, AES_256_GCM_SIV, Aad, Algorithm, LessSafeKey, NONCE_LEN, Nonce, UnboundKey,
};
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
        Self(aes_256(&AES_256_GCM, bytes))
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
        open(&self.0, Nonce::assume_unique_for_key(*nonce), ciphertext, place)
    }
}

/// The key that seals what moves from one installation to another: the same bytes for the same place are sealed alike,
/// so that two exports of one state are equal.
///
/// It is AES-256-GCM-SIV with one fixed nonce. The function derives what it encrypts with from the plaintext and the
/// place as well, so a nonce that comes again tells only which of two sealed texts are equal (RFC 8452 §9).
pub struct TransferSealingKey(LessSafeKey);

impl TransferSealingKey {
    /// The length of the key, in bytes.
    pub const LENGTH: usize = 32;

    /// The key from its bytes.
    ///
    /// # Panics
    /// Never: the length is that of AES-256.
    pub fn new(bytes: &[u8; Self::LENGTH]) -> Self {
        Self(aes_256(&AES_256_GCM_SIV, bytes))
    }

    /// Seals bytes for a place, which must be named again to open them.
    ///
    /// # Errors
    /// [`SealError`] for more bytes than the function takes.
    pub fn seal(&self, plaintext: &[u8], place: &str) -> Result<Sealed, SealError> {
        let mut sealed = plaintext.to_vec();
        self.0
            .seal_in_place_append_tag(Self::nonce(), Aad::from(place.as_bytes()), &mut sealed)
            .map_err(|_| SealError)?;
        Ok(Sealed(sealed))
    }

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn open(&self, sealed: &Sealed, place: &str) -> Result<Zeroizing<Vec<u8>>, SealError> {
        open(&self.0, Self::nonce(), &sealed.0, place)
    }

    fn nonce() -> Nonce {
        Nonce::assume_unique_for_key([0; NONCE_LEN])
    }
}

fn aes_256(algorithm: &'static Algorithm, bytes: &[u8; 32]) -> LessSafeKey {
    #[expect(clippy::expect_used, reason = "the type has the length that the algorithm asks for")]
    let key = UnboundKey::new(algorithm, bytes).expect("32 bytes are an AES-256 key");
    LessSafeKey::new(key)
}

fn open(
    key: &LessSafeKey,
    nonce: Nonce,
    ciphertext: &[u8],
    place: &str,
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let mut bytes = Zeroizing::new(ciphertext.to_vec());
    let aad = Aad::from(place.as_bytes());
    let length = key.open_in_place(nonce, aad, &mut bytes).map_err(|_| SealError)?.len();
    bytes.truncate(length);
    Ok(bytes)
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

    #[test]
    fn what_moves_is_sealed_alike_and_opens_only_in_its_place_and_unchanged() {
        let key = TransferSealingKey::new(&[1; 32]);
        let sealed = key.seal(b"secret", "here").unwrap();
        assert_eq!(sealed, key.seal(b"secret", "here").unwrap());
        assert_eq!(key.open(&sealed, "here").unwrap().as_slice(), b"secret");
        assert!(key.open(&sealed, "there").is_err());
        assert!(TransferSealingKey::new(&[2; 32]).open(&sealed, "here").is_err());
        for i in 0..sealed.0.len() {
            let mut changed = sealed.clone();
            changed.0[i] ^= 1;
            assert!(key.open(&changed, "here").is_err(), "{i}");
        }
        assert!(key.open(&Sealed(vec![0; 5]), "here").is_err());
    }

    /// Nothing of the text is under one key stream: a nonce that comes again is no two-time pad.
    #[test]
    fn r68_what_moves_shares_no_key_stream() {
        let key = TransferSealingKey::new(&[1; 32]);
        let xor = |a: &[u8], b: &[u8]| a.iter().zip(b).map(|(a, b)| a ^ b).collect::<Vec<_>>();
        let (one, other) = (key.seal(&[1; 32], "here").unwrap(), key.seal(&[2; 32], "here").unwrap());
        assert_ne!(xor(&one.0[..32], &other.0[..32]), [3; 32]);
        let elsewhere = key.seal(&[1; 32], "there").unwrap();
        assert_ne!(one.0[..32], elsewhere.0[..32]);
    }
}
