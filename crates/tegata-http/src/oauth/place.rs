//! The page that a visitor is on their way to, and the flow that goes with it.

use std::borrow::Cow;

use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use tegata_core::error::ProviderError;
use tegata_core::oauth::{OAuthError, Parameters};
use tegata_core::provider::oauth::{BrowserSession, Flow};

use super::{APPS_PATH, AUTHORIZE_PATH, DEVICE_PATH, LOGOUT_PATH};
use crate::error::HttpError;
use crate::extract::Client;
use crate::state::AppState;
use crate::wire::HEADERS;

/// The name of the signed flow in queries and forms.
pub(crate) const FLOW: &str = "tegata_flow";
/// The name of the place in forms.
pub(crate) const CONTINUE: &str = "continue";
/// Where a form may lead back to.
const PLACES: [&str; 4] = [AUTHORIZE_PATH, APPS_PATH, LOGOUT_PATH, DEVICE_PATH];
/// The longest place, in bytes: it is a query of a `Location` header.
const MAX_PLACE: usize = 7 * 1024;

/// A page of ours with its query, without the flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) path: &'static str,
    pub(crate) parameters: String,
}

impl Place {
    pub(crate) fn new(path: &'static str, parameters: &Parameters) -> Result<Self, OAuthError> {
        let parameters = parameters.without(FLOW).encode();
        if path.len() + parameters.len() > MAX_PLACE {
            return Err(OAuthError::invalid_request(
                "The request is too long for an address; push it instead (RFC 9126).",
            ));
        }
        Ok(Self { path, parameters })
    }

    /// Reads it from a form.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        let path = *PLACES.iter().find(|place| **place == path)?;
        Self::new(path, &Parameters::parse(query.as_bytes()).ok()?).ok()
    }

    pub(crate) fn query(&self) -> Result<Parameters, OAuthError> {
        Parameters::parse(self.parameters.as_bytes())
    }

    /// The place as a text, which is what a flow is signed for.
    pub(crate) fn as_text(&self) -> String {
        if self.parameters.is_empty() {
            self.path.to_owned()
        } else {
            format!("{}?{}", self.path, self.parameters)
        }
    }

    fn with_flow(&self, flow: &str) -> String {
        let separator = if self.parameters.is_empty() { "" } else { "&" };
        format!("{}?{}{separator}{FLOW}={flow}", self.path, self.parameters)
    }
}

/// Where a visitor stands.
pub(crate) enum Standing {
    /// On their way.
    Under(Flow),
    /// At the beginning: there is no flow yet, or one of another time.
    New,
    /// They carry a flow, and their browser does not send the cookie that belongs to it.
    WithoutCookie,
}

impl Standing {
    pub(crate) fn of(app: &AppState, client: &Client, place: &Place, flow: Option<&str>) -> Self {
        match (flow, &client.cookies.flow) {
            (None, _) => Self::New,
            (Some(_), None) => Self::WithoutCookie,
            (Some(flow), Some(cookie)) => {
                let now = client.facts.now;
                let flow = app.provider().read_flow(flow, cookie, &place.as_text(), now);
                flow.map_or(Self::New, Self::Under)
            }
        }
    }
}

/// Sends a visitor to a place with a flow; their browser gets the cookie that belongs to it, unless it has it.
pub(crate) fn go_on(
    app: &AppState,
    client: &Client,
    place: &Place,
    flow: &Flow,
) -> Result<Response, HttpError> {
    let (cookie, is_new) = match &client.cookies.flow {
        Some(cookie) => (cookie.to_string(), false),
        None => (app.provider().new_flow_secret()?, true),
    };
    let signed = app.provider().sign_flow(flow, &cookie, &place.as_text());
    let mut response = see_other(&place.with_flow(&signed))?;
    if is_new {
        app.cookies().set_flow(response.headers_mut(), &cookie)?;
    }
    Ok(response)
}

/// The address of a link to a place, with a flow. A page is only shown where there is a cookie.
pub(crate) fn link(app: &AppState, client: &Client, place: &Place, flow: &Flow) -> String {
    let cookie = client.cookies.flow.as_deref().map(String::as_str).unwrap_or_default();
    place.with_flow(&app.provider().sign_flow(flow, cookie, &place.as_text()))
}

/// The hidden fields of a page's form. A page is only shown where there is a cookie.
pub(crate) fn hidden(
    app: &AppState,
    client: &Client,
    place: &Place,
    flow: &Flow,
) -> [(&'static str, Cow<'static, str>); 2] {
    let cookie = client.cookies.flow.as_deref().map(String::as_str).unwrap_or_default();
    let text = place.as_text();
    [(FLOW, app.provider().sign_flow(flow, cookie, &text).into()), (CONTINUE, text.into())]
}

/// A redirect after which a browser asks with `GET` (RFC 9110 §15.4.4).
pub(crate) fn see_other(location: &str) -> Result<Response, HttpError> {
    let location =
        HeaderValue::try_from(location).map_err(|error| ProviderError::Internal(Box::new(error)))?;
    let mut response = Response::default();
    *response.status_mut() = StatusCode::SEE_OTHER;
    *response.headers_mut() = HeaderMap::with_capacity(HEADERS);
    response.headers_mut().insert(axum::http::header::LOCATION, location);
    loosen(response.headers_mut());
    Ok(response)
}

/// An application may open us in a window of its own and wait for its own page to come back to it: a policy that cuts
/// the two off on the way would stay with the window. What we show cannot be framed or read in any case.
pub(crate) fn loosen(headers: &mut HeaderMap) {
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("unsafe-none"));
}

/// The browser session of a request, if there is one.
pub(crate) async fn browser(
    app: &AppState,
    client: &Client,
) -> Result<Option<BrowserSession>, ProviderError> {
    match &client.cookies.session {
        Some(cookie) => app.provider().browser_session(cookie, client.facts.now).await,
        None => Ok(None),
    }
}
