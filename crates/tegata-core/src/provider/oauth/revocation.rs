//! Token revocation (RFC 7009).

use super::client_authentication::AuthenticatedClient;
use crate::oauth::{ErrorCode, OAuthError, Parameters};
use crate::provider::{Provider, RequestContext};
use crate::refresh_token::RefreshToken;
use crate::session::Session;

impl Provider {
    /// Ends the grant of a token. A token that is not ours, or has ended, is no error: there is nothing to end
    /// (RFC 7009 §2.2). An access token that is out lives on for its minutes where nobody asks about its session, and so
    /// does one that a client has in its own name. A `token_type_hint` would only say what the token itself says.
    ///
    /// # Errors
    /// `invalid_request` without a token; `unauthorized_client` for a token of another client, of which nothing ends
    /// (§2.1).
    pub async fn revoke(
        &self,
        client: &AuthenticatedClient,
        parameters: &Parameters,
        ctx: &RequestContext<'_>,
    ) -> Result<(), OAuthError> {
        let text = parameters.required("token")?;
        let session = match RefreshToken::parse(text, &self.settings.tenant, &self.key_ring().secrets) {
            Ok(token) if !token.is_of(Some(client.client_id())) => return Err(of_another_client()),
            Ok(token) => {
                let session = self.ports.store.find_session(token.user_id, token.session_id).await?;
                let is_its_own =
                    |session: &Session| session.client_grant().is_some_and(|grant| grant.is_of(client));
                session.filter(is_its_own)
            }
            Err(_) => {
                let Ok(token) = self.verify_issued_token(text, ctx.now).await else { return Ok(()) };
                if token.client_id() != client.client_id().as_str() {
                    return Err(of_another_client());
                }
                self.live_grant(&token, ctx.now).await?.map(|grant| grant.session)
            }
        };
        if let Some(session) = session {
            self.end_untold(&session, ctx).await?;
        }
        Ok(())
    }
}

fn of_another_client() -> OAuthError {
    OAuthError::refused(ErrorCode::UnauthorizedClient, "The token was issued to another client.")
}
