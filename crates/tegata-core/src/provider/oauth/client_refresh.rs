//! Refreshing the tokens of a client (RFC 6749 §6): the rotation of every session, and the rules of clients around it.

use super::client_authentication::AuthenticatedClient;
use super::client_tokens::{ClientTokens, TokenContent};
use super::dpop::VerifiedProof;
use super::in_force::InForce;
use crate::error::ProviderError;
use crate::oauth::{ErrorCode, OAuthError, Parameters};
use crate::provider::{Provider, RequestContext};
use crate::scope::Scope;

impl Provider {
    /// Exchanges a refresh token of a client for the next tokens.
    ///
    /// The token itself says whose it is, so nothing is spent before its client is known. The session has ended with the
    /// user, the consent or the login that it rested on; what was granted to an earlier client of the same name ends here.
    pub(super) async fn refresh_client(
        &self,
        client: &AuthenticatedClient,
        parameters: &Parameters,
        proof: Option<&VerifiedProof>,
        ctx: &RequestContext<'_>,
    ) -> Result<ClientTokens, OAuthError> {
        let text = parameters.required("refresh_token")?;
        let invalid = || {
            OAuthError::invalid_grant(
                "The refresh token is not valid: it was issued to another client, was exchanged before, or its session \
                 has ended.",
            )
        };
        let presented = self.parse_refresh_token_of(Some(client.client_id()), text).map_err(|_| invalid())?;
        let scope = parameters.get("scope")?.map(str::parse::<Scope>).transpose().map_err(|_| {
            OAuthError::refused(ErrorCode::InvalidScope, "The parameter scope is not a list of scope tokens.")
        })?;
        let asked = self.named_resources(client, parameters)?;
        if !client.is_confidential() || scope.is_some() || !asked.is_empty() {
            self.check_before_rotation(client, &presented, scope.as_ref(), parameters, proof, ctx).await?;
        }
        let binding = self.use_proof(proof, ctx.now).await?;
        // Each refresh is signed for, with a key that nobody else has: that is more than a token which changes, and an answer
        // that got lost loses nothing (FAPI 2.0 Security Profile §5.3.2.1).
        let outcome = if client.is_fapi() {
            self.keep(&presented, ctx).await.map(|session| (session, None))
        } else {
            self.rotate(&presented, ctx).await.map(|(session, successor)| (session, Some(successor)))
        };
        let (session, successor) = outcome.map_err(|error| match error {
            ProviderError::InvalidGrant | ProviderError::RefreshTokenReplayed => invalid(),
            error => error.into(),
        })?;
        let Some(grant) = session.client_grant().filter(|grant| grant.is_of(client)) else {
            self.end_untold(&session, ctx).await?;
            return Err(invalid());
        };
        // What the request itself asks for was looked at before: a grant of which nothing is left ends.
        let resources = self.resources_in_force(client, &grant.resources, parameters);
        let (Ok(resources), false) =
            (resources, self.has_outlived_its_login(client, &session, grant, ctx.now).await?)
        else {
            self.end_client_session(&session, ctx).await?;
            return Err(invalid());
        };
        let in_force = InForce::new(client, &session, scope.as_ref());
        // A session ends with its user, so it alone is looked at: but for what an ID token tells that it does not know.
        let user = self.user_of_id_token(&session, &in_force, invalid).await?;
        self.issue_client_tokens(
            client,
            user.as_ref(),
            &session,
            successor.as_ref(),
            &TokenContent { resources: &resources, in_force: &in_force, binding: &binding, nonce: None },
            ctx.now,
        )
    }

    /// What can be wrong with a request without the token being spent for it.
    async fn check_before_rotation(
        &self,
        client: &AuthenticatedClient,
        presented: &crate::refresh_token::RefreshToken,
        scope: Option<&Scope>,
        parameters: &Parameters,
        proof: Option<&VerifiedProof>,
        ctx: &RequestContext<'_>,
    ) -> Result<(), OAuthError> {
        let session = self.ports.store.find_session(presented.user_id, presented.session_id).await?;
        // A session that is gone is the rotation's to speak of.
        let Some(session) = session.filter(|session| session.is_live(ctx.now)) else { return Ok(()) };
        let Some(grant) = session.client_grant() else { return Ok(()) };
        if grant.dpop_jkt.is_some() && grant.dpop_jkt.as_deref() != proof.map(VerifiedProof::jkt) {
            return Err(OAuthError::refused(
                ErrorCode::InvalidDpopProof,
                "The refresh token is bound to a key, and the DPoP proof is missing or of another one.",
            ));
        }
        if scope.is_some_and(|scope| !scope.is_subset(InForce::new(client, &session, None).scope())) {
            return Err(OAuthError::refused(
                ErrorCode::InvalidScope,
                "A refresh cannot ask for more than the user has granted and the client may have.",
            ));
        }
        if parameters.all("resource").next().is_none() {
            return Ok(());
        }
        self.resources_in_force(client, &grant.resources, parameters).map(drop)
    }
}
