//! `POST /oauth2/token` (RFC 6749 §3.2).

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use tegata_core::provider::oauth::{ClientTokens, VerifiedProof};
use tegata_core::refresh_token::RefreshTokenSecret;

use super::TOKEN_PATH;
use super::error::OAuthReject;
use super::form::ClientForm;
use super::presented::{authenticate, verified_proof, with_nonce};
use crate::extract::Client;
use crate::state::AppState;
use crate::wire::json;

/// RFC 6749 §5.1, OIDC Core §3.1.3.3
#[derive(Serialize)]
struct TokenAnswer<'a> {
    access_token: &'a str,
    token_type: &'a str,
    expires_in: u64,
    scope: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issued_token_type: Option<&'a str>,
}

pub(crate) async fn token(
    State(app): State<AppState>,
    client: Client,
    ClientForm { headers, parameters }: ClientForm,
) -> Result<Response, OAuthReject> {
    let ctx = client.context();
    let proof = verified_proof(&app, &headers, TOKEN_PATH, ctx.now)?;
    let authenticated = authenticate(&app, &headers, &parameters, &client).await?;
    let tokens = app.provider().token(&authenticated, &parameters, proof.as_ref(), &ctx).await?;
    Ok(with_nonce(answer(&tokens)?, proof.as_ref().and_then(VerifiedProof::next_nonce)))
}

fn answer(tokens: &ClientTokens) -> Result<Response, OAuthReject> {
    let answer = TokenAnswer {
        access_token: &tokens.access_token,
        token_type: tokens.token_type,
        expires_in: tokens.expires_in.as_secs(),
        scope: tokens.scope.as_str(),
        id_token: tokens.id_token.as_deref(),
        refresh_token: tokens.refresh_token.as_ref().map(RefreshTokenSecret::expose),
        issued_token_type: tokens.issued_token_type,
    };
    Ok(json(StatusCode::OK, &answer)?)
}
