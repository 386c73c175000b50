use crate::claims::{ClaimValue, Claims, ExpectedAudience, StringClaim};
use crate::client_key::select_client_key;
use crate::jws::{Header, Jws};
use crate::{Algorithm, JoseError, JwkSet, MAX_LEEWAY_SECS, NumericDate, TYP_JWT};

/// The longest life of an assertion that is left when it arrives, in seconds.
pub const MAX_ASSERTION_LIFETIME_SECS: u32 = 300;
/// The most bytes of a `jti` that whoever must remember it is asked to store.
pub const MAX_JWT_ID_LEN: usize = 255;

/// The `typ` of an assertion that says what it is for.
const TYP_CLIENT_AUTHENTICATION: &str = "client-authentication+jwt";

/// What a client assertion must be, to be accepted here: decided before it is looked at, all but the client, for which
/// [`unverified_subject`](crate::unverified_subject) tells which keys to fetch.
#[derive(Clone, Copy, Debug)]
pub struct ClientAssertionExpectation<'a> {
    /// The client that both `iss` and `sub` must name.
    pub client_id: &'a str,
    /// The client's keys.
    pub keys: &'a JwkSet,
    /// Those of [`CLIENT_ALGORITHMS`](crate::CLIENT_ALGORITHMS) that the client may use, such as its `token_endpoint_auth_signing_alg`.
    pub algorithms: &'a [Algorithm],
    /// What `aud` must be.
    pub audience: AssertionAudience<'a>,
    /// The time.
    pub now: NumericDate,
    /// How much the client's clock may differ, in seconds; at most [`MAX_LEEWAY_SECS`].
    pub leeway_secs: u32,
}

/// What the `aud` of a client assertion must be.
///
/// Never does it name anybody else beside us: an assertion that another server takes too is one that it can take here.
#[derive(Clone, Copy, Debug)]
pub enum AssertionAudience<'a> {
    /// The issuer, as a string and not as an array of one.
    Issuer(&'a str),
    /// One of these, such as the issuer and the token endpoint, as a string or as an array of one (RFC 7523 §3).
    OneOf(&'a [&'a str]),
}

impl AssertionAudience<'_> {
    fn check(self, claims: &Claims) -> Result<(), JoseError> {
        let named = claims.list("aud");
        let [named] = named.as_slice() else { return Err(JoseError::AudienceMismatch) };
        let expected = match self {
            Self::Issuer(issuer) => {
                matches!(claims.find("aud"), Some(ClaimValue::String(_))) && *named == issuer
            }
            Self::OneOf(allowed) => allowed.iter().any(|allowed| named == allowed),
        };
        if expected { Ok(()) } else { Err(JoseError::AudienceMismatch) }
    }
}

/// What has passed: whoever sent it holds a key of the client.
///
/// The caller must take each [`jwt_id`](Self::jwt_id) of a client once only, and remember it until
/// [`expires_at`](Self::expires_at) and the leeway have passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedClientAssertion {
    /// `jti`
    pub jwt_id: String,
    /// `exp`
    pub expires_at: NumericDate,
}

/// Checks an assertion with which a client authenticates (RFC 7523 §3, OIDC Core §9 `private_key_jwt`).
///
/// `typ` is `JWT`, `client-authentication+jwt` or absent. `iss` and `sub` are the client. `exp` is not further ahead than
/// [`MAX_ASSERTION_LIFETIME_SECS`]. `jti` is there, in at most [`MAX_JWT_ID_LEN`] bytes. A token that we issued, a DPoP proof
/// and a request object (RFC 9101) do not pass.
///
/// # Errors
/// The first failed check. [`JoseError::UnknownKey`] means that the client may have newer keys.
pub fn verify_client_assertion(
    assertion: &str,
    expected: &ClientAssertionExpectation<'_>,
) -> Result<VerifiedClientAssertion, JoseError> {
    if expected.leeway_secs > MAX_LEEWAY_SECS {
        return Err(JoseError::LeewayTooLong);
    }
    let jws = Jws::split(assertion)?;
    let decoded = jws.decode_header()?;
    let header = Header::read(&decoded)?;
    if !is_assertion_typ(header.typ.as_deref()) {
        return Err(JoseError::WrongTyp);
    }
    jws.check_signature(&select_client_key(&header, expected.keys, expected.algorithms)?)?;
    let payload = jws.decode_payload()?;
    let anybody = ExpectedAudience { trusted: None, exclusive: false, optional: false };
    check_claims(&Claims::read(payload, anybody)?, expected)
}

fn is_assertion_typ(typ: Option<&str>) -> bool {
    const MEDIA_TYPE: &str = "application/client-authentication+jwt";
    typ.is_none_or(|typ| {
        [TYP_JWT, TYP_CLIENT_AUTHENTICATION, MEDIA_TYPE].iter().any(|known| typ.eq_ignore_ascii_case(known))
    })
}

fn check_claims(
    claims: &Claims,
    expected: &ClientAssertionExpectation<'_>,
) -> Result<VerifiedClientAssertion, JoseError> {
    for claim in [StringClaim::Iss, StringClaim::Sub] {
        if claims.require_string(claim)? != expected.client_id {
            return Err(JoseError::ClientMismatch);
        }
    }
    expected.audience.check(claims)?;
    // What a client that is itself an issuer signs with the same key is not meant for us.
    let is_of_another_kind =
        [StringClaim::AtHash, StringClaim::Nonce, StringClaim::TokenUse].map(|claim| claims.string(claim));
    if is_of_another_kind.iter().any(Option::is_some) || claims.find("events").is_some() {
        return Err(JoseError::WrongTokenUse);
    }
    let leeway = i64::from(expected.leeway_secs);
    let expires_at = claims.exp.ok_or(JoseError::MissingClaim { claim: "exp" })?;
    claims.check_optional_times(expected.now, leeway)?;
    let latest = expected.now.saturating_add(i64::from(MAX_ASSERTION_LIFETIME_SECS) + leeway);
    if expires_at > latest {
        return Err(JoseError::LifetimeTooLong);
    }
    Ok(VerifiedClientAssertion { jwt_id: read_jwt_id(claims)?, expires_at })
}

/// `jti`, which must be there and short enough to be remembered.
pub(crate) fn read_jwt_id(claims: &Claims) -> Result<String, JoseError> {
    let jwt_id = claims.require_string(StringClaim::Jti)?;
    if jwt_id.len() > MAX_JWT_ID_LEN {
        return Err(JoseError::InvalidClaim { claim: "jti" });
    }
    Ok(jwt_id.to_owned())
}
