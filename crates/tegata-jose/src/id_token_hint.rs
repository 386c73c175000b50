use std::borrow::Cow;

use crate::claims::{Claims, ExpectedAudience, StringClaim};
use crate::jws::{Header, Jws};
use crate::profile::Kind as _;
use crate::{IdToken, JoseError, NumericDate, VerifyingKeys};

/// Checks an `id_token_hint`: that it is an ID token which `issuer` issued once, to whomever and however long ago.
///
/// `exp` must be there but may have passed (OIDC Core §3.1.2.1, OIDC RP-Initiated Logout §2). Which client it was issued to
/// is for the caller to compare.
///
/// # Errors
/// The first failed check, as in [`verify`](crate::verify). No access token and no logout token passes, nor anything that is
/// signed with a shared secret.
pub fn verify_id_token_hint(
    issuer: &str,
    keys: &VerifyingKeys,
    token: &str,
    now: NumericDate,
) -> Result<VerifiedIdTokenHint, JoseError> {
    let jws = Jws::split(token)?;
    let decoded = jws.decode_header()?;
    let header = Header::read(&decoded)?;
    if !IdToken::accepts_typ(header.typ.as_deref()) {
        return Err(JoseError::WrongTyp);
    }
    let key = header.select_key(keys)?;
    if !key.algorithm().can_sign() {
        return Err(JoseError::AlgorithmNotAllowed);
    }
    jws.check_signature(key)?;
    let payload = jws.decode_payload()?;
    let anybody = ExpectedAudience { trusted: None, exclusive: false, optional: false };
    let claims = Claims::read(payload, anybody)?;
    if claims.require_string(StringClaim::Iss)? != issuer {
        return Err(JoseError::IssuerMismatch);
    }
    claims.require_string(StringClaim::Sub)?;
    claims.check_times_but_expiry(now)?;
    Ok(VerifiedIdTokenHint { claims })
}

/// An ID token that was issued once and may have expired since. It says who somebody was, and proves of nobody that they are
/// here: that is why it is not a [`VerifiedIdToken`](crate::VerifiedIdToken).
#[derive(Clone, Debug)]
pub struct VerifiedIdTokenHint {
    claims: Claims,
}

impl VerifiedIdTokenHint {
    /// `sub`
    pub fn subject(&self) -> &str {
        self.claims.required(StringClaim::Sub)
    }

    /// `sid`
    pub fn session_id(&self) -> Option<&str> {
        self.claims.string(StringClaim::Sid)
    }

    /// `aud`, at least one; reads the payload again.
    pub fn audiences(&self) -> Vec<Cow<'_, str>> {
        self.claims.list("aud")
    }

    /// `azp`
    pub fn authorized_party(&self) -> Option<&str> {
        self.claims.string(StringClaim::Azp)
    }

    /// Whether it was issued to this client: `aud` names it, and `azp`, if present, nobody else.
    pub fn is_for(&self, client_id: &str) -> bool {
        self.authorized_party().is_none_or(|party| party == client_id)
            && self.audiences().iter().any(|audience| audience == client_id)
    }

    /// `auth_time`
    pub fn auth_time(&self) -> Option<NumericDate> {
        self.claims.auth_time
    }

    /// `iat`
    pub fn issued_at(&self) -> NumericDate {
        self.claims.iat.unwrap_or_default()
    }

    /// `exp`
    pub fn expires_at(&self) -> NumericDate {
        self.claims.exp.unwrap_or_default()
    }
}
