//! The token endpoint (RFC 6749 §3.2): which grant, and whether the client may use it.

use super::client_authentication::AuthenticatedClient;
use super::client_tokens::ClientTokens;
use crate::client::{ClientStatus, GrantType};
use crate::oauth::{ErrorCode, OAuthError, Parameters};
use crate::provider::{Provider, RequestContext};

/// What the tokens of a request are bound to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessBinding {
    /// The thumbprint of the key of the DPoP proof that came with it (RFC 9449 §5).
    pub dpop_jkt: Option<String>,
}

impl Provider {
    /// Answers a token request of a client that has proved who it is.
    ///
    /// # Errors
    /// [`OAuthError`] with the codes of RFC 6749 §5.2 and of the grants.
    pub async fn token(
        &self,
        client: &AuthenticatedClient,
        parameters: &Parameters,
        binding: &AccessBinding,
        ctx: &RequestContext<'_>,
    ) -> Result<ClientTokens, OAuthError> {
        let grant: GrantType = parameters.required("grant_type")?.parse().map_err(|_| {
            OAuthError::refused(
                ErrorCode::UnsupportedGrantType,
                "The grant_type is not one of those that the metadata lists.",
            )
        })?;
        // Asked here for every grant, so that no grant can forget it.
        debug_assert_eq!(client.status, ClientStatus::Active);
        if !client.may_use(grant) {
            return Err(OAuthError::refused(
                ErrorCode::UnauthorizedClient,
                "The client is not registered for this grant_type.",
            ));
        }
        if client.metadata.dpop_bound_access_tokens && binding.dpop_jkt.is_none() {
            return Err(OAuthError::refused(
                ErrorCode::InvalidDpopProof,
                "This client has to send a DPoP proof with its token requests (RFC 9449).",
            ));
        }
        match grant {
            GrantType::AuthorizationCode => self.redeem_code(client, parameters, binding, ctx).await,
            GrantType::RefreshToken => self.refresh_client(client, parameters, binding, ctx).await,
            GrantType::ClientCredentials => self.client_credentials(client, parameters, binding, ctx),
            GrantType::DeviceCode => self.redeem_device_code(client, parameters, binding, ctx).await,
            GrantType::TokenExchange => self.exchange_token(client, parameters, binding, ctx).await,
        }
    }
}
