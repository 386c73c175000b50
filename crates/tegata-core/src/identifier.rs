//! Names of things: tenants, users, sessions, clients.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::entropy::{Entropy, EntropyError, random};

/// A text that is no identifier of the expected kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid identifier")]
pub struct ParseIdentifierError;

macro_rules! random_identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// 128 random bits, written as 22 characters of base64url; never derived from anything and never used again.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; 16]);

        impl $name {
            /// A new one.
            ///
            /// # Errors
            /// When there is no randomness to be had.
            pub fn random(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
                random(entropy).map(Self)
            }

            /// The bytes, as stores keep them.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }

            /// One from its bytes.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut text = [0; 22];
                // 16 bytes are always 22 characters of ASCII, so neither step can fail.
                let length = URL_SAFE_NO_PAD.encode_slice(self.0, &mut text).map_err(|_| fmt::Error)?;
                f.write_str(std::str::from_utf8(&text[..length]).map_err(|_| fmt::Error)?)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl TryFrom<String> for $name {
            type Error = ParseIdentifierError;

            fn try_from(text: String) -> Result<Self, ParseIdentifierError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }

        impl FromStr for $name {
            type Err = ParseIdentifierError;

            fn from_str(text: &str) -> Result<Self, ParseIdentifierError> {
                let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| ParseIdentifierError)?;
                bytes.try_into().map(Self).map_err(|_| ParseIdentifierError)
            }
        }
    };
}

random_identifier! {
    /// A user, for ever: the `sub` of their tokens (OIDC Core §2).
    UserId
}

random_identifier! {
    /// A session, which is one login on one device: the `sid` of its tokens.
    SessionId
}

random_identifier! {
    /// A notice of a logout that is to be delivered to a client.
    NoticeId
}

/// A tenant: the first part of every key in a store.
///
/// 1–32 of `a–z`, `0–9` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantId(String);

impl TenantId {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for TenantId {
    /// The tenant of an installation that has only one.
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl FromStr for TenantId {
    type Err = ParseIdentifierError;

    fn from_str(text: &str) -> Result<Self, ParseIdentifierError> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if (1..=32).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParseIdentifierError)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_read_back_as_it_was_written() {
        let id = UserId::from_bytes([0xfb; 16]);
        assert_eq!(id.to_string().len(), 22);
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn a_second_spelling_of_an_identifier_is_refused() {
        // The last character carries two unused bits; setting one would give the same bytes another name.
        let text = SessionId::from_bytes([0; 16]).to_string();
        let other = format!("{}B", &text[..21]);
        assert_eq!(other.parse::<SessionId>(), Err(ParseIdentifierError));
        assert_eq!("".parse::<SessionId>(), Err(ParseIdentifierError));
    }

    #[test]
    fn a_tenant_is_short_and_plain() {
        assert!("acme-2".parse::<TenantId>().is_ok());
        for bad in ["", "A", "a#b", "a/b", &"a".repeat(33)] {
            assert!(bad.parse::<TenantId>().is_err(), "{bad}");
        }
    }
}
