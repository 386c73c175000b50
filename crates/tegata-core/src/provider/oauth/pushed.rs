//! Pushed authorization requests (RFC 9126).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::authorization_request::{AuthorizationRequest, RequestOrigin};
use super::authorize::AuthorizationError;
use super::client_authentication::AuthenticatedClient;
use super::dpop::VerifiedProof;
use super::flow::Flow;
use super::request_object::{Entrance, OpenedRequest};
use crate::client::ClientId;
use crate::entropy::random;
use crate::oauth::{ErrorCode, OAuthError, Parameters};
use crate::provider::{Provider, RequestContext};
use crate::timestamp::Timestamp;
use crate::transient::{Transient, TransientKey, TransientKind};

const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";
/// How long a visitor who has begun may take.
const BEGUN_TTL: Duration = Duration::from_hours(1);
/// What is kept of a push: what a request can say. How its client proves who it is belongs to the push, and what nobody here
/// reads (RFC 6749 §3.1) would only fill the store.
const KEPT: [&str; 21] = [
    "response_type",
    "response_mode",
    "client_id",
    "redirect_uri",
    "scope",
    "resource",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "dpop_jkt",
    "prompt",
    "max_age",
    "login_hint",
    "id_token_hint",
    "acr_values",
    "claims",
    "ui_locales",
    "display",
    "registration",
    "request_uri",
];
/// The most of it, in bytes: as much as a request object has.
const MAX_KEPT: usize = 8 * 1024;

#[derive(Serialize, Deserialize)]
struct PushedRequest {
    client_id: ClientId,
    query: String,
    /// Whether its client has signed it.
    #[serde(default)]
    is_signed: bool,
    /// Until when visitors may begin with it.
    ends_at: Timestamp,
    /// The flow of the last one who has, and who alone may go on with it.
    begun: Option<String>,
}

impl Provider {
    /// Keeps a request of a client and gives its `request_uri` with its life.
    ///
    /// # Errors
    /// What is wrong with the request, as [`Provider::authorize`] would say it.
    pub async fn push_request(
        &self,
        client: &AuthenticatedClient,
        parameters: &Parameters,
        proof: Option<&VerifiedProof>,
        ctx: &RequestContext<'_>,
    ) -> Result<(String, Duration), OAuthError> {
        if parameters.get("request_uri")?.is_some() {
            return Err(OAuthError::invalid_request("A pushed request cannot name another one (RFC 9126)."));
        }
        let client_id = client.client_id();
        let named = parameters.get("client_id")?;
        if named.is_some_and(|named| named != client_id.as_str()) {
            return Err(OAuthError::invalid_request("The client_id is not that of the client that pushes."));
        }
        let OpenedRequest { mut parameters, is_signed } = if parameters.has("request") {
            let object = parameters.required("request")?;
            self.open_request_object(client, object, parameters, Entrance::Push, ctx).await?
        } else {
            OpenedRequest { parameters: parameters.clone(), is_signed: false }
        };
        parameters = parameters.only(&KEPT);
        if parameters.pairs().map(|(_, value)| value.len()).sum::<usize>() > MAX_KEPT {
            return Err(OAuthError::invalid_request("The parameters of the request have more than 8 KiB."));
        }
        if !parameters.has("client_id") {
            parameters = parameters.with("client_id", client_id.as_str());
        }
        // A proof that comes with the push names the key of the tokens (RFC 9449 §10.1).
        match (parameters.get("dpop_jkt")?, proof.map(VerifiedProof::jkt)) {
            (Some(named), Some(proved)) if named != proved => {
                return Err(OAuthError::refused(
                    ErrorCode::InvalidDpopProof,
                    "The parameter dpop_jkt names another key than the proof.",
                ));
            }
            (None, Some(proved)) => parameters = parameters.with("dpop_jkt", proved),
            _ => {}
        }
        let name = URL_SAFE_NO_PAD.encode(random::<32>(self.ports.entropy.as_ref())?);
        let uri = format!("{PREFIX}{name}");
        let origin = RequestOrigin { request_uri: Some(&uri), is_signed };
        match self.read_authorization_request(&parameters, origin, ctx.now).await {
            Ok(_) => {}
            Err(AuthorizationError::Page(error) | AuthorizationError::Client { error, .. }) => {
                return Err(error);
            }
        }
        self.count_for_stranger(client, "pushed request", ctx).await?;
        self.use_proof(proof, ctx.now).await?;
        let ttl = self.settings.oauth.pushed_request_ttl;
        let ends_at = ctx.now + ttl;
        let (client_id, query) = (client_id.clone(), parameters.encode());
        let pushed = PushedRequest { client_id, query, is_signed, ends_at, begun: None };
        let key = TransientKey::new(TransientKind::PushedRequest, &[&uri]);
        self.ports.store.create_transient(&Transient::new(key, &pushed, ends_at)?).await?;
        Ok((uri, ttl))
    }

    /// The request of a visitor: that of its parameters, that of the object among them, or the pushed one that they name.
    ///
    /// # Errors
    /// [`AuthorizationError`]
    pub(super) async fn authorization_request(
        &self,
        parameters: &Parameters,
        flow: &Flow,
        ctx: &RequestContext<'_>,
    ) -> Result<AuthorizationRequest, AuthorizationError> {
        let uri = pushed_uri(parameters).map_err(AuthorizationError::Page)?;
        let is_fetched = self.settings.oauth.request_uris && uri.is_none() && parameters.has("request_uri");
        if parameters.has("request") || is_fetched {
            return self.request_in_object(parameters, ctx).await;
        }
        let Some(uri) = uri else {
            let origin = RequestOrigin { request_uri: None, is_signed: flow.is_signed };
            return self.read_authorization_request(parameters, origin, ctx.now).await;
        };
        let pushed = self.pushed_parameters(parameters, uri, flow, ctx).await;
        let pushed = pushed.map_err(AuthorizationError::Page)?;
        let origin = RequestOrigin { request_uri: Some(uri), is_signed: pushed.is_signed };
        self.read_authorization_request(&pushed.parameters, origin, ctx.now).await
    }

    async fn pushed_parameters(
        &self,
        parameters: &Parameters,
        uri: &str,
        flow: &Flow,
        ctx: &RequestContext<'_>,
    ) -> Result<OpenedRequest, OAuthError> {
        let unknown = || {
            OAuthError::refused(
                ErrorCode::InvalidRequestUri,
                "The request_uri is not known, was used, or has expired: begin again from the application.",
            )
        };
        let key = TransientKey::new(TransientKind::PushedRequest, &[uri]);
        let stored = self.ports.store.find_transient(key).await?;
        let stored = stored.filter(|stored| stored.is_live(ctx.now)).ok_or_else(unknown)?;
        let pushed: PushedRequest = stored.read()?;
        if parameters.required("client_id")? != pushed.client_id.as_str() {
            return Err(unknown());
        }
        let parameters = Parameters::parse(pushed.query.as_bytes())?;
        let opened = OpenedRequest { parameters, is_signed: pushed.is_signed };
        if pushed.begun.as_ref() == Some(&flow.name) {
            return Ok(opened);
        }
        // An address is opened twice: by whatever looks at links first, in a second tab. As long as the request is fresh, the last
        // one to come may go on (FAPI 2.0 Security Profile §5.3.2.2); it is answered once in any case.
        if ctx.now >= pushed.ends_at {
            return Err(unknown());
        }
        // Who only looks takes nothing, and makes nothing live longer: they are sent here again, with a flow and a cookie.
        if flow.is_new {
            return Ok(opened);
        }
        let begun = PushedRequest { begun: Some(flow.name.clone()), ..pushed };
        let mut next = stored.successor(&begun)?;
        next.expires_at = ctx.now + BEGUN_TTL;
        if self.ports.store.replace_transient(stored.version, &next).await? {
            Ok(opened)
        } else {
            Err(unknown())
        }
    }

    /// Ends a pushed request, since it is answered with a code.
    ///
    /// # Errors
    /// `invalid_request_uri` when somebody else's answer was faster.
    pub(super) async fn end_pushed_request(&self, uri: &str) -> Result<(), OAuthError> {
        let key = TransientKey::new(TransientKind::PushedRequest, &[uri]);
        if self.ports.store.remove_transient(key).await? {
            Ok(())
        } else {
            Err(OAuthError::refused(ErrorCode::InvalidRequestUri, "The request_uri was used before."))
        }
    }

    /// Ends the request that was pushed, if it was, since it is answered with an error: it is used once for that, too
    /// (RFC 9126 §4). Gives what the client is to be told.
    pub(super) async fn end_refused_request(&self, parameters: &Parameters, error: OAuthError) -> OAuthError {
        let uri = pushed_uri(parameters).ok().flatten();
        // An outage has decided nothing: the same request may come again.
        let (Some(uri), OAuthError::Refused { .. }) = (uri, &error) else { return error };
        let key = TransientKey::new(TransientKind::PushedRequest, &[uri]);
        match self.ports.store.remove_transient(key).await {
            Ok(_) => error,
            Err(failure) => failure.into(),
        }
    }
}

/// The pushed request that these parameters stand for. Beside an object, nothing counts (RFC 9101 §6.3).
fn pushed_uri(parameters: &Parameters) -> Result<Option<&str>, OAuthError> {
    if parameters.has("request") {
        return Ok(None);
    }
    Ok(parameters.get("request_uri")?.filter(|uri| uri.starts_with(PREFIX)))
}
