//! `POST /oauth2/introspect` (RFC 7662) and `POST /oauth2/revoke` (RFC 7009).

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::error::OAuthReject;
use super::form::ClientForm;
use super::presented::authenticate;
use crate::extract::Client;
use crate::state::AppState;
use crate::wire::json;

pub(crate) async fn introspect(
    State(app): State<AppState>,
    client: Client,
    ClientForm { headers, parameters }: ClientForm,
) -> Result<Response, OAuthReject> {
    let authenticated = authenticate(&app, &headers, &parameters, &client).await?;
    let answer = app.provider().introspect(&authenticated, &parameters, &client.context()).await?;
    Ok(json(StatusCode::OK, &answer)?)
}

pub(crate) async fn revoke(
    State(app): State<AppState>,
    client: Client,
    ClientForm { headers, parameters }: ClientForm,
) -> Result<StatusCode, OAuthReject> {
    let authenticated = authenticate(&app, &headers, &parameters, &client).await?;
    app.provider().revoke(&authenticated, &parameters, &client.context()).await?;
    Ok(StatusCode::OK)
}
