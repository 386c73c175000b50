//! Request objects by reference (RFC 9101 §5.2, OIDC Core §6.2), where an operator has them fetched.
//!
//! Nothing is fetched but what the client has registered: otherwise any visitor would choose whom we ask.

use std::sync::Arc;
use std::time::Duration;

use super::fetched::{COOL_DOWN, Look, is_outage, unreachable};
use crate::client::{Client, without_fragment};
use crate::oauth::{ErrorCode, OAuthError};
use crate::outbound::Document;
use crate::provider::Provider;
use crate::timestamp::Timestamp;

/// Nobody knows for how long an object is the right one, so it is believed only until it may be asked for again.
pub(super) const MAX_AGE: Duration = COOL_DOWN;
/// RFC 9101 §5.2.3, and what servers knew before it.
const MEDIA_TYPES: [&str; 2] = ["application/oauth-authz-req+jwt", "application/jwt"];

impl Provider {
    /// The request object at an address of a client.
    ///
    /// # Errors
    /// `invalid_request_uri` for an address that is not the client's, or has no object behind it; `temporarily_unavailable`
    /// where nobody knows now what is there.
    pub(super) async fn request_object_at(
        &self,
        client: &Client,
        uri: &str,
        now: Timestamp,
    ) -> Result<Arc<String>, OAuthError> {
        if !client.has_request_uri(uri) {
            return Err(invalid(
                "The request_uri is none of the request_uris that the client has registered.",
            ));
        }
        let asking = match self.fetched.request_objects.look(uri, false, now).await {
            Look::Known(object) => return Ok(object),
            Look::Later => return Err(unreachable("request object")),
            Look::Ask(asking) => asking,
        };
        let object = match self.ports.outbound.get(without_fragment(uri)).await {
            Ok(document) => text_of(document),
            Err(error) if is_outage(error) => return Err(unreachable("request object")),
            Err(_) => None,
        };
        match object {
            Some(object) => Ok(asking.found(object, MAX_AGE)),
            None => Err(invalid(
                "At the request_uri there is no request object: it has to be served as \
                 application/oauth-authz-req+jwt or application/jwt, with the status 200.",
            )),
        }
    }
}

fn text_of(document: Document) -> Option<String> {
    let is_object = document.media_type.is_some_and(|media_type| MEDIA_TYPES.contains(&&*media_type));
    let text = String::from_utf8(document.body).ok().filter(|_| is_object)?;
    // Files end with a line.
    Some(text.trim_ascii_end().to_owned())
}

fn invalid(description: &'static str) -> OAuthError {
    OAuthError::refused(ErrorCode::InvalidRequestUri, description)
}
