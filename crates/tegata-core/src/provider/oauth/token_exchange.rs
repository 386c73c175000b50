//! Token exchange (RFC 8693): a service that was called with a token calls another one for the same user.

use tegata_jose::{Actor, VerifiedAccessToken};

use super::client_authentication::AuthenticatedClient;
use super::client_tokens::{AccessTokenContent, ClientTokens, token_type};
use super::introspection::concerns;
use super::token_request::AccessBinding;
use crate::identifier::UserId;
use crate::oauth::{ErrorCode, OAuthError, Parameters};
use crate::provider::{Provider, RequestContext};
use crate::scope::Scope;
use crate::timestamp::Timestamp;

/// RFC 8693 §3
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

impl Provider {
    /// Issues an access token for the subject of another one. It never allows more, lives longer or reaches farther than
    /// what it was exchanged for and than its client may; and it says who acts (RFC 8693 §4.1).
    pub(super) async fn exchange_token(
        &self,
        client: &AuthenticatedClient,
        parameters: &Parameters,
        binding: &AccessBinding,
        ctx: &RequestContext<'_>,
    ) -> Result<ClientTokens, OAuthError> {
        if !client.is_confidential() {
            return Err(OAuthError::refused(
                ErrorCode::UnauthorizedClient,
                "A client that cannot prove who it is cannot act for others.",
            ));
        }
        for name in ["requested_token_type", "subject_token_type"] {
            if parameters.get(name)?.is_some_and(|kind| kind != ACCESS_TOKEN) {
                return Err(OAuthError::invalid_request(format!("The only {name} is {ACCESS_TOKEN}.")));
            }
        }
        parameters.required("subject_token_type")?;
        let subject = self.exchanged(parameters.required("subject_token")?, "subject_token", ctx).await?;
        // The list of the client says for whom it may act: itself, and the resources that it stands for (V29).
        if !concerns(client, &subject) {
            return Err(OAuthError::invalid_request("The subject_token is not for this client."));
        }
        if subject.confirmation().is_some() && subject.confirmation() != binding.dpop_jkt.as_deref() {
            return Err(OAuthError::invalid_request(
                "The subject_token is bound to a key, and the DPoP proof is missing or of another one.",
            ));
        }
        // A name that only one sector knows a user by would have a meaning nowhere else.
        if subject.session_id().is_some() && subject.subject().parse::<UserId>().is_err() {
            return Err(OAuthError::invalid_request("A token with a pairwise subject cannot be exchanged."));
        }
        let actor = match parameters.get("actor_token")? {
            Some(text) if parameters.get("actor_token_type")? == Some(ACCESS_TOKEN) => {
                let actor = self.exchanged(text, "actor_token", ctx).await?;
                if !concerns(client, &actor) {
                    return Err(OAuthError::invalid_request("The actor_token is not for this client."));
                }
                actor.subject().to_owned()
            }
            Some(_) => {
                return Err(OAuthError::invalid_request("The actor_token_type is missing or unknown."));
            }
            None => client.client_id().to_string(),
        };
        let granted: Scope = subject.scope().parse().unwrap_or_default();
        let scope = match parameters.get("scope")? {
            Some(text) => {
                let asked: Scope = text.parse().unwrap_or_default();
                if asked.as_str().is_empty() || !asked.is_subset(&granted) {
                    return Err(OAuthError::refused(
                        ErrorCode::InvalidScope,
                        "The scope is not a part of that of the subject_token.",
                    ));
                }
                asked
            }
            None => granted,
        };
        let resources = self.exchange_resources(client, parameters)?;
        // The new token ends with the session of the old one, for whoever asks.
        let session = match (subject.subject().parse(), subject.session_id().map(str::parse)) {
            (Ok(user_id), Some(Ok(session_id))) => self.ports.store.find_session(user_id, session_id).await?,
            _ => None,
        };
        let ends_at = Timestamp::from_secs(subject.expires_at().as_secs());
        let content = AccessTokenContent {
            subject: subject.subject(),
            resources: &resources,
            scope: &scope,
            ends_at,
            session: session.as_ref(),
            acr: subject.acr(),
            binding,
            actor: Some(Actor { subject: &actor, prior: subject.actor_json() }),
        };
        let (access_token, expires_in) = self.sign_access_token(client, &content, ctx.now)?;
        Ok(ClientTokens {
            access_token,
            token_type: token_type(binding),
            expires_in,
            scope,
            id_token: None,
            refresh_token: None,
            issued_token_type: Some(ACCESS_TOKEN),
        })
    }

    /// A token that is exchanged: one of ours that is active now.
    async fn exchanged(
        &self,
        text: &str,
        name: &'static str,
        ctx: &RequestContext<'_>,
    ) -> Result<std::sync::Arc<VerifiedAccessToken>, OAuthError> {
        let invalid =
            || OAuthError::invalid_request(format!("The {name} is no active access token of this issuer."));
        let token = self.verify_access_token(text, ctx.now).map_err(|_| invalid())?;
        if self.is_active(&token, ctx.now).await? { Ok(token) } else { Err(invalid()) }
    }

    /// Where the new token is good: `resource`, or `audience`, which names the same (RFC 8693 §2.1).
    fn exchange_resources(
        &self,
        client: &AuthenticatedClient,
        parameters: &Parameters,
    ) -> Result<Vec<String>, OAuthError> {
        let named = parameters.all("audience").chain(parameters.all("resource"));
        let pairs: Vec<_> = named.map(|resource| ("resource".to_owned(), resource.to_owned())).collect();
        self.allowed_resources(client, &Parameters::new(pairs)?)
    }
}
