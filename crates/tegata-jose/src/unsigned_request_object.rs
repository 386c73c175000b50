//! The one place where `alg` is `none` (OIDC Core §6.1). Nothing else is read here, and [`Jws`](crate::jws::Jws), through
//! which everything else goes, knows no token without a signature.

use std::borrow::Cow;

use crate::claims::{ClaimValue, Claims, ExpectedAudience};
use crate::jws::Header;
use crate::request_object::{check_claims, check_typ};
use crate::{JoseError, MAX_TOKEN_LEN, RequestObjectExpectation, base64url};

/// The `alg` of an unsecured JWS (RFC 7518 §3.6), which is no [`Algorithm`](crate::Algorithm).
const NONE: &str = "none";

/// A request object that nobody has signed: its claims are worth what parameters of a query are, and prove nothing.
#[derive(Clone, Debug)]
pub struct UnsignedRequestObject {
    claims: Claims,
}

impl UnsignedRequestObject {
    /// All claims, in order; reads the payload again.
    pub fn claims(&self) -> Vec<(Cow<'_, str>, ClaimValue<'_>)> {
        self.claims.members()
    }
}

/// Whether a request object has the form of an unsigned one: an empty signature. What has it never counts as signed, and
/// what has it not is never read by [`read_unsigned_request_object`].
pub fn is_unsigned_request_object(object: &str) -> bool {
    object.ends_with('.')
}

/// Reads a request object with the `alg` `none` and an empty signature (OIDC Core §6.1, RFC 7515 appendix A.5).
///
/// The rules are those of [`verify_request_object`](crate::verify_request_object), but that `iss`, `aud`, `exp` and
/// `client_id` may be absent: there is nothing that they could protect.
///
/// # Errors
/// The first failed check. [`JoseError::UnsupportedAlgorithm`] for any other `alg`.
pub fn read_unsigned_request_object(
    object: &str,
    expected: &RequestObjectExpectation<'_>,
) -> Result<UnsignedRequestObject, JoseError> {
    if object.len() > MAX_TOKEN_LEN {
        return Err(JoseError::TokenTooLarge);
    }
    let signing_input = object.strip_suffix('.').ok_or(JoseError::MalformedToken)?;
    let (header, payload) = signing_input.split_once('.').ok_or(JoseError::MalformedToken)?;
    let decoded = decode(header).map_err(|_| JoseError::InvalidHeader)?;
    let header = Header::read(&decoded)?;
    check_typ(&header)?;
    if header.alg != NONE {
        return Err(JoseError::UnsupportedAlgorithm);
    }
    let anybody = ExpectedAudience { trusted: None, exclusive: false, optional: true };
    // A further segment has a dot in it, which no base64url has.
    let claims = Claims::read(decode(payload)?, anybody)?;
    check_claims(&claims, expected)?;
    Ok(UnsignedRequestObject { claims })
}

fn decode(segment: &str) -> Result<String, JoseError> {
    let bytes = base64url::decode(segment).map_err(|_| JoseError::MalformedToken)?;
    String::from_utf8(bytes).map_err(|_| JoseError::InvalidPayload)
}
