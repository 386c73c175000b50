//! The `cnf` claim (RFC 7800 §3.1): the key whose holder alone may use a token.

use crate::json::{Object, Value};
use crate::{JoseError, base64url};

/// Octets of a SHA-256.
const THUMBPRINT_LEN: usize = 32;

/// What a token says of its holder.
#[derive(Clone)]
pub(crate) enum Confirmation {
    /// Nothing: a bearer token.
    Absent,
    /// `jkt`: the holder proves with DPoP that the key with this thumbprint is theirs (RFC 9449 §6.1).
    Thumbprint(Box<str>),
    /// Something else, such as a certificate (RFC 8705 §3.1).
    Unknown,
}

impl Confirmation {
    /// # Errors
    /// [`JoseError::InvalidClaim`] for what is no object, or for a `jkt` that is no thumbprint.
    pub(crate) fn read(value: Value<'_>) -> Result<Self, JoseError> {
        const INVALID: JoseError = JoseError::InvalidClaim { claim: "cnf" };
        let Value::Object(text) = value else { return Err(INVALID) };
        let mut confirmation = Self::Unknown;
        let mut object = Object::open(text)?;
        while let Some((name, value)) = object.next_member()? {
            if name.decode() == "jkt" {
                let jkt = value.as_text().ok_or(INVALID)?.decode();
                if !is_thumbprint(&jkt) {
                    return Err(INVALID);
                }
                confirmation = Self::Thumbprint(jkt.into());
            }
        }
        Ok(confirmation)
    }

    pub(crate) fn thumbprint(&self) -> Option<&str> {
        if let Self::Thumbprint(jkt) = self { Some(jkt) } else { None }
    }
}

/// Whether a text is a SHA-256 in base64url, as [`thumbprint`](crate::Jwk::thumbprint) writes it.
pub(crate) fn is_thumbprint(text: &str) -> bool {
    base64url::decode(text).is_ok_and(|octets| octets.len() == THUMBPRINT_LEN)
}
