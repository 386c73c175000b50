use axum::http::header::ALLOW;

use super::*;

async fn get(path: &str, fields: &[(HeaderName, &str)]) -> Response<Body> {
    let headers = fields.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
    answer(Method::GET, path.parse().unwrap(), headers).await
}

fn field<'r>(response: &'r Response<Body>, name: &HeaderName) -> &'r str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

const PAGE: (HeaderName, &str) = (ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8");

#[tokio::test]
async fn a_page_of_the_application_is_answered_with_its_document() {
    for path in ["/", "/login", "/a/page/that/nobody/knows"] {
        let response = get(path, &[PAGE]).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(field(&response, &CONTENT_TYPE), "text/html; charset=utf-8", "{path}");
    }
}

#[tokio::test]
async fn what_is_unknown_and_no_page_is_not_found() {
    for (path, accept) in
        [("/nothing.js", "*/*"), ("/api/nothing", "application/json"), ("/assets/gone.js", PAGE.1)]
    {
        assert_eq!(get(path, &[(ACCEPT, accept)]).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    let posted = answer(Method::POST, "/".parse().unwrap(), HeaderMap::new()).await;
    assert_eq!((posted.status(), field(&posted, &ALLOW)), (StatusCode::NOT_FOUND, ""));
}

#[tokio::test]
async fn no_path_leads_out_of_the_table() {
    for path in [
        "/../Cargo.toml",
        "/%2e%2e/Cargo.toml",
        "//etc/passwd",
        "/assets/../index.html",
        "/assets/..%2findex.html",
    ] {
        assert_eq!(get(path, &[]).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn every_file_is_found_and_validated_again_by_its_etag() {
    for asset in ASSETS {
        let response = get(asset.path, &[]).await;
        assert_eq!(response.status(), StatusCode::OK, "{}", asset.path);
        assert_ne!(field(&response, &CONTENT_TYPE), "application/octet-stream", "{}", asset.path);
        let is_immutable = field(&response, &CACHE_CONTROL).contains("immutable");
        assert_eq!(is_immutable, asset.path.starts_with(HASHED), "{}", asset.path);
        let again = get(asset.path, &[(IF_NONE_MATCH, asset.etag)]).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{}", asset.path);
    }
}

#[tokio::test]
async fn a_compressed_form_is_only_sent_to_who_asks_for_it() {
    for asset in ASSETS.iter().filter(|asset| asset.gzip.is_some()) {
        assert_eq!(field(&get(asset.path, &[]).await, &CONTENT_ENCODING), "");
        assert_eq!(field(&get(asset.path, &[(ACCEPT_ENCODING, "gzip;q=0")]).await, &CONTENT_ENCODING), "");
        assert_eq!(
            field(&get(asset.path, &[(ACCEPT_ENCODING, "br, gzip")]).await, &CONTENT_ENCODING),
            "gzip"
        );
    }
}
