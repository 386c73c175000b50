//! `/oauth2/register` (RFC 7591, RFC 7592).

use axum::extract::{Path, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::Value;
use tegata_core::oauth::{ErrorCode, OAuthError};

use super::error::OAuthReject;
use crate::extract::{Client, RequestBody};
use crate::state::AppState;
use crate::wire::{json, no_content};

/// `POST`: registers a client.
pub(crate) async fn register(
    State(app): State<AppState>,
    client: Client,
    headers: HeaderMap,
    body: RequestBody,
) -> Result<Response, OAuthReject> {
    let request = read(&body)?;
    let token = bearer(&headers);
    let answer = app.provider().register_dynamically(&request, token, &client.context()).await;
    Ok(json(StatusCode::CREATED, &answer.map_err(OAuthReject::Bearer)?)?)
}

/// `GET`: the registration as it is.
pub(crate) async fn registration(
    State(app): State<AppState>,
    Path(client_id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, OAuthReject> {
    let token = bearer(&headers).unwrap_or_default();
    let answer = app.provider().registration(&client_id, token).await.map_err(OAuthReject::Bearer)?;
    Ok(json(StatusCode::OK, &answer)?)
}

/// `PUT`: the registration as it is to be.
pub(crate) async fn update_registration(
    State(app): State<AppState>,
    Path(client_id): Path<String>,
    client: Client,
    headers: HeaderMap,
    body: RequestBody,
) -> Result<Response, OAuthReject> {
    let request = read(&body)?;
    let token = bearer(&headers).unwrap_or_default();
    let answer = app.provider().update_registration(&client_id, token, &request, &client.context()).await;
    Ok(json(StatusCode::OK, &answer.map_err(OAuthReject::Bearer)?)?)
}

/// `DELETE`: ends it.
pub(crate) async fn end_registration(
    State(app): State<AppState>,
    Path(client_id): Path<String>,
    client: Client,
    headers: HeaderMap,
) -> Result<Response, OAuthReject> {
    let token = bearer(&headers).unwrap_or_default();
    let ended = app.provider().end_registration(&client_id, token, &client.context()).await;
    ended.map_err(OAuthReject::Bearer)?;
    Ok(no_content())
}

/// RFC 7591 §3.1 asks for `application/json`. Any other type could be sent by a page of a stranger, without a preflight and
/// from the address of whoever visits it.
fn read(body: &RequestBody) -> Result<Value, OAuthReject> {
    let request = serde_json::from_slice(body.json()?).map_err(|_| {
        OAuthError::refused(
            ErrorCode::InvalidClientMetadata,
            "The body has to be a JSON object (RFC 7591, section 3.1).",
        )
    })?;
    Ok(request)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim_matches(' '))
}
