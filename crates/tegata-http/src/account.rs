//! One's own account, the list of users, and the demonstration resource.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use tegata_core::attributes::{AddressMember, TextClaim};
use tegata_core::identifier::{SessionId, UserId};
use tegata_core::provider::ProfileUpdate;

use crate::error::{FieldProblem, HttpError};
use crate::extract::{Bearer, Caller, Client, RequestBody};
use crate::oauth::with_nonce;
use crate::state::AppState;
use crate::wire::{
    ProtectedAnswer, ProtectedUser, SessionBody, SessionsAnswer, UserAnswer, UserBody, UsersAnswer, json,
    no_content,
};

/// `GET /users/me`
pub(crate) async fn profile(State(app): State<AppState>, caller: Caller) -> Result<Response, HttpError> {
    json(StatusCode::OK, &UserAnswer { user: UserBody::of_owner(&caller.user.user, app.provider()) })
}

/// `PATCH /users/me`: what is absent stays, `null` removes.
///
/// These members and no others: a user must not write what decides about their rights.
pub(crate) async fn update_profile(
    State(app): State<AppState>,
    caller: Caller,
    client: Client,
    body: RequestBody,
) -> Result<Response, HttpError> {
    let mut members = body.members()?;
    let name = members.nullable("name");
    let locale = members.nullable("locale");
    let email = members.nullable("email");
    let claims: Vec<_> = TextClaim::ALL
        .into_iter()
        .filter_map(|claim| Some((claim, members.nullable(claim.as_str())?)))
        .collect();
    let address = members.nullable_object("address", |name| name.parse::<AddressMember>().ok());
    let current_password = members.optional("current_password");
    members.finish()?;
    let claims: Vec<_> = claims.iter().map(|(claim, text)| (*claim, text.as_deref())).collect();
    let address: Option<Option<Vec<_>>> = address.as_ref().map(|members| {
        members.as_ref().map(|members| members.iter().map(|(name, text)| (*name, text.as_ref())).collect())
    });
    let update = ProfileUpdate {
        name: name.as_ref().map(Option::as_deref),
        locale: locale.as_ref().map(Option::as_deref),
        email: email.as_ref().map(Option::as_deref),
        claims: &claims,
        address: address.as_ref().map(Option::as_deref),
        current_password: current_password.as_deref(),
    };
    let user = app.provider().update_profile(&caller.user, update, &client.context()).await?;
    json(StatusCode::OK, &UserAnswer { user: UserBody::of_owner(&user, app.provider()) })
}

/// `DELETE /users/me`
pub(crate) async fn delete_account(
    State(app): State<AppState>,
    caller: Caller,
    client: Client,
    body: RequestBody,
) -> Result<Response, HttpError> {
    let mut members = body.members()?;
    let password = members.required("password");
    members.finish()?;
    app.provider().delete_account(&caller.user, &password, &client.context()).await?;
    let mut response = no_content();
    app.cookies().clear(response.headers_mut());
    Ok(response)
}

/// `POST /users/me/password`
pub(crate) async fn change_password(
    State(app): State<AppState>,
    caller: Caller,
    client: Client,
    body: RequestBody,
) -> Result<Response, HttpError> {
    let mut members = body.members()?;
    let current = members.required("current_password");
    let new = members.required("new_password");
    members.finish()?;
    app.provider().change_password(&caller.user, &current, &new, &client.context()).await?;
    Ok(no_content())
}

/// `GET /users/me/sessions`
pub(crate) async fn sessions(
    State(app): State<AppState>,
    caller: Caller,
    client: Client,
) -> Result<Response, HttpError> {
    let sessions = app.provider().sessions(&caller.user, client.facts.now).await?;
    let current = &caller.user.session;
    let sessions = sessions.iter().map(|session| SessionBody::new(session, current)).collect();
    json(StatusCode::OK, &SessionsAnswer { sessions })
}

/// `DELETE /users/me/sessions/{session_id}`
pub(crate) async fn end_session(
    State(app): State<AppState>,
    caller: Caller,
    client: Client,
    session_id: Result<Path<String>, PathRejection>,
) -> Result<Response, HttpError> {
    // What is no id is the id of no session.
    let Path(session_id) = session_id.map_err(|_| HttpError::NotFound)?;
    let session_id: SessionId = session_id.parse().map_err(|_| HttpError::NotFound)?;
    app.provider().end_session(&caller.user, session_id, &client.context()).await?;
    Ok(no_content())
}

/// `GET /users`
pub(crate) async fn list_users(
    State(app): State<AppState>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, HttpError> {
    let page = PageQuery::parse(query.as_deref().unwrap_or_default())?;
    let page = app.provider().list_users(&caller.token, page.cursor, page.limit).await?;
    let users = page.users.iter().map(|user| UserBody::new(user, app.provider())).collect();
    let next_cursor = page.next_cursor.map(|cursor| cursor.to_string());
    json(StatusCode::OK, &UsersAnswer { users, next_cursor })
}

/// `GET /api/protected`: what any API behind Tegata does. The token alone answers; no store is asked.
pub(crate) async fn protected(Bearer { token, next_nonce }: Bearer) -> Result<Response, HttpError> {
    let user = ProtectedUser { sub: token.subject(), username: token.username().unwrap_or_default() };
    let answer = json(StatusCode::OK, &ProtectedAnswer { message: "the token is valid", user })?;
    Ok(with_nonce(answer, next_nonce.as_ref()))
}

/// Which page of users.
#[derive(Debug, PartialEq, Eq)]
struct PageQuery {
    limit: usize,
    cursor: Option<UserId>,
}

const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 100;

impl PageQuery {
    /// Reads a query. Neither value ever needs an escape, so one that has an escape is not valid.
    fn parse(query: &str) -> Result<Self, HttpError> {
        let (mut limit, mut cursor, mut problems) = (None, None, Vec::new());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match name {
                "limit" => match value.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit)) {
                    Some(number) if limit.is_none() => limit = Some(number),
                    _ => problems.push(FieldProblem::invalid("limit")),
                },
                "cursor" => match value.parse() {
                    Ok(id) if cursor.is_none() => cursor = Some(id),
                    _ => problems.push(FieldProblem::invalid("cursor")),
                },
                _ => problems.push(FieldProblem::unknown(name.chars().take(64).collect())),
            }
        }
        if problems.is_empty() {
            Ok(Self { limit: limit.unwrap_or(DEFAULT_LIMIT), cursor })
        } else {
            problems.truncate(8);
            Err(HttpError::Fields(problems))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v34_a_page_has_at_least_one_and_at_most_a_hundred_users() {
        assert_eq!(PageQuery::parse("").unwrap(), PageQuery { limit: 50, cursor: None });
        assert_eq!(PageQuery::parse("limit=100").unwrap().limit, 100);
        // A page of none would never end.
        for bad in
            ["limit=0", "limit=101", "limit=-1", "limit=", "limit", "limit=1&limit=2", "limit=%31", "x=1"]
        {
            assert!(PageQuery::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_cursor_is_an_id() {
        let id = UserId::from_bytes([3; 16]);
        assert_eq!(PageQuery::parse(&format!("cursor={id}&limit=3")).unwrap().cursor, Some(id));
        assert!(PageQuery::parse("cursor=1").is_err());
    }
}
