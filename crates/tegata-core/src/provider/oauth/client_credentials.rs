//! A client in its own name (RFC 6749 §4.4).

use super::client_authentication::AuthenticatedClient;
use super::client_tokens::{AccessTokenContent, ClientTokens, token_type};
use super::dpop::VerifiedProof;
use crate::oauth::{ErrorCode, OAuthError, Parameters};
use crate::provider::{Provider, RequestContext};
use crate::settings::OPENID_SCOPE;

impl Provider {
    /// Issues an access token whose subject is the client itself. No user is in it, so nothing of OpenID Connect is.
    pub(super) async fn client_credentials(
        &self,
        client: &AuthenticatedClient,
        parameters: &Parameters,
        proof: Option<&VerifiedProof>,
        ctx: &RequestContext<'_>,
    ) -> Result<ClientTokens, OAuthError> {
        if !client.is_confidential() {
            return Err(OAuthError::refused(
                ErrorCode::UnauthorizedClient,
                "A client that cannot prove who it is cannot act in its own name.",
            ));
        }
        let requested = parameters.get("scope")?;
        let scope = match requested {
            Some(_) => self.allowed_scope(client, requested)?,
            // RFC 6749 §3.3: the default is all that it may have.
            None => client.metadata.scope.clone(),
        }
        .filtered(|token| !OPENID_SCOPE.contains(&token));
        let resources = self.requested_resources(client, parameters)?;
        let binding = self.use_proof(proof, ctx.now).await?;
        let content = AccessTokenContent {
            subject: client.client_id().as_str(),
            resources: &resources,
            scope: &scope,
            ends_at: ctx.now + self.settings.tokens.access_token_ttl,
            session: None,
            acr: None,
            binding: &binding,
            actor: None,
        };
        let (access_token, expires_in) = self.sign_access_token(client, &content, ctx.now)?;
        Ok(ClientTokens {
            access_token,
            token_type: token_type(&binding),
            expires_in,
            scope,
            id_token: None,
            refresh_token: None,
            issued_token_type: None,
        })
    }
}
