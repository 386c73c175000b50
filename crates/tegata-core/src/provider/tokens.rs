//! Issuing the three tokens, and verifying the one that comes back.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tegata_jose::{AccessTokenClaims, IdTokenClaims, JoseError, VerifiedAccessToken, at_hash};

use super::{KeyRing, Provider};
use crate::entropy::random;
use crate::error::ProviderError;
use crate::identifier::SessionId;
use crate::refresh_token::{RefreshToken, RefreshTokenSecret};
use crate::secret::equal;
use crate::session::Session;
use crate::timestamp::Timestamp;

/// The authentication context class: a password and nothing else.
pub const ACR: &str = "urn:tegata:acr:pwd";

/// The tokens of one answer (RFC 6749 §5.1).
#[derive(Debug)]
pub struct TokenSet {
    /// The access token (RFC 9068).
    pub access_token: String,
    /// How long the access token lives.
    pub expires_in: Duration,
    /// The ID token (OIDC Core §2).
    pub id_token: String,
    /// The refresh token.
    pub refresh_token: RefreshTokenSecret,
    /// When the refresh token is of no more use.
    pub refresh_expires_at: Timestamp,
    /// The session that the tokens belong to.
    pub session: Session,
}

impl Provider {
    /// Issues the tokens of a session as it stands, with the refresh token that is to be presented next.
    pub(super) fn issue(
        &self,
        key_ring: &KeyRing,
        session: Session,
        refresh_token: &RefreshToken,
        now: Timestamp,
    ) -> Result<TokenSet, ProviderError> {
        let settings = &self.settings;
        let signing = key_ring.signing()?;
        let (sub, sid) = (session.user_id.to_string(), session.session_id.to_string());
        let jti = URL_SAFE_NO_PAD.encode(random::<16>(self.ports.entropy.as_ref())?);
        // A token never outlives its session.
        let expires_in = settings.tokens.access_token_ttl.min(session.expires_at().since(now));
        let id_expires_in = settings.tokens.id_token_ttl.min(session.expires_at().since(now));
        let access_token = signing.sign_access_token(&AccessTokenClaims {
            issuer: &settings.issuer,
            subject: &sub,
            audience: &[settings.tokens.audience.as_str()],
            client_id: &session.client_id,
            scope: session.scope.as_str(),
            issued_at: now.numeric_date(),
            expires_at: (now + expires_in).numeric_date(),
            jwt_id: &jti,
            session_id: Some(&sid),
            username: Some(session.username.as_str()),
            auth_time: None,
            acr: None,
            confirmation: None,
            actor: None,
        })?;
        let amr: Vec<&str> = session.amr.iter().map(String::as_str).collect();
        let id_token = signing.sign_id_token(&IdTokenClaims {
            issuer: &settings.issuer,
            subject: &sub,
            audience: &session.client_id,
            issued_at: now.numeric_date(),
            expires_at: (now + id_expires_in).numeric_date(),
            auth_time: Some(session.auth_time.numeric_date()),
            nonce: None,
            acr: Some(ACR),
            amr: &amr,
            access_token_hash: Some(&at_hash(signing.algorithm(), &access_token)),
            session_id: Some(&sid),
            preferred_username: Some(session.username.as_str()),
            authorized_party: None,
            additional: &[],
        })?;
        Ok(TokenSet {
            access_token,
            expires_in,
            id_token,
            refresh_token: refresh_token.encode(&settings.tenant, &key_ring.secrets),
            refresh_expires_at: session.expires_at(),
            session,
        })
    }

    /// Verifies an access token, without a store (RFC 9068 §4).
    ///
    /// A token that was verified before is known again by its SHA-256; its expiry is looked at every time.
    ///
    /// # Errors
    /// [`JoseError`]: which check failed, for the log and not for the caller.
    pub fn verify_access_token(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<Arc<VerifiedAccessToken>, JoseError> {
        let key_ring = self.key_ring();
        key_ring.verified.verify(&key_ring.access_tokens, token, now.numeric_date())
    }

    /// Verifies an access token that this issuer has made for any of its resources: what it is worth, and whom it speaks of, is
    /// asked about here, which is no use of it at a resource. With newer keys, if it names one that is not known here.
    ///
    /// # Errors
    /// As [`Provider::verify_access_token`].
    pub async fn verify_issued_token(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<Arc<VerifiedAccessToken>, JoseError> {
        let verify = || {
            let key_ring = self.key_ring();
            key_ring.verified.verify(&key_ring.issued_tokens, token, now.numeric_date())
        };
        let verified = verify();
        if matches!(verified, Err(JoseError::UnknownKey)) && self.learn_keys(now).await {
            return verify();
        }
        verified
    }

    /// The CSRF token of a session: whoever can read it from our cookie runs on our origin.
    pub fn csrf_token(&self, session_id: SessionId) -> String {
        URL_SAFE_NO_PAD.encode(self.key_ring().secrets.csrf.mac(&[session_id.as_bytes()]))
    }

    /// Checks that a CSRF token is that of the session.
    ///
    /// # Errors
    /// [`ProviderError::Csrf`].
    pub fn check_csrf(&self, session_id: SessionId, presented: &str) -> Result<(), ProviderError> {
        if equal(self.csrf_token(session_id).as_bytes(), presented.as_bytes()) {
            Ok(())
        } else {
            Err(ProviderError::Csrf)
        }
    }
}
