//! The client with which the web application shows learners an authorization code flow, step by step.
//!
//! It is there exactly as long as the inspector is on: whoever switches that off must not be left with a public client.

use tegata_core::client::{AuthMethod, Client, ClientId, ClientMetadata, GrantType, RedirectUri};
use tegata_core::provider::oauth::ClientError;
use tegata_core::provider::{Provider, RequestContext};
use tegata_http::{Clock as _, SystemClock};

use crate::failure::{Chain, Failure};

const CLIENT_ID: &str = "token-inspector";
const NAME: &str = "Token inspector";
/// The page of the web application that begins the flow, and that the answer comes back to.
const PATH: &str = "/inspector/flow";
const SCOPE: &str = "openid profile email offline_access";

/// Registers the client where the inspector is on, and removes it where it is off.
///
/// # Errors
/// Those of the store.
pub(crate) async fn settle(provider: &Provider, is_on: bool) -> Result<(), Failure> {
    let ctx = RequestContext { now: SystemClock.now(), address: None, user_agent: None, device_token: None };
    let client_id: ClientId = CLIENT_ID.parse().map_err(Failure::new)?;
    let before = match provider.client(&client_id).await {
        Ok(client) => Some(client),
        Err(ClientError::NotFound) => None,
        Err(error) => return Err(failure(&error)),
    };
    match before {
        // An operator has given the name to a client of their own: it stays as it is.
        Some(client) if !is_ours(&client) => {
            if is_on {
                tracing::warn!("the token inspector cannot show a flow: {CLIENT_ID} is another client");
            }
        }
        Some(_) if !is_on => match provider.delete_client(&client_id, &ctx).await {
            // Another server of the same store was faster.
            Ok(()) | Err(ClientError::NotFound) => {
                tracing::info!("the client of the token inspector is removed");
            }
            Err(error) => return Err(failure(&error)),
        },
        None if !is_on => {}
        _ => {
            let metadata = metadata(&provider.settings().issuer)?;
            provider.apply_client(client_id, metadata, None, &ctx).await.map_err(|error| failure(&error))?;
        }
    }
    Ok(())
}

fn metadata(issuer: &str) -> Result<ClientMetadata, Failure> {
    let page: RedirectUri = format!("{issuer}{PATH}").parse().map_err(Failure::new)?;
    Ok(ClientMetadata {
        client_name: Some(NAME.to_owned()),
        redirect_uris: vec![page.clone()],
        post_logout_redirect_uris: vec![page],
        token_endpoint_auth_method: AuthMethod::None,
        grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        scope: SCOPE.parse().map_err(Failure::new)?,
        ..ClientMetadata::default()
    })
}

/// Whether it is the client that we have registered, perhaps under another address or by another version.
pub(crate) fn is_ours(client: &Client) -> bool {
    let metadata = &client.metadata;
    client.client_id.as_str() == CLIENT_ID
        && metadata.client_name.as_deref() == Some(NAME)
        && metadata.token_endpoint_auth_method == AuthMethod::None
        && metadata.redirect_uris.iter().all(|uri| uri.as_str().ends_with(PATH))
}

fn failure(error: &ClientError) -> Failure {
    Failure::new(format_args!("the client of the token inspector: {}", Chain(error)))
}
