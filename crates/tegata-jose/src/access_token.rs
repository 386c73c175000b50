use std::borrow::Cow;

use crate::claims::{ClaimValue, Claims, StringClaim};
use crate::json::ObjectWriter;
use crate::profile::{Kind, Verified};
use crate::{JoseError, NumericDate, Profile, TYP_ACCESS_TOKEN, TokenKind};

/// What an access token is issued with (RFC 9068 §2.2).
#[derive(Clone, Copy, Debug)]
pub struct AccessTokenClaims<'a> {
    /// `iss`: who issues it.
    pub issuer: &'a str,
    /// `sub`: whom it speaks of.
    pub subject: &'a str,
    /// `aud`: the resource it is for.
    pub audience: &'a str,
    /// `client_id`: the client it was issued to.
    pub client_id: &'a str,
    /// `scope`: what it allows, separated by spaces (RFC 8693 §4.2).
    pub scope: &'a str,
    /// `iat`
    pub issued_at: NumericDate,
    /// `exp`: the first second in which it is no longer valid.
    pub expires_at: NumericDate,
    /// `jti`: its unique name.
    pub jwt_id: &'a str,
    /// `sid`: the session it belongs to.
    pub session_id: Option<&'a str>,
    /// `username`: the user's name for people (RFC 7662 §2.2).
    pub username: Option<&'a str>,
}

impl AccessTokenClaims<'_> {
    pub(crate) fn to_json(self) -> String {
        let mut out = ObjectWriter::with_capacity(512);
        out.string("iss", self.issuer);
        out.string("sub", self.subject);
        out.string("aud", self.audience);
        out.string("client_id", self.client_id);
        out.string("scope", self.scope);
        out.integer("iat", self.issued_at.as_secs());
        out.integer("exp", self.expires_at.as_secs());
        out.string("jti", self.jwt_id);
        out.optional_string("sid", self.session_id);
        out.optional_string("username", self.username);
        out.finish()
    }
}

/// The kind of token that RFC 9068 describes.
///
/// Its `typ` is `at+jwt` or `application/at+jwt` and nothing else (RFC 9068 §4): no ID token and no other JWT of the same
/// issuer can stand in for it. Upper and lower case do not count, as in every media type (RFC 7515 §4.1.9); the example
/// of RFC 9068 §3 itself says `at+JWT`.
#[derive(Clone, Copy, Debug)]
pub enum AccessToken {}

impl TokenKind for AccessToken {
    type Verified = VerifiedAccessToken;
}

impl Kind for AccessToken {
    const TYP: &'static str = TYP_ACCESS_TOKEN;
    const EXCLUSIVE_AUDIENCE: bool = false;

    fn accepts_typ(typ: Option<&str>) -> bool {
        typ.is_some_and(is_access_token_typ)
    }

    fn check(_: &Profile<Self>, claims: Claims) -> Result<VerifiedAccessToken, JoseError> {
        claims.require_string(StringClaim::ClientId)?;
        claims.require_string(StringClaim::Jti)?;
        Ok(VerifiedAccessToken { claims })
    }
}

/// Whether `typ` is that of RFC 9068 §2.1, with or without the prefix that RFC 7515 §4.1.9 lets issuers leave out.
pub(crate) fn is_access_token_typ(typ: &str) -> bool {
    typ.eq_ignore_ascii_case(TYP_ACCESS_TOKEN) || typ.eq_ignore_ascii_case("application/at+jwt")
}

/// An access token that has passed [`verify`](crate::verify). There is no other way to get one.
#[derive(Clone, Debug)]
pub struct VerifiedAccessToken {
    claims: Claims,
}

impl VerifiedAccessToken {
    /// `iss`
    pub fn issuer(&self) -> &str {
        self.claims.required(StringClaim::Iss)
    }

    /// `sub`; identifies the user together with the issuer.
    pub fn subject(&self) -> &str {
        self.claims.required(StringClaim::Sub)
    }

    /// `client_id`
    pub fn client_id(&self) -> &str {
        self.claims.required(StringClaim::ClientId)
    }

    /// `jti`
    pub fn jwt_id(&self) -> &str {
        self.claims.required(StringClaim::Jti)
    }

    /// `scope`; empty if absent.
    pub fn scope(&self) -> &str {
        self.claims.required(StringClaim::Scope)
    }

    /// Whether `scope` has exactly this word.
    pub fn has_scope(&self, wanted: &str) -> bool {
        !wanted.is_empty() && self.scope().split(' ').any(|scope| scope == wanted)
    }

    /// `sid`
    pub fn session_id(&self) -> Option<&str> {
        self.claims.string(StringClaim::Sid)
    }

    /// `username`
    pub fn username(&self) -> Option<&str> {
        self.claims.string(StringClaim::Username)
    }

    /// `iat`
    pub fn issued_at(&self) -> NumericDate {
        self.claims.iat.unwrap_or_default()
    }

    /// `exp`
    pub fn expires_at(&self) -> NumericDate {
        self.claims.exp.unwrap_or_default()
    }

    /// `aud`, one or several; reads the payload again.
    pub fn audiences(&self) -> Vec<Cow<'_, str>> {
        self.claims.list("aud")
    }

    /// Any claim by its name, such as one that only another issuer has; reads the payload again.
    pub fn claim(&self, name: &str) -> Option<ClaimValue<'_>> {
        self.claims.find(name)
    }
}

impl Verified for VerifiedAccessToken {
    fn claims(&self) -> &Claims {
        &self.claims
    }
}
