//! The answers, as they are on the wire.

use std::borrow::Cow;
use std::collections::BTreeMap;

use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;
use tegata_core::attributes::{Address, TextClaim};
use tegata_core::error::ProviderError;
use tegata_core::provider::{Provider, TokenSet};
use tegata_core::scope::Scope;
use tegata_core::session::Session;
use tegata_core::timestamp::Timestamp;
use tegata_core::user::User;

use crate::error::HttpError;

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// Room for the headers of an answer, those of the edge included: a map that grows is copied.
pub(crate) const HEADERS: usize = 20;

/// An answer of JSON.
///
/// # Errors
/// When the body cannot be written, which strings and numbers can.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Result<Response, HttpError> {
    let body = serde_json::to_vec(body).map_err(|error| ProviderError::Internal(Box::new(error)))?;
    Ok(json_bytes(status, body.into()))
}

/// An answer of JSON that is written already.
pub(crate) fn json_bytes(status: StatusCode, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = HeaderMap::with_capacity(HEADERS);
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

/// An answer without a body.
pub(crate) fn no_content() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// A user.
#[derive(Serialize)]
pub(crate) struct UserBody<'a> {
    sub: String,
    username: &'a str,
    email: Option<&'a str>,
    email_verified: bool,
    name: Option<&'a str>,
    locale: Option<&'a str>,
    created_at: String,
    scope: Cow<'a, str>,
    #[serde(flatten)]
    profile: Option<ProfileBody<'a>>,
}

/// What else an account's owner has said of themselves (OIDC Core §5.1). Of other users the list shows none of it.
#[derive(Serialize)]
struct ProfileBody<'a> {
    #[serde(flatten)]
    claims: BTreeMap<&'static str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number_verified: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a Address>,
    updated_at: String,
}

impl<'a> UserBody<'a> {
    /// A user, with the scope that their next login gets.
    pub(crate) fn new(user: &'a User, provider: &'a Provider) -> Self {
        let everyone = &provider.settings().tokens.scope;
        let scope = if user.granted_scope == Scope::default() {
            Cow::Borrowed(everyone.as_str())
        } else {
            Cow::Owned(everyone.union(&user.granted_scope).to_string())
        };
        Self {
            sub: user.user_id.to_string(),
            username: user.username.as_str(),
            email: user.email.as_ref().map(|email| email.address.as_str()),
            email_verified: user.email.as_ref().is_some_and(|email| email.verified),
            name: user.name.as_deref(),
            locale: user.locale.as_deref(),
            created_at: user.created_at.to_rfc3339(),
            scope,
            profile: None,
        }
    }

    /// A user as they see themselves.
    pub(crate) fn of_owner(user: &'a User, provider: &'a Provider) -> Self {
        let attributes = &user.attributes;
        let known = |claim: TextClaim| Some((claim.as_str(), attributes.text(claim)?));
        let profile = ProfileBody {
            claims: TextClaim::ALL.into_iter().filter_map(known).collect(),
            phone_number_verified: attributes.phone_number_verified(),
            address: attributes.address(),
            updated_at: attributes.updated_at().unwrap_or(user.created_at).to_rfc3339(),
        };
        Self { profile: Some(profile), ..Self::new(user, provider) }
    }
}

/// `{user}`
#[derive(Serialize)]
pub(crate) struct UserAnswer<'a> {
    pub(crate) user: UserBody<'a>,
}

/// The answer of a login or a refresh (RFC 6749 §5.1, OIDC Core §3.1.3.3).
#[derive(Serialize)]
pub(crate) struct TokenAnswer<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: u64,
    id_token: &'a str,
    scope: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token_expires_in: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserBody<'a>>,
}

impl<'a> TokenAnswer<'a> {
    /// Without a refresh token: that goes into a cookie.
    pub(crate) fn new(tokens: &'a TokenSet, user: Option<UserBody<'a>>) -> Self {
        Self {
            access_token: &tokens.access_token,
            token_type: "Bearer",
            expires_in: tokens.expires_in.as_secs(),
            id_token: &tokens.id_token,
            scope: tokens.session.scope.as_str(),
            refresh_token: None,
            refresh_token_expires_in: None,
            user,
        }
    }

    /// With the refresh token.
    pub(crate) fn with_refresh_token(mut self, tokens: &'a TokenSet, now: Timestamp) -> Self {
        self.refresh_token = Some(tokens.refresh_token.expose());
        self.refresh_token_expires_in = Some(tokens.refresh_expires_at.since(now).as_secs());
        self
    }
}

/// A device of the user.
#[derive(Serialize)]
pub(crate) struct SessionBody<'a> {
    session_id: String,
    current: bool,
    created_at: String,
    last_used_at: String,
    expires_at: String,
    user_agent: Option<&'a str>,
    ip: Option<String>,
}

impl<'a> SessionBody<'a> {
    pub(crate) fn new(session: &'a Session, current: &Session) -> Self {
        Self {
            session_id: session.session_id.to_string(),
            current: session.session_id == current.session_id,
            created_at: session.auth_time.to_rfc3339(),
            last_used_at: session.rotated_at.to_rfc3339(),
            expires_at: session.expires_at().to_rfc3339(),
            user_agent: session.device.user_agent.as_deref(),
            ip: session.device.address.map(|address| address.to_string()),
        }
    }
}

/// `{sessions}`
#[derive(Serialize)]
pub(crate) struct SessionsAnswer<'a> {
    pub(crate) sessions: Vec<SessionBody<'a>>,
}

/// A page of users.
#[derive(Serialize)]
pub(crate) struct UsersAnswer<'a> {
    pub(crate) users: Vec<UserBody<'a>>,
    pub(crate) next_cursor: Option<String>,
}

/// The answer of the demonstration resource.
#[derive(Serialize)]
pub(crate) struct ProtectedAnswer<'a> {
    pub(crate) message: &'static str,
    pub(crate) user: ProtectedUser<'a>,
}

/// Whom the access token speaks of.
#[derive(Serialize)]
pub(crate) struct ProtectedUser<'a> {
    pub(crate) sub: &'a str,
    pub(crate) username: &'a str,
}

/// What a page may know before anyone has logged in.
#[derive(Serialize)]
pub(crate) struct ConfigAnswer<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) signup_enabled: bool,
    pub(crate) password_min_length: usize,
    pub(crate) token_inspector: bool,
    pub(crate) languages: &'a [String],
}
