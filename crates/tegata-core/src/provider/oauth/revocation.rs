//! Token revocation (RFC 7009).

use super::client_authentication::AuthenticatedClient;
use crate::oauth::{ErrorCode, OAuthError, Parameters};
use crate::provider::{Provider, RequestContext};

impl Provider {
    /// Ends the grant of a token. A token that is not ours, or has ended, is no error: there is nothing to end
    /// (RFC 7009 §2.2). An access token that is out lives on for its minutes where nobody asks about its session.
    ///
    /// # Errors
    /// `invalid_request` without a token; `unauthorized_client` for a token of another client, of which nothing ends.
    pub async fn revoke(
        &self,
        client: &AuthenticatedClient,
        parameters: &Parameters,
        ctx: &RequestContext<'_>,
    ) -> Result<(), OAuthError> {
        let text = parameters.required("token")?;
        if let Ok(token) = self.parse_refresh_token_of(Some(client.client_id()), text) {
            let session = self.ports.store.find_session(token.user_id, token.session_id).await?;
            let is_its_own = |session: &crate::session::Session| {
                session.client_grant().is_some_and(|grant| grant.is_of(client))
            };
            if let Some(session) = session.filter(is_its_own) {
                self.end_untold(&session, ctx).await?;
            }
            return Ok(());
        }
        let Ok(token) = self.verify_access_token(text, ctx.now) else { return Ok(()) };
        if token.client_id() != client.client_id().as_str() {
            return Err(OAuthError::refused(
                ErrorCode::UnauthorizedClient,
                "The token was issued to another client.",
            ));
        }
        if let Some(grant) = self.live_grant(&token, ctx.now).await? {
            self.end_untold(&grant.session, ctx).await?;
        }
        Ok(())
    }
}
