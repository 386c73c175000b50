//! The public keys and the metadata (OIDC Discovery, RFC 8414).
//!
//! The metadata lists what works and nothing else: without the OpenID Provider there is no endpoint to name, and RFC 8414
//! §3.2 forbids empty lists.

use aws_lc_rs::digest::{SHA256, digest};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use tegata_core::error::ProviderError;
use tegata_core::provider::Provider;

use crate::error::HttpError;
use crate::oauth::OAuthMetadata;
use crate::state::AppState;
use crate::wire::JSON;

/// The place of the key set below the issuer.
pub(crate) const JWKS_PATH: &str = "/.well-known/jwks.json";
/// OIDC Discovery §4: below the issuer's path.
pub(crate) const OPENID_PATH: &str = "/.well-known/openid-configuration";
/// RFC 8414 §3.1: between the host and the issuer's path.
pub(crate) const OAUTH_PATH: &str = "/.well-known/oauth-authorization-server";

/// As long as a new key is published before it signs, at least ([`tegata_core::settings::Settings::key_publish_ahead`]).
const CACHE: HeaderValue = HeaderValue::from_static("public, max-age=300");
/// RFC 7517 §8.5.1.
const JWK_SET: HeaderValue = HeaderValue::from_static("application/jwk-set+json");

/// `GET /.well-known/jwks.json` (RFC 7517 §5)
pub(crate) async fn jwks(State(app): State<AppState>, headers: HeaderMap) -> Response {
    let body = Bytes::copy_from_slice(app.provider().key_ring().jwks().as_bytes());
    cacheable(&headers, JWK_SET, body)
}

/// The metadata: one document for both standards, so that they cannot disagree.
pub(crate) async fn metadata(State(app): State<AppState>, headers: HeaderMap) -> Result<Response, HttpError> {
    let settings = app.provider().settings();
    let issuer = &settings.issuer;
    let key_ring = app.provider().key_ring();
    // Also those whose keys are still being made: whoever reads this may keep it for long.
    let promised = if settings.oauth.enabled { settings.oauth.id_token_algs.as_slice() } else { &[] };
    let mut algs: Vec<&str> = Vec::new();
    for algorithm in key_ring.signing_algs().iter().chain([&settings.tokens.signing_alg]).chain(promised) {
        if !algs.contains(&algorithm.as_str()) {
            algs.push(algorithm.as_str());
        }
    }
    let oauth = settings.oauth.enabled.then(|| OAuthMetadata::new(app.provider()));
    let provider = app.provider();
    let scopes = if settings.oauth.enabled { provider.known_scope() } else { &settings.tokens.scope };
    let metadata = Metadata {
        issuer,
        jwks_uri: format!("{issuer}{JWKS_PATH}"),
        scopes_supported: scopes.tokens().collect(),
        claims_supported: claims_supported(provider),
        subject_types_supported: if settings.oauth.enabled { &["public", "pairwise"] } else { &["public"] },
        id_token_signing_alg_values_supported: algs,
        ui_locales_supported: &app.settings().languages,
        oauth,
    };
    let body = serde_json::to_vec(&metadata).map_err(|error| ProviderError::Internal(Box::new(error)))?;
    Ok(cacheable(&headers, JSON, body.into()))
}

/// The claims of an ID token of our own application.
const CLAIMS: [&str; 11] =
    ["iss", "sub", "aud", "exp", "iat", "auth_time", "acr", "amr", "at_hash", "sid", "preferred_username"];

/// What ID tokens and the user info can say.
fn claims_supported(provider: &Provider) -> Vec<&str> {
    let mut claims = CLAIMS.to_vec();
    if provider.settings().oauth.enabled {
        claims.push("azp");
        claims.extend(provider.user_claims().filter(|claim| !CLAIMS.contains(claim)));
    }
    claims
}

/// Names as in OIDC Discovery §3 and RFC 8414 §2.
#[derive(Serialize)]
struct Metadata<'a> {
    issuer: &'a str,
    jwks_uri: String,
    scopes_supported: Vec<&'a str>,
    claims_supported: Vec<&'a str>,
    subject_types_supported: &'a [&'a str],
    id_token_signing_alg_values_supported: Vec<&'a str>,
    ui_locales_supported: &'a [String],
    #[serde(flatten)]
    oauth: Option<OAuthMetadata<'a>>,
}

/// A public document, or 304 for who has it already (RFC 9110 §13.1.2).
pub(crate) fn cacheable(request: &HeaderMap, content_type: HeaderValue, body: Bytes) -> Response {
    let digest = digest(&SHA256, &body);
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&digest.as_ref()[..16]));
    let is_known =
        request.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).any(|known| {
            known.split(',').map(str::trim).any(|known| known == "*" || known.trim_start_matches("W/") == tag)
        });
    let mut response = Response::new(if is_known { Body::empty() } else { Body::from(body) });
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        response.headers_mut().insert(CONTENT_TYPE, content_type);
    }
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, CACHE);
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(ETAG, tag);
    }
    response
}
