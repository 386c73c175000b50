//! The tokens of a client.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tegata_jose::{AccessTokenClaims, Actor, IdTokenClaims, at_hash};

use super::claims::claims_of_session;
use super::in_force::InForce;
use super::token_request::AccessBinding;
use crate::claims::ClaimTarget;
use crate::client::Client;
use crate::entropy::random;
use crate::oauth::OAuthError;
use crate::provider::Provider;
use crate::refresh_token::{RefreshToken, RefreshTokenSecret};
use crate::scope::Scope;
use crate::session::Session;
use crate::timestamp::Timestamp;
use crate::user::User;

/// The answer of the token endpoint (RFC 6749 §5.1).
#[derive(Debug)]
pub struct ClientTokens {
    /// The access token (RFC 9068).
    pub access_token: String,
    /// `Bearer`, or `DPoP` (RFC 9449 §5).
    pub token_type: &'static str,
    /// How long the access token lives.
    pub expires_in: Duration,
    /// What it allows.
    pub scope: Scope,
    /// The ID token, where `openid` was granted.
    pub id_token: Option<String>,
    /// The refresh token, where the client may refresh.
    pub refresh_token: Option<RefreshTokenSecret>,
    /// What kind of token it is, for an exchange (RFC 8693 §2.2.1).
    pub issued_token_type: Option<&'static str>,
}

/// What the tokens of a session say beside what it is.
pub(super) struct TokenContent<'a> {
    /// For which resources the access token is; for the default one if empty.
    pub(super) resources: &'a [String],
    /// What it allows.
    pub(super) in_force: &'a InForce<'a>,
    /// What it is bound to.
    pub(super) binding: &'a AccessBinding,
    /// That of the authorization request; a refresh has none (OIDC Core §12.2).
    pub(super) nonce: Option<&'a str>,
}

/// What an access token of a client says.
pub(super) struct AccessTokenContent<'a> {
    pub(super) subject: &'a str,
    pub(super) resources: &'a [String],
    pub(super) scope: &'a Scope,
    /// It never lives longer than this.
    pub(super) ends_at: Timestamp,
    pub(super) session: Option<&'a Session>,
    pub(super) acr: Option<&'a str>,
    pub(super) binding: &'a AccessBinding,
    pub(super) actor: Option<Actor<'a>>,
}

impl Provider {
    /// Issues the tokens of a client's session as it stands. Without its user, the ID token tells what the session knows.
    pub(super) fn issue_client_tokens(
        &self,
        client: &Client,
        user: Option<&User>,
        session: &Session,
        refresh: Option<&RefreshToken>,
        content: &TokenContent<'_>,
        now: Timestamp,
    ) -> Result<ClientTokens, OAuthError> {
        let TokenContent { resources, in_force, binding, nonce } = *content;
        let grant = session.client_grant();
        let scope = in_force.scope();
        let subject = self.subject(client, session.user_id);
        let content = AccessTokenContent {
            subject: &subject,
            resources,
            scope,
            ends_at: session.expires_at(),
            session: Some(session),
            acr: grant.and_then(|grant| grant.acr.as_deref()),
            binding,
            actor: None,
        };
        let (access_token, expires_in) = self.sign_access_token(client, &content, now)?;
        let id_token = if scope.contains("openid") {
            Some(self.sign_id_token(client, user, session, in_force, &subject, &access_token, nonce, now)?)
        } else {
            None
        };
        let secrets = &self.key_ring().secrets;
        Ok(ClientTokens {
            access_token,
            token_type: token_type(binding),
            expires_in,
            scope: scope.clone(),
            id_token,
            refresh_token: refresh.map(|token| token.encode(&self.settings.tenant, secrets)),
            issued_token_type: None,
        })
    }

    /// Signs an access token; gives its life, too.
    pub(super) fn sign_access_token(
        &self,
        client: &Client,
        content: &AccessTokenContent<'_>,
        now: Timestamp,
    ) -> Result<(String, Duration), OAuthError> {
        let settings = &self.settings;
        let key_ring = self.key_ring();
        let jti = URL_SAFE_NO_PAD.encode(random::<16>(self.ports.entropy.as_ref())?);
        let expires_in = settings.tokens.access_token_ttl.min(content.ends_at.since(now));
        let mut audience: Vec<&str> = content.resources.iter().map(String::as_str).collect();
        if audience.is_empty() {
            audience.push(&settings.tokens.audience);
        }
        let sid = content.session.map(|session| session.session_id.to_string());
        let is_public = content.session.is_some_and(|session| session.user_id.to_string() == content.subject);
        let token = key_ring
            .signing()?
            .sign_access_token(&AccessTokenClaims {
                issuer: &settings.issuer,
                subject: content.subject,
                audience: &audience,
                client_id: client.client_id.as_str(),
                scope: content.scope.as_str(),
                issued_at: now.numeric_date(),
                expires_at: (now + expires_in).numeric_date(),
                jwt_id: &jti,
                session_id: sid.as_deref(),
                // A name that all know a user by is none for a client that knows them by one of its own.
                username: content.session.filter(|_| is_public).map(|session| session.username.as_str()),
                auth_time: content.session.map(|session| session.auth_time.numeric_date()),
                acr: content.acr,
                confirmation: content.binding.dpop_jkt.as_deref(),
                actor: content.actor,
            })
            .map_err(crate::error::ProviderError::from)?;
        Ok((token, expires_in))
    }

    #[expect(clippy::too_many_arguments, reason = "each is another fact that goes into the token")]
    fn sign_id_token(
        &self,
        client: &Client,
        user: Option<&User>,
        session: &Session,
        in_force: &InForce<'_>,
        subject: &str,
        access_token: &str,
        nonce: Option<&str>,
        now: Timestamp,
    ) -> Result<String, OAuthError> {
        let key_ring = self.key_ring();
        let signing = key_ring.signing_for(client)?;
        let expires_in = self.settings.tokens.id_token_ttl.min(session.expires_at().since(now));
        let claims = match user {
            Some(user) => self.claims_of(user, session, in_force, ClaimTarget::IdToken),
            None => claims_of_session(session, in_force),
        };
        let claims: Vec<(&str, String)> =
            claims.iter().map(|(name, value)| (name.as_str(), value.to_string())).collect();
        let additional: Vec<(&str, &str)> =
            claims.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let amr: Vec<&str> = session.amr.iter().map(String::as_str).collect();
        let sid = session.session_id.to_string();
        let token = signing.sign_id_token(&IdTokenClaims {
            issuer: &self.settings.issuer,
            subject,
            audience: client.client_id.as_str(),
            issued_at: now.numeric_date(),
            expires_at: (now + expires_in).numeric_date(),
            auth_time: Some(session.auth_time.numeric_date()),
            nonce,
            acr: session.client_grant().and_then(|grant| grant.acr.as_deref()),
            amr: &amr,
            access_token_hash: Some(&at_hash(signing.algorithm(), access_token)),
            session_id: Some(&sid),
            preferred_username: None,
            authorized_party: Some(client.client_id.as_str()),
            additional: &additional,
        });
        Ok(token.map_err(crate::error::ProviderError::from)?)
    }
}

/// RFC 6749 §7.1, RFC 9449 §5
pub(super) fn token_type(binding: &AccessBinding) -> &'static str {
    if binding.dpop_jkt.is_some() { "DPoP" } else { "Bearer" }
}
