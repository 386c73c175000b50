//! What is said of a user (OIDC Core §5.1, §5.4, §5.5).

use serde_json::{Map, Value, json};

use crate::oauth::ClaimsRequest;
use crate::session::Session;
use crate::user::User;

/// Where claims go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClaimTarget {
    /// An ID token: it is fetched with an access token, so it only has what was asked for by name (OIDC Core §5.4), and
    /// the name to greet somebody by.
    IdToken,
    /// The user info.
    UserInfo,
}

/// The claims of a user in a session, for one place.
pub(super) fn claims_of(user: &User, session: &Session, target: ClaimTarget) -> Map<String, Value> {
    let all = known_claims(user);
    let request = session
        .client_grant()
        .and_then(|grant| grant.claims.as_ref())
        .and_then(ClaimsRequest::read)
        .unwrap_or_default();
    let by_name: Vec<&str> = match target {
        ClaimTarget::IdToken => request.of_id_token().collect(),
        ClaimTarget::UserInfo => request.of_userinfo().collect(),
    };
    let is_wanted = |name: &str| {
        let by_scope = scope_of(name).is_some_and(|scope| session.scope.contains(scope));
        let is_sent = target == ClaimTarget::UserInfo || name == "preferred_username";
        by_name.contains(&name) || (by_scope && is_sent)
    };
    all.into_iter().filter(|(name, _)| is_wanted(name)).collect()
}

/// Everything that is known of a user. What is not known is left out (OIDC Core §5.3.2).
fn known_claims(user: &User) -> Map<String, Value> {
    let mut claims = Map::new();
    claims.insert("preferred_username".to_owned(), json!(user.username.as_str()));
    if let Some(name) = &user.name {
        claims.insert("name".to_owned(), json!(name));
    }
    if let Some(locale) = &user.locale {
        claims.insert("locale".to_owned(), json!(locale));
    }
    if let Some(email) = &user.email {
        claims.insert("email".to_owned(), json!(email.address.as_str()));
        claims.insert("email_verified".to_owned(), json!(email.verified));
    }
    claims
}

/// The scope token that gives a claim (OIDC Core §5.4).
fn scope_of(claim: &str) -> Option<&'static str> {
    match claim {
        "preferred_username" | "name" | "locale" => Some("profile"),
        "email" | "email_verified" => Some("email"),
        _ => None,
    }
}
