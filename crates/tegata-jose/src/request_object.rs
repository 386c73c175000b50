use std::borrow::Cow;

use crate::claims::{ClaimValue, Claims, ExpectedAudience, StringClaim};
use crate::client_key::select_client_key;
use crate::jws::{Header, Jws};
use crate::{Algorithm, JoseError, JwkSet, MAX_LEEWAY_SECS, NumericDate, TYP_JWT};

/// The longest life of a signed request object that is left when it arrives, in seconds (FAPI 2.0 Message Signing §5.3.1).
/// It travels in addresses, which are kept in histories and logs.
pub const MAX_REQUEST_OBJECT_LIFETIME_SECS: u32 = 3600;

/// The `typ` of a request object that says what it is (RFC 9101 §10.8).
const TYP_REQUEST_OBJECT: &str = "oauth-authz-req+jwt";

/// What a request object must be, to be accepted here: decided before it is looked at.
#[derive(Clone, Copy, Debug)]
pub struct RequestObjectExpectation<'a> {
    /// The client that asks: what `iss` and `client_id` name.
    pub client_id: &'a str,
    /// Who is asked: one of `aud`.
    pub issuer: &'a str,
    /// The time.
    pub now: NumericDate,
    /// How much the client's clock may differ, in seconds; at most [`MAX_LEEWAY_SECS`].
    pub leeway_secs: u32,
}

/// A request object that a client has signed, with its claims, of which all but those of JWT itself are parameters.
///
/// It can be shown again until it expires: what makes its answer good once is in the parameters (RFC 9700 §4.5).
#[derive(Clone, Debug)]
pub struct VerifiedRequestObject {
    claims: Claims,
}

impl VerifiedRequestObject {
    /// All claims, in order; reads the payload again.
    pub fn claims(&self) -> Vec<(Cow<'_, str>, ClaimValue<'_>)> {
        self.claims.members()
    }
}

/// Checks a request object (RFC 9101 §6.2, §6.3) against the keys of its client, with those of
/// [`CLIENT_ALGORITHMS`](crate::CLIENT_ALGORITHMS) that the client may use.
///
/// `typ` is `oauth-authz-req+jwt`, `JWT` or absent. `iss` and `client_id` are the client and `aud` has the issuer, all of
/// which RFC 9101 §4 recommends and which must be there: with them, and without the claims that other JWTs of the same key
/// have, no client assertion, no token and no DPoP proof passes (§10.8). `exp` is there, and not further ahead than
/// [`MAX_REQUEST_OBJECT_LIFETIME_SECS`].
///
/// # Errors
/// The first failed check. Nothing of the payload is read before the signature has been found valid.
/// [`JoseError::UnknownKey`] means that the client may have newer keys.
pub fn verify_request_object(
    object: &str,
    keys: &JwkSet,
    algorithms: &[Algorithm],
    expected: &RequestObjectExpectation<'_>,
) -> Result<VerifiedRequestObject, JoseError> {
    let jws = Jws::split(object)?;
    let decoded = jws.decode_header()?;
    let header = Header::read(&decoded)?;
    check_typ(&header)?;
    jws.check_signature(&select_client_key(&header, keys, algorithms)?)?;
    let anybody = ExpectedAudience { trusted: None, exclusive: false, optional: false };
    let claims = Claims::read(jws.decode_payload()?, anybody)?;
    for claim in [StringClaim::Iss, StringClaim::ClientId] {
        claims.require_string(claim)?;
    }
    let expires_at = claims.exp.ok_or(JoseError::MissingClaim { claim: "exp" })?;
    check_claims(&claims, expected)?;
    let longest = i64::from(MAX_REQUEST_OBJECT_LIFETIME_SECS) + i64::from(expected.leeway_secs);
    if expires_at > expected.now.saturating_add(longest) {
        return Err(JoseError::LifetimeTooLong);
    }
    Ok(VerifiedRequestObject { claims })
}

/// OIDC Core §6.1 knows no `typ`, and RFC 9101 §10.8 does not demand it. Any other than its own is of another kind.
pub(crate) fn check_typ(header: &Header<'_>) -> Result<(), JoseError> {
    const MEDIA_TYPE: &str = "application/oauth-authz-req+jwt";
    let is_known = header.typ.as_deref().is_none_or(|typ| {
        [TYP_JWT, TYP_REQUEST_OBJECT, MEDIA_TYPE].iter().any(|known| typ.eq_ignore_ascii_case(known))
    });
    if is_known { Ok(()) } else { Err(JoseError::WrongTyp) }
}

/// What the claims of every request object must not say, signed or not.
pub(crate) fn check_claims(
    claims: &Claims,
    expected: &RequestObjectExpectation<'_>,
) -> Result<(), JoseError> {
    if expected.leeway_secs > MAX_LEEWAY_SECS {
        return Err(JoseError::LeewayTooLong);
    }
    // No parameter has these names, and every other JWT that a client signs or could have got has one: an assertion `sub` (§10.8).
    let is_of_another_kind =
        [StringClaim::Sub, StringClaim::AtHash, StringClaim::TokenUse].map(|claim| claims.string(claim));
    if is_of_another_kind.iter().any(Option::is_some) || claims.find("events").is_some() {
        return Err(JoseError::WrongTokenUse);
    }
    if claims.string(StringClaim::Iss).is_some_and(|issuer| issuer != expected.client_id) {
        return Err(JoseError::IssuerMismatch);
    }
    if claims.string(StringClaim::ClientId).is_some_and(|client_id| client_id != expected.client_id) {
        return Err(JoseError::ClientMismatch);
    }
    let is_for_us = || claims.list("aud").iter().any(|audience| audience == expected.issuer);
    if claims.find("aud").is_some() && !is_for_us() {
        return Err(JoseError::AudienceMismatch);
    }
    // A request does not lead to another one (RFC 9101 §4).
    for claim in ["request", "request_uri"] {
        if claims.find(claim).is_some() {
            return Err(JoseError::InvalidClaim { claim });
        }
    }
    claims.check_optional_times(expected.now, i64::from(expected.leeway_secs))
}
