//! `POST /oauth2/par` (RFC 9126).

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use super::PUSH_PATH;
use super::error::OAuthReject;
use super::form::ClientForm;
use super::presented::{authenticate, verified_proof, with_nonce};
use crate::extract::Client;
use crate::state::AppState;
use crate::wire::json;

/// RFC 9126 §2.2
#[derive(Serialize)]
struct PushAnswer {
    request_uri: String,
    expires_in: u64,
}

pub(crate) async fn push(
    State(app): State<AppState>,
    client: Client,
    ClientForm { headers, parameters }: ClientForm,
) -> Result<Response, OAuthReject> {
    let ctx = client.context();
    let proof = verified_proof(&app, &headers, PUSH_PATH, ctx.now)?;
    let authenticated = authenticate(&app, &headers, &parameters, &client).await?;
    let (binding, nonce) = app.provider().use_proof(proof, ctx.now).await?;
    let jkt = binding.dpop_jkt.as_deref();
    let (request_uri, ttl) = app.provider().push_request(&authenticated, &parameters, jkt, &ctx).await?;
    let answer = json(StatusCode::CREATED, &PushAnswer { request_uri, expires_in: ttl.as_secs() })?;
    Ok(with_nonce(answer, nonce.as_ref()))
}
