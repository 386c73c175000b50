//! Bodies of forms.

use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use tegata_core::oauth::{OAuthError, Parameters};

use super::error::OAuthReject;
use crate::extract::RequestBody;
use crate::state::AppState;

/// The parameters of a body of `application/x-www-form-urlencoded` (RFC 6749 §4.1.3).
pub(crate) struct Form(pub(crate) Parameters);

/// The same of a client, with the headers that it proves itself with. They are moved, not copied.
pub(crate) struct ClientForm {
    pub(crate) headers: HeaderMap,
    pub(crate) parameters: Parameters,
}

impl FromRequest<AppState> for ClientForm {
    type Rejection = OAuthReject;

    async fn from_request(mut request: Request, app: &AppState) -> Result<Self, OAuthReject> {
        let is_form = is_form(request.headers());
        let headers = std::mem::take(request.headers_mut());
        let parameters = read(request, app, is_form).await?;
        Ok(Self { headers, parameters })
    }
}

impl FromRequest<AppState> for Form {
    type Rejection = OAuthReject;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, OAuthReject> {
        let is_form = is_form(request.headers());
        Ok(Self(read(request, app, is_form).await?))
    }
}

async fn read(request: Request, app: &AppState, is_form: bool) -> Result<Parameters, OAuthReject> {
    let body = RequestBody::from_request(request, app).await?;
    if !is_form && !body.bytes().is_empty() {
        let error = OAuthError::invalid_request("The body has to be application/x-www-form-urlencoded.");
        return Err(error.into());
    }
    Ok(Parameters::parse(body.bytes())?)
}

fn is_form(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let media_type = value.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}
