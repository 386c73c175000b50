//! Token introspection (RFC 7662).

use serde_json::{Map, Value, json};
use tegata_jose::VerifiedAccessToken;

use super::client_authentication::AuthenticatedClient;
use super::in_force::InForce;
use crate::client::{Client, ClientId};
use crate::oauth::{OAuthError, Parameters};
use crate::provider::{Provider, RequestContext};
use crate::session::Session;
use crate::timestamp::Timestamp;
use crate::user::UserStatus;

impl Provider {
    /// What a token is worth now, for a client that it concerns; `{"active": false}` in every other case, and nothing
    /// beside it (RFC 7662 §2.2).
    ///
    /// # Errors
    /// `invalid_client` for a public client, which could be anybody; `invalid_request` without a token.
    pub async fn introspect(
        &self,
        client: &AuthenticatedClient,
        parameters: &Parameters,
        ctx: &RequestContext<'_>,
    ) -> Result<Value, OAuthError> {
        if !client.is_confidential() {
            return Err(OAuthError::invalid_client());
        }
        let text = parameters.required("token")?;
        let found = match self.verify_issued_token(text, ctx.now).await {
            Ok(token) => self.introspect_access_token(client, &token, ctx.now).await?,
            Err(_) => self.introspect_refresh_token(client, text, ctx.now).await?,
        };
        Ok(found.map_or_else(|| json!({"active": false}), Value::Object))
    }

    async fn introspect_access_token(
        &self,
        client: &AuthenticatedClient,
        token: &VerifiedAccessToken,
        now: Timestamp,
    ) -> Result<Option<Map<String, Value>>, OAuthError> {
        if !concerns(client, token) || !self.is_active(token, now).await? {
            return Ok(None);
        }
        let mut answer = Map::new();
        let mut put = |name: &str, value: Value| answer.insert(name.to_owned(), value);
        put("active", json!(true));
        put("iss", json!(token.issuer()));
        put("sub", json!(token.subject()));
        let audiences = token.audiences();
        put("aud", if let [only] = &audiences[..] { json!(only) } else { json!(audiences) });
        put("client_id", json!(token.client_id()));
        put("scope", json!(token.scope()));
        put("iat", json!(token.issued_at().as_secs()));
        put("exp", json!(token.expires_at().as_secs()));
        put("jti", json!(token.jwt_id()));
        put("token_type", json!(if token.confirmation().is_some() { "DPoP" } else { "Bearer" }));
        let optional = [
            ("username", token.username().map(|name| json!(name))),
            ("sid", token.session_id().map(|sid| json!(sid))),
            ("acr", token.acr().map(|acr| json!(acr))),
            ("auth_time", token.auth_time().map(|time| json!(time.as_secs()))),
            ("cnf", token.confirmation().map(|jkt| json!({"jkt": jkt}))),
            ("act", token.actor_json().and_then(|act| serde_json::from_str(act).ok())),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                put(name, value);
            }
        }
        Ok(Some(answer))
    }

    /// A refresh token is only its own client's business.
    async fn introspect_refresh_token(
        &self,
        client: &AuthenticatedClient,
        text: &str,
        now: Timestamp,
    ) -> Result<Option<Map<String, Value>>, OAuthError> {
        let Ok(token) = self.parse_refresh_token_of(Some(client.client_id()), text) else { return Ok(None) };
        let session = self.ports.store.find_session(token.user_id, token.session_id).await?;
        let is_current = |session: &Session| {
            session.is_live(now)
                && session.current_hash == token.hash()
                && session.client_grant().is_some_and(|grant| grant.is_of(client))
        };
        let Some(session) = session.filter(is_current) else { return Ok(None) };
        let user = self.ports.store.find_user(session.user_id).await?;
        if !user.is_some_and(|user| user.status == UserStatus::Active) {
            return Ok(None);
        }
        let answer = json!({
            "active": true,
            "iss": self.settings.issuer,
            "sub": self.subject(client, session.user_id),
            "client_id": client.client_id().as_str(),
            "scope": InForce::new(client, &session, None).scope().as_str(),
            "exp": session.expires_at().as_secs(),
            "sid": session.session_id.to_string(),
        });
        Ok(answer.as_object().cloned())
    }

    /// Whether everything that an access token rests on is there now.
    pub(super) async fn is_active(
        &self,
        token: &VerifiedAccessToken,
        now: Timestamp,
    ) -> Result<bool, OAuthError> {
        if token.client_id() == self.settings.tokens.client_id {
            return match self.authenticate(token, now).await {
                Ok(_) => Ok(true),
                Err(crate::error::ProviderError::InvalidToken) => Ok(false),
                Err(error) => Err(error.into()),
            };
        }
        if token.actor_json().is_some() {
            return self.is_exchanged_active(token, now).await;
        }
        if token.session_id().is_some() {
            return Ok(self.live_grant(token, now).await?.is_some());
        }
        Ok(token.subject() == token.client_id() && self.is_client_active(token.subject(), token, now).await?)
    }

    /// A token that was exchanged: whoever has it and whoever it speaks of are there, and so is the session behind it, with
    /// the client that it is of.
    async fn is_exchanged_active(
        &self,
        token: &VerifiedAccessToken,
        now: Timestamp,
    ) -> Result<bool, OAuthError> {
        if !self.is_client_active(token.client_id(), token, now).await? {
            return Ok(false);
        }
        if token.session_id().is_none() {
            return self.is_client_active(token.subject(), token, now).await;
        }
        let Some(session) = self.session_of_token(token, now).await? else { return Ok(false) };
        let user = self.ports.store.find_user(session.user_id).await?;
        if !user.is_some_and(|user| user.status == UserStatus::Active) {
            return Ok(false);
        }
        // A login of our own application rests on no client's registration.
        if session.grant.is_none() {
            return Ok(true);
        }
        let Ok(client_id) = session.client_id.parse::<ClientId>() else { return Ok(false) };
        let client = self.find_active_client(&client_id, now).await?;
        let grant = session.client_grant();
        Ok(client.is_some_and(|client| grant.is_some_and(|grant| grant.is_of(&client))))
    }

    /// The session that a token names, if it is alive. Its subject is a user by the name that all know them by.
    pub(super) async fn session_of_token(
        &self,
        token: &VerifiedAccessToken,
        now: Timestamp,
    ) -> Result<Option<Session>, OAuthError> {
        let session_id = token.session_id().and_then(|sid| sid.parse().ok());
        let (Ok(user_id), Some(session_id)) = (token.subject().parse(), session_id) else { return Ok(None) };
        let session = self.ports.store.find_session(user_id, session_id).await?;
        Ok(session.filter(|session| session.is_live(now)))
    }

    /// Whether the client of this name is there, and was when the token was issued.
    async fn is_client_active(
        &self,
        name: &str,
        token: &VerifiedAccessToken,
        now: Timestamp,
    ) -> Result<bool, OAuthError> {
        let Ok(client_id) = name.parse::<ClientId>() else { return Ok(false) };
        let client = self.find_active_client(&client_id, now).await?;
        Ok(client.is_some_and(|client| token.issued_at() >= client.created_at.numeric_date()))
    }
}

/// Whether a token is a client's own, or is for a resource that the client stands for (V17).
pub(super) fn concerns(client: &Client, token: &VerifiedAccessToken) -> bool {
    token.client_id() == client.client_id.as_str()
        || token.audiences().iter().any(|audience| {
            *audience == client.client_id.as_str()
                || client.metadata.resources.iter().any(|resource| resource == audience)
        })
}
