//! Who a client is (RFC 6749 §2.3, RFC 7523 §2.2, OIDC Core §9).

use std::ops::Deref;

use tegata_jose::unverified_issuer;
use zeroize::Zeroizing;

use crate::client::{AuthMethod, Client, ClientId};
use crate::oauth::{OAuthError, Parameters};
use crate::provider::{Provider, RequestContext};

/// RFC 7523 §2.2
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A client that has proved who it is, or is public and has nothing to prove it with. It can only come from
/// [`Provider::authenticate_client`].
pub struct AuthenticatedClient(Client);

impl AuthenticatedClient {
    /// Its name.
    pub fn client_id(&self) -> &ClientId {
        &self.0.client_id
    }
}

impl Deref for AuthenticatedClient {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.0
    }
}

/// What a client has presented.
pub enum PresentedClient {
    /// A name and a secret in the `Authorization` header (RFC 6749 §2.3.1).
    Basic {
        /// The name.
        client_id: String,
        /// The secret.
        secret: Zeroizing<String>,
    },
    /// A name and a secret in the body.
    Post {
        /// The name.
        client_id: String,
        /// The secret.
        secret: Zeroizing<String>,
    },
    /// A signature.
    Assertion {
        /// The name, where it was said.
        client_id: Option<String>,
        /// The signed statement.
        assertion: Zeroizing<String>,
    },
    /// A name alone.
    Public {
        /// The name.
        client_id: String,
    },
}

impl PresentedClient {
    /// Reads it from the parameters of a body and from what the `Authorization` header holds.
    ///
    /// # Errors
    /// `invalid_request` for more than one way at once (RFC 6749 §2.3); `invalid_client` for none.
    pub fn read(
        parameters: &Parameters,
        basic: Option<(String, Zeroizing<String>)>,
    ) -> Result<Self, OAuthError> {
        let client_id = parameters.get("client_id")?.map(ToOwned::to_owned);
        let secret = parameters.get("client_secret")?;
        let assertion = parameters.get("client_assertion")?;
        let assertion_type = parameters.get("client_assertion_type")?;
        match (basic, secret, assertion) {
            (Some((name, secret)), None, None) => match client_id {
                Some(other) if other != name => Err(OAuthError::invalid_request(
                    "The client_id is not the one of the Authorization header.",
                )),
                _ => Ok(Self::Basic { client_id: name, secret }),
            },
            (None, Some(secret), None) => {
                let client_id = client_id.ok_or_else(OAuthError::invalid_client)?;
                Ok(Self::Post { client_id, secret: Zeroizing::new(secret.to_owned()) })
            }
            (None, None, Some(assertion)) if assertion_type == Some(JWT_BEARER) => {
                Ok(Self::Assertion { client_id, assertion: Zeroizing::new(assertion.to_owned()) })
            }
            (None, None, Some(_)) => {
                Err(OAuthError::invalid_request("The client_assertion_type is not supported."))
            }
            (None, None, None) => {
                Ok(Self::Public { client_id: client_id.ok_or_else(OAuthError::invalid_client)? })
            }
            _ => Err(OAuthError::invalid_request("A client proves who it is in one way at a time.")),
        }
    }
}

impl PresentedClient {
    /// Who it says it is.
    fn claimed_name(&self) -> Result<String, OAuthError> {
        match self {
            Self::Basic { client_id, .. } | Self::Post { client_id, .. } | Self::Public { client_id } => {
                Ok(client_id.clone())
            }
            Self::Assertion { client_id, assertion } => {
                let issuer = unverified_issuer(assertion).map_err(|_| OAuthError::invalid_client())?;
                if client_id.as_ref().is_some_and(|named| *named != issuer) {
                    return Err(OAuthError::invalid_client());
                }
                Ok(issuer)
            }
        }
    }
}

impl Provider {
    /// Finds out who a client is, in the one way that it is registered for.
    ///
    /// # Errors
    /// `invalid_client`, one sentence for every cause; [`OAuthError::Failed`] when it cannot be found out.
    pub async fn authenticate_client(
        &self,
        presented: PresentedClient,
        ctx: &RequestContext<'_>,
    ) -> Result<AuthenticatedClient, OAuthError> {
        let name = presented.claimed_name()?;
        let client_id: ClientId = name.parse().map_err(|_| OAuthError::invalid_client())?;
        let client = self.find_active_client(&client_id, ctx.now).await?;
        let client = client.ok_or_else(OAuthError::invalid_client)?;
        let method = client.metadata.token_endpoint_auth_method;
        let is_proved = match &presented {
            PresentedClient::Basic { secret, .. } => {
                method == AuthMethod::ClientSecretBasic && client.has_secret(secret, ctx.now)
            }
            PresentedClient::Post { secret, .. } => {
                method == AuthMethod::ClientSecretPost && client.has_secret(secret, ctx.now)
            }
            PresentedClient::Assertion { assertion, .. } => {
                method == AuthMethod::PrivateKeyJwt && self.check_assertion(&client, assertion, ctx).await?
            }
            PresentedClient::Public { .. } => method == AuthMethod::None,
        };
        if is_proved { Ok(AuthenticatedClient(client)) } else { Err(OAuthError::invalid_client()) }
    }
}
