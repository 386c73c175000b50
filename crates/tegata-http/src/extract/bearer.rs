//! Access tokens (RFC 6750).

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use tegata_core::error::ProviderError;
use tegata_core::provider::AuthenticatedUser;
use tegata_jose::{JoseError, VerifiedAccessToken};

use super::client::facts;
use crate::error::HttpError;
use crate::state::AppState;

/// A valid access token. Enough for an API: it costs no store access.
pub(crate) struct Bearer(pub(crate) Arc<VerifiedAccessToken>);

impl FromRequestParts<AppState> for Bearer {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, HttpError> {
        let token = bearer_token(&parts.headers)?;
        let now = facts(&parts.extensions, app).now;
        let provider = app.provider();
        let mut verified = provider.verify_access_token(token, now);
        if matches!(verified, Err(JoseError::UnknownKey)) && provider.learn_keys(now).await {
            verified = provider.verify_access_token(token, now);
        }
        match verified {
            Ok(token) => Ok(Self(token)),
            Err(error) => {
                // Which check failed is for the log: no text of a `JoseError` holds any part of a token.
                tracing::debug!(error = %error, "access token refused");
                Err(ProviderError::InvalidToken.into())
            }
        }
    }
}

/// A valid access token whose session is alive now: for everything that shows or changes an account.
pub(crate) struct Caller {
    pub(crate) user: AuthenticatedUser,
    pub(crate) token: Arc<VerifiedAccessToken>,
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, HttpError> {
        let Bearer(token) = Bearer::from_request_parts(parts, app).await?;
        let now = facts(&parts.extensions, app).now;
        let user = app.provider().authenticate(&token, now).await?;
        Ok(Self { user, token })
    }
}

/// The token of the `Authorization` header (RFC 6750 §2.1). In a body or a query it would end up in logs, and in a query
/// the RFC advises against it.
fn bearer_token(headers: &HeaderMap) -> Result<&str, HttpError> {
    let header = headers.get(AUTHORIZATION).ok_or(HttpError::MissingToken)?;
    let header = header.to_str().map_err(|_| ProviderError::InvalidToken)?;
    let (scheme, token) = header.split_once(' ').unwrap_or((header, ""));
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return Err(HttpError::MissingToken);
    }
    // RFC 9110 §11.4 allows several spaces between.
    let token = token.trim_matches(' ');
    if token.is_empty() { Err(ProviderError::InvalidToken.into()) } else { Ok(token) }
}
