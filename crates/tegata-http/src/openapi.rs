//! The description of the API.

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;

use crate::discovery::cacheable;

/// The description of the API (`OpenAPI` 3.1, JSON), as `GET /openapi.json` gives it.
pub const OPENAPI: &str = include_str!("openapi.json");

/// `GET /openapi.json`
pub(crate) async fn openapi(headers: HeaderMap) -> Response {
    cacheable(&headers, HeaderValue::from_static("application/json"), Bytes::from_static(OPENAPI.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_is_of_this_version() {
        let document: serde_json::Value = serde_json::from_str(OPENAPI).unwrap();
        assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    }
}
