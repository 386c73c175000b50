//! A secret that a stolen database does not hold.

use std::fmt;

use argon2::KeyId;
use aws_lc_rs::digest::{SHA256, digest};
use zeroize::Zeroizing;

use crate::Argon2Error;

/// The shortest pepper, in bytes.
const MIN_LEN: usize = 32;

/// The secret value of Argon2 (RFC 9106 §3.1), the same for all users and kept outside the store: without it, a
/// stolen store cannot be guessed at.
///
/// Each hash names its pepper by a fingerprint (`keyid` of the PHC string), so hashes from before there was one still
/// verify, and are made anew at the next login. Whoever loses the pepper has lost every password.
pub struct Pepper {
    key: Zeroizing<Vec<u8>>,
    key_id: KeyId,
}

impl Pepper {
    /// A pepper of at least 32 random bytes.
    ///
    /// # Errors
    /// [`Argon2Error::ShortPepper`].
    pub fn new(key: Zeroizing<Vec<u8>>) -> Result<Self, Argon2Error> {
        if key.len() < MIN_LEN {
            return Err(Argon2Error::ShortPepper);
        }
        // 48 bits tell two peppers apart, and say nothing useful about 256 random ones.
        let fingerprint = digest(&SHA256, &key);
        let key_id = KeyId::new(&fingerprint.as_ref()[..6]).map_err(|_| Argon2Error::ShortPepper)?;
        Ok(Self { key, key_id })
    }

    pub(crate) fn key(&self) -> &[u8] {
        &self.key
    }

    pub(crate) fn key_id(&self) -> KeyId {
        self.key_id
    }
}

impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pepper(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r58_a_pepper_that_could_be_guessed_is_refused() {
        assert!(matches!(Pepper::new(Zeroizing::new(vec![7; 31])), Err(Argon2Error::ShortPepper)));
    }

    #[test]
    fn r68_a_pepper_is_not_printed() {
        assert_eq!(format!("{:?}", Pepper::new(Zeroizing::new(vec![7; 32])).unwrap()), "Pepper(…)");
    }
}
