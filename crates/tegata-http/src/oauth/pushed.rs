//! `POST /oauth2/par` (RFC 9126).

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use tegata_core::provider::oauth::VerifiedProof;

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
    let pushed = app.provider().push_request(&authenticated, &parameters, proof.as_ref(), &ctx).await;
    let (request_uri, ttl) = pushed?;
    let answer = json(StatusCode::CREATED, &PushAnswer { request_uri, expires_in: ttl.as_secs() })?;
    Ok(with_nonce(answer, proof.as_ref().and_then(VerifiedProof::next_nonce)))
}
