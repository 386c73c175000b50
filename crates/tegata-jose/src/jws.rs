//! The compact serialization (RFC 7515 §7.1): three segments, one signature.

use std::borrow::Cow;

use crate::json::{Malformed, Object};
use crate::{Algorithm, JoseError, VerifyingKey, VerifyingKeys, base64url, rsa_key};

/// The most bytes of a token that are read or issued.
pub const MAX_TOKEN_LEN: usize = 8 * 1024;

/// Checks the signature of a compact JWS and gives its payload, whatever that is.
///
/// This is the layer below [`verify`](crate::verify): it knows no claims, no time and no kind of token. Use it for
/// payloads that are no claims set.
///
/// # Errors
/// The first failed check: form, header (RFC 7515 §4), key, algorithm, signature.
pub fn verify_signature(keys: &VerifyingKeys, token: &str) -> Result<Vec<u8>, JoseError> {
    let jws = Jws::split(token)?;
    let decoded = jws.decode_header()?;
    let header = Header::read(&decoded)?;
    jws.check_signature(header.select_key(keys)?)?;
    base64url::decode(jws.payload).map_err(|_| JoseError::MalformedToken)
}

/// The segments, not yet decoded.
pub(crate) struct Jws<'t> {
    pub(crate) header: &'t str,
    pub(crate) payload: &'t str,
    signature: &'t str,
    signing_input: &'t str,
}

impl<'t> Jws<'t> {
    pub(crate) fn split(token: &'t str) -> Result<Self, JoseError> {
        if token.len() > MAX_TOKEN_LEN {
            return Err(JoseError::TokenTooLarge);
        }
        let (signing_input, signature) = token.rsplit_once('.').ok_or(JoseError::MalformedToken)?;
        let (header, payload) = signing_input.split_once('.').ok_or(JoseError::MalformedToken)?;
        // More than three segments are a JWE or a JSON Web Proof; an empty signature is an unsecured JWS. The payload
        // may be empty (RFC 7515 §5.1).
        if header.is_empty() || signature.is_empty() || payload.contains('.') {
            return Err(JoseError::MalformedToken);
        }
        Ok(Self { header, payload, signature, signing_input })
    }

    pub(crate) fn decode_header(&self) -> Result<String, JoseError> {
        let bytes = base64url::decode(self.header).map_err(|_| JoseError::MalformedToken)?;
        String::from_utf8(bytes).map_err(|_| JoseError::InvalidHeader)
    }

    /// The text of a payload that is a claims set.
    pub(crate) fn decode_payload(&self) -> Result<String, JoseError> {
        let bytes = base64url::decode(self.payload).map_err(|_| JoseError::MalformedToken)?;
        String::from_utf8(bytes).map_err(|_| JoseError::InvalidPayload)
    }

    pub(crate) fn check_signature(&self, key: &VerifyingKey) -> Result<(), JoseError> {
        // The decoder wants room for whole groups of three.
        let mut buffer = [0; rsa_key::MAX_SIGNATURE_LEN + 4];
        let signature =
            base64url::decode_into(self.signature, &mut buffer).map_err(|_| JoseError::MalformedToken)?;
        key.verify(self.signing_input.as_bytes(), signature)
    }
}

/// What of the header matters. `jku`, `jwk`, `x5u` and `x5c` do not: a key that the token brings along proves nothing
/// (RFC 8725 §3.10). Only a DPoP proof may bring one, and only [`verify_dpop_proof`](crate::verify_dpop_proof) looks for it.
pub(crate) struct Header<'h> {
    pub(crate) alg: Cow<'h, str>,
    pub(crate) kid: Option<Cow<'h, str>>,
    pub(crate) typ: Option<Cow<'h, str>>,
}

impl<'h> Header<'h> {
    pub(crate) fn read(text: &'h str) -> Result<Self, JoseError> {
        let invalid = |_: Malformed| JoseError::InvalidHeader;
        let (mut alg, mut kid, mut typ) = (None, None, None);
        let mut object = Object::open(text).map_err(invalid)?;
        while let Some((name, value)) = object.next_member().map_err(invalid)? {
            let slot = match &*name.decode() {
                "alg" => &mut alg,
                "kid" => &mut kid,
                "typ" => &mut typ,
                // We know no extension, so every list of them holds one we do not know, and an empty list is not
                // allowed (RFC 7515 §4.1.11). `b64` is one of them, also when `crit` forgets it (RFC 7797 §6).
                "crit" | "b64" => return Err(JoseError::CriticalExtension),
                _ => continue,
            };
            *slot = Some(value.as_text().ok_or(JoseError::InvalidHeader)?.decode());
        }
        Ok(Self { alg: alg.ok_or(JoseError::InvalidHeader)?, kid, typ })
    }

    /// The key that `kid` names, if the header's `alg` is the key's own. The header chooses neither.
    pub(crate) fn select_key<'k>(&self, keys: &'k VerifyingKeys) -> Result<&'k VerifyingKey, JoseError> {
        let claimed: Algorithm = self.alg.parse()?;
        let key = keys.select(self.kid.as_deref())?;
        if claimed == key.algorithm() { Ok(key) } else { Err(JoseError::AlgorithmMismatch) }
    }
}
