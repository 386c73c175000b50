use std::borrow::Cow;

use crate::access_token::is_access_token_typ;
use crate::claims::{ClaimValue, Claims, StringClaim};
use crate::confirmation::Confirmation;
use crate::profile::{Kind, Verified};
use crate::{JoseError, NumericDate, Profile, TYP_JWT, TokenKind};

/// The kind of token that other issuers use as an access token, whether or not they follow RFC 9068.
///
/// Its `typ` is `JWT`, `at+jwt` or absent: most issuers do not say what their tokens are. In exchange three other rules
/// keep ID tokens out (RFC 8725 §3.12): `token_use`, if present, is `access`; there is no `nonce` and no `at_hash`, which
/// only ID tokens have (OIDC Core §2, §3.1.3.6); and `aud` is the resource, never a client. Amazon Cognito gives its access
/// tokens no `aud`, so there `token_use` must be present and `client_id` must be one of those that the profile names.
///
/// `client_id` and `jti` may be absent. Everything else is as strict as for [`AccessToken`](crate::AccessToken).
#[derive(Clone, Copy, Debug)]
pub enum ForeignAccessToken {}

impl TokenKind for ForeignAccessToken {
    type Verified = VerifiedForeignAccessToken;
}

impl Kind for ForeignAccessToken {
    const TYP: &'static str = TYP_JWT;
    const EXCLUSIVE_AUDIENCE: bool = false;

    fn accepts_typ(typ: Option<&str>) -> bool {
        typ.is_none_or(|typ| typ.eq_ignore_ascii_case(TYP_JWT) || is_access_token_typ(typ))
    }

    fn check(profile: &Profile<Self>, claims: Claims) -> Result<VerifiedForeignAccessToken, JoseError> {
        let token_use = claims.string(StringClaim::TokenUse);
        if token_use.is_some_and(|token_use| token_use != "access") {
            return Err(JoseError::WrongTokenUse);
        }
        let has = |claim| claims.string(claim).is_some();
        if has(StringClaim::Nonce) || has(StringClaim::AtHash) {
            return Err(JoseError::WrongTokenUse);
        }
        if profile.names_clients() {
            claims.require_string(StringClaim::TokenUse)?;
            if !profile.is_client(claims.require_string(StringClaim::ClientId)?) {
                return Err(JoseError::ClientMismatch);
            }
        }
        // As for tokens of our own: what we cannot check must not become a bearer token.
        if matches!(claims.confirmation, Confirmation::Unknown) {
            return Err(JoseError::InvalidClaim { claim: "cnf" });
        }
        Ok(VerifiedForeignAccessToken { claims })
    }
}

/// An access token of another issuer that has passed [`verify`](crate::verify). There is no other way to get one.
#[derive(Clone, Debug)]
pub struct VerifiedForeignAccessToken {
    claims: Claims,
}

impl VerifiedForeignAccessToken {
    /// `iss`
    pub fn issuer(&self) -> &str {
        self.claims.required(StringClaim::Iss)
    }

    /// `sub`; identifies the user together with the issuer.
    pub fn subject(&self) -> &str {
        self.claims.required(StringClaim::Sub)
    }

    /// `client_id`, or `azp` where an issuer calls it so.
    pub fn client_id(&self) -> Option<&str> {
        self.claims.string(StringClaim::ClientId).or_else(|| self.claims.string(StringClaim::Azp))
    }

    /// `scope`; empty if absent.
    pub fn scope(&self) -> &str {
        self.claims.string(StringClaim::Scope).unwrap_or_default()
    }

    /// The words of a claim that an issuer uses instead of `scope`: an array of strings (`permissions`, `scp`), or one string
    /// of words separated by spaces; reads the payload again.
    ///
    /// An element of an array that has a space is left out: it is no word, and must not become two.
    pub fn words(&self, claim: &str) -> Vec<String> {
        let is_word = |word: &str| !word.is_empty() && !word.contains(' ');
        match self.claims.find(claim) {
            Some(ClaimValue::String(text)) => {
                text.split(' ').filter(|word| is_word(word)).map(str::to_owned).collect()
            }
            _ => self
                .claims
                .list(claim)
                .into_iter()
                .map(Cow::into_owned)
                .filter(|word| is_word(word))
                .collect(),
        }
    }

    /// `sid`
    pub fn session_id(&self) -> Option<&str> {
        self.claims.string(StringClaim::Sid)
    }

    /// `username`
    pub fn username(&self) -> Option<&str> {
        self.claims.string(StringClaim::Username)
    }

    /// `cnf.jkt`: if it is there, the token is good only beside a proof of the key with this thumbprint
    /// ([`verify_dpop_proof`](crate::verify_dpop_proof)), and never as a bearer token (RFC 9449 §7.1).
    pub fn confirmation(&self) -> Option<&str> {
        self.claims.confirmation.thumbprint()
    }

    /// `iat`
    pub fn issued_at(&self) -> NumericDate {
        self.claims.iat.unwrap_or_default()
    }

    /// `exp`
    pub fn expires_at(&self) -> NumericDate {
        self.claims.exp.unwrap_or_default()
    }

    /// Any claim by its name; reads the payload again.
    pub fn claim(&self, name: &str) -> Option<ClaimValue<'_>> {
        self.claims.find(name)
    }
}

impl Verified for VerifiedForeignAccessToken {
    fn claims(&self) -> &Claims {
        &self.claims
    }
}
