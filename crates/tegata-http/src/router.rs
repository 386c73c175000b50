//! Which path is whose.

use axum::Router;
use axum::routing::{MethodRouter, any, delete, get, post};

use crate::discovery::{JWKS_PATH, OAUTH_PATH, OPENID_PATH};
use crate::edge::{Edge, method_not_allowed, not_found};
use crate::settings::split_issuer;
use crate::state::AppState;
use crate::{account, auth, discovery, openapi, operator};

/// Below these everything is ours: a mistyped path gets a problem, never a page of the web application.
const OURS: [&str; 5] = ["/auth", "/users", "/api", "/.well-known", "/oauth2"];

/// What metrics and the log call a path that is nobody's.
const UNKNOWN: &str = "unknown";

/// All endpoints; every path that is not ours goes to `web`, under the same security headers.
///
/// The peer's address is taken from `axum::extract::ConnectInfo<SocketAddr>` where the server provides it.
pub fn router(state: AppState, web: Option<Router>) -> Router {
    let app = &state;
    let mut router = Router::new();
    let mut mount = |path: &str, template: &'static str, methods: MethodRouter<AppState>| {
        router = std::mem::take(&mut router).route(path, methods.layer(Edge::new(app, template)));
    };
    for (path, methods) in routes() {
        mount(path, path, methods.fallback(method_not_allowed));
    }
    // An issuer with a path: each standard has its own place for it (RFC 8414 §3.1, §5).
    let (_, path) = split_issuer(&app.provider().settings().issuer);
    if !path.is_empty() {
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

/// The endpoints, by the template of their path.
fn routes() -> Vec<(&'static str, MethodRouter<AppState>)> {
    vec![
        ("/auth/config", get(auth::config)),
        ("/auth/signup", post(auth::signup)),
        ("/auth/login", post(auth::login)),
        ("/auth/refresh", post(auth::refresh)),
        ("/auth/logout", post(auth::logout)),
        ("/auth/logout-all", post(auth::logout_all)),
        ("/users/me", get(account::profile).patch(account::update_profile).delete(account::delete_account)),
        ("/users/me/password", post(account::change_password)),
        ("/users/me/sessions", get(account::sessions)),
        ("/users/me/sessions/{session_id}", delete(account::end_session)),
        ("/users", get(account::list_users)),
        ("/api/protected", get(account::protected)),
        (JWKS_PATH, get(discovery::jwks)),
        (OPENID_PATH, get(discovery::metadata)),
        (OAUTH_PATH, get(discovery::metadata)),
        ("/healthz", get(operator::healthz)),
        ("/readyz", get(operator::readyz)),
        ("/metrics", get(operator::metrics)),
        ("/openapi.json", get(openapi::openapi)),
    ]
}
