//! Errors for programs (RFC 6749 §5.2, RFC 6750 §3).

use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tegata_core::error::ProviderError;
use tegata_core::oauth::{ErrorCode, OAuthError};
use tegata_core::store::StoreError;

use super::metadata::CLIENT_ALGS;
use super::presented::write_nonce;
use crate::error::{HttpError, chain};
use crate::wire::json;

/// When to ask again where nobody knows better.
const RETRY_AFTER_SECS: u64 = 5;

/// Why a program's request was not granted.
#[derive(Debug)]
pub(crate) enum OAuthReject {
    /// The request did not get as far as OAuth: a body that is too large, a page of a stranger.
    Http(HttpError),
    /// RFC 6749 §5.2
    OAuth(OAuthError),
    /// The same, for a client that tried the `Authorization` header: the answer names the scheme (RFC 6749 §5.2).
    Basic(OAuthError),
    /// At a protected resource (RFC 6750 §3).
    Bearer(OAuthError),
    /// The same, for a token that was shown with the scheme of those that are bound to a key (RFC 9449 §7.1).
    Dpop(OAuthError),
}

impl From<HttpError> for OAuthReject {
    fn from(error: HttpError) -> Self {
        Self::Http(error)
    }
}

impl From<OAuthError> for OAuthReject {
    fn from(error: OAuthError) -> Self {
        Self::OAuth(error)
    }
}

impl From<ProviderError> for OAuthReject {
    fn from(error: ProviderError) -> Self {
        Self::OAuth(error.into())
    }
}

#[derive(Serialize)]
struct ErrorAnswer<'a> {
    error: &'a str,
    error_description: &'a str,
}

/// What a failure of ours is called, with its status. The text below it is for the log only.
pub(crate) fn outage(error: &ProviderError) -> (StatusCode, ErrorCode, &'static str, Option<u64>) {
    match error {
        ProviderError::Store(StoreError::Unavailable(_)) => {
            let text = "The service cannot answer now; try again soon.";
            (StatusCode::SERVICE_UNAVAILABLE, ErrorCode::TemporarilyUnavailable, text, Some(RETRY_AFTER_SECS))
        }
        ProviderError::Overloaded { retry_after } => {
            let text = "There is too much to do; try again soon.";
            let secs = retry_after.as_secs().max(1);
            (StatusCode::SERVICE_UNAVAILABLE, ErrorCode::TemporarilyUnavailable, text, Some(secs))
        }
        ProviderError::TooManyAttempts { retry_after } => {
            let text = "There were too many attempts; try again later.";
            let secs = retry_after.as_secs().max(1);
            (StatusCode::TOO_MANY_REQUESTS, ErrorCode::TemporarilyUnavailable, text, Some(secs))
        }
        _ => {
            let text = "Something went wrong here.";
            (StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::ServerError, text, None)
        }
    }
}

/// When to ask again, in seconds, after a refusal that another time may bring something else.
pub(crate) fn retry_after(code: ErrorCode) -> Option<u64> {
    (code == ErrorCode::TemporarilyUnavailable).then_some(RETRY_AFTER_SECS)
}

/// Says when to ask again, if there is a time.
pub(crate) fn write_retry_after(secs: Option<u64>, headers: &mut HeaderMap) {
    if let Some(secs) = secs {
        headers.insert(RETRY_AFTER, HeaderValue::from(secs));
    }
}

/// Tells the operator of a failure. What strangers can bring about as often as they like is no error of ours: a brake that
/// works is not worth a line, and overload is a warning.
pub(crate) fn log_failure(failure: &ProviderError, what: &'static str) {
    match failure {
        ProviderError::TooManyAttempts { .. } => {}
        ProviderError::Overloaded { .. } => tracing::warn!(error = chain(failure), "{what}"),
        _ => tracing::error!(error = chain(failure), "{what}"),
    }
}

impl IntoResponse for OAuthReject {
    fn into_response(self) -> Response {
        let is_resource = matches!(self, Self::Bearer(_) | Self::Dpop(_));
        let (error, challenge) = match self {
            Self::Http(error) => return error.into_response(),
            Self::OAuth(error) => (error, None),
            Self::Basic(error) => (error, Some("Basic realm=\"tegata\"".to_owned())),
            Self::Bearer(error) => {
                let challenge = resource_challenge(&error, "Bearer");
                (error, challenge)
            }
            Self::Dpop(error) => {
                let challenge = resource_challenge(&error, "DPoP");
                (error, challenge)
            }
        };
        let (status, code, description, retry_after) = match error.refusal() {
            Ok((code, description)) => (status(code, is_resource), code, description, retry_after(code)),
            Err(failure) => {
                log_failure(failure, "a request of a client failed");
                outage(failure)
            }
        };
        let body = ErrorAnswer { error: code.as_str(), error_description: description };
        let mut response = match json(status, &body) {
            Ok(response) => response,
            Err(error) => return error.into_response(),
        };
        let headers = response.headers_mut();
        if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
            && let Some(challenge) = challenge.and_then(|text| HeaderValue::try_from(text).ok())
        {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        write_retry_after(retry_after, headers);
        if let OAuthError::UseDpopNonce(nonce) = &error {
            write_nonce(nonce, headers);
        }
        response
    }
}

fn status(code: ErrorCode, is_resource: bool) -> StatusCode {
    match code {
        ErrorCode::InvalidClient | ErrorCode::InvalidToken => StatusCode::UNAUTHORIZED,
        // RFC 9449 §7.1, §9; at an endpoint of the authorization server they are errors like others (§5, §8).
        ErrorCode::InvalidDpopProof | ErrorCode::UseDpopNonce if is_resource => StatusCode::UNAUTHORIZED,
        ErrorCode::InsufficientScope => StatusCode::FORBIDDEN,
        ErrorCode::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    }
}

/// RFC 6750 §3.1, RFC 9449 §7.1: in the scheme that was tried, and in that of bound tokens where it is about a proof.
fn resource_challenge(error: &OAuthError, tried: &'static str) -> Option<String> {
    let (code, _) = error.refusal().ok()?;
    let is_about_proof = matches!(code, ErrorCode::InvalidDpopProof | ErrorCode::UseDpopNonce);
    let scheme = if is_about_proof { "DPoP" } else { tried };
    let scope = if code == ErrorCode::InsufficientScope { ", scope=\"openid\"" } else { "" };
    let algs = CLIENT_ALGS.join(" ");
    let algs = if scheme == "DPoP" { format!(", algs=\"{algs}\"") } else { String::new() };
    Some(format!("{scheme} error=\"{}\"{scope}{algs}", code.as_str()))
}
