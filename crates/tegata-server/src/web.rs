//! The web application, embedded in the binary.
//!
//! A request can only name an entry of a table that was made at build time; no path ever reaches the file system.

use axum::Router;
use axum::body::Body;
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderName, Method, Response, StatusCode, Uri};
use tegata_http::not_found;

/// A file of the web application.
struct Asset {
    /// Its path in a URL.
    path: &'static str,
    etag: &'static str,
    bytes: &'static [u8],
    gzip: Option<&'static [u8]>,
}

/// Sorted by path; empty when the web application was not built.
static ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Where the build puts files whose names change with their content.
const HASHED: &str = "/assets/";
const INDEX: &str = "/index.html";

const NOT_BUILT: &str = "\
<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<title>Tegata</title>
<h1>Tegata is running</h1>
<p>This binary was built without the web application. To embed it, run <code>npm ci &amp;&amp; npm run build</code> and then
<code>cargo build</code> again; <code>cargo xtask run</code> does all of it.</p>
<p>The API is here all the same: <a href=\"/openapi.json\">its description</a>.</p>
</html>
";

/// The routes of the web application: every path that nothing else answers.
pub(crate) fn router() -> Router {
    Router::new().fallback(answer)
}

async fn answer(method: Method, uri: Uri, headers: HeaderMap) -> Response<Body> {
    if !matches!(method, Method::GET | Method::HEAD) {
        return not_found().await;
    }
    match find(uri.path()) {
        Some(asset) => asset_response(asset, &headers),
        // A page of the application, which finds its way by itself; everything else that is unknown is an error.
        None if accepts_html(&headers) && !uri.path().starts_with(HASHED) => match find(INDEX) {
            Some(index) => asset_response(index, &headers),
            None => response(StatusCode::OK, &[(CONTENT_TYPE, "text/html; charset=utf-8")], NOT_BUILT.into()),
        },
        None => not_found().await,
    }
}

fn find(path: &str) -> Option<&'static Asset> {
    let path = if path == "/" { INDEX } else { path };
    ASSETS.binary_search_by(|asset| asset.path.cmp(path)).ok().map(|index| &ASSETS[index])
}

fn asset_response(asset: &'static Asset, headers: &HeaderMap) -> Response<Body> {
    let cache =
        if asset.path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut fields = vec![(CACHE_CONTROL, cache), (ETAG, asset.etag), (VARY, "Accept-Encoding")];
    if contains(headers, &IF_NONE_MATCH, asset.etag) {
        return response(StatusCode::NOT_MODIFIED, &fields, Body::empty());
    }
    fields.push((CONTENT_TYPE, content_type(asset.path)));
    let bytes = match asset.gzip {
        Some(gzip) if contains(headers, &ACCEPT_ENCODING, "gzip") => {
            fields.push((CONTENT_ENCODING, "gzip"));
            gzip
        }
        _ => asset.bytes,
    };
    response(StatusCode::OK, &fields, bytes.into())
}

fn response(status: StatusCode, fields: &[(HeaderName, &'static str)], body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    for (name, value) in fields {
        response.headers_mut().insert(name, axum::http::HeaderValue::from_static(value));
    }
    response
}

fn accepts_html(headers: &HeaderMap) -> bool {
    contains(headers, &ACCEPT, "text/html")
}

/// Whether a comma-separated field names this, with any weight but zero.
fn contains(headers: &HeaderMap, name: &HeaderName, wanted: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|part| {
            let mut parameters = part.split(';').map(str::trim);
            let is_named = parameters.next().map(|token| token.trim_start_matches("W/")) == Some(wanted);
            let is_refused =
                parameters.any(|parameter| matches!(parameter, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
            is_named && !is_refused
        })
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("webp") => "image/webp",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests;
