//! Which path is whose.

use axum::Router;
use axum::routing::{MethodRouter, any, delete, get, post};
use tegata_pages::{STYLESHEET_PATH, THEME_PATH};

use crate::discovery::{JWKS_PATH, OAUTH_PATH, OPENID_PATH};
use crate::edge::{Edge, direct_access, method_not_allowed, not_found};
use crate::settings::split_issuer;
use crate::state::AppState;
use crate::{account, auth, discovery, oauth, openapi, operator};

/// Below these everything is ours: a mistyped path gets a problem, never a page of the web application.
const OURS: [&str; 5] = ["/auth", "/users", "/api", "/.well-known", "/oauth2"];

/// What metrics and the log call a path that is nobody's.
const UNKNOWN: &str = "unknown";

/// What can be mounted alone: the functions of a deployment in parts have one each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Making an account.
    Register,
    /// Logging in.
    Login,
    /// Going on with a session, and ending it.
    Refresh,
    /// Everything that needs an access token, and what is public.
    Account,
    /// The OpenID Provider towards other clients.
    OAuth,
    /// What operators and their machines ask a server: no function answers it.
    Operator,
}

impl Part {
    /// All parts.
    pub const ALL: [Self; 6] =
        [Self::Register, Self::Login, Self::Refresh, Self::Account, Self::OAuth, Self::Operator];
}

/// All endpoints; every path that is not ours goes to `web`, under the same security headers.
///
/// The peer's address is taken from `axum::extract::ConnectInfo<SocketAddr>` where the server provides it.
pub fn router(state: AppState, web: Option<Router>) -> Router {
    mount(state, &Part::ALL, web)
}

/// The endpoints of some parts. Those of the others are not found here.
pub fn router_of(state: AppState, parts: &[Part]) -> Router {
    mount(state, parts, None)
}

/// A router that refuses every request: for those that did not come through what stands in front of it.
pub fn closed_router(state: &AppState) -> Router {
    Router::new().fallback(direct_access).layer(Edge::new(state, UNKNOWN))
}

fn mount(state: AppState, parts: &[Part], web: Option<Router>) -> Router {
    let app = &state;
    let mut router = Router::new();
    let mut mount = |path: &str, template: &'static str, methods: MethodRouter<AppState>| {
        router = std::mem::take(&mut router).route(path, methods.layer(Edge::new(app, template)));
    };
    let has_oauth = app.provider().settings().oauth.enabled;
    let oauth = has_oauth.then(oauth_routes).into_iter().flatten();
    for (path, part, methods) in routes().into_iter().chain(oauth) {
        // A path that is another part's is no path of ours: its methods are not told either.
        let methods =
            if parts.contains(&part) { methods.fallback(method_not_allowed) } else { any(not_found) };
        mount(path, path, methods);
    }
    // An issuer with a path: each standard has its own place for it (RFC 8414 §3.1, §5).
    let (_, path) = split_issuer(&app.provider().settings().issuer);
    if !path.is_empty() && parts.contains(&Part::OAuth) && has_oauth {
        for (place, _, methods) in oauth_routes() {
            mount(&format!("{path}{place}"), place, methods.fallback(method_not_allowed));
        }
    }
    if !path.is_empty() && parts.contains(&Part::Account) {
        for place in [format!("{path}{OPENID_PATH}"), format!("{OPENID_PATH}{path}")] {
            mount(&place, OPENID_PATH, get(discovery::metadata).fallback(method_not_allowed));
        }
        let methods = get(discovery::metadata).fallback(method_not_allowed);
        mount(&format!("{OAUTH_PATH}{path}"), OAUTH_PATH, methods);
        let methods = get(discovery::jwks).fallback(method_not_allowed);
        mount(&format!("{path}{JWKS_PATH}"), JWKS_PATH, methods);
    }
    for base in OURS {
        // `/users` itself is a route of its own.
        let own = (base != "/users").then(|| base.to_owned());
        for path in own.into_iter().chain([format!("{base}/"), format!("{base}/{{*rest}}")]) {
            mount(&path, UNKNOWN, any(not_found));
        }
    }
    let fallback = match web {
        Some(web) => web.layer(Edge::new(app, "web")),
        None => Router::new().fallback(not_found).layer(Edge::new(app, UNKNOWN)),
    };
    router.fallback_service(fallback).with_state(state)
}

/// The endpoints: the template of the path, whose part it is, and its methods.
fn routes() -> Vec<(&'static str, Part, MethodRouter<AppState>)> {
    use Part::{Account, Login, Operator, Refresh, Register};
    vec![
        ("/auth/config", Account, get(auth::config)),
        ("/auth/signup", Register, post(auth::signup)),
        ("/auth/login", Login, post(auth::login)),
        ("/auth/refresh", Refresh, post(auth::refresh)),
        ("/auth/logout", Refresh, post(auth::logout)),
        ("/auth/logout-all", Account, post(auth::logout_all)),
        (
            "/users/me",
            Account,
            get(account::profile).patch(account::update_profile).delete(account::delete_account),
        ),
        ("/users/me/password", Account, post(account::change_password)),
        ("/users/me/sessions", Account, get(account::sessions)),
        ("/users/me/sessions/{session_id}", Account, delete(account::end_session)),
        ("/users", Account, get(account::list_users)),
        ("/api/protected", Account, get(account::protected)),
        (JWKS_PATH, Account, get(discovery::jwks)),
        (OPENID_PATH, Account, get(discovery::metadata)),
        (OAUTH_PATH, Account, get(discovery::metadata)),
        ("/openapi.json", Account, get(openapi::openapi)),
        ("/healthz", Operator, get(operator::healthz)),
        ("/readyz", Operator, get(operator::readyz)),
        ("/metrics", Operator, get(operator::metrics)),
    ]
}

/// The endpoints and pages of the OpenID Provider, where there is one.
fn oauth_routes() -> Vec<(&'static str, Part, MethodRouter<AppState>)> {
    vec![
        (oauth::AUTHORIZE_PATH, Part::OAuth, get(oauth::authorize).post(oauth::authorize_form)),
        (oauth::TOKEN_PATH, Part::OAuth, post(oauth::token)),
        (oauth::USERINFO_PATH, Part::OAuth, get(oauth::user_info).post(oauth::user_info_form)),
        (oauth::PUSH_PATH, Part::OAuth, post(oauth::push)),
        (oauth::LOGIN_PATH, Part::OAuth, post(oauth::log_in)),
        (oauth::SIGNUP_PATH, Part::OAuth, get(oauth::signup_page).post(oauth::sign_up)),
        (oauth::CONSENT_PATH, Part::OAuth, post(oauth::consent)),
        (oauth::SELECT_PATH, Part::OAuth, post(oauth::select_account)),
        (oauth::LOGOUT_PATH, Part::OAuth, get(oauth::log_out).post(oauth::log_out_form)),
        (oauth::APPS_PATH, Part::OAuth, get(oauth::apps).post(oauth::revoke_app)),
        (oauth::INTROSPECTION_PATH, Part::OAuth, post(oauth::introspect)),
        (oauth::REVOCATION_PATH, Part::OAuth, post(oauth::revoke)),
        (oauth::DEVICE_AUTHORIZATION_PATH, Part::OAuth, post(oauth::device_authorization)),
        (oauth::DEVICE_PATH, Part::OAuth, get(oauth::device_page).post(oauth::device_form)),
        (oauth::REGISTRATION_PATH, Part::OAuth, post(oauth::register)),
        (
            oauth::REGISTERED_PATH,
            Part::OAuth,
            get(oauth::registration).put(oauth::update_registration).delete(oauth::end_registration),
        ),
        (STYLESHEET_PATH, Part::OAuth, get(oauth::stylesheet)),
        (THEME_PATH, Part::OAuth, get(oauth::theme)),
    ]
}
