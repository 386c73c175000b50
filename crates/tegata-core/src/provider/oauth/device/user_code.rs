//! The code that a device shows and its user types (RFC 8628 §6.1).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::entropy::{Entropy, EntropyError, random};
use crate::error::ProviderError;
use crate::provider::Provider;
use crate::timestamp::Timestamp;
use crate::transient::{Transient, TransientKey, TransientKind};

/// Twenty consonants: no words, nothing that looks alike; eight of them are 34 bits.
const ALPHABET: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const LENGTH: usize = 8;
/// So often a code is made anew that somebody has just now.
const TRIES: usize = 5;

/// A user code. It is shown with a hyphen in the middle.
pub(super) struct UserCode(String);

impl UserCode {
    fn random(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        let mut code = String::with_capacity(LENGTH);
        while code.len() < LENGTH {
            for byte in random::<16>(entropy)? {
                // Of 256 values the first 240 are twelve times all letters: each is as likely as the next.
                if byte < 240 && code.len() < LENGTH {
                    code.push(char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
                }
            }
        }
        Ok(Self(code))
    }

    /// Reads what a user has typed, in any case and with anything in between.
    pub(super) fn read(typed: &str) -> Option<Self> {
        let code: String =
            typed.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
        (code.len() == LENGTH).then_some(Self(code))
    }

    fn key(&self) -> TransientKey {
        TransientKey::new(TransientKind::UserCode, &[&self.0])
    }
}

impl fmt::Display for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, second) = self.0.split_at(LENGTH / 2);
        write!(f, "{first}-{second}")
    }
}

/// What a user code leads to.
#[derive(Serialize, Deserialize)]
struct LeadsTo {
    #[serde(with = "hash")]
    device: [u8; 32],
}

impl Provider {
    /// A user code that nobody has now, for a device.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) async fn new_user_code(
        &self,
        device: TransientKey,
        ends_at: Timestamp,
    ) -> Result<UserCode, ProviderError> {
        let leads_to = LeadsTo { device: device.hash };
        for _ in 0..TRIES {
            let code = UserCode::random(self.ports.entropy.as_ref())?;
            if self.ports.store.create_transient(&Transient::new(code.key(), &leads_to, ends_at)?).await? {
                return Ok(code);
            }
        }
        Err(ProviderError::Internal("no free user code".into()))
    }

    /// The device that a user code leads to.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) async fn device_of(
        &self,
        code: &UserCode,
        now: Timestamp,
    ) -> Result<Option<TransientKey>, ProviderError> {
        let found = self.ports.store.find_transient(code.key()).await?.filter(|found| found.is_live(now));
        let Some(found) = found else { return Ok(None) };
        let LeadsTo { device } = found.read()?;
        Ok(Some(TransientKey { kind: TransientKind::DeviceCode, hash: device }))
    }
}

/// Hashes in documents.
mod hash {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(hash: &[u8; 32], s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&URL_SAFE_NO_PAD.encode(hash))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(d)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(serde::de::Error::custom)?;
        bytes.try_into().map_err(|_| serde::de::Error::custom("not a SHA-256"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::SeededEntropy;

    #[test]
    fn r28_a_code_is_read_as_a_person_types_it() {
        let code = UserCode::random(&SeededEntropy::new(1)).unwrap();
        let shown = code.to_string();
        assert_eq!((shown.len(), shown.as_bytes()[LENGTH / 2]), (LENGTH + 1, b'-'));
        assert!(code.0.bytes().all(|letter| ALPHABET.contains(&letter)), "{shown}");
        for typed in [&shown, &code.0, &format!(" {} ", shown.to_lowercase().replace('-', " "))] {
            assert_eq!(UserCode::read(typed).map(|read| read.0).as_ref(), Some(&code.0), "{typed}");
        }
        for bad in ["", &shown[1..], &format!("{shown}B"), "\u{ff22}CDF-GHJK"] {
            assert!(UserCode::read(bad).is_none(), "{bad}");
        }
    }
}
