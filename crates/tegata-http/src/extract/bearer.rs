//! Access tokens (RFC 6750).

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use tegata_core::error::ProviderError;
use tegata_core::oauth::{DpopNonce, OAuthError};
use tegata_core::provider::AuthenticatedUser;
use tegata_core::timestamp::Timestamp;
use tegata_jose::{JoseError, VerifiedAccessToken};

use super::client::facts;
use crate::error::HttpError;
use crate::oauth::proof;
use crate::state::AppState;

/// A valid access token. Enough for an API: it costs no store access.
pub(crate) struct Bearer {
    pub(crate) token: Arc<VerifiedAccessToken>,
    /// The nonce of the client's next proof, if that is another one: for whoever writes the answer.
    pub(crate) next_nonce: Option<DpopNonce>,
}

impl FromRequestParts<AppState> for Bearer {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, HttpError> {
        let now = facts(&parts.extensions, app).now;
        let presented = Presented::of_headers(&parts.headers)?;
        let token = presented.verify(app, now).await.map_err(|error| {
            // Which check failed is for the log: no text of a `JoseError` holds any part of a token.
            tracing::debug!(error = %error, "access token refused");
            presented.invalid()
        })?;
        let next_nonce = if presented.is_dpop || token.confirmation().is_some() {
            presented.check_possession(app, &token, parts, now).await?
        } else {
            None
        };
        Ok(Self { token, next_nonce })
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
        // A bound token is a client's, which gets no further than this (V36): it has no answer that could have a nonce.
        let Bearer { token, .. } = Bearer::from_request_parts(parts, app).await?;
        let now = facts(&parts.extensions, app).now;
        let user = app.provider().authenticate(&token, now).await?;
        Ok(Self { user, token })
    }
}

/// An access token as it was presented.
pub(crate) struct Presented<'a> {
    pub(crate) token: &'a str,
    /// Whether it came with the scheme of bound tokens (RFC 9449 §7.1).
    pub(crate) is_dpop: bool,
}

impl<'a> Presented<'a> {
    /// The token of the `Authorization` header (RFC 6750 §2.1, RFC 9449 §7.1). In a query it would end up in logs, and the
    /// RFC advises against it.
    ///
    /// # Errors
    /// [`HttpError::MissingToken`]; [`ProviderError::InvalidToken`] for what cannot be one.
    pub(crate) fn of_headers(headers: &'a HeaderMap) -> Result<Self, HttpError> {
        let header = headers.get(AUTHORIZATION).ok_or(HttpError::MissingToken)?;
        let header = header.to_str().map_err(|_| ProviderError::InvalidToken)?;
        let (scheme, token) = header.split_once(' ').unwrap_or((header, ""));
        let is_dpop = scheme.eq_ignore_ascii_case("DPoP");
        if !is_dpop && !scheme.eq_ignore_ascii_case("Bearer") {
            return Err(HttpError::MissingToken);
        }
        // RFC 9110 §11.4 allows several spaces between.
        let token = token.trim_matches(' ');
        if token.is_empty() { Err(ProviderError::InvalidToken.into()) } else { Ok(Self { token, is_dpop }) }
    }

    /// That it is not valid, in the words of the scheme that it came with.
    fn invalid(&self) -> HttpError {
        if self.is_dpop { HttpError::InvalidBoundToken } else { ProviderError::InvalidToken.into() }
    }

    /// Verifies it, with newer keys if it names one that is not known here.
    ///
    /// # Errors
    /// Which check failed, for the log.
    pub(crate) async fn verify(
        &self,
        app: &AppState,
        now: Timestamp,
    ) -> Result<Arc<VerifiedAccessToken>, JoseError> {
        let provider = app.provider();
        let verified = provider.verify_access_token(self.token, now);
        if matches!(verified, Err(JoseError::UnknownKey)) && provider.learn_keys(now).await {
            return provider.verify_access_token(self.token, now);
        }
        verified
    }

    /// Checks the proof that a bound token needs; gives the nonce of the next one, if that is another one.
    async fn check_possession(
        &self,
        app: &AppState,
        token: &VerifiedAccessToken,
        parts: &Parts,
        now: Timestamp,
    ) -> Result<Option<DpopNonce>, HttpError> {
        let (method, path) = (parts.method.as_str(), parts.uri.path());
        let checked = match proof(&parts.headers, method, path) {
            Ok(proof) => app.provider().check_possession(token, self.token, self.is_dpop, proof, now).await,
            Err(error) => Err(error),
        };
        checked.map_err(|error| match error {
            OAuthError::Failed(error) => error.into(),
            OAuthError::UseDpopNonce(nonce) => HttpError::UseDpopNonce(nonce),
            OAuthError::Refused { .. } => self.invalid(),
        })
    }
}
