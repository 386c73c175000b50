use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tegata_jose::{Algorithm, CLIENT_ALGORITHMS, JoseError};

/// With what a client signs its request objects (OIDC Registration §2, RFC 9101 §10.5), once it has said so.
///
/// `none` is a value of this member and of no other: it is no [`Algorithm`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum RequestObjectAlg {
    /// With nothing.
    Unsigned,
    /// With this algorithm, and no other.
    Signed(Algorithm),
}

impl RequestObjectAlg {
    /// All that can be verified here.
    pub fn all() -> impl Iterator<Item = Self> {
        std::iter::once(Self::Unsigned).chain(CLIENT_ALGORITHMS.map(Self::Signed))
    }

    /// Its name in metadata.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unsigned => "none",
            Self::Signed(algorithm) => algorithm.as_str(),
        }
    }
}

impl FromStr for RequestObjectAlg {
    type Err = JoseError;

    fn from_str(text: &str) -> Result<Self, JoseError> {
        Self::all().find(|alg| alg.as_str() == text).ok_or(JoseError::UnsupportedAlgorithm)
    }
}

impl TryFrom<String> for RequestObjectAlg {
    type Error = JoseError;

    fn try_from(text: String) -> Result<Self, JoseError> {
        text.parse()
    }
}

impl From<RequestObjectAlg> for &'static str {
    fn from(alg: RequestObjectAlg) -> Self {
        alg.as_str()
    }
}

impl fmt::Display for RequestObjectAlg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_algorithm_is_read_as_it_is_written_and_a_shared_secret_is_none() {
        for alg in RequestObjectAlg::all() {
            assert_eq!(alg.to_string().parse(), Ok(alg));
        }
        for other in ["HS256", "ES384", "None", ""] {
            assert!(other.parse::<RequestObjectAlg>().is_err(), "{other}");
        }
    }
}
