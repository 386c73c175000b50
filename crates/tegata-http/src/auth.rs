//! Signing up, logging in, refreshing, logging out.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use tegata_core::error::ProviderError;
use tegata_core::provider::{Login, SignUp, TokenSet};
use tegata_core::refresh_token::RefreshToken;
use tegata_core::settings::Settings;
use tegata_core::timestamp::Timestamp;

use crate::error::{HttpError, chain};
use crate::extract::{Caller, Client, RequestBody};
use crate::settings::HttpSettings;
use crate::state::AppState;
use crate::wire::{ConfigAnswer, TokenAnswer, UserAnswer, UserBody, json, json_bytes, no_content};

/// `GET /auth/config`: what a page may know before anyone has logged in.
pub(crate) async fn config(State(app): State<AppState>) -> Response {
    json_bytes(StatusCode::OK, app.config())
}

/// The answer of [`config`], written once.
pub(crate) fn config_body(rules: &Settings, http: &HttpSettings) -> Bytes {
    let answer = ConfigAnswer {
        issuer: &rules.issuer,
        client_id: &rules.tokens.client_id,
        signup_enabled: rules.signup_enabled,
        password_min_length: rules.password_min_length,
        token_inspector: http.token_inspector,
        languages: &http.languages,
    };
    // Strings, numbers and flags only: writing them cannot fail.
    serde_json::to_vec(&answer).unwrap_or_default().into()
}

/// `POST /auth/signup`: makes an account; it does not log in.
pub(crate) async fn signup(
    State(app): State<AppState>,
    client: Client,
    body: RequestBody,
) -> Result<Response, HttpError> {
    client.check_sender()?;
    let mut members = body.members()?;
    // What is absent is empty to the rules, which name it together with everything else that is wrong.
    let username = members.optional("username").unwrap_or_default();
    let email = members.optional("email");
    let password = members.optional("password").unwrap_or_default();
    members.finish()?;
    let request = SignUp { username: &username, email: email.as_deref(), password: &password };
    let user = app.provider().sign_up(request, &client.context()).await?;
    json(StatusCode::CREATED, &UserAnswer { user: UserBody::new(&user, app.provider()) })
}

/// Where the refresh token goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Delivery {
    /// Into a cookie, out of reach of scripts.
    Cookie,
    /// Into the answer, for clients that are no browser.
    Body,
}

/// `POST /auth/login`
pub(crate) async fn login(
    State(app): State<AppState>,
    client: Client,
    body: RequestBody,
) -> Result<Response, HttpError> {
    let mut members = body.members()?;
    let username = members.required("username");
    let password = members.required("password");
    let delivery = match members.optional("token_delivery").as_deref() {
        None | Some("cookie") => Delivery::Cookie,
        Some("body") => Delivery::Body,
        Some(_) => {
            members.refuse("token_delivery");
            Delivery::Cookie
        }
    };
    members.finish()?;
    if delivery == Delivery::Cookie {
        // Or a stranger's page could log its visitor in as somebody else.
        client.check_sender()?;
    }
    let request = Login { username: &username, password: &password };
    let result = app.provider().login(request, &client.context()).await;
    let logged_in = app.metrics().logins().count(result)?;
    let user = UserBody::new(&logged_in.user, app.provider());
    let mut response = tokens(&app, &logged_in.tokens, Some(user), delivery, client.facts.now)?;
    if delivery == Delivery::Cookie {
        app.cookies().set_device(response.headers_mut(), &logged_in.device_token)?;
        end_replaced(&app, &client).await;
    }
    Ok(response)
}

/// Ends the session that the browser had until now: its refresh token is overwritten, so nobody could end it any more but
/// from another device. The login stands in any case.
async fn end_replaced(app: &AppState, client: &Client) {
    let Some(cookie) = &client.cookies.refresh else { return };
    let Ok(token) = app.provider().parse_refresh_token(cookie) else { return };
    if let Err(error) = app.provider().logout(&token, &client.context()).await {
        tracing::warn!(error = chain(&error), "the session that a login has replaced was not ended");
    }
}

/// `POST /auth/refresh` (RFC 6749 §6)
pub(crate) async fn refresh(
    State(app): State<AppState>,
    client: Client,
    body: RequestBody,
) -> Result<Response, HttpError> {
    let (presented, delivery) = presented(&app, &client, &body)?;
    let result = match presented {
        Presented::Token(token) => app.provider().refresh(&token, &client.context()).await,
        Presented::NotOurs => Err(ProviderError::InvalidGrant),
    };
    match app.metrics().refreshes().count(result) {
        Ok(issued) => tokens(&app, &issued, None, delivery, client.facts.now),
        // Only this says that the cookies are of no more use: an outage says nothing about them.
        Err(error @ (ProviderError::InvalidGrant | ProviderError::RefreshTokenReplayed))
            if delivery == Delivery::Cookie =>
        {
            let mut response = HttpError::from(error).into_response();
            app.cookies().clear(response.headers_mut());
            Ok(response)
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /auth/logout`: repeating it changes nothing, and a token that is not ours has no session to end.
pub(crate) async fn logout(
    State(app): State<AppState>,
    client: Client,
    body: RequestBody,
) -> Result<Response, HttpError> {
    let (presented, delivery) = presented(&app, &client, &body)?;
    if let Presented::Token(token) = presented {
        app.provider().logout(&token, &client.context()).await?;
    }
    let mut response = no_content();
    if delivery == Delivery::Cookie {
        app.cookies().clear(response.headers_mut());
    }
    Ok(response)
}

/// `POST /auth/logout-all`: every session of the user, on every device.
pub(crate) async fn logout_all(
    State(app): State<AppState>,
    caller: Caller,
    client: Client,
    body: RequestBody,
) -> Result<Response, HttpError> {
    body.members_if_any()?.finish()?;
    app.provider().logout_all(&caller.user, &client.context()).await?;
    let mut response = no_content();
    app.cookies().clear(response.headers_mut());
    Ok(response)
}

/// The refresh token of a request.
enum Presented {
    /// One of ours, by its MAC.
    Token(RefreshToken),
    /// None at all, or one that is not ours.
    NotOurs,
}

/// Reads the refresh token of a request: that of the body, or else that of the cookie, which a stranger's page can make
/// a browser send and which therefore counts only with a CSRF token.
fn presented(
    app: &AppState,
    client: &Client,
    body: &RequestBody,
) -> Result<(Presented, Delivery), HttpError> {
    let parse = |text: &str| match app.provider().parse_refresh_token(text) {
        Ok(token) => Presented::Token(token),
        Err(_) => Presented::NotOurs,
    };
    let mut members = body.members_if_any()?;
    let in_body = members.optional("refresh_token");
    members.finish()?;
    if let Some(text) = in_body {
        return Ok((parse(&text), Delivery::Body));
    }
    client.check_sender()?;
    let presented = client.cookies.refresh.as_ref().map_or(Presented::NotOurs, |text| parse(text));
    if let Presented::Token(token) = &presented {
        check_csrf(app, client, token)?;
    }
    Ok((presented, Delivery::Cookie))
}

/// The header must repeat the cookie, which only our own pages can read, and be the session's: a signed double submit
/// that needs no table (OWASP, "signed double-submit cookie").
fn check_csrf(app: &AppState, client: &Client, token: &RefreshToken) -> Result<(), HttpError> {
    let header = client.csrf_header.as_ref().and_then(|header| header.to_str().ok());
    let (Some(header), Some(cookie)) = (header, &client.cookies.csrf) else {
        return Err(ProviderError::Csrf.into());
    };
    app.provider().check_csrf(token.session_id, header)?;
    // Equal to what was just found right, so nothing is learned from how long this takes.
    if header == cookie { Ok(()) } else { Err(ProviderError::Csrf.into()) }
}

/// The answer with new tokens.
fn tokens(
    app: &AppState,
    tokens: &TokenSet,
    user: Option<UserBody<'_>>,
    delivery: Delivery,
    now: Timestamp,
) -> Result<Response, HttpError> {
    let answer = TokenAnswer::new(tokens, user);
    match delivery {
        Delivery::Body => json(StatusCode::OK, &answer.with_refresh_token(tokens, now)),
        Delivery::Cookie => {
            let mut response = json(StatusCode::OK, &answer)?;
            let csrf_token = app.provider().csrf_token(tokens.session.session_id);
            let ttl = tokens.refresh_expires_at.since(now);
            let refresh_token = tokens.refresh_token.expose();
            app.cookies().set_session(response.headers_mut(), refresh_token, &csrf_token, ttl)?;
            Ok(response)
        }
    }
}
