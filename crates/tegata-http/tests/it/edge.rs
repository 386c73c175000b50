//! What holds for every request: security headers, CORS, limits, request ids, proxies.

use axum::Router;
use axum::body::Bytes;
use axum::routing::get;
use serde_json::json;

use crate::schema::OPENAPI;
use crate::world::{PASSWORD, Plan, World, body_of, pending_body};

const APP: &str = "https://app.example";

async fn world_with_origin() -> World {
    World::with(|plan| plan.http.allowed_origins = vec![APP.to_owned()]).await
}

#[tokio::test]
async fn r48_every_answer_tells_browsers_to_be_careful() {
    let world = World::with(|plan| {
        plan.web = Some(Router::new().fallback(|| async { "a page" }));
    })
    .await;
    let csp = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'";
    for path in ["/", "/nothing", "/auth/config", "/auth/nothing", "/users/me", "/.well-known/jwks.json"] {
        let answer = world.get(path).send().await;
        assert_eq!(answer.header("content-security-policy"), Some(csp), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.header("cross-origin-opener-policy"), Some("same-origin"));
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"));
        assert!(answer.header("permissions-policy").is_some());
        assert_eq!(answer.header("strict-transport-security"), Some("max-age=63072000; includeSubDomains"));
    }
    let plain = Plan::of("http://localhost:8080").build().await;
    assert_eq!(plain.get("/auth/config").send().await.header("strict-transport-security"), None);
}

#[tokio::test]
async fn r11_nothing_of_ours_is_stored_on_the_way() {
    let world = World::new().await;
    let access = world.join("alice").await.access;
    for path in
        ["/auth/config", "/users/me", "/users/me/sessions", "/api/protected", "/auth/nothing", "/healthz"]
    {
        let answer = world.get(path).bearer(&access).send().await;
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
    }
    let login = world.post("/auth/login", &json!({"username": "alice", "password": PASSWORD})).send().await;
    assert_eq!(login.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn a_path_below_ours_never_shows_a_page() {
    let world = World::with(|plan| plan.web = Some(Router::new().fallback(|| async { "a page" }))).await;
    for path in [
        "/auth",
        "/auth/",
        "/auth/login/",
        "/auth/nothing/at/all",
        "/users/",
        "/users/me/",
        "/api",
        "/api/x",
        "/.well-known",
        "/.well-known/x",
        "/oauth2",
        "/oauth2/nothing",
    ] {
        world.get(path).send().await.is_problem(404, "not_found");
    }
    for path in ["/", "/login", "/authors", "/assets/app.js", "/users-guide"] {
        assert_eq!(world.get(path).send().await.status, 200, "{path}");
    }
    let without_web = World::new().await;
    without_web.get("/").send().await.is_problem(404, "not_found");
}

#[tokio::test]
async fn r47_only_the_listed_origin_may_read_answers() {
    let world = world_with_origin().await;
    let access = world.join("alice").await.access;
    for (path, status) in [("/users/me", 200), ("/auth/config", 200), ("/users/nothing", 404)] {
        let call = || world.get(path).bearer(&access);
        let allowed = call().header("origin", APP).send().await;
        assert_eq!(allowed.status, status);
        assert_eq!(allowed.header("access-control-allow-origin"), Some(APP));
        assert_eq!(allowed.header("access-control-allow-credentials"), Some("true"));
        assert_eq!(allowed.header("vary"), Some("Origin"));
        for other in [
            "https://evil.example",
            "null",
            "https://app.example.evil.example",
            "https://evilapp.example",
            "https://APP.example",
            "https://app.example:444",
            "http://app.example",
            "https://id.example",
            "",
        ] {
            let answer = call().header("origin", other).send().await;
            assert_eq!(answer.status, status);
            assert_eq!(answer.header("access-control-allow-origin"), None, "{other}");
            assert_eq!(answer.header("access-control-allow-credentials"), None);
            assert_eq!(answer.header("vary"), Some("Origin"));
        }
        assert_eq!(call().send().await.header("vary"), Some("Origin"));
    }
    // Errors are for pages to read, too.
    let refused = world.get("/users/me").header("origin", APP).send().await;
    refused.is_problem(401, "missing_token");
    assert_eq!(refused.header("access-control-allow-origin"), Some(APP));
}

#[tokio::test]
async fn r47_a_preflight_is_answered_for_the_listed_origin_alone() {
    let world = world_with_origin().await;
    let preflight = |origin: &str| {
        world
            .call("OPTIONS", "/users/me")
            .header("origin", origin)
            .header("access-control-request-method", "PATCH")
            .header("access-control-request-headers", "authorization")
    };
    let answer = preflight(APP).send().await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), Some(APP));
    assert_eq!(answer.header("access-control-allow-methods"), Some("GET, POST, PATCH, DELETE"));
    assert_eq!(
        answer.header("access-control-allow-headers"),
        Some("Authorization, Content-Type, DPoP, X-CSRF-Token")
    );
    for other in ["https://evil.example", "null"] {
        let refused = preflight(other).send().await;
        refused.is_problem(403, "origin_refused");
        assert_eq!(refused.header("access-control-allow-origin"), None);
    }
    // Without the marks of a preflight it is a method like any other.
    let plain = world.call("OPTIONS", "/users/me").header("origin", APP).send().await;
    plain.is_problem(405, "method_not_allowed");
    assert_eq!(plain.header("allow"), Some("GET,HEAD,PATCH,DELETE"));
}

#[tokio::test]
async fn r69_what_is_too_long_is_not_read() {
    let world = World::new().await;
    let long = "a".repeat(3000);
    world.get(&format!("/api/protected?{long}")).send().await.is_problem(414, "uri_too_long");
    world.get(&format!("/{long}")).send().await.is_problem(414, "uri_too_long");
    let mut call = world.get("/auth/config");
    for i in 0..6 {
        call = call.header(&format!("x-{i}"), &long);
    }
    call.send().await.is_problem(431, "headers_too_large");
    let big = json!({"username": "alice", "password": "x".repeat(17_000)});
    world.post("/auth/login", &big).send().await.is_problem(413, "content_too_large");
    let claimed = world.call("POST", "/auth/login").header("content-type", "application/json");
    let chunks = body_of(std::iter::repeat_n(Ok(Bytes::from(vec![b' '; 1024])), 20));
    claimed.raw(chunks).send().await.is_problem(413, "content_too_large");
}

#[tokio::test]
async fn r12_r69_a_client_of_oauth_reads_one_kind_of_errors() {
    let world = World::new().await;
    for path in ["/oauth2/token", "/oauth2/par", "/oauth2/revoke", "/oauth2/introspect", "/oauth2/register"] {
        let form = || world.call("POST", path).header("content-type", "application/x-www-form-urlencoded");
        let long = "a".repeat(17_000);
        for (call, status) in [
            (form().raw(long.clone()), 413),
            (world.call("POST", &format!("{path}?{long}")), 414),
            (form().header("x-long", &long), 431),
            (form().header("content-type", "application/json"), 400),
            (world.get(path), 405),
        ] {
            let answer = call.send().await;
            assert_eq!((answer.status, &answer.body["error"]), (status, &json!("invalid_request")), "{path}");
            assert!(answer.body["error_description"].is_string(), "{path}");
        }
    }
    // A page's form is no client's.
    let form =
        world.call("POST", "/oauth2/login").header("content-type", "application/x-www-form-urlencoded");
    form.raw("a".repeat(17_000)).send().await.is_problem(413, "content_too_large");
}

#[tokio::test(start_paused = true)]
async fn r69_a_body_that_does_not_come_is_not_waited_for() {
    let world = World::new().await;
    for path in ["/auth/login", "/auth/refresh", "/auth/logout", "/auth/signup"] {
        let call = world.call("POST", path).header("content-type", "application/json");
        let answer = call.raw(pending_body()).send().await;
        answer.is_problem(408, "request_timeout");
    }
}

#[tokio::test(start_paused = true)]
async fn r69_an_answer_that_does_not_come_is_503() {
    let slow = || async {
        tokio::time::sleep(std::time::Duration::from_mins(1)).await;
        "late"
    };
    let world = World::with(|plan| plan.web = Some(Router::new().route("/slow", get(slow)))).await;
    world.get("/slow").send().await.is_problem(503, "temporarily_unavailable");
}

#[tokio::test]
async fn headers_that_count_once_are_refused_twice() {
    let world = World::new().await;
    let body = json!({"username": "alice", "password": PASSWORD});
    for (name, value) in [
        ("content-type", "application/json"),
        ("origin", "https://id.example"),
        ("sec-fetch-site", "same-origin"),
        ("x-csrf-token", "x"),
        ("authorization", "Bearer x"),
        ("host", "id.example"),
        ("content-length", "3"),
    ] {
        let call = world.post("/auth/login", &body).header(name, value).header(name, value);
        call.send().await.is_problem(400, "duplicate_header");
    }
}

#[tokio::test]
async fn a4_13_v35_addresses_and_request_ids_are_believed_from_trusted_proxies_alone() {
    let world = World::with(|plan| plan.http.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()]).await;
    world.sign_up("alice").await;
    let login = |peer: &str| {
        let body = json!({"username": "alice", "password": PASSWORD, "token_delivery": "body"});
        world
            .post("/auth/login", &body)
            .from(peer)
            .header("x-forwarded-for", "203.0.113.9, 198.51.100.7")
            .header("x-request-id", "from-the-proxy-1")
    };
    for (peer, address, is_kept) in [("10.1.2.3", "198.51.100.7", true), ("192.0.2.1", "192.0.2.1", false)] {
        let answer = login(peer).send().await;
        assert_eq!(answer.header("x-request-id") == Some("from-the-proxy-1"), is_kept);
        let access = answer.body["access_token"].as_str().unwrap();
        let sessions = world.get("/users/me/sessions").bearer(access).send().await.body["sessions"].clone();
        let current = sessions.as_array().unwrap().iter().find(|session| session["current"] == true).unwrap();
        assert_eq!(current["ip"], address);
    }
    for strange in ["short", "with space in it", "line\tbreak", &"x".repeat(65)] {
        let call = world.get("/healthz").from("10.1.2.3").header("x-request-id", strange);
        assert_ne!(call.send().await.header("x-request-id"), Some(strange));
    }
}

#[tokio::test]
async fn v35_a_guesser_cannot_choose_the_address_they_are_counted_by() {
    let world = World::new().await;
    let mut last = 0;
    for i in 0..60 {
        let body = json!({"username": format!("user-{i}"), "password": "a wrong password"});
        let call = world.post("/auth/login", &body).header("x-forwarded-for", format!("198.51.100.{i}"));
        last = call.send().await.status;
    }
    assert_eq!(last, 429);
}

#[tokio::test]
async fn request_ids_are_never_the_same() {
    let world = World::new().await;
    let mut ids = std::collections::BTreeSet::new();
    for _ in 0..1000 {
        let answer = world.get("/healthz").send().await;
        ids.insert(answer.header("x-request-id").unwrap().to_owned());
    }
    assert_eq!(ids.len(), 1000);
    assert!(ids.iter().all(|id| id.len() == 16));
}

#[tokio::test]
async fn a_method_that_is_not_there_is_405_and_names_those_that_are() {
    let world = World::new().await;
    for (path, methods) in OPENAPI["paths"].as_object().unwrap() {
        let path = path.replace("{session_id}", "x");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"] {
            if methods.get(method.to_ascii_lowercase()).is_some() {
                continue;
            }
            let answer = world.call(method, &path).send().await;
            let is_of_oauth = answer.header("content-type") == Some("application/json");
            assert_eq!(
                (answer.status, is_of_oauth),
                (405, answer.body["error"] == "invalid_request"),
                "{path}"
            );
            if !is_of_oauth {
                answer.is_problem(405, "method_not_allowed");
            }
            let mut allowed: Vec<_> = answer.header("allow").unwrap().split(',').collect();
            allowed.retain(|allowed| *allowed != "HEAD");
            allowed.sort_unstable();
            let mut documented: Vec<_> =
                methods.as_object().unwrap().keys().map(|m| m.to_uppercase()).collect();
            documented.sort();
            assert_eq!(allowed, documented, "{path}");
        }
    }
}
