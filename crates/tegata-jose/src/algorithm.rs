use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest;

use crate::JoseError;

/// A signature algorithm of RFC 7518 §3.1 or RFC 8037 §3.1.
///
/// `none` is no variant, so no setting and no token can ask for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// ECDSA over P-256 with SHA-256. Signs and verifies; the default.
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256. Signs and verifies.
    Rs256,
    /// Ed25519. Signs and verifies.
    EdDsa,
    /// RSASSA-PKCS1-v1_5 with SHA-384. Verifies only.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512. Verifies only.
    Rs512,
    /// RSASSA-PSS with SHA-256. Verifies only.
    Ps256,
    /// RSASSA-PSS with SHA-384. Verifies only.
    Ps384,
    /// RSASSA-PSS with SHA-512. Verifies only.
    Ps512,
    /// ECDSA over P-384 with SHA-384. Verifies only.
    Es384,
    /// ECDSA over P-521 with SHA-512. Verifies only.
    Es512,
    /// HMAC with SHA-256. Verifies only, and only with a key that was configured, never with one of a JWK Set.
    Hs256,
}

impl Algorithm {
    /// The `alg` value on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
            Self::EdDsa => "EdDSA",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::Hs256 => "HS256",
        }
    }

    /// Whether a [`SigningKey`](crate::SigningKey) can be of this algorithm.
    pub const fn can_sign(self) -> bool {
        matches!(self, Self::Es256 | Self::Rs256 | Self::EdDsa)
    }

    /// The hash that `at_hash` and its like use with this algorithm (OIDC Core §3.1.3.6). Ed25519 hashes with SHA-512.
    pub(crate) fn hash(self) -> &'static digest::Algorithm {
        match self {
            Self::Es256 | Self::Rs256 | Self::Ps256 | Self::Hs256 => &digest::SHA256,
            Self::Es384 | Self::Rs384 | Self::Ps384 => &digest::SHA384,
            Self::Es512 | Self::Rs512 | Self::Ps512 | Self::EdDsa => &digest::SHA512,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Algorithm {
    type Err = JoseError;

    /// Reads an `alg` value. Upper and lower case differ (RFC 7515 §4.1.1).
    fn from_str(alg: &str) -> Result<Self, JoseError> {
        Ok(match alg {
            "ES256" => Self::Es256,
            "RS256" => Self::Rs256,
            "EdDSA" => Self::EdDsa,
            "RS384" => Self::Rs384,
            "RS512" => Self::Rs512,
            "PS256" => Self::Ps256,
            "PS384" => Self::Ps384,
            "PS512" => Self::Ps512,
            "ES384" => Self::Es384,
            "ES512" => Self::Es512,
            "HS256" => Self::Hs256,
            _ => return Err(JoseError::UnsupportedAlgorithm),
        })
    }
}
