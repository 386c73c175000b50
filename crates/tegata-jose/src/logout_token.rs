use crate::claims::{ClaimValue, Claims, StringClaim};
use crate::json::{Object, ObjectWriter, Value};
use crate::profile::{Kind, Verified};
use crate::{JoseError, NumericDate, Profile, TYP_LOGOUT_TOKEN, TokenKind};

/// The member of `events` that makes a token a logout token (OIDC Back-Channel Logout §2.4).
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// What a logout token is issued with (OIDC Back-Channel Logout §2.4).
#[derive(Clone, Copy, Debug)]
pub struct LogoutTokenClaims<'a> {
    /// `iss`: who issues it.
    pub issuer: &'a str,
    /// `aud`: the `client_id` it is for.
    pub audience: &'a str,
    /// `iat`
    pub issued_at: NumericDate,
    /// `exp`: the first second in which it is no longer valid; two minutes are enough.
    pub expires_at: NumericDate,
    /// `jti`: its unique name.
    pub jwt_id: &'a str,
    /// `sub`: who was logged out, as the ID token named them.
    pub subject: Option<&'a str>,
    /// `sid`: the session that ended; without it, all of the user's. It or `sub` must be there.
    pub session_id: Option<&'a str>,
}

impl LogoutTokenClaims<'_> {
    pub(crate) fn to_json(self) -> Result<String, JoseError> {
        if self.subject.is_none() && self.session_id.is_none() {
            return Err(JoseError::MissingClaim { claim: "sub" });
        }
        let mut event = ObjectWriter::with_capacity(64);
        event.json(EVENT, "{}");
        let mut out = ObjectWriter::with_capacity(512);
        out.string("iss", self.issuer);
        out.optional_string("sub", self.subject);
        out.string("aud", self.audience);
        out.integer("iat", self.issued_at.as_secs());
        out.integer("exp", self.expires_at.as_secs());
        out.string("jti", self.jwt_id);
        out.optional_string("sid", self.session_id);
        out.json("events", &event.finish());
        Ok(out.finish())
    }
}

/// The kind of token that tells a client that its user has logged out (OIDC Back-Channel Logout §2.4).
///
/// Its `typ` is `logout+jwt` or `application/logout+jwt` and nothing else. There is no `nonce`, which only ID tokens have:
/// with one, a client that knows no `typ` could take it for one of those.
#[derive(Clone, Copy, Debug)]
pub enum LogoutToken {}

impl TokenKind for LogoutToken {
    type Verified = VerifiedLogoutToken;
}

impl Kind for LogoutToken {
    const TYP: &'static str = TYP_LOGOUT_TOKEN;
    const EXCLUSIVE_AUDIENCE: bool = true;
    const REQUIRES_SUBJECT: bool = false;

    fn accepts_typ(typ: Option<&str>) -> bool {
        typ.is_some_and(|typ| {
            typ.eq_ignore_ascii_case(TYP_LOGOUT_TOKEN) || typ.eq_ignore_ascii_case("application/logout+jwt")
        })
    }

    fn check(_: &Profile<Self>, claims: Claims) -> Result<VerifiedLogoutToken, JoseError> {
        claims.require_string(StringClaim::Jti)?;
        if claims.string(StringClaim::Nonce).is_some() {
            return Err(JoseError::WrongTokenUse);
        }
        check_events(&claims)?;
        if claims.string(StringClaim::Sid).is_none_or(str::is_empty) {
            claims.require_string(StringClaim::Sub)?;
        }
        Ok(VerifiedLogoutToken { claims })
    }
}

/// `events` is an object that has the logout among its members, with an object as its value.
fn check_events(claims: &Claims) -> Result<(), JoseError> {
    const INVALID: JoseError = JoseError::InvalidClaim { claim: "events" };
    let events = claims.find("events").ok_or(JoseError::MissingClaim { claim: "events" })?;
    let ClaimValue::Object(events) = events else { return Err(INVALID) };
    let mut object = Object::open(events)?;
    while let Some((name, value)) = object.next_member()? {
        if name.decode() == EVENT && matches!(value, Value::Object(_)) {
            return Ok(());
        }
    }
    Err(INVALID)
}

/// A logout token that has passed [`verify`](crate::verify). There is no other way to get one.
#[derive(Clone, Debug)]
pub struct VerifiedLogoutToken {
    claims: Claims,
}

impl VerifiedLogoutToken {
    /// `iss`
    pub fn issuer(&self) -> &str {
        self.claims.required(StringClaim::Iss)
    }

    /// `sub`
    pub fn subject(&self) -> Option<&str> {
        self.claims.string(StringClaim::Sub)
    }

    /// `sid`
    pub fn session_id(&self) -> Option<&str> {
        self.claims.string(StringClaim::Sid)
    }

    /// `jti`
    pub fn jwt_id(&self) -> &str {
        self.claims.required(StringClaim::Jti)
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

impl Verified for VerifiedLogoutToken {
    fn claims(&self) -> &Claims {
        &self.claims
    }
}
