//! `GET /api/protected`: access tokens, and what is none.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::world::{Tokens, World};

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn decode(segment: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(segment).unwrap()).unwrap()
}

/// A token of ours with its header and payload changed, and the signature left as it was.
fn changed(token: &str, header: impl FnOnce(&mut Value), payload: impl FnOnce(&mut Value)) -> String {
    let parts: Vec<_> = token.split('.').collect();
    let (mut h, mut p) = (decode(parts[0]), decode(parts[1]));
    header(&mut h);
    payload(&mut p);
    format!("{}.{}.{}", encode(&h), encode(&p), parts[2])
}

#[tokio::test]
async fn a_request_without_a_token_is_told_what_is_missing() {
    let world = World::new().await;
    for path in ["/api/protected", "/users/me", "/users/me/sessions", "/users"] {
        let answer = world.get(path).send().await;
        answer.is_problem(401, "missing_token");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"tegata\""));
    }
    let basic = world.get("/api/protected").header("authorization", "Basic YTpi").send().await;
    basic.is_problem(401, "missing_token");
}

#[tokio::test]
async fn the_scheme_is_compared_without_case() {
    let world = World::new().await;
    let access = world.join("alice").await.access;
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let call = world.get("/api/protected").header("authorization", format!("{scheme} {access}"));
        let answer = call.send().await;
        assert_eq!((answer.status, &answer.body["user"]["username"]), (200, &json!("alice")));
    }
}

#[tokio::test]
async fn v48_a_malformed_header_is_refused_and_never_a_fault() {
    let world = World::new().await;
    let access = world.join("alice").await.access;
    for bad in [
        &b"Bearer"[..],
        b"Bearer ",
        b"Bearer  \xff\xfe",
        b"Bearer a b",
        b"Bearer .",
        b"Bearer ..",
        b"Bearer ....",
        b"Bearer =",
        b"Bearer null",
        b"\xe3\x81\x82",
    ] {
        let answer = world.get("/api/protected").header("authorization", bad).send().await;
        assert_eq!(answer.status, 401, "{}", answer.body);
    }
    let twice = world.get("/api/protected").bearer(&access).bearer(&access).send().await;
    twice.is_problem(400, "duplicate_header");
    // RFC 6750 §2.2, §2.3: neither a body nor a query carries a token here.
    world.get(&format!("/api/protected?access_token={access}")).send().await.is_problem(401, "missing_token");
}

#[tokio::test]
async fn an_expired_token_is_refused_also_when_it_was_seen_before() {
    let world = World::new().await;
    let access = world.join("alice").await.access;
    let get = || world.get("/api/protected").bearer(&access).send();
    assert_eq!(get().await.status, 200);
    world.pass(899);
    assert_eq!(get().await.status, 200);
    world.pass(1);
    let expired = get().await;
    expired.is_problem(401, "invalid_token");
    assert_eq!(expired.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
}

#[tokio::test]
async fn v54_a_wrong_typed_time_is_no_missing_time() {
    let world = World::new().await;
    let access = world.join("alice").await.access;
    for claim in ["exp", "nbf", "iat"] {
        for value in [json!("9999999999"), json!(null), json!([]), json!({}), json!(true), json!(1e30)] {
            let forged = changed(&access, |_| {}, |payload| payload[claim] = value.clone());
            world.get("/api/protected").bearer(&forged).send().await.is_problem(401, "invalid_token");
        }
    }
}

#[tokio::test]
async fn v55_no_key_and_no_algorithm_comes_from_the_token() {
    let world = World::new().await;
    let access = world.join("alice").await.access;
    for (name, value) in [
        ("alg", json!("none")),
        ("alg", json!("HS256")),
        ("jwk", json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"})),
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5u", json!("https://evil.example/cert")),
        ("kid", json!("../../dev/null")),
        ("crit", json!(["exp"])),
        ("typ", json!("JWT")),
    ] {
        let forged = changed(&access, |header| header[name] = value.clone(), |_| {});
        world.get("/api/protected").bearer(&forged).send().await.is_problem(401, "invalid_token");
    }
    let unsigned = changed(&access, |header| header["alg"] = json!("none"), |_| {});
    let unsigned = format!("{}.", unsigned.rsplit_once('.').unwrap().0);
    world.get("/api/protected").bearer(&unsigned).send().await.is_problem(401, "invalid_token");
}

#[tokio::test]
async fn v56_a_huge_token_is_refused_unread() {
    let world = World::new().await;
    let huge = "a".repeat(12_000);
    for token in [huge.clone(), format!("{huge}.{huge}"), format!("a.{huge}.a")] {
        let answer = world.get("/api/protected").bearer(&token).send().await;
        assert!(matches!(answer.status, 401 | 431), "{}", answer.body);
    }
}

#[tokio::test]
async fn r16_an_id_token_is_no_access_token() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let logged_in = world.browser().login("alice").await;
    let id_token = logged_in.body["id_token"].as_str().unwrap();
    world.get("/api/protected").bearer(id_token).send().await.is_problem(401, "invalid_token");
}

#[tokio::test]
async fn r20_a_token_of_another_issuer_is_refused() {
    let (world, other) = (
        World::new().await,
        World::with(|plan| {
            plan.rules.issuer = "https://other.example".to_owned();
        })
        .await,
    );
    world.sign_up("alice").await;
    let foreign = other.join("alice").await.access;
    world.get("/api/protected").bearer(&foreign).send().await.is_problem(401, "invalid_token");
    let own = Tokens::of(&world.browser().login("alice").await).access;
    assert_eq!(world.get("/api/protected").bearer(&own).send().await.status, 200);
}

#[tokio::test]
async fn r22_a_key_that_another_process_replaced_at_once_is_known_with_its_first_token() {
    for world in World::over_each_store().await {
        world.sign_up("alice").await;
        let other = world.beside().await;
        other.provider.rotate_keys(true, world.now()).await.unwrap();
        let access = other.login("alice").await.access;
        assert_eq!(world.get("/api/protected").bearer(&access).send().await.status, 200);
        // An outage makes no key known, and none unknown.
        other.provider.rotate_keys(true, world.now()).await.unwrap();
        let next = other.login("alice").await.access;
        world.pass(10);
        world.store.set_down(true);
        world.get("/api/protected").bearer(&next).send().await.is_problem(401, "invalid_token");
        assert_eq!(world.get("/api/protected").bearer(&access).send().await.status, 200);
        world.store.set_down(false);
        world.pass(10);
        assert_eq!(world.get("/api/protected").bearer(&next).send().await.status, 200);
    }
}
