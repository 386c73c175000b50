//! `/oauth2/userinfo` (OIDC Core §5.3).

use axum::extract::State;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use tegata_core::oauth::{DpopNonce, ErrorCode, OAuthError, Parameters};
use tegata_core::provider::oauth::UserInfo;

use super::USERINFO_PATH;
use super::error::OAuthReject;
use super::form::Form;
use super::presented::{proof, with_nonce};
use crate::extract::{Client, Presented};
use crate::state::AppState;
use crate::wire::json;

/// `GET`: the token is in the `Authorization` header.
pub(crate) async fn user_info(
    State(app): State<AppState>,
    client: Client,
    headers: HeaderMap,
) -> Result<Response, OAuthReject> {
    answer(&app, &client, &headers, &Parameters::default(), "GET").await
}

/// `POST`: in the header or in the body (RFC 6750 §2.2).
pub(crate) async fn user_info_form(
    State(app): State<AppState>,
    client: Client,
    headers: HeaderMap,
    Form(parameters): Form,
) -> Result<Response, OAuthReject> {
    answer(&app, &client, &headers, &parameters, "POST").await
}

async fn answer(
    app: &AppState,
    client: &Client,
    headers: &HeaderMap,
    parameters: &Parameters,
    method: &'static str,
) -> Result<Response, OAuthReject> {
    let in_body = parameters.get("access_token")?;
    let presented = match (headers.contains_key(AUTHORIZATION), in_body) {
        (true, Some(_)) => {
            return Err(OAuthError::invalid_request("The access token is given in two ways at once.").into());
        }
        (false, Some(token)) => Presented { token, is_dpop: false },
        (_, None) => Presented::of_headers(headers)?,
    };
    let reject = if presented.is_dpop { OAuthReject::Dpop } else { OAuthReject::Bearer };
    let (UserInfo(claims), nonce) = asked(app, client, headers, &presented, method).await.map_err(reject)?;
    Ok(with_nonce(json(StatusCode::OK, &claims)?, nonce.as_ref()))
}

async fn asked(
    app: &AppState,
    client: &Client,
    headers: &HeaderMap,
    presented: &Presented<'_>,
    method: &'static str,
) -> Result<(UserInfo, Option<DpopNonce>), OAuthError> {
    let (provider, now) = (app.provider(), client.facts.now);
    // For whichever resource it is: the user info belongs to the scope openid (OIDC Core §5.3).
    let token = provider.verify_issued_token(presented.token, now).await.map_err(|error| {
        tracing::debug!(error = %error, "access token refused");
        OAuthError::refused(
            ErrorCode::InvalidToken,
            "The access token is not valid, or its session has ended.",
        )
    })?;
    let proof = proof(headers, method, USERINFO_PATH)?;
    let nonce = provider.check_possession(&token, presented.token, presented.is_dpop, proof, now).await?;
    Ok((provider.user_info(&token, now).await?, nonce))
}
