//! What went wrong, and which status and `code` that is: the only place that knows.

use std::borrow::Cow;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tegata_core::error::ProviderError;
use tegata_core::oauth::{DpopNonce, ErrorCode};
use tegata_core::store::StoreError;
use tegata_core::user::InvalidField;

use crate::oauth::write_nonce;

/// Why a request was not granted.
#[derive(Debug)]
pub(crate) enum HttpError {
    /// The core refused it.
    Provider(ProviderError),
    /// Members of the body or the query that do not have the right form.
    Fields(Vec<FieldProblem>),
    /// The request cannot be read; what is wrong with it.
    Malformed(&'static str),
    /// A header, or one of our cookies, is there more than once, and which one counts is anybody's guess.
    DuplicateHeader(&'static str),
    /// A protected resource without an access token.
    MissingToken,
    /// A token that was shown with the scheme of those that are bound to a key is not valid (RFC 9449 §7.1).
    InvalidBoundToken,
    /// The proof of a bound access token lacks a nonce that is good now (RFC 9449 §9).
    UseDpopNonce(DpopNonce),
    /// A request with cookies that a page of another origin has sent.
    OriginRefused,
    /// The request went around what stands in front of us and tells who the client is.
    DirectAccess,
    /// Nothing is here.
    NotFound,
    /// Something is here, but not for this method.
    MethodNotAllowed,
    /// The request did not arrive in time.
    RequestTimeout,
    /// We did not answer in time.
    AnswerTimeout,
    /// The body is longer than we read.
    ContentTooLarge,
    /// The URI is longer than we read.
    UriTooLong,
    /// The headers are longer than we read.
    HeadersTooLarge,
    /// The body is not JSON by its `Content-Type`.
    UnsupportedMediaType,
}

impl From<ProviderError> for HttpError {
    fn from(error: ProviderError) -> Self {
        Self::Provider(error)
    }
}

/// What is wrong with one member.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FieldProblem {
    /// Its name on the wire.
    pub(crate) field: Cow<'static, str>,
    pub(crate) code: &'static str,
    pub(crate) message: &'static str,
}

impl FieldProblem {
    pub(crate) fn required(field: &'static str) -> Self {
        Self::invalid_field(field, InvalidField::Required)
    }

    pub(crate) fn invalid(field: &'static str) -> Self {
        Self::invalid_field(field, InvalidField::Invalid)
    }

    pub(crate) fn wrong_type(field: impl Into<Cow<'static, str>>) -> Self {
        Self { field: field.into(), code: "wrong_type", message: "must be a string" }
    }

    pub(crate) fn no_object(field: &'static str) -> Self {
        Self { field: field.into(), code: "wrong_type", message: "must be an object" }
    }

    /// The same of a member within another.
    pub(crate) fn within(self, outer: &str) -> Self {
        Self { field: format!("{outer}.{}", self.field).into(), ..self }
    }

    pub(crate) fn unknown(field: String) -> Self {
        Self { field: field.into(), code: "unknown_member", message: "is not known here" }
    }

    pub(crate) fn repeated(field: String) -> Self {
        Self { field: field.into(), code: "invalid", message: "is given twice" }
    }

    fn invalid_field(field: &'static str, error: InvalidField) -> Self {
        let (code, message) = match error {
            InvalidField::Required => ("required", "is required"),
            InvalidField::TooShort => ("too_short", "is too short"),
            InvalidField::TooLong => ("too_long", "is too long"),
            InvalidField::Invalid => ("invalid", "is not valid"),
            InvalidField::Blocked => ("blocked", "is too easy to guess"),
            InvalidField::ContainsUsername => ("contains_username", "contains the user name"),
        };
        Self { field: field.into(), code, message }
    }
}

/// How a failure looks from outside.
struct Description {
    status: StatusCode,
    code: &'static str,
    detail: &'static str,
    extra: Extra,
}

/// What some failures say beside it.
enum Extra {
    None,
    Fields(Vec<FieldProblem>),
    RetryAfter(Duration),
    /// A challenge (RFC 9110 §11.6.1).
    Challenge(HeaderValue),
    /// A challenge, and what the next proof has to carry.
    Nonce(DpopNonce),
}

/// RFC 6750 §3: no error code for a request that had no token at all.
const CHALLENGE: HeaderValue = HeaderValue::from_static("Bearer realm=\"tegata\"");
const INVALID_TOKEN: &str = "the access token is not valid";
const INVALID_BEARER_TOKEN: HeaderValue = HeaderValue::from_static("Bearer error=\"invalid_token\"");
const INVALID_DPOP_TOKEN: HeaderValue =
    HeaderValue::from_static("DPoP error=\"invalid_token\", algs=\"ES256 EdDSA RS256 PS256\"");
const USE_DPOP_NONCE: HeaderValue = HeaderValue::from_static("DPoP error=\"use_dpop_nonce\"");
/// After our own outage: long enough for a restart, short enough for a person.
const SOON: Duration = Duration::from_secs(5);

impl HttpError {
    /// Which status and `code` a failure is, in one place.
    fn describe(&self) -> Description {
        use Extra::{Challenge, Fields, Nonce, None, RetryAfter};
        use StatusCode as S;
        let (status, code, detail, extra) = match self {
            Self::Fields(problems) => {
                (S::BAD_REQUEST, "validation_failed", "some fields are not valid", Fields(problems.clone()))
            }
            Self::Provider(ProviderError::InvalidFields(errors)) => {
                let problems = errors.iter().map(|e| FieldProblem::invalid_field(e.field, e.error)).collect();
                (S::BAD_REQUEST, "validation_failed", "some fields are not valid", Fields(problems))
            }
            Self::Malformed(detail) => (S::BAD_REQUEST, "malformed_request", *detail, None),
            Self::DuplicateHeader(detail) => (S::BAD_REQUEST, "duplicate_header", *detail, None),
            // One answer for all of them: which check failed is for the log, not for a thief.
            Self::Provider(ProviderError::InvalidCredentials) => {
                let detail = "the user name or the password is not right";
                (S::UNAUTHORIZED, "invalid_credentials", detail, Challenge(CHALLENGE))
            }
            Self::Provider(ProviderError::InvalidGrant | ProviderError::RefreshTokenReplayed) => {
                let detail = "the refresh token is not valid";
                (S::UNAUTHORIZED, "invalid_grant", detail, Challenge(CHALLENGE))
            }
            Self::Provider(ProviderError::InvalidToken) => {
                (S::UNAUTHORIZED, "invalid_token", INVALID_TOKEN, Challenge(INVALID_BEARER_TOKEN))
            }
            Self::InvalidBoundToken => {
                (S::UNAUTHORIZED, "invalid_token", INVALID_TOKEN, Challenge(INVALID_DPOP_TOKEN))
            }
            Self::MissingToken => {
                let detail = "an access token is needed";
                (S::UNAUTHORIZED, "missing_token", detail, Challenge(CHALLENGE))
            }
            Self::UseDpopNonce(nonce) => {
                let detail = "the proof has to carry the nonce of this answer";
                (S::UNAUTHORIZED, "use_dpop_nonce", detail, Nonce(nonce.clone()))
            }
            Self::Provider(ProviderError::InsufficientScope { scope }) => {
                let detail = "the access token lacks a scope";
                (S::FORBIDDEN, "insufficient_scope", detail, Challenge(scope_challenge(scope)))
            }
            Self::Provider(ProviderError::Csrf) => {
                (S::FORBIDDEN, "csrf_failed", "the X-CSRF-Token header is missing or not right", None)
            }
            Self::OriginRefused => {
                (S::FORBIDDEN, "origin_refused", "pages of this origin may not use the API", None)
            }
            Self::DirectAccess => {
                (S::FORBIDDEN, "direct_access", "requests must come through the public address", None)
            }
            Self::Provider(ProviderError::PasswordMismatch) => {
                (S::FORBIDDEN, "password_mismatch", "the password is not right", None)
            }
            Self::Provider(ProviderError::SignupDisabled) => {
                (S::FORBIDDEN, "signup_disabled", "nobody can sign up here", None)
            }
            Self::NotFound | Self::Provider(ProviderError::NotFound) => {
                (S::NOT_FOUND, "not_found", "there is no such thing", None)
            }
            Self::MethodNotAllowed => {
                (S::METHOD_NOT_ALLOWED, "method_not_allowed", "this method is not for this resource", None)
            }
            Self::RequestTimeout => {
                (S::REQUEST_TIMEOUT, "request_timeout", "the request took too long to arrive", None)
            }
            Self::Provider(ProviderError::UsernameTaken) => {
                (S::CONFLICT, "username_taken", "somebody has this user name", None)
            }
            Self::ContentTooLarge => {
                (S::PAYLOAD_TOO_LARGE, "content_too_large", "the body is too large", None)
            }
            Self::UriTooLong => (S::URI_TOO_LONG, "uri_too_long", "the address is too long", None),
            Self::UnsupportedMediaType => {
                let detail = "the body must be application/json";
                (S::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail, None)
            }
            Self::Provider(ProviderError::TooManyAttempts { retry_after }) => {
                let detail = "too many attempts, try again later";
                (S::TOO_MANY_REQUESTS, "too_many_attempts", detail, RetryAfter(*retry_after))
            }
            Self::HeadersTooLarge => {
                let detail = "the headers are too large";
                (S::REQUEST_HEADER_FIELDS_TOO_LARGE, "headers_too_large", detail, None)
            }
            Self::Provider(ProviderError::Overloaded { retry_after }) => {
                let detail = "too much to do, try again soon";
                (S::SERVICE_UNAVAILABLE, "overloaded", detail, RetryAfter(*retry_after))
            }
            // An outage says nothing about a token or a session, and never reads like theft.
            Self::Provider(ProviderError::Store(StoreError::Unavailable(_))) | Self::AnswerTimeout => {
                let detail = "the service cannot answer now, try again soon";
                (S::SERVICE_UNAVAILABLE, "temporarily_unavailable", detail, RetryAfter(SOON))
            }
            Self::Provider(ProviderError::Store(StoreError::Corrupt(_)) | ProviderError::Internal(_)) => {
                (S::INTERNAL_SERVER_ERROR, "internal_error", "something went wrong", None)
            }
        };
        Description { status, code, detail, extra }
    }

    /// The status, for who has not yet an answer to put it in.
    pub(crate) fn status(&self) -> StatusCode {
        self.describe().status
    }

    /// The failure below this one, for the log.
    pub(crate) fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Provider(error) => Some(error),
            _ => None,
        }
    }
}

/// RFC 6750 §3: `scope` names what would be enough.
fn scope_challenge(scope: &'static str) -> HeaderValue {
    HeaderValue::try_from(format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\""))
        .unwrap_or(CHALLENGE)
}

/// A failure on its way to the edge, which knows the id of the request and writes the problem.
#[derive(Clone, Debug)]
pub(crate) struct Failure(pub(crate) Arc<HttpError>);

impl IntoResponse for HttpError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(Failure(Arc::new(self)));
        response
    }
}

/// A problem (RFC 9457 §3). With the type `about:blank` the title is that of the status.
#[derive(Serialize)]
struct Problem<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: &'static str,
    code: &'static str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<FieldProblem>>,
}

impl Extra {
    /// Writes the headers that it is; what is left is for the body.
    fn write(self, headers: &mut HeaderMap) -> Option<Vec<FieldProblem>> {
        match self {
            Self::None => {}
            Self::Fields(problems) => return Some(problems),
            Self::RetryAfter(wait) => {
                let secs = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                headers.insert(RETRY_AFTER, HeaderValue::from(secs.max(1)));
            }
            Self::Challenge(challenge) => drop(headers.insert(WWW_AUTHENTICATE, challenge)),
            Self::Nonce(nonce) => {
                headers.insert(WWW_AUTHENTICATE, USE_DPOP_NONCE);
                write_nonce(&nonce, headers);
            }
        }
        None
    }
}

/// The same for a client of OAuth (RFC 6749 §5.2).
#[derive(Serialize)]
struct OAuthProblem {
    error: &'static str,
    error_description: &'static str,
}

impl Failure {
    /// Writes the problem: its body, and the headers that go with it.
    pub(crate) fn write(&self, request_id: &str, headers: &mut HeaderMap) -> Vec<u8> {
        let Description { status, code, detail, extra } = self.0.describe();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        let problem = Problem {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            detail,
            code,
            request_id,
            errors: extra.write(headers),
        };
        // Strings and numbers only: writing them cannot fail.
        serde_json::to_vec(&problem).unwrap_or_default()
    }

    /// As [`Failure::write`], where clients read errors of RFC 6749 §5.2. The status says more than those know.
    pub(crate) fn write_oauth(&self, headers: &mut HeaderMap) -> Vec<u8> {
        let Description { status, detail, extra, .. } = self.0.describe();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        extra.write(headers);
        let error = match status {
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                ErrorCode::TemporarilyUnavailable
            }
            status if status.is_server_error() => ErrorCode::ServerError,
            _ => ErrorCode::InvalidRequest,
        };
        let problem = OAuthProblem { error: error.as_str(), error_description: detail };
        serde_json::to_vec(&problem).unwrap_or_default()
    }
}

/// An error and everything below it, for one line of a log.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut below = error.source();
    while let Some(error) = below {
        text.push_str(": ");
        text.push_str(&error.to_string());
        below = error.source();
    }
    text
}
