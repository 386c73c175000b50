//! Clients that register themselves (RFC 7591), and manage their registration (RFC 7592).
//!
//! Nobody vouches for them: they are shown as unverified, are asked about every time, and can have nothing but OpenID
//! Connect's own scope (V43).

use serde_json::{Value, json};

use super::clients::{ClientError, NewClient, sentences};
use super::own_metadata::{OPERATORS, read_metadata};
use crate::attempt::AttemptKey;
use crate::client::{
    Client, ClientId, ClientOrigin, ClientSecret, ClientSecretHash, ClientStatus, MetadataProblem,
};
use crate::oauth::{ErrorCode, OAuthError};
use crate::provider::{Provider, RequestContext, wait_until};
use crate::settings::RegistrationMode;

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
        let metadata = read_metadata(request).map_err(|problems| invalid(&problems))?;
        self.check_metadata(&metadata).await.map_err(refused)?;
        let token = ClientSecret::random(ClientSecret::REGISTRATION, self.ports.entropy.as_ref())?;
        let new = NewClient {
            client_id: self.random_client_id().map_err(refused)?,
            origin: ClientOrigin::Registration,
            registration_access_token: Some(token.hash()),
            metadata,
        };
        let (client, secret) = self.create_client(new, ctx).await.map_err(refused)?;
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
                let address = ctx.address.and_then(|address| {
                    AttemptKey::address(&self.key_ring().secrets, "registration", address)
                });
                let Some(address) = address else { return Ok(()) };
                let schedule = &self.settings.throttle.signup;
                match self.ports.store.count(address, schedule, ctx.now).await? {
                    Ok(()) => Ok(()),
                    Err(blocked) => {
                        let retry_after = wait_until(blocked.until, ctx.now);
                        Err(crate::error::ProviderError::TooManyAttempts { retry_after }.into())
                    }
                }
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
                "The request has to have the client_id that it is for (RFC 7592 §2.2).",
            ));
        }
        // What a client could overwrite, a thief could as well: a secret can be repeated, never chosen.
        let repeated = request.get("client_secret").filter(|secret| !secret.is_null());
        let is_own =
            |secret: &Value| secret.as_str().is_some_and(|secret| client.has_secret(secret, ctx.now));
        if repeated.is_some_and(|secret| !is_own(secret)) {
            return Err(metadata_error("The client_secret is not the one that was issued (RFC 7592 §2.2)."));
        }
        let metadata = read_metadata(request).map_err(|problems| invalid(&problems))?;
        if metadata.token_endpoint_auth_method.has_secret()
            != client.metadata.token_endpoint_auth_method.has_secret()
        {
            return Err(metadata_error(
                "A client that gets a secret, or gives it up, is another one: register it anew.",
            ));
        }
        let change = |client: &mut Client| {
            // What an operator has vouched for is what it was.
            if client.metadata != metadata {
                client.origin = ClientOrigin::Registration;
            }
            client.metadata = metadata.clone();
        };
        let client = self.change_client(&client.client_id, change, ctx).await.map_err(refused)?;
        // An operator may have closed it in between (V16).
        if client.status != ClientStatus::Active {
            return Err(not_its_own());
        }
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
        self.delete_client(&client.client_id, ctx).await.map_err(refused)
    }

    /// A client that an operator has closed has no registration any more that its owner could open it with (V16).
    async fn own_registration(&self, client_id: &str, token: &str) -> Result<Client, OAuthError> {
        let client_id: ClientId = client_id.parse().map_err(|_| not_its_own())?;
        let client = self.ports.store.find_client(&client_id).await?;
        // Compared even for a client that is not there.
        let nobodys = ClientSecretHash::of("");
        let hash = client.as_ref().and_then(|client| client.registration_access_token.as_ref());
        let is_right = hash.unwrap_or(&nobodys).matches(token) && hash.is_some();
        client.filter(|client| is_right && client.status == ClientStatus::Active).ok_or_else(not_its_own)
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

fn not_its_own() -> OAuthError {
    OAuthError::refused(
        ErrorCode::InvalidToken,
        "The registration access token is not that of an active client.",
    )
}

fn metadata_error(description: &str) -> OAuthError {
    OAuthError::refused(ErrorCode::InvalidClientMetadata, description.to_owned())
}

fn refused(error: ClientError) -> OAuthError {
    match error {
        ClientError::Invalid(problems) => invalid(&problems),
        ClientError::Failed(error) => error.into(),
        ClientError::Taken | ClientError::NotFound => {
            OAuthError::refused(ErrorCode::InvalidToken, "The registration has changed in between.")
        }
    }
}

/// One answer has one code: that of the first problem; the sentences are told all together.
fn invalid(problems: &[MetadataProblem]) -> OAuthError {
    let code = problems.first().map_or(ErrorCode::InvalidClientMetadata, |problem| problem.code);
    OAuthError::refused(code, sentences(problems))
}
