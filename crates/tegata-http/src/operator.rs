//! What operators and their machines ask.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::header::{CONTENT_TYPE, FORWARDED};
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;
use tegata_core::error::ProviderError;

use crate::error::HttpError;
use crate::settings::MetricsAccess;
use crate::state::AppState;
use crate::wire::json;

#[derive(Serialize)]
struct Health {
    status: &'static str,
}

/// `GET /healthz`: the process lives.
pub(crate) async fn healthz() -> Result<Response, HttpError> {
    json(StatusCode::OK, &Health { status: "alive" })
}

/// `GET /readyz`: the store takes writes, so requests may be sent here.
pub(crate) async fn readyz(State(app): State<AppState>) -> Result<Response, HttpError> {
    app.provider().store().check_ready().await.map_err(ProviderError::from)?;
    json(StatusCode::OK, &Health { status: "ready" })
}

/// `GET /metrics` (`OpenMetrics`). For whoever may not read them there are none.
pub(crate) async fn metrics(
    State(app): State<AppState>,
    extensions: Extensions,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let is_allowed = match app.settings().metrics {
        MetricsAccess::Off => false,
        MetricsAccess::Loopback => is_from_this_machine(&extensions, &headers),
        MetricsAccess::Anyone => true,
    };
    if !is_allowed {
        return Err(HttpError::NotFound);
    }
    let body = app.metrics().encode().ok_or(HttpError::NotFound)?;
    let mut response = Response::new(Body::from(body));
    let open_metrics = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, open_metrics);
    Ok(response)
}

/// A peer on loopback without any sign that it speaks for somebody else, as a proxy on the same machine does.
fn is_from_this_machine(extensions: &Extensions, headers: &HeaderMap) -> bool {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    let is_forwarded = headers.contains_key(FORWARDED)
        || headers.contains_key("x-real-ip")
        || headers.contains_key("via")
        || headers.keys().any(|name| name.as_str().starts_with("x-forwarded"));
    peer.is_some_and(|peer| peer.0.ip().to_canonical().is_loopback()) && !is_forwarded
}
