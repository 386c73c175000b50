//! Who is asking, as far as the edge can tell.

use axum::extract::FromRequestParts;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderValue};
use tegata_core::provider::RequestContext;

use crate::cookies::Cookies;
use crate::edge::{RequestFacts, X_CSRF_TOKEN};
use crate::error::HttpError;
use crate::state::AppState;

/// The client of a request: what it came with beside its body.
pub(crate) struct Client {
    pub(crate) facts: RequestFacts,
    pub(crate) cookies: Cookies,
    pub(crate) csrf_header: Option<HeaderValue>,
    /// Whether a page that sent this may act with cookies.
    sender: Result<(), HttpError>,
    user_agent: Option<HeaderValue>,
}

impl Client {
    /// The context for the rules.
    pub(crate) fn context(&self) -> RequestContext<'_> {
        RequestContext {
            now: self.facts.now,
            address: self.facts.address,
            user_agent: self.user_agent.as_ref().and_then(|text| text.to_str().ok()),
            device_token: self.cookies.device.as_deref(),
        }
    }

    /// Checks that no stranger's page sent the request.
    ///
    /// # Errors
    /// [`HttpError::OriginRefused`].
    pub(crate) fn check_sender(&self) -> Result<(), HttpError> {
        if self.sender.is_ok() { Ok(()) } else { Err(HttpError::OriginRefused) }
    }
}

impl FromRequestParts<AppState> for Client {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, HttpError> {
        let headers: &HeaderMap = &parts.headers;
        Ok(Self {
            facts: facts(&parts.extensions, app),
            cookies: app.cookies().read(headers)?,
            csrf_header: headers.get(X_CSRF_TOKEN).cloned(),
            sender: app.origins().check_sender(headers),
            user_agent: headers.get(USER_AGENT).cloned(),
        })
    }
}

/// What the edge found out. Every route is behind one; a route that were not would still get the time.
pub(super) fn facts(extensions: &Extensions, app: &AppState) -> RequestFacts {
    let found = extensions.get::<RequestFacts>().copied();
    found.unwrap_or_else(|| RequestFacts { now: app.now(), address: None })
}
