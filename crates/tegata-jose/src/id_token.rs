use std::borrow::Cow;

use aws_lc_rs::digest;

use crate::claims::{ClaimValue, Claims, StringClaim};
use crate::json::{ObjectWriter, is_value_at};
use crate::profile::{Kind, Verified};
use crate::{Algorithm, JoseError, NumericDate, Profile, TYP_JWT, TokenKind, base64url};

/// What an ID token is issued with (OIDC Core §2).
#[derive(Clone, Copy, Debug)]
pub struct IdTokenClaims<'a> {
    /// `iss`: who issues it.
    pub issuer: &'a str,
    /// `sub`: whom it speaks of.
    pub subject: &'a str,
    /// `aud`: the `client_id` it is for.
    pub audience: &'a str,
    /// `iat`
    pub issued_at: NumericDate,
    /// `exp`: the first second in which it is no longer valid.
    pub expires_at: NumericDate,
    /// `auth_time`: when the user last proved who they are.
    pub auth_time: Option<NumericDate>,
    /// `nonce`: as in the authentication request.
    pub nonce: Option<&'a str>,
    /// `acr`: how far the proof can be relied on.
    pub acr: Option<&'a str>,
    /// `amr`: how it was given (RFC 8176); left out if empty.
    pub amr: &'a [&'a str],
    /// `at_hash`: the access token issued beside it, from [`at_hash`].
    pub access_token_hash: Option<&'a str>,
    /// `sid`: the session it belongs to (OIDC Front-Channel Logout §3).
    pub session_id: Option<&'a str>,
    /// `preferred_username`: the user's name for people (OIDC Core §5.1).
    pub preferred_username: Option<&'a str>,
    /// `azp`: the client it was issued to.
    pub authorized_party: Option<&'a str>,
    /// Claims about the user (OIDC Core §5.1, §5.5): a name, and the value as JSON. None may have the name of a claim
    /// that the protocol gives a meaning.
    pub additional: &'a [(&'a str, &'a str)],
}

/// The most additional claims: with those of the protocol, as many as a reader of ours takes.
const MAX_ADDITIONAL: usize = 96;

/// Claims that say what a token is and whom it is from, and those that make a JWT one of another kind: none of them is about
/// the user, so whoever may choose what is said of the user must not reach them.
const RESERVED: [&str; 25] = [
    "act",
    "acr",
    "amr",
    "at_hash",
    "aud",
    "auth_time",
    "azp",
    "c_hash",
    "client_id",
    "cnf",
    "events",
    "exp",
    "iat",
    "iss",
    "jti",
    "may_act",
    "nbf",
    "nonce",
    "scope",
    "sid",
    "s_hash",
    "sub",
    "sub_id",
    "sub_jwk",
    "token_use",
];

/// Whether a claim says what a token is or whom it is from: no such claim is about the user, and none can be one of
/// [`IdTokenClaims::additional`].
pub fn is_reserved_claim(name: &str) -> bool {
    RESERVED.contains(&name)
}

impl IdTokenClaims<'_> {
    pub(crate) fn to_json(self) -> Result<String, JoseError> {
        let mut out = ObjectWriter::with_capacity(512);
        out.string("iss", self.issuer);
        out.string("sub", self.subject);
        out.string("aud", self.audience);
        out.integer("iat", self.issued_at.as_secs());
        out.integer("exp", self.expires_at.as_secs());
        out.optional_integer("auth_time", self.auth_time.map(NumericDate::as_secs));
        out.optional_string("nonce", self.nonce);
        out.optional_string("acr", self.acr);
        if !self.amr.is_empty() {
            out.strings("amr", self.amr);
        }
        out.optional_string("at_hash", self.access_token_hash);
        out.optional_string("sid", self.session_id);
        out.optional_string("preferred_username", self.preferred_username);
        out.optional_string("azp", self.authorized_party);
        self.write_additional(&mut out)?;
        Ok(out.finish())
    }

    fn write_additional(&self, out: &mut ObjectWriter) -> Result<(), JoseError> {
        if self.additional.len() > MAX_ADDITIONAL {
            return Err(JoseError::InvalidPayload);
        }
        for (index, (name, value)) in self.additional.iter().enumerate() {
            if is_reserved_claim(name) {
                return Err(JoseError::ReservedClaim);
            }
            let written = self.preferred_username.is_some() && *name == "preferred_username";
            let repeated = self.additional.iter().take(index).any(|(earlier, _)| earlier == name);
            if written || repeated || !is_value_at(1, value) {
                return Err(JoseError::InvalidPayload);
            }
            out.foreign_json(name, value);
        }
        Ok(())
    }
}

/// The left half of the access token's hash, base64url (OIDC Core §3.1.3.6). The hash is that of `algorithm`, with which
/// the ID token is signed.
pub fn at_hash(algorithm: Algorithm, access_token: &str) -> String {
    let hash = digest::digest(algorithm.hash(), access_token.as_bytes());
    let (left, _) = hash.as_ref().split_at(hash.as_ref().len() / 2);
    base64url::encode(left)
}

/// The kind of token that OIDC Core §2 describes.
///
/// OIDC gives it no `typ` of its own: it is `JWT` or absent here, never `at+jwt`. Two rules keep other JWTs of
/// the same issuer out (RFC 8725 §3.12): `aud` is the client and nobody else, and `azp`, if present, is the client.
#[derive(Clone, Copy, Debug)]
pub enum IdToken {}

impl TokenKind for IdToken {
    type Verified = VerifiedIdToken;
}

impl Kind for IdToken {
    const TYP: &'static str = TYP_JWT;
    const EXCLUSIVE_AUDIENCE: bool = true;

    fn accepts_typ(typ: Option<&str>) -> bool {
        typ.is_none_or(|typ| typ.eq_ignore_ascii_case(TYP_JWT))
    }

    fn check(profile: &Profile<Self>, claims: Claims) -> Result<VerifiedIdToken, JoseError> {
        let authorized = claims.string(StringClaim::Azp);
        if authorized.is_some_and(|party| !profile.is_audience(party)) {
            return Err(JoseError::AudienceMismatch);
        }
        Ok(VerifiedIdToken { claims })
    }
}

/// An ID token that has passed [`verify`](crate::verify). There is no other way to get one.
#[derive(Clone, Debug)]
pub struct VerifiedIdToken {
    claims: Claims,
}

impl VerifiedIdToken {
    /// `iss`
    pub fn issuer(&self) -> &str {
        self.claims.required(StringClaim::Iss)
    }

    /// `sub`; identifies the user together with the issuer.
    pub fn subject(&self) -> &str {
        self.claims.required(StringClaim::Sub)
    }

    /// `iat`
    pub fn issued_at(&self) -> NumericDate {
        self.claims.iat.unwrap_or_default()
    }

    /// `exp`
    pub fn expires_at(&self) -> NumericDate {
        self.claims.exp.unwrap_or_default()
    }

    /// `auth_time`
    pub fn auth_time(&self) -> Option<NumericDate> {
        self.claims.auth_time
    }

    /// `nonce`; the client compares it with the one it sent (OIDC Core §3.1.3.7).
    pub fn nonce(&self) -> Option<&str> {
        self.claims.string(StringClaim::Nonce)
    }

    /// `acr`
    pub fn acr(&self) -> Option<&str> {
        self.claims.string(StringClaim::Acr)
    }

    /// `amr`; reads the payload again.
    pub fn amr(&self) -> Vec<Cow<'_, str>> {
        self.claims.list("amr")
    }

    /// `at_hash`; compare it with [`at_hash`] of the access token.
    pub fn access_token_hash(&self) -> Option<&str> {
        self.claims.string(StringClaim::AtHash)
    }

    /// `sid`
    pub fn session_id(&self) -> Option<&str> {
        self.claims.string(StringClaim::Sid)
    }

    /// `preferred_username`
    pub fn preferred_username(&self) -> Option<&str> {
        self.claims.string(StringClaim::PreferredUsername)
    }

    /// `azp`
    pub fn authorized_party(&self) -> Option<&str> {
        self.claims.string(StringClaim::Azp)
    }

    /// `aud`; reads the payload again.
    pub fn audiences(&self) -> Vec<Cow<'_, str>> {
        self.claims.list("aud")
    }

    /// Any claim by its name; reads the payload again.
    pub fn claim(&self, name: &str) -> Option<ClaimValue<'_>> {
        self.claims.find(name)
    }
}

impl Verified for VerifiedIdToken {
    fn claims(&self) -> &Claims {
        &self.claims
    }
}
