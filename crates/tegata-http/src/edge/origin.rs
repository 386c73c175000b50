//! Which pages may use the API: CORS, and the check that a request with cookies was not sent by a stranger's page.

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;

use super::{SEC_FETCH_SITE, empty};
use crate::error::HttpError;

/// What a page may read beside the body.
const EXPOSED: HeaderValue =
    HeaderValue::from_static("DPoP-Nonce, Retry-After, WWW-Authenticate, X-Request-Id");

/// Our own origin, and those that an operator allows.
pub(crate) struct Origins {
    own: Vec<u8>,
    allowed: Vec<HeaderValue>,
}

/// Whose page sent a request, by its `Origin`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sender {
    /// There is no `Origin`: no page, or a request of a page for its own origin.
    Unnamed,
    /// Our own.
    Own,
    /// An allowed one, by its place in the list.
    Allowed(usize),
    /// A page without an origin, such as a sandboxed frame of anyone's.
    Null,
    /// Somebody else's.
    Foreign,
}

impl Origins {
    pub(crate) fn new(own: &str, allowed: &[String]) -> Self {
        let allowed = allowed.iter().filter_map(|origin| HeaderValue::try_from(origin.as_str()).ok());
        Self { own: own.as_bytes().to_vec(), allowed: allowed.collect() }
    }

    pub(super) fn sender(&self, headers: &HeaderMap) -> Sender {
        match headers.get(ORIGIN) {
            None => Sender::Unnamed,
            Some(origin) if origin.as_bytes() == self.own => Sender::Own,
            Some(origin) if origin == "null" => Sender::Null,
            Some(origin) => {
                self.allowed.iter().position(|one| one == origin).map_or(Sender::Foreign, Sender::Allowed)
            }
        }
    }

    /// Checks that a request which cookies give a meaning to was sent by our own page or an allowed one.
    ///
    /// `Sec-Fetch-Site` is the browser's own word and knows the address it really asked; without it `Origin` decides.
    /// Neither is there in old browsers and outside of browsers: the CSRF token is asked for in any case.
    ///
    /// # Errors
    /// [`HttpError::OriginRefused`].
    pub(crate) fn check_sender(&self, headers: &HeaderMap) -> Result<(), HttpError> {
        // `none` is what a person typed, and has no page behind it.
        let site = headers.get(SEC_FETCH_SITE).filter(|site| *site != "none");
        let is_same_origin = site.map(|site| site == "same-origin");
        match (self.sender(headers), is_same_origin) {
            (Sender::Own | Sender::Allowed(_), _)
            | (Sender::Unnamed, None)
            | (Sender::Unnamed | Sender::Foreign, Some(true)) => Ok(()),
            (Sender::Null, _) | (Sender::Unnamed, Some(false)) | (Sender::Foreign, None | Some(false)) => {
                Err(HttpError::OriginRefused)
            }
        }
    }

    /// Answers a preflight (Fetch §3.3.5); `None` for every other request.
    ///
    /// # Errors
    /// [`HttpError::OriginRefused`] for an origin that is not allowed.
    pub(super) fn preflight(
        sender: Sender,
        is_public: bool,
        method: &Method,
        headers: &HeaderMap,
    ) -> Result<Option<Response>, HttpError> {
        if method != Method::OPTIONS || !headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
            return Ok(None);
        }
        match sender {
            Sender::Unnamed => Ok(None),
            Sender::Null | Sender::Foreign if !is_public => Err(HttpError::OriginRefused),
            Sender::Null | Sender::Foreign | Sender::Own | Sender::Allowed(_) => {
                let mut response = empty(StatusCode::NO_CONTENT);
                let headers = response.headers_mut();
                headers.insert(
                    ACCESS_CONTROL_ALLOW_METHODS,
                    HeaderValue::from_static("GET, POST, PATCH, DELETE"),
                );
                headers.insert(
                    ACCESS_CONTROL_ALLOW_HEADERS,
                    HeaderValue::from_static("Authorization, Content-Type, DPoP, X-CSRF-Token"),
                );
                headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
                Ok(Some(response))
            }
        }
    }

    /// Writes what a page of another origin needs to read the answer, errors too. The value is ours, never the request's.
    pub(super) fn write(&self, sender: Sender, is_public: bool, headers: &mut HeaderMap) {
        headers.append(VARY, HeaderValue::from_static("Origin"));
        if is_public && matches!(sender, Sender::Null | Sender::Foreign) {
            // Without credentials: no cookie of anybody's comes with it.
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
        if let Sender::Allowed(place) = sender
            && let Some(origin) = self.allowed.get(place)
        {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
    }
}
