//! What holds for every request, in one layer: limits, origins, security headers, request ids, metrics, log, problems.
//!
//! One layer written by hand instead of ten stacked ones: a refresh has about 80 µs, and each boxed layer takes its
//! share of them.

mod client_address;
mod origin;
mod request_id;
mod security_headers;

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, ORIGIN,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use tegata_core::error::ProviderError;
use tegata_core::timestamp::Timestamp;
use tower::{Layer, Service};
use tracing::Instrument as _;

pub(crate) use origin::Origins;
pub(crate) use request_id::RequestIds;
pub(crate) use security_headers::SecurityHeaders;

use crate::ambient::instant;
use crate::discovery::{JWKS_PATH, OAUTH_PATH, OPENID_PATH};
use crate::error::{Failure, HttpError, chain};
use crate::metrics::RouteMetrics;
use crate::state::AppState;
use origin::Sender;

pub(crate) const X_CSRF_TOKEN: HeaderName = HeaderName::from_static("x-csrf-token");
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// The longest path with query, in bytes.
const MAX_URI: usize = 2 * 1024;
/// The same for the provider's endpoints: an authorization request is a query, and comes back in one.
const MAX_OAUTH_URI: usize = 16 * 1024;
/// The most bytes of headers, names, values and what stands between them.
const MAX_HEADERS: usize = 16 * 1024;
/// Headers that mean something only when they are there once.
static SINGLE: [(HeaderName, &str); 7] = [
    (AUTHORIZATION, "the Authorization header is given twice"),
    (CONTENT_LENGTH, "the Content-Length header is given twice"),
    (CONTENT_TYPE, "the Content-Type header is given twice"),
    (HOST, "the Host header is given twice"),
    (ORIGIN, "the Origin header is given twice"),
    (SEC_FETCH_SITE, "the Sec-Fetch-Site header is given twice"),
    (X_CSRF_TOKEN, "the X-CSRF-Token header is given twice"),
];

/// What the edge found out for the handlers.
#[derive(Clone, Copy)]
pub(crate) struct RequestFacts {
    /// The time of the request: read once, so that all of its rules see the same.
    pub(crate) now: Timestamp,
    /// The address of the client, as far as trusted proxies tell.
    pub(crate) address: Option<IpAddr>,
}

/// The edge of one route.
#[derive(Clone)]
pub(crate) struct Edge(Arc<RouteEdge>);

struct RouteEdge {
    app: AppState,
    /// The template of the route, such as `/users/me/sessions/{session_id}`: never a path, which may hold anything.
    route: &'static str,
    metrics: RouteMetrics,
    /// Whether pages of any origin may ask.
    is_public: bool,
    /// Whether its clients read errors of RFC 6749 §5.2, whatever went wrong.
    speaks_oauth: bool,
}

/// What pages of any origin may ask, since no cookie gives it a meaning: an application in a browser is a client, too.
const PUBLIC: [&str; 9] = [
    "/oauth2/token",
    "/oauth2/userinfo",
    "/oauth2/par",
    "/oauth2/revoke",
    "/oauth2/device_authorization",
    "/oauth2/register",
    JWKS_PATH,
    OPENID_PATH,
    OAUTH_PATH,
];

/// What programs ask as clients of OAuth.
const OAUTH: [&str; 7] = [
    "/oauth2/token",
    "/oauth2/par",
    "/oauth2/revoke",
    "/oauth2/introspect",
    "/oauth2/device_authorization",
    "/oauth2/register",
    "/oauth2/register/{client_id}",
];

impl Edge {
    pub(crate) fn new(app: &AppState, route: &'static str) -> Self {
        let (app, metrics) = (app.clone(), app.metrics().of_route(route));
        let (is_public, speaks_oauth) = (PUBLIC.contains(&route), OAUTH.contains(&route));
        Self(Arc::new(RouteEdge { app, route, metrics, is_public, speaks_oauth }))
    }
}

impl<S> Layer<S> for Edge {
    type Service = EdgeService<S>;

    fn layer(&self, inner: S) -> EdgeService<S> {
        EdgeService { edge: Arc::clone(&self.0), inner }
    }
}

/// A route behind the edge.
#[derive(Clone)]
pub(crate) struct EdgeService<S> {
    edge: Arc<RouteEdge>,
    inner: S,
}

impl<S> Service<Request> for EdgeService<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let edge = Arc::clone(&self.edge);
        let exchange = Exchange::begin(&edge, &mut request);
        match exchange.admit(&edge, &request) {
            Err(error) => Box::pin(async move { Ok(exchange.finish(&edge, error.into_response())) }),
            Ok(Some(preflight)) => Box::pin(async move { Ok(exchange.finish(&edge, preflight)) }),
            Ok(None) => {
                let span = tracing::debug_span!("request", request_id = exchange.request_id());
                let limit = edge.app.settings().request_timeout;
                let answer = tokio::time::timeout(limit, self.inner.call(request)).instrument(span);
                Box::pin(async move {
                    let response = match answer.await {
                        Ok(Ok(response)) => response,
                        Err(_) => HttpError::AnswerTimeout.into_response(),
                    };
                    Ok(exchange.finish(&edge, response))
                })
            }
        }
    }
}

/// One request and its answer.
struct Exchange {
    started: Instant,
    method: Method,
    request_id: HeaderValue,
    sender: Sender,
}

impl Exchange {
    fn begin(edge: &RouteEdge, request: &mut Request) -> Self {
        let app = &edge.app;
        let trusted = &app.settings().trusted_proxies;
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        let address = client_address::find(peer, request.headers(), trusted);
        let request_id = app.request_ids().for_request(peer, request.headers(), trusted);
        let sender = app.origins().sender(request.headers());
        request.extensions_mut().insert(RequestFacts { now: app.now(), address });
        // Whatever a stranger has sent under this name: from here on it is ours, for the pages that show it.
        request.headers_mut().insert(X_REQUEST_ID, request_id.clone());
        Self { started: instant(), method: request.method().clone(), request_id, sender }
    }

    fn request_id(&self) -> &str {
        self.request_id.to_str().unwrap_or_default()
    }

    /// Whether the request may go on to its handler; a preflight gets its answer here (Fetch §3.3.5).
    fn admit(&self, edge: &RouteEdge, request: &Request) -> Result<Option<Response>, HttpError> {
        let uri = request.uri().path_and_query().map_or(0, |path| path.as_str().len());
        let max = if edge.route.starts_with("/oauth2/") { MAX_OAUTH_URI } else { MAX_URI };
        if uri > max {
            return Err(HttpError::UriTooLong);
        }
        check_headers(request.headers())?;
        Origins::preflight(self.sender, edge.is_public, &self.method, request.headers())
    }

    /// Makes an answer complete.
    fn finish(self, edge: &RouteEdge, mut response: Response) -> Response {
        let status = response.status();
        if status.is_client_error() || status.is_server_error() {
            self.write_problem(edge, &mut response);
        }
        let headers = response.headers_mut();
        edge.app.security_headers().write(headers);
        edge.app.origins().write(self.sender, edge.is_public, headers);
        headers.entry(CACHE_CONTROL).or_insert(NO_STORE);
        let duration = self.started.elapsed();
        edge.metrics.observe(status, duration);
        tracing::debug!(
            method = self.method.as_str(),
            route = edge.route,
            status = status.as_u16(),
            duration_us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX),
            request_id = self.request_id(),
            "request"
        );
        headers.insert(X_REQUEST_ID, self.request_id);
        response
    }

    fn write_problem(&self, edge: &RouteEdge, response: &mut Response) {
        let Some(failure) = response.extensions_mut().remove::<Failure>() else { return };
        let headers = response.headers_mut();
        // A function that does not answer this route has no clients.
        let is_here = !matches!(*failure.0, HttpError::NotFound);
        let body = if edge.speaks_oauth && is_here {
            failure.write_oauth(headers)
        } else {
            failure.write(self.request_id(), headers)
        };
        *response.body_mut() = Body::from(body);
        if !response.status().is_server_error() {
            return;
        }
        let (method, route, request_id) = (self.method.as_str(), edge.route, self.request_id());
        let status = response.status().as_u16();
        // The one place where a source is logged; it never reaches the answer.
        let error = failure.0.source().map(chain).unwrap_or_default();
        match &*failure.0 {
            HttpError::Provider(ProviderError::Overloaded { .. }) | HttpError::AnswerTimeout => {
                tracing::warn!(method, route, status, request_id, error, "request not served");
            }
            _ => tracing::error!(method, route, status, request_id, error, "request failed"),
        }
    }
}

fn check_headers(headers: &HeaderMap) -> Result<(), HttpError> {
    // As on the wire: name, colon, space, value, end of line.
    let length: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if length > MAX_HEADERS {
        return Err(HttpError::HeadersTooLarge);
    }
    if headers.len() == headers.keys_len() {
        return Ok(());
    }
    let repeated = SINGLE.iter().find(|(name, _)| headers.get_all(name).iter().nth(1).is_some());
    repeated.map_or(Ok(()), |(_, detail)| Err(HttpError::DuplicateHeader(detail)))
}

/// The answer for a path that is nobody's, a web application's own ones included: the edge makes a problem of it.
pub async fn not_found() -> Response {
    HttpError::NotFound.into_response()
}

/// The answer for a method that a path does not have; axum adds `Allow` (RFC 9110 §15.5.6).
pub(crate) async fn method_not_allowed() -> HttpError {
    HttpError::MethodNotAllowed
}

/// The answer to a request that went around what stands in front of us.
pub(crate) async fn direct_access() -> HttpError {
    HttpError::DirectAccess
}

/// An answer without a body, before any handler.
fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
