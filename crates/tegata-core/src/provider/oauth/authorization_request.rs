//! Reading an authorization request (RFC 6749 §4.1.1, OIDC Core §3.1.2.1).
//!
//! First who asks and where the answer goes; nothing is sent anywhere before both are known to belong together
//! (RFC 6749 §4.1.2.1). Everything after that is an answer to the client.

use std::borrow::Cow;

use crate::client::{Client, ClientId, ClientStatus, GrantType};
use crate::consent::ConsentTerms;
use crate::oauth::{ClaimsRequest, ErrorCode, OAuthError, Parameters, Prompt};
use crate::provider::Provider;
use crate::scope::Scope;
use crate::timestamp::Timestamp;

use super::authorize::AuthorizationError;
use super::claims::is_fact;
use super::request_object::OpenedRequest;
use super::response_target::{MAX_OPAQUE, ResponseTarget};

const UNKNOWN: &str = "There is no active client with this client_id: check it against the registration.";
/// What of OpenID Connect's scope has no meaning without `openid`.
const IDENTITY_SCOPE: [&str; 4] = ["profile", "email", "address", "phone"];
/// The most that a request may have of what its code carries, in bytes. Whoever asks for more hears it before their user logs in:
/// what the code is bounded by leaves this much room but for the longest names of clients.
const MAX_CARRIED: usize = 3 * 1024;
/// The most resources that one request may name.
const MAX_RESOURCES: usize = 8;

/// An authorization request of a client that may make it.
#[derive(Clone, Debug)]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client: Client,
    /// Where the answer goes.
    pub target: ResponseTarget,
    /// Whether the client has left that to its registration.
    pub redirect_uri_is_implied: bool,
    /// What is asked for.
    pub scope: Scope,
    /// At which resources (RFC 8707); the default one if empty.
    pub resources: Vec<String>,
    /// What binds the ID token to the request.
    pub nonce: Option<String>,
    /// The S256 challenge (RFC 7636 §4.3).
    pub code_challenge: Option<String>,
    /// The key that the tokens will be bound to (RFC 9449 §10).
    pub dpop_jkt: Option<String>,
    /// What the user is to be asked.
    pub prompt: Prompt,
    /// How long ago the login may be, in seconds.
    pub max_age: Option<u64>,
    /// Who the user may be, to be filled in for them.
    pub login_hint: Option<String>,
    /// An ID token that says who the user has to be.
    pub id_token_hint: Option<String>,
    /// The claims that are asked for by name.
    pub claims: ClaimsRequest,
    /// The pushed request that this one comes from.
    pub request_uri: Option<String>,
    /// What the request object says that this one comes in: the visitor goes on with that, since the object soon expires.
    pub opened: Option<OpenedRequest>,
}

/// How the parameters of a request came here.
#[derive(Clone, Copy)]
pub(super) struct RequestOrigin<'a> {
    /// The pushed request that they are.
    pub(super) request_uri: Option<&'a str>,
    /// Whether their client has signed them.
    pub(super) is_signed: bool,
}

impl AuthorizationRequest {
    /// Whether it is one of OpenID Connect.
    pub fn is_openid(&self) -> bool {
        self.scope.contains("openid")
    }

    /// What its user has to consent to.
    pub fn terms(&self, now: Timestamp) -> ConsentTerms {
        terms(&self.scope, &self.resources, &self.claims, now)
    }
}

/// What a user has to consent to for this to be granted.
pub(super) fn terms(
    scope: &Scope,
    resources: &[String],
    claims: &ClaimsRequest,
    now: Timestamp,
) -> ConsentTerms {
    let by_name = claims.of_id_token().chain(claims.of_userinfo());
    // Facts about the login itself are nobody's secret from the client that asked for it.
    let mut claims: Vec<String> = by_name.filter(|claim| !is_fact(claim)).map(ToOwned::to_owned).collect();
    claims.sort();
    claims.dedup();
    ConsentTerms { scope: scope.clone(), resources: resources.to_vec(), claims, given_at: now }
}

impl Provider {
    /// The client that an authorization request names.
    pub(super) async fn requesting_client(
        &self,
        parameters: &Parameters,
        now: Timestamp,
    ) -> Result<Client, OAuthError> {
        let client_id = parameters.required("client_id")?;
        let found = match client_id.parse::<ClientId>() {
            Ok(client_id) => self.look_for_client(&client_id, now).await?,
            Err(_) => Err(UNKNOWN.into()),
        };
        found.map_err(|why| OAuthError::refused(ErrorCode::InvalidClient, why))
    }

    /// The client of this name, if there is one and it may be used.
    pub(in crate::provider) async fn find_active_client(
        &self,
        client_id: &ClientId,
        now: Timestamp,
    ) -> Result<Option<Client>, OAuthError> {
        Ok(self.look_for_client(client_id, now).await?.ok())
    }

    /// The same, or a sentence that says why there is none.
    async fn look_for_client(
        &self,
        client_id: &ClientId,
        now: Timestamp,
    ) -> Result<Result<Client, Cow<'static, str>>, OAuthError> {
        if let Some(client) = self.ports.store.find_client(client_id).await? {
            let is_active = client.status == ClientStatus::Active;
            return Ok(if is_active { Ok(client) } else { Err(UNKNOWN.into()) });
        }
        Ok(match self.client_of_document(client_id, now).await? {
            Some(found) => found.map(|client| client.as_ref().clone()).map_err(Cow::Owned),
            None => Err(UNKNOWN.into()),
        })
    }

    /// Reads a request and checks all of it that does not depend on the user.
    ///
    /// # Errors
    /// [`AuthorizationError`]: what has to be shown to the user, or may be told to the client.
    pub(super) async fn read_authorization_request(
        &self,
        parameters: &Parameters,
        origin: RequestOrigin<'_>,
        now: Timestamp,
    ) -> Result<AuthorizationRequest, AuthorizationError> {
        let client = self.requesting_client(parameters, now).await.map_err(AuthorizationError::Page)?;
        self.read_request_of(client, parameters, origin)
    }

    /// The same for a client that is known already.
    pub(super) fn read_request_of(
        &self,
        client: Client,
        parameters: &Parameters,
        origin: RequestOrigin<'_>,
    ) -> Result<AuthorizationRequest, AuthorizationError> {
        let target = ResponseTarget::of(&client, parameters).map_err(AuthorizationError::Page)?;
        self.check_authorization_request(client, target.clone(), parameters, origin)
            .map_err(|error| AuthorizationError::Client { target, error })
    }

    fn check_authorization_request(
        &self,
        client: Client,
        target: ResponseTarget,
        parameters: &Parameters,
        origin: RequestOrigin<'_>,
    ) -> Result<AuthorizationRequest, OAuthError> {
        let settings = &self.settings.oauth;
        // That of a pushed request has led here, and so has one that may be fetched.
        if parameters.get("request_uri")?.is_some() {
            return Err(OAuthError::refused(
                ErrorCode::RequestUriNotSupported,
                "A request_uri has to come from the pushed authorization request endpoint (RFC 9126).",
            ));
        }
        if parameters.get("registration")?.is_some() {
            return Err(OAuthError::refused(
                ErrorCode::RegistrationNotSupported,
                "The parameter registration is not supported.",
            ));
        }
        check_response_type(parameters)?;
        if !client.may_use(GrantType::AuthorizationCode) {
            return Err(OAuthError::refused(
                ErrorCode::UnauthorizedClient,
                "The client is not registered for the grant authorization_code.",
            ));
        }
        let must_push =
            settings.require_pushed_requests || client.metadata.require_pushed_authorization_requests;
        if must_push && origin.request_uri.is_none() {
            return Err(OAuthError::invalid_request(
                "This client has to push its authorization requests (RFC 9126).",
            ));
        }
        if client.metadata.require_signed_request_object && !origin.is_signed {
            return Err(OAuthError::invalid_request(
                "This client has to sign its authorization requests (RFC 9101).",
            ));
        }
        let state = parameters.get("state")?;
        let nonce = parameters.get("nonce")?;
        if [state, nonce].into_iter().flatten().any(|text| text.len() > MAX_OPAQUE) {
            return Err(OAuthError::invalid_request(
                "The parameters state and nonce are at most 2048 bytes long.",
            ));
        }
        let carried = ["redirect_uri", "scope", "resource", "claims"];
        let carried = carried.into_iter().flat_map(|name| parameters.all(name)).map(str::len);
        // The one of them that can hold anything.
        if carried.sum::<usize>() + nonce.map_or(0, json_len) > MAX_CARRIED {
            return Err(OAuthError::invalid_request(
                "The parameters redirect_uri, scope, resource, nonce and claims are too long: together, they have at \
                 most 3072 bytes.",
            ));
        }
        let scope = self.allowed_scope(&client, parameters.get("scope")?)?;
        let resources = self.requested_resources(&client, parameters)?;
        let code_challenge = code_challenge(&client, parameters)?;
        let dpop_jkt = parameters.get("dpop_jkt")?;
        if dpop_jkt.is_some_and(|jkt| jkt.len() != 43) {
            return Err(OAuthError::invalid_request("The parameter dpop_jkt is no SHA-256 thumbprint."));
        }
        let max_age = match parameters.get("max_age")? {
            Some(text) => Some(text.parse().map_err(|_| {
                OAuthError::invalid_request("The parameter max_age is no number of seconds.")
            })?),
            None => client.metadata.default_max_age,
        };
        let claims = parameters.get("claims")?.map(ClaimsRequest::parse).transpose()?.unwrap_or_default();
        let owned = |name| Ok::<_, OAuthError>(parameters.get(name)?.map(ToOwned::to_owned));
        if let Some(display) = parameters.get("display")?
            && !["page", "popup", "touch", "wap"].contains(&display)
        {
            return Err(OAuthError::invalid_request("The parameter display has an unknown value."));
        }
        // There is nothing to choose by acr_values, which are liked and no more (OIDC Core §3.1.2.1): every login reaches the one
        // class that there is, and ID tokens say so.
        Ok(AuthorizationRequest {
            prompt: Prompt::parse(parameters.get("prompt")?.unwrap_or_default())?,
            claims: self.allowed_claims(&client, claims),
            nonce: nonce.map(ToOwned::to_owned),
            dpop_jkt: dpop_jkt.map(ToOwned::to_owned),
            login_hint: owned("login_hint")?,
            id_token_hint: owned("id_token_hint")?,
            request_uri: origin.request_uri.map(ToOwned::to_owned),
            opened: None,
            redirect_uri_is_implied: parameters.get("redirect_uri")?.is_none(),
            client,
            target,
            scope,
            resources,
            code_challenge,
            max_age,
        })
    }

    /// What of a requested scope this client may ask for. What nobody here has ever heard of is left out (OIDC Core
    /// §3.1.2.1), and so is what others may have where nobody vouches for the client: it asks for all that the server's metadata has,
    /// and hears in its answer what it got (RFC 6749 §3.3). A client that somebody knows is told of its mistake.
    pub(super) fn allowed_scope(
        &self,
        client: &Client,
        requested: Option<&str>,
    ) -> Result<Scope, OAuthError> {
        let invalid = |description: &'static str| OAuthError::refused(ErrorCode::InvalidScope, description);
        let requested: Scope = requested
            .unwrap_or_default()
            .parse()
            .map_err(|_| invalid("The parameter scope is not a list of scope tokens."))?;
        let (own, known) = (&client.metadata.scope, self.known_scope());
        let is_others = |token: &str| known.contains(token) && !own.contains(token);
        if client.is_verified() && requested.tokens().any(is_others) {
            return Err(invalid("The client is not registered for all of this scope."));
        }
        // Without openid it is no request of OpenID Connect, and nothing of its scope has a meaning.
        let is_openid = requested.contains("openid") && own.contains("openid");
        let has_meaning = |token: &str| is_openid || !IDENTITY_SCOPE.contains(&token);
        Ok(requested.filtered(|token| own.contains(token) && has_meaning(token)))
    }

    /// All of the scope that somebody can be granted here.
    pub fn known_scope(&self) -> &Scope {
        &self.known_scope
    }

    /// The resources that a request is about (RFC 8707 §2): those that it names, or the default one. A client that may not have
    /// that one, and names none, asks for all that it may have.
    ///
    /// # Errors
    /// `invalid_target`
    pub(super) fn requested_resources(
        &self,
        client: &Client,
        parameters: &Parameters,
    ) -> Result<Vec<String>, OAuthError> {
        let named = self.named_resources(client, parameters)?;
        if !named.is_empty() || may_have(client, &self.settings.tokens.audience) {
            return Ok(named);
        }
        let known = |resource: &&String| self.settings.oauth.resources.contains(resource);
        let own: Vec<String> = client.metadata.resources.iter().filter(known).cloned().collect();
        if own.is_empty() || own.len() > MAX_RESOURCES {
            return Err(OAuthError::refused(ErrorCode::InvalidTarget, "The parameter resource is missing."));
        }
        Ok(own)
    }

    /// The resources that a request names (RFC 8707 §2): known here, and allowed to the client.
    ///
    /// # Errors
    /// `invalid_target`
    pub(super) fn named_resources(
        &self,
        client: &Client,
        parameters: &Parameters,
    ) -> Result<Vec<String>, OAuthError> {
        let mut resources: Vec<String> = Vec::new();
        for resource in parameters.all("resource") {
            let is_known = self.settings.tokens.audience == resource
                || self.settings.oauth.resources.iter().any(|known| known == resource);
            if !is_known || !may_have(client, resource) || resources.len() == MAX_RESOURCES {
                return Err(OAuthError::refused(
                    ErrorCode::InvalidTarget,
                    "The client may not ask for tokens for this resource.",
                ));
            }
            if !resources.iter().any(|known| known == resource) {
                resources.push(resource.to_owned());
            }
        }
        Ok(resources)
    }
}

/// Whether a client may have tokens for a resource.
pub(super) fn may_have(client: &Client, resource: &str) -> bool {
    let registered = &client.metadata.resources;
    registered.is_empty() || registered.iter().any(|one| one == resource)
}

/// How many bytes a text takes as JSON, without its quotes (RFC 8259 §7).
fn json_len(text: &str) -> usize {
    let escaped = |byte| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
        0..=0x1f => 6,
        _ => 1,
    };
    text.bytes().map(escaped).sum()
}

fn check_response_type(parameters: &Parameters) -> Result<(), OAuthError> {
    if parameters.required("response_type")? != "code" {
        return Err(OAuthError::refused(
            ErrorCode::UnsupportedResponseType,
            "The only response_type is code: nothing else is issued by this endpoint.",
        ));
    }
    match parameters.get("response_mode")? {
        None | Some("query" | "form_post") => Ok(()),
        Some(_) => {
            Err(OAuthError::invalid_request("The parameter response_mode is neither query nor form_post."))
        }
    }
}

fn code_challenge(client: &Client, parameters: &Parameters) -> Result<Option<String>, OAuthError> {
    let is_needed = client.metadata.require_pkce || !client.is_confidential();
    let challenge = parameters.get("code_challenge")?;
    let method = parameters.get("code_challenge_method")?;
    match (challenge, method) {
        (None, None) if !is_needed => Ok(None),
        (None, _) => Err(OAuthError::invalid_request(
            "The parameter code_challenge is missing: this client has to use PKCE (RFC 7636).",
        )),
        (Some(challenge), Some("S256")) => {
            let is_sha256 = challenge.len() == 43
                && challenge.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
            if !is_sha256 {
                return Err(OAuthError::invalid_request("The parameter code_challenge is no SHA-256."));
            }
            Ok(Some(challenge.to_owned()))
        }
        (Some(_), _) => Err(OAuthError::invalid_request(
            "The parameter code_challenge_method has to be S256: plain protects nobody.",
        )),
    }
}
