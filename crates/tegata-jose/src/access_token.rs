use std::borrow::Cow;

use crate::claims::{ClaimValue, Claims, StringClaim};
use crate::confirmation::{Confirmation, is_thumbprint};
use crate::json::{ObjectWriter, is_value_at};
use crate::profile::{Kind, Verified};
use crate::{JoseError, NumericDate, Profile, TYP_ACCESS_TOKEN, TokenKind};

/// What an access token is issued with (RFC 9068 §2.2).
#[derive(Clone, Copy, Debug)]
pub struct AccessTokenClaims<'a> {
    /// `iss`: who issues it.
    pub issuer: &'a str,
    /// `sub`: whom it speaks of.
    pub subject: &'a str,
    /// `aud`: the resources it is for, at least one; a single one is written as a string (RFC 7519 §4.1.3).
    pub audience: &'a [&'a str],
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
    /// `auth_time`: when the user last proved who they are (RFC 9068 §2.2.1); a resource may ask for a newer proof
    /// (RFC 9470).
    pub auth_time: Option<NumericDate>,
    /// `acr`: how far that proof can be relied on (RFC 9068 §2.2.1).
    pub acr: Option<&'a str>,
    /// `cnf.jkt`: the thumbprint of the key whose proofs must come with the token (RFC 9449 §6.1).
    pub confirmation: Option<&'a str>,
    /// `act`: who acts for the subject (RFC 8693 §4.1).
    pub actor: Option<Actor<'a>>,
}

/// Who acts for the subject of a token (RFC 8693 §4.1).
#[derive(Clone, Copy, Debug)]
pub struct Actor<'a> {
    /// `sub`: the one who acts now.
    pub subject: &'a str,
    /// `act`: those who acted before, as [`actor_json`](VerifiedAccessToken::actor_json) gives them.
    pub prior: Option<&'a str>,
}

impl Actor<'_> {
    fn to_json(self) -> Result<String, JoseError> {
        let mut out = ObjectWriter::with_capacity(128);
        out.string("sub", self.subject);
        if let Some(prior) = self.prior {
            // The claims, `act`, and what acted before within it.
            if !prior.starts_with('{') || !is_value_at(2, prior) {
                return Err(JoseError::InvalidClaim { claim: "act" });
            }
            out.json("act", prior);
        }
        Ok(out.finish())
    }
}

impl AccessTokenClaims<'_> {
    pub(crate) fn to_json(self) -> Result<String, JoseError> {
        let mut out = ObjectWriter::with_capacity(512);
        out.string("iss", self.issuer);
        out.string("sub", self.subject);
        match self.audience {
            [] => return Err(JoseError::MissingClaim { claim: "aud" }),
            [only] => out.string("aud", only),
            several => out.strings("aud", several),
        }
        out.string("client_id", self.client_id);
        out.string("scope", self.scope);
        out.integer("iat", self.issued_at.as_secs());
        out.integer("exp", self.expires_at.as_secs());
        out.string("jti", self.jwt_id);
        out.optional_string("sid", self.session_id);
        out.optional_string("username", self.username);
        out.optional_integer("auth_time", self.auth_time.map(NumericDate::as_secs));
        out.optional_string("acr", self.acr);
        if let Some(jkt) = self.confirmation {
            if !is_thumbprint(jkt) {
                return Err(JoseError::InvalidClaim { claim: "cnf" });
            }
            let mut confirmation = ObjectWriter::with_capacity(64);
            confirmation.string("jkt", jkt);
            out.json("cnf", &confirmation.finish());
        }
        if let Some(actor) = self.actor {
            out.json("act", &actor.to_json()?);
        }
        Ok(out.finish())
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
        // Bound to its holder by means that we cannot check: to let it pass would make a bearer token of it.
        if matches!(claims.confirmation, Confirmation::Unknown) {
            return Err(JoseError::InvalidClaim { claim: "cnf" });
        }
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

    /// `auth_time`
    pub fn auth_time(&self) -> Option<NumericDate> {
        self.claims.auth_time
    }

    /// `acr`
    pub fn acr(&self) -> Option<&str> {
        self.claims.string(StringClaim::Acr)
    }

    /// `cnf.jkt`: if it is there, the token is good only beside a proof of the key with this thumbprint
    /// ([`verify_dpop_proof`](crate::verify_dpop_proof)), and never as a bearer token (RFC 9449 §7.1).
    pub fn confirmation(&self) -> Option<&str> {
        self.claims.confirmation.thumbprint()
    }

    /// `act`, a JSON object (RFC 8693 §4.1); reads the payload again.
    pub fn actor_json(&self) -> Option<&str> {
        match self.claims.find("act") {
            Some(ClaimValue::Object(json)) => Some(json),
            _ => None,
        }
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
