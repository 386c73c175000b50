use crate::json::{Array, Object, Value};
use crate::jwk::Rejected;
use crate::{JoseError, Jwk};

/// The most bytes of a JWK Set that are read.
pub const MAX_JWKS_LEN: usize = 64 * 1024;
/// The most keys of a JWK Set.
pub const MAX_JWKS_KEYS: usize = 64;

/// Public keys with distinct `kid`s, as published at a `jwks_uri` (RFC 7517 §5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JwkSet {
    keys: Vec<Jwk>,
}

impl JwkSet {
    /// A set of these keys.
    ///
    /// # Errors
    /// [`JoseError::DuplicateKeyId`] if two share a `kid`, [`JoseError::InvalidKeySet`] for more than
    /// [`MAX_JWKS_KEYS`].
    pub fn new(keys: Vec<Jwk>) -> Result<Self, JoseError> {
        if keys.len() > MAX_JWKS_KEYS {
            return Err(JoseError::InvalidKeySet);
        }
        check_distinct(&keys, Jwk::kid)?;
        Ok(Self { keys })
    }

    /// Reads a set. Keys of unknown types, incomplete ones and those with values out of range are left out, as
    /// RFC 7517 §5 asks, so that an issuer may add new kinds.
    ///
    /// # Errors
    /// [`JoseError::InvalidKeySet`] for more than [`MAX_JWKS_LEN`] bytes or [`MAX_JWKS_KEYS`] keys, or for what is no
    /// JWK Set; [`JoseError::DuplicateKeyId`]; [`JoseError::PrivateKey`] if any key shows private members.
    pub fn parse(json: &[u8]) -> Result<Self, JoseError> {
        const INVALID: JoseError = JoseError::InvalidKeySet;
        if json.len() > MAX_JWKS_LEN {
            return Err(INVALID);
        }
        let text = std::str::from_utf8(json).map_err(|_| INVALID)?;
        let mut object = Object::open(text).map_err(|_| INVALID)?;
        let mut array = None;
        while let Some((name, value)) = object.next_member().map_err(|_| INVALID)? {
            if name.decode() == "keys" {
                let Value::Array(text) = value else { return Err(INVALID) };
                array = Some(Array::open(text).map_err(|_| INVALID)?);
            }
        }
        let mut array = array.ok_or(INVALID)?;
        let mut keys = Vec::new();
        let mut seen = 0;
        while let Some(element) = array.next_element().map_err(|_| INVALID)? {
            let Value::Object(text) = element else { return Err(INVALID) };
            seen += 1;
            if seen > MAX_JWKS_KEYS {
                return Err(INVALID);
            }
            match Jwk::read(text) {
                Ok(jwk) => keys.push(jwk),
                Err(Rejected::Unusable(_)) => {}
                Err(Rejected::Fatal(error)) => return Err(error),
            }
        }
        Self::new(keys)
    }

    /// The key with this `kid`.
    pub fn find(&self, kid: &str) -> Option<&Jwk> {
        self.keys.iter().find(|key| key.kid() == Some(kid))
    }

    /// All keys, in the order of the document.
    pub fn keys(&self) -> &[Jwk] {
        &self.keys
    }

    /// The set as JSON.
    pub fn to_json(&self) -> String {
        let mut out = String::from("{\"keys\":[");
        for (index, key) in self.keys.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            out.push_str(&key.to_json());
        }
        out.push_str("]}");
        out
    }
}

/// Refuses a repeated `kid`: it would be chance which key is meant. Absent ones do not count.
pub(crate) fn check_distinct<K>(keys: &[K], kid: impl Fn(&K) -> Option<&str>) -> Result<(), JoseError> {
    for (index, key) in keys.iter().enumerate() {
        if kid(key).is_some() && keys.iter().take(index).any(|earlier| kid(earlier) == kid(key)) {
            return Err(JoseError::DuplicateKeyId);
        }
    }
    Ok(())
}
