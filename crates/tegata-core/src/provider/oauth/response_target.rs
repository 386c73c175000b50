//! Where the answer to an authorization request goes (RFC 6749 §4.1.2).

use crate::client::Client;
use crate::oauth::{OAuthError, Parameters};

/// The longest `state` and `nonce`, in bytes.
pub(super) const MAX_OPAQUE: usize = 2048;

/// Where and how an answer goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseTarget {
    /// The redirect URI, as the request has it.
    pub redirect_uri: String,
    /// The client's own word, returned as it came.
    pub state: Option<String>,
    /// How.
    pub mode: ResponseMode,
    /// The languages of the pages on the way there, best first.
    pub ui_locales: Option<String>,
    /// Whether an operator vouches for the client whose it is.
    pub is_verified: bool,
}

/// How an answer travels (OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseMode {
    /// In the query of the redirect URI.
    Query,
    /// In a form that the browser sends there.
    FormPost,
}

impl ResponseTarget {
    /// Where the answer to a client's request goes.
    ///
    /// # Errors
    /// `invalid_request` where it cannot be told to the client.
    pub(super) fn of(client: &Client, parameters: &Parameters) -> Result<Self, OAuthError> {
        let redirect_uri = match parameters.get("redirect_uri")? {
            Some(uri) if client.find_redirect_uri(uri).is_some() => uri.to_owned(),
            Some(_) => {
                return Err(OAuthError::invalid_request(
                    "The redirect_uri is not one of those that the client is registered with; it has to be the same, \
                     character by character.",
                ));
            }
            // OAuth 2.1 §4.1.1 lets a client with one URI leave it out; OpenID Connect does not.
            None => match client.metadata.redirect_uris.as_slice() {
                [only] if !parameters.get("scope")?.is_some_and(|s| s.split(' ').any(|w| w == "openid")) => {
                    only.as_str().to_owned()
                }
                _ => return Err(OAuthError::invalid_request("The parameter redirect_uri is missing.")),
            },
        };
        // Two states, or none that can be read: then the answer has none.
        let state = parameters.get("state");
        let kept_state = state.as_ref().ok().copied().flatten().filter(|state| state.len() <= MAX_OPAQUE);
        let mode = match parameters.get("response_mode") {
            Ok(Some("form_post")) => ResponseMode::FormPost,
            _ => ResponseMode::Query,
        };
        let state = kept_state.map(ToOwned::to_owned);
        let ui_locales = parameters.get("ui_locales").ok().flatten().map(ToOwned::to_owned);
        Ok(Self { redirect_uri, state, mode, ui_locales, is_verified: client.is_verified() })
    }
}
