//! Clients that register themselves (RFC 7591), and manage their registration (RFC 7592).
//!
//! Nobody vouches for them: they are shown as unverified, are asked about every time, and can have nothing but OpenID
//! Connect's own scope (V43).

use serde_json::{Map, Value, json};

use super::clients::ClientError;
use crate::attempt::AttemptKey;
use crate::client::{
    AuthMethod, Client, ClientId, ClientMetadata, ClientOrigin, ClientSecret, ClientStatus, GrantType,
};
use crate::oauth::{ErrorCode, OAuthError};
use crate::provider::{Provider, RequestContext, wait_until};
use crate::scope::Scope;
use crate::settings::RegistrationMode;

/// What a client may ask for that nobody vouches for.
const SCOPE: &str = "openid profile email address phone offline_access";
/// What only an operator decides, and what a registration must not be able to say.
const OPERATORS: [&str; 3] = ["skip_consent", "require_pkce", "resources"];

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
        let metadata = read_metadata(request)?;
        self.check_metadata(&metadata).map_err(refused)?;
        let client_id = self.random_client_id().map_err(refused)?;
        let origin = ClientOrigin::Registration;
        let (client, secret) = self.create_client(client_id, origin, metadata, ctx).await.map_err(refused)?;
        let token = ClientSecret::random(ClientSecret::REGISTRATION, self.ports.entropy.as_ref())?;
        let hash = token.hash();
        let set = |client: &mut Client| client.registration_access_token = Some(hash.clone());
        let client = self.change_client(&client.client_id, set, ctx).await.map_err(refused)?;
        Ok(self.registration_answer(&client, secret.as_ref(), Some(token.expose())))
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
                let expected = settings.registration_token.as_deref().unwrap_or_default();
                let is_right = initial_access_token.is_some_and(|token| {
                    !expected.is_empty() && crate::secret::equal(token.as_bytes(), expected.as_bytes())
                });
                if is_right {
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
        Ok(self.registration_answer(&client, None, None))
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
        let metadata = read_metadata(request)?;
        if metadata.token_endpoint_auth_method.has_secret()
            != client.metadata.token_endpoint_auth_method.has_secret()
        {
            return Err(metadata_error(
                "A client that gets a secret, or gives it up, is another one: register it anew.",
            ));
        }
        let change = |client: &mut Client| client.metadata = metadata.clone();
        let client = self.change_client(&client.client_id, change, ctx).await.map_err(refused)?;
        Ok(self.registration_answer(&client, None, None))
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
        let invalid = || {
            OAuthError::refused(
                ErrorCode::InvalidToken,
                "The registration access token is not that of an active client.",
            )
        };
        let client_id: ClientId = client_id.parse().map_err(|_| invalid())?;
        let client = self.ports.store.find_client(&client_id).await?.ok_or_else(invalid)?;
        let is_own = client.registration_access_token.as_ref().is_some_and(|hash| hash.matches(token));
        if is_own && client.status == ClientStatus::Active { Ok(client) } else { Err(invalid()) }
    }

    /// RFC 7591 §3.2.1, RFC 7592 §3
    fn registration_answer(
        &self,
        client: &Client,
        secret: Option<&ClientSecret>,
        token: Option<&str>,
    ) -> Value {
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
        if let Some(token) = token {
            answer.insert("registration_access_token".to_owned(), json!(token));
        }
        Value::Object(answer)
    }
}

/// Reads what a client says of itself. What is not known here is left out (RFC 7591 §2).
fn read_metadata(request: &Value) -> Result<ClientMetadata, OAuthError> {
    let object = request.as_object().ok_or_else(|| metadata_error("The body has to be a JSON object."))?;
    check_response_types(object)?;
    // Which members there are is known by those that are written.
    let known = serde_json::to_value(all_members()).unwrap_or_default();
    let mut members: Map<String, Value> = object
        .iter()
        .filter(|(name, value)| {
            known.get(name).is_some() && !OPERATORS.contains(&name.as_str()) && !value.is_null()
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    check_redirect_uris(&members)?;
    let scope = members.remove("scope");
    let mut metadata: ClientMetadata = serde_json::from_value(Value::Object(members))
        .map_err(|error| metadata_error(&format!("The metadata cannot be used: {error}.")))?;
    let everything: Scope = SCOPE.parse().unwrap_or_default();
    metadata.scope = match scope.as_ref().map(|scope| scope.as_str().map(str::parse::<Scope>)) {
        None => everything,
        Some(Some(Ok(asked))) => asked.intersection(&everything),
        Some(_) => return Err(metadata_error("scope is not a list of scope tokens.")),
    };
    let own_name = [GrantType::ClientCredentials, GrantType::TokenExchange];
    if metadata.grant_types.iter().any(|grant| own_name.contains(grant)) {
        return Err(metadata_error("Only the operator gives a client a grant in its own name."));
    }
    Ok(metadata)
}

/// Each of them is another error than the rest of the metadata (RFC 7591 §3.2.2).
fn check_redirect_uris(members: &Map<String, Value>) -> Result<(), OAuthError> {
    for name in ["redirect_uris", "post_logout_redirect_uris"] {
        for uri in members.get(name).and_then(Value::as_array).into_iter().flatten() {
            let parsed = uri.as_str().map(str::parse::<crate::client::RedirectUri>);
            if let Some(Err(problem)) = parsed {
                return Err(OAuthError::refused(
                    ErrorCode::InvalidRedirectUri,
                    format!("One of {name} cannot be used: it {problem}."),
                ));
            }
        }
    }
    Ok(())
}

fn check_response_types(object: &Map<String, Value>) -> Result<(), OAuthError> {
    match object.get("response_types") {
        None | Some(Value::Null) => Ok(()),
        Some(types) if *types == json!(["code"]) => Ok(()),
        Some(_) => Err(metadata_error("The only response type is code.")),
    }
}

/// Metadata that has every member.
fn all_members() -> ClientMetadata {
    let text = || Some(String::from("x"));
    ClientMetadata {
        client_name: text(),
        client_uri: text(),
        logo_uri: text(),
        policy_uri: text(),
        tos_uri: text(),
        contacts: vec![String::new()],
        redirect_uris: "https://a.example/".parse().into_iter().collect(),
        post_logout_redirect_uris: "https://a.example/".parse().into_iter().collect(),
        token_endpoint_auth_method: AuthMethod::None,
        token_endpoint_auth_signing_alg: Some(tegata_jose::Algorithm::Es256),
        resources: vec![String::new()],
        jwks: Some(Value::Null),
        jwks_uri: text(),
        sector_identifier_uri: text(),
        default_max_age: Some(0),
        default_acr_values: vec![String::new()],
        initiate_login_uri: text(),
        backchannel_logout_uri: text(),
        software_id: text(),
        software_version: text(),
        ..ClientMetadata::default()
    }
}

fn metadata_error(description: &str) -> OAuthError {
    OAuthError::refused(ErrorCode::InvalidClientMetadata, description.to_owned())
}

fn refused(error: ClientError) -> OAuthError {
    match error {
        ClientError::Invalid(mut problems) if !problems.is_empty() => {
            let first = problems.remove(0);
            OAuthError::refused(first.code, first.description)
        }
        ClientError::Failed(error) => error.into(),
        ClientError::Invalid(_) | ClientError::Taken | ClientError::NotFound => {
            OAuthError::refused(ErrorCode::InvalidToken, "The registration has changed in between.")
        }
    }
}
