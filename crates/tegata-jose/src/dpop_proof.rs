use std::borrow::Cow;

use aws_lc_rs::digest;

use crate::claims::{ClaimValue, Claims, ExpectedAudience, StringClaim};
use crate::client_assertion::read_jwt_id;
use crate::json::{Object, Value};
use crate::jwk::Rejected;
use crate::jws::{Header, Jws};
use crate::{
    Algorithm, CLIENT_ALGORITHMS, JoseError, Jwk, MAX_LEEWAY_SECS, NumericDate, VerifyingKey, base64url,
    http_uri,
};

/// The `typ` of a DPoP proof (RFC 9449 §4.2).
const TYP_DPOP_PROOF: &str = "dpop+jwt";

/// The request that a DPoP proof must have been made for (RFC 9449 §4.3). It holds an access token, and so is never printed.
#[derive(Clone, Copy)]
pub struct DpopExpectation<'a> {
    /// `htm`: the method of the request.
    pub method: &'a str,
    /// `htu`: the URI of the request as the client knows it; its query and fragment do not count.
    pub uri: &'a str,
    /// The access token that the request carries. With one, the proof must have its hash in `ath`; without, it must have none.
    pub access_token: Option<&'a str>,
    /// The `nonce` that the proof must or may have.
    pub nonce: ExpectedNonce<'a>,
    /// The time.
    pub now: NumericDate,
    /// How old a proof may be, in seconds since its `iat`, where no nonce says when it was made.
    pub max_age_secs: u32,
    /// How much the client's clock may differ, in seconds; at most [`MAX_LEEWAY_SECS`].
    pub leeway_secs: u32,
}

/// Which `nonce` a proof must or may have (RFC 9449 §8, §9).
///
/// One that the server has given out a moment ago says, by the server's own clock, that the proof is of now. Then the client's
/// clock, which may be wrong, is not asked, and `iat` can be any time (RFC 9449 §11.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectedNonce<'a> {
    /// Any or none, and it says nothing: `iat` decides.
    Any,
    /// One of these, or none. If there is none and `iat` is not of now, then it is a nonce that the proof lacks.
    Offered(&'a [&'a str]),
    /// One of these.
    Required(&'a [&'a str]),
}

/// What has passed: whoever made the request holds the private half of a key.
///
/// The caller must compare [`thumbprint`](Self::thumbprint) with the key that the token or the code is bound to, and take
/// each [`jwt_id`](Self::jwt_id) of a key once only, for as long as the proof would be young enough, or its nonce accepted
/// (RFC 9449 §11.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedDpopProof {
    /// The SHA-256 thumbprint of the key, base64url (RFC 7638): what `cnf.jkt` and `dpop_jkt` say.
    pub thumbprint: String,
    /// `jti`
    pub jwt_id: String,
    /// `iat`
    pub issued_at: NumericDate,
    /// `nonce`
    pub nonce: Option<String>,
}

/// Checks a DPoP proof (RFC 9449 §4.3), whose one and only value has been taken from the `DPoP` header.
///
/// Nowhere else is a key believed that the token brings along. Here it may be: the proof says that its maker holds *some*
/// key, and means nothing until its thumbprint has been compared with the one that is expected.
///
/// # Errors
/// The first failed check. [`JoseError::MissingClaim`] and [`JoseError::ClaimMismatch`] of `nonce` are those that the client
/// can mend with a newer nonce (RFC 9449 §8), and come after everything else that could be wrong with a proof.
pub fn verify_dpop_proof(
    proof: &str,
    expected: &DpopExpectation<'_>,
) -> Result<VerifiedDpopProof, JoseError> {
    if expected.leeway_secs > MAX_LEEWAY_SECS {
        return Err(JoseError::LeewayTooLong);
    }
    let jws = Jws::split(proof)?;
    let decoded = jws.decode_header()?;
    let header = Header::read(&decoded)?;
    if !header.typ.as_deref().is_some_and(is_proof_typ) {
        return Err(JoseError::WrongTyp);
    }
    let algorithm: Algorithm = header.alg.parse()?;
    if !CLIENT_ALGORITHMS.contains(&algorithm) {
        return Err(JoseError::AlgorithmNotAllowed);
    }
    let jwk = read_jwk(&decoded)?;
    jws.check_signature(&VerifyingKey::from_jwk_as(&jwk, algorithm)?)?;
    let payload = jws.decode_payload()?;
    let anybody = ExpectedAudience { trusted: None, exclusive: false, optional: true };
    check_claims(&Claims::read(payload, anybody)?, expected, &jwk)
}

fn is_proof_typ(typ: &str) -> bool {
    typ.eq_ignore_ascii_case(TYP_DPOP_PROOF) || typ.eq_ignore_ascii_case("application/dpop+jwt")
}

/// The public key in the header. A private one has leaked, so it proves nothing (RFC 9449 §4.3, 7).
fn read_jwk(header: &str) -> Result<Jwk, JoseError> {
    let mut object = Object::open(header).map_err(|_| JoseError::InvalidHeader)?;
    while let Some((name, value)) = object.next_member().map_err(|_| JoseError::InvalidHeader)? {
        if name.decode() == "jwk" {
            let Value::Object(text) = value else { return Err(JoseError::InvalidHeader) };
            return Jwk::read(text).map_err(|(Rejected::Unusable(error) | Rejected::Fatal(error))| error);
        }
    }
    Err(JoseError::InvalidHeader)
}

fn check_claims(
    claims: &Claims,
    expected: &DpopExpectation<'_>,
    jwk: &Jwk,
) -> Result<VerifiedDpopProof, JoseError> {
    let jwt_id = read_jwt_id(claims)?;
    if require(claims, "htm")? != expected.method {
        return Err(JoseError::ClaimMismatch { claim: "htm" });
    }
    let target = http_uri::normalized(&require(claims, "htu")?);
    if target.is_none() || target != http_uri::normalized(expected.uri) {
        return Err(JoseError::ClaimMismatch { claim: "htu" });
    }
    check_access_token_hash(claims, expected.access_token)?;
    let issued_at = claims.iat.ok_or(JoseError::MissingClaim { claim: "iat" })?;
    // A proof need not have them; where they are, they mean what they always mean.
    claims.check_validity(expected.now, i64::from(expected.leeway_secs))?;
    let nonce = claims.string(StringClaim::Nonce);
    check_time(nonce, issued_at, expected)?;
    Ok(VerifiedDpopProof { thumbprint: jwk.thumbprint(), jwt_id, issued_at, nonce: nonce.map(str::to_owned) })
}

/// The proof is of now: by its nonce, or by `iat`.
fn check_time(
    nonce: Option<&str>,
    issued_at: NumericDate,
    expected: &DpopExpectation<'_>,
) -> Result<(), JoseError> {
    const MISSING: JoseError = JoseError::MissingClaim { claim: "nonce" };
    match (expected.nonce, nonce) {
        (ExpectedNonce::Any, _) => check_age(issued_at, expected),
        (ExpectedNonce::Offered(_), None) => check_age(issued_at, expected).map_err(|_| MISSING),
        (ExpectedNonce::Required(_), None) => Err(MISSING),
        (ExpectedNonce::Offered(good) | ExpectedNonce::Required(good), Some(nonce)) => {
            if good.contains(&nonce) { Ok(()) } else { Err(JoseError::ClaimMismatch { claim: "nonce" }) }
        }
    }
}

/// `iat` is within the window.
fn check_age(issued_at: NumericDate, expected: &DpopExpectation<'_>) -> Result<(), JoseError> {
    let leeway = i64::from(expected.leeway_secs);
    if issued_at > expected.now.saturating_add(leeway) {
        return Err(JoseError::IssuedInFuture);
    }
    if issued_at.saturating_add(i64::from(expected.max_age_secs) + leeway) < expected.now {
        return Err(JoseError::Expired);
    }
    Ok(())
}

/// `ath` is there exactly if there is an access token: a proof that was made for one request fits no other.
fn check_access_token_hash(claims: &Claims, access_token: Option<&str>) -> Result<(), JoseError> {
    const MISMATCH: JoseError = JoseError::ClaimMismatch { claim: "ath" };
    match access_token {
        None if claims.find("ath").is_some() => Err(MISMATCH),
        None => Ok(()),
        Some(access_token) => {
            let hash = base64url::encode(digest::digest(&digest::SHA256, access_token.as_bytes()));
            if require(claims, "ath")? == hash { Ok(()) } else { Err(MISMATCH) }
        }
    }
}

fn require<'c>(claims: &'c Claims, claim: &'static str) -> Result<Cow<'c, str>, JoseError> {
    match claims.find(claim) {
        Some(ClaimValue::String(text)) => Ok(text),
        Some(_) => Err(JoseError::InvalidClaim { claim }),
        None => Err(JoseError::MissingClaim { claim }),
    }
}
