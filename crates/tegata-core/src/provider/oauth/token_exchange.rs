//! Token exchange (RFC 8693): a service that was called with a token calls another one for the same user.

use std::sync::Arc;

use serde_json::Value;
use tegata_jose::{Actor, VerifiedAccessToken};

use super::client_authentication::AuthenticatedClient;
use super::client_tokens::{AccessTokenContent, ClientTokens, token_type};
use super::dpop::VerifiedProof;
use super::introspection::concerns;
use crate::identifier::UserId;
use crate::oauth::{ErrorCode, OAuthError, Parameters};
use crate::provider::{Provider, RequestContext};
use crate::scope::Scope;
use crate::timestamp::Timestamp;

/// RFC 8693 §3
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
/// A login and its refreshes: an exchange is neither, so this part of OpenID Connect stays behind.
const LOGIN: &str = "openid offline_access";
/// So many services may have passed a token on. Each makes it longer, and readers of tokens go only so deep.
const MAX_ACTORS: usize = 5;

impl Provider {
    /// Issues an access token for the subject of another one. It never allows more or lives longer than what it was
    /// exchanged for, never goes where its client may not go, and says who acts (RFC 8693 §4.1).
    pub(super) async fn exchange_token(
        &self,
        client: &AuthenticatedClient,
        parameters: &Parameters,
        proof: Option<&VerifiedProof>,
        ctx: &RequestContext<'_>,
    ) -> Result<ClientTokens, OAuthError> {
        if !client.is_confidential() {
            return Err(OAuthError::refused(
                ErrorCode::UnauthorizedClient,
                "A client that cannot prove who it is cannot act for others.",
            ));
        }
        check_types(parameters)?;
        let text = parameters.required("subject_token")?;
        let subject = self.exchanged(client, text, "subject_token", proof, ctx).await?;
        let actor = match parameters.get("actor_token")? {
            Some(text) => {
                let actor = self.exchanged(client, text, "actor_token", proof, ctx).await?;
                actor.subject().to_owned()
            }
            None => client.client_id().to_string(),
        };
        let prior = subject.actor_json();
        if prior.map_or(0, actors) >= MAX_ACTORS {
            return Err(OAuthError::invalid_request("The subject_token has been passed on too often."));
        }
        let scope = exchange_scope(client, &subject, parameters)?;
        let resources = self.exchange_resources(client, &subject, parameters)?;
        // The new token ends with the session of the old one, for whoever asks.
        let session = self.session_of_token(&subject, ctx.now).await?;
        if subject.session_id().is_some() && session.is_none() {
            return Err(inactive("subject_token"));
        }
        let binding = self.use_proof(proof, ctx.now).await?;
        let content = AccessTokenContent {
            subject: subject.subject(),
            resources: &resources,
            scope: &scope,
            ends_at: Timestamp::from_secs(subject.expires_at().as_secs()),
            session: session.as_ref(),
            acr: subject.acr(),
            binding: &binding,
            actor: Some(Actor { subject: &actor, prior }),
        };
        let (access_token, expires_in) = self.sign_access_token(client, &content, ctx.now)?;
        Ok(ClientTokens {
            access_token,
            token_type: token_type(&binding),
            expires_in,
            scope,
            id_token: None,
            refresh_token: None,
            issued_token_type: Some(ACCESS_TOKEN),
        })
    }

    /// A token that is exchanged: one of ours that is active now, that this client has a right to, and that it holds the
    /// key of, if there is one.
    async fn exchanged(
        &self,
        client: &AuthenticatedClient,
        text: &str,
        name: &'static str,
        proof: Option<&VerifiedProof>,
        ctx: &RequestContext<'_>,
    ) -> Result<Arc<VerifiedAccessToken>, OAuthError> {
        let token = self.verify_issued_token(text, ctx.now).await.map_err(|_| inactive(name))?;
        // The list of the client says for whom it may act: itself, and the resources that it stands for (V29).
        if !concerns(client, &token) {
            return Err(OAuthError::invalid_request(format!("The {name} is not for this client.")));
        }
        if token.confirmation().is_some() && token.confirmation() != proof.map(VerifiedProof::jkt) {
            return Err(OAuthError::invalid_request(format!(
                "The {name} is bound to a key, and the DPoP proof is missing or of another one."
            )));
        }
        // A name that only one sector knows a user by would have a meaning nowhere else.
        if token.session_id().is_some() && token.subject().parse::<UserId>().is_err() {
            return Err(OAuthError::invalid_request(format!("The {name} has a pairwise subject.")));
        }
        if self.is_active(&token, ctx.now).await? { Ok(token) } else { Err(inactive(name)) }
    }

    /// Where the new token is good: `resource`, or `audience`, which names the same (RFC 8693 §2.1).
    fn exchange_resources(
        &self,
        client: &AuthenticatedClient,
        subject: &VerifiedAccessToken,
        parameters: &Parameters,
    ) -> Result<Vec<String>, OAuthError> {
        let named = parameters.all("audience").chain(parameters.all("resource"));
        let pairs: Vec<_> = named.map(|resource| ("resource".to_owned(), resource.to_owned())).collect();
        let asked = self.named_resources(client, &Parameters::new(pairs)?)?;
        let granted = subject.audiences();
        // Its own token: its user has said where that may go, and an exchange does not ask them again (V22).
        if subject.client_id() == client.client_id().as_str() {
            if asked.is_empty() {
                return Ok(granted.into_iter().map(Into::into).collect());
            }
            if !asked.iter().all(|one| granted.iter().any(|known| known == one)) {
                return Err(invalid_target("The subject_token was not granted for this resource."));
            }
            return Ok(asked);
        }
        if asked.is_empty() && !client.metadata.resources.contains(&self.settings.tokens.audience) {
            return Err(invalid_target("The parameter resource is missing."));
        }
        Ok(asked)
    }
}

/// RFC 8693 §2.1: which kinds of tokens come, and which one is wanted.
fn check_types(parameters: &Parameters) -> Result<(), OAuthError> {
    parameters.required("subject_token_type")?;
    for name in ["requested_token_type", "subject_token_type", "actor_token_type"] {
        if parameters.get(name)?.is_some_and(|kind| kind != ACCESS_TOKEN) {
            return Err(OAuthError::invalid_request(format!("The only {name} is {ACCESS_TOKEN}.")));
        }
    }
    if parameters.get("actor_token")?.is_some() != parameters.get("actor_token_type")?.is_some() {
        return Err(OAuthError::invalid_request(
            "The parameters actor_token and actor_token_type come together.",
        ));
    }
    Ok(())
}

/// Of what the token allows: what the client may have, and of that what it asks for.
fn exchange_scope(
    client: &AuthenticatedClient,
    subject: &VerifiedAccessToken,
    parameters: &Parameters,
) -> Result<Scope, OAuthError> {
    let invalid = |description: &'static str| OAuthError::refused(ErrorCode::InvalidScope, description);
    let login: Scope = LOGIN.parse().unwrap_or_default();
    let granted: Scope = subject.scope().parse().unwrap_or_default();
    let granted = granted.intersection(&client.metadata.scope).difference(&login);
    let Some(text) = parameters.get("scope")? else { return Ok(granted) };
    let asked: Scope =
        text.parse().map_err(|_| invalid("The parameter scope is not a list of scope tokens."))?;
    if asked.is_subset(&granted) {
        Ok(asked)
    } else {
        Err(invalid("The scope is not a part of what the subject_token allows and the client may have."))
    }
}

/// How many have acted (RFC 8693 §4.1).
fn actors(act: &str) -> usize {
    let act: Value = serde_json::from_str(act).unwrap_or_default();
    std::iter::successors(act.as_object(), |act| act.get("act")?.as_object()).count()
}

fn inactive(name: &'static str) -> OAuthError {
    OAuthError::invalid_request(format!("The {name} is no active access token of this issuer."))
}

fn invalid_target(description: &'static str) -> OAuthError {
    OAuthError::refused(ErrorCode::InvalidTarget, description)
}
