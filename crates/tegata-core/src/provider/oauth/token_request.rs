//! The token endpoint (RFC 6749 §3.2): which grant, and whether the client may use it.

use super::client_authentication::AuthenticatedClient;
use super::client_tokens::ClientTokens;
use super::dpop::VerifiedProof;
use crate::client::{ClientStatus, GrantType};
use crate::oauth::{ErrorCode, OAuthError, Parameters};
use crate::provider::{Provider, RequestContext};

/// What the tokens of a request are bound to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct AccessBinding {
    /// The thumbprint of the key of the DPoP proof that came with it (RFC 9449 §5).
    pub(super) dpop_jkt: Option<String>,
}

impl Provider {
    /// Answers a token request of a client that has proved who it is, with the DPoP proof that came with it.
    ///
    /// # Errors
    /// [`OAuthError`] with the codes of RFC 6749 §5.2 and of the grants.
    pub async fn token(
        &self,
        client: &AuthenticatedClient,
        parameters: &Parameters,
        proof: Option<&VerifiedProof>,
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
        if client.metadata.dpop_bound_access_tokens && proof.is_none() {
            return Err(OAuthError::invalid_request(
                "This client has to send a DPoP proof with its token requests (RFC 9449).",
            ));
        }
        match grant {
            GrantType::AuthorizationCode => self.redeem_code(client, parameters, proof, ctx).await,
            GrantType::RefreshToken => self.refresh_client(client, parameters, proof, ctx).await,
            GrantType::ClientCredentials => self.client_credentials(client, parameters, proof, ctx).await,
            GrantType::DeviceCode => self.redeem_device_code(client, parameters, proof, ctx).await,
            GrantType::TokenExchange => self.exchange_token(client, parameters, proof, ctx).await,
        }
    }
}
