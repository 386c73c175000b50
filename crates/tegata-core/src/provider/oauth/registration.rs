//! Clients that register themselves (RFC 7591), and manage their registration (RFC 7592).
//!
//! Nobody vouches for them: they are shown as unverified, are asked about every time, and can have nothing but OpenID
//! Connect's own scope, and what an operator leaves to all of them (V43).

use serde_json::{Value, json};

use super::clients::{ClientError, NewClient, sentences};
use super::own_metadata::{OPERATORS, read_metadata};
use crate::client::{
    Client, ClientId, ClientMetadata, ClientOrigin, ClientSecret, ClientSecretHash, ClientStatus,
};
use crate::oauth::{ErrorCode, OAuthError};
use crate::provider::{Provider, RequestContext};
use crate::scope::Scope;
use crate::settings::RegistrationMode;
use crate::timestamp::Timestamp;

impl Provider {
    /// Registers a client that asks for it; gives what RFC 7591 §3.2.1 says.
    ///
    /// # Errors
    /// `invalid_token` without the initial access token, where one is needed; `invalid_redirect_uri`,
    /// `invalid_client_metadata`.
    pub async fn register_dynamically(
        &self,
        request: &Value,
        initial_access_token: Option<&str>,
        ctx: &RequestContext<'_>,
    ) -> Result<Value, OAuthError> {
        self.may_register(initial_access_token, ctx).await?;
        let metadata = read_metadata(request, None, &self.settings.registration_scope())
            .map_err(ClientError::Invalid)?;
        self.check_metadata(&metadata).await?;
        let token = ClientSecret::random(ClientSecret::REGISTRATION, self.ports.entropy.as_ref())?;
        let new = NewClient {
            client_id: self.random_client_id()?,
            origin: ClientOrigin::Registration,
            registration_access_token: Some(token.hash()),
            metadata,
        };
        let (client, secret) = self.create_client(new, ctx).await?;
        Ok(self.registration_answer(&client, secret.as_ref(), token.expose()))
    }

    async fn may_register(
        &self,
        initial_access_token: Option<&str>,
        ctx: &RequestContext<'_>,
    ) -> Result<(), OAuthError> {
        let settings = &self.settings.oauth;
        match settings.registration {
            RegistrationMode::Off => Err(OAuthError::refused(
                ErrorCode::AccessDenied,
                "Clients are registered by the operator here.",
            )),
            RegistrationMode::Token => {
                let (expected, presented) = (&settings.registration_token, initial_access_token);
                if expected.as_ref().zip(presented).is_some_and(|(token, text)| token.matches(text)) {
                    return Ok(());
                }
                Err(OAuthError::refused(
                    ErrorCode::InvalidToken,
                    "Registration needs the initial access token that the operator gives out.",
                ))
            }
            RegistrationMode::Open => {
                Ok(self.count_address("registration", &self.settings.throttle.signup, ctx).await?)
            }
        }
    }

    /// The registration of a client that shows its registration access token (RFC 7592 §2.1).
    ///
    /// # Errors
    /// `invalid_token`, for every cause.
    pub async fn registration(&self, client_id: &str, token: &str) -> Result<Value, OAuthError> {
        let client = self.own_registration(client_id, token).await?;
        Ok(self.registration_answer(&client, None, token))
    }

    /// Replaces the metadata of a registration (RFC 7592 §2.2).
    ///
    /// # Errors
    /// As [`Provider::registration`] and [`Provider::register_dynamically`].
    pub async fn update_registration(
        &self,
        client_id: &str,
        token: &str,
        request: &Value,
        ctx: &RequestContext<'_>,
    ) -> Result<Value, OAuthError> {
        let client = self.own_registration(client_id, token).await?;
        if request.get("client_id").and_then(Value::as_str) != Some(client_id) {
            return Err(metadata_error(
                "The request has to have the client_id that it is for (RFC 7592, section 2.2).",
            ));
        }
        // Looked at again in the step itself: an operator may have closed it, or made it their own, in between (V16).
        let everyones = self.settings.registration_scope();
        let change = |client: &mut Client| {
            check_own(Some(client), token)?;
            replace_metadata(client, request, &everyones, ctx.now)
        };
        let client = self.try_change_client(&client.client_id, change, ctx).await?;
        Ok(self.registration_answer(&client, None, token))
    }

    /// Ends a registration (RFC 7592 §2.3).
    ///
    /// # Errors
    /// As [`Provider::registration`].
    pub async fn end_registration(
        &self,
        client_id: &str,
        token: &str,
        ctx: &RequestContext<'_>,
    ) -> Result<(), OAuthError> {
        let client = self.own_registration(client_id, token).await?;
        self.try_delete_client(&client.client_id, |client| check_own(Some(client), token), ctx).await
    }

    async fn own_registration(&self, client_id: &str, token: &str) -> Result<Client, OAuthError> {
        let client_id: ClientId = client_id.parse().map_err(|_| not_its_own())?;
        let client = self.ports.store.find_client(&client_id).await?;
        check_own(client.as_ref(), token)?;
        client.ok_or_else(not_its_own)
    }

    /// RFC 7591 §3.2.1, RFC 7592 §3
    fn registration_answer(&self, client: &Client, secret: Option<&ClientSecret>, token: &str) -> Value {
        // Written by derived code from texts and numbers: it cannot fail.
        let metadata = serde_json::to_value(&client.metadata).unwrap_or_default();
        let mut answer = metadata.as_object().cloned().unwrap_or_default();
        for name in OPERATORS {
            answer.remove(name);
        }
        answer.insert("client_id".to_owned(), json!(client.client_id.as_str()));
        answer.insert("client_id_issued_at".to_owned(), json!(client.created_at.as_secs()));
        answer.insert("response_types".to_owned(), json!(["code"]));
        if let Some(secret) = secret {
            answer.insert("client_secret".to_owned(), json!(secret.expose()));
        }
        if client.metadata.token_endpoint_auth_method.has_secret() {
            answer.insert("client_secret_expires_at".to_owned(), json!(0));
        }
        let uri = format!("{}/oauth2/register/{}", self.settings.issuer, client.client_id);
        answer.insert("registration_client_uri".to_owned(), json!(uri));
        // Also where it was shown to us: the answer has to have it (RFC 7592 §3), and it stays the same.
        answer.insert("registration_access_token".to_owned(), json!(token));
        Value::Object(answer)
    }
}

/// Whether a token is that of the client's registration. A client that an operator has closed has none any more that its owner
/// could open it with (V16).
fn check_own(client: Option<&Client>, token: &str) -> Result<(), OAuthError> {
    // Compared even for a client that is not there.
    let nobodys = ClientSecretHash::of("");
    let hash = client.and_then(|client| client.registration_access_token.as_ref());
    let is_right = hash.unwrap_or(&nobodys).matches(token) && hash.is_some();
    let is_active = client.is_some_and(|client| client.status == ClientStatus::Active);
    if is_right && is_active { Ok(()) } else { Err(not_its_own()) }
}

/// Puts what a client asks for in the place of what it was registered with (RFC 7592 §2.2), but for what only an operator
/// decides, which stays.
fn replace_metadata(
    client: &mut Client,
    request: &Value,
    everyones: &Scope,
    now: Timestamp,
) -> Result<(), OAuthError> {
    // What a client could overwrite, a thief could as well: a secret can be repeated, never chosen.
    let repeated = request.get("client_secret").filter(|secret| !secret.is_null());
    let is_own = |secret: &Value| secret.as_str().is_some_and(|secret| client.has_secret(secret, now));
    if repeated.is_some_and(|secret| !is_own(secret)) {
        return Err(metadata_error(
            "The client_secret is not the one that was issued (RFC 7592, section 2.2).",
        ));
    }
    let asked = read_metadata(request, Some(client), everyones).map_err(ClientError::Invalid)?;
    let before = &client.metadata;
    if asked.token_endpoint_auth_method.has_secret() != before.token_endpoint_auth_method.has_secret() {
        return Err(metadata_error(
            "A client that gets a secret, or gives it up, is another one: register it anew.",
        ));
    }
    // The members of OPERATORS.
    let metadata = ClientMetadata {
        skip_consent: before.skip_consent,
        require_pkce: before.require_pkce,
        resources: before.resources.clone(),
        ..asked
    };
    // What an operator has vouched for is what it was.
    if client.metadata != metadata {
        client.origin = ClientOrigin::Registration;
    }
    client.metadata = metadata;
    Ok(())
}

fn not_its_own() -> OAuthError {
    OAuthError::refused(
        ErrorCode::InvalidToken,
        "The registration access token is not that of an active client.",
    )
}

fn metadata_error(description: &str) -> OAuthError {
    OAuthError::refused(ErrorCode::InvalidClientMetadata, description.to_owned())
}

impl From<ClientError> for OAuthError {
    fn from(error: ClientError) -> Self {
        match error {
            // One answer has one code: that of the first problem; the sentences are told all together.
            ClientError::Invalid(problems) => {
                let code = problems.first().map_or(ErrorCode::InvalidClientMetadata, |problem| problem.code);
                Self::refused(code, sentences(&problems))
            }
            // One sentence for all of it, since whoever asks has chosen the address.
            ClientError::SectorUnreachable(_) => Self::refused(
                ErrorCode::TemporarilyUnavailable,
                "The document at sector_identifier_uri cannot be fetched now: try again in a few seconds.",
            ),
            ClientError::Failed(error) => error.into(),
            ClientError::Taken | ClientError::NotFound | ClientError::Changed => {
                Self::refused(ErrorCode::InvalidToken, "The registration has changed in between.")
            }
        }
    }
}
