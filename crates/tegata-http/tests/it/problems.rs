//! Every problem has one look, and every code has been seen.

use std::collections::BTreeMap;

use axum::Router;
use axum::routing::get;
use serde_json::{Value, json};
use tegata_http::closed_router;

use crate::oauth::refused_for_its_nonce;
use crate::schema::OPENAPI;
use crate::world::{Answer, FullHasher, PASSWORD, World, pending_body};

#[tokio::test(start_paused = true)]
async fn every_code_has_one_status_and_one_text() {
    let world = World::with(|plan| {
        let slow = || async {
            tokio::time::sleep(std::time::Duration::from_mins(1)).await;
            "late"
        };
        plan.web = Some(Router::new().route("/slow", get(slow)));
    })
    .await;
    let tokens = world.join("alice").await;
    let login = |password: &str| json!({"username": "alice", "password": password});
    let mut seen = BTreeMap::new();
    let mut note = |answer: Answer| {
        let mut problem = answer.without_request_id();
        let code = answer.code().to_owned();
        for name in ["www-authenticate", "retry-after", "allow"] {
            if let Some(value) = answer.header(name) {
                problem[format!("({name})")] = json!(value);
            }
        }
        seen.insert(code, problem);
    };
    note(world.post("/auth/login", &json!({"username": 1, "password": "x", "x": 1})).send().await);
    note(world.call("POST", "/auth/login").header("content-type", "application/json").raw("{").send().await);
    note(world.get("/users/me").bearer("a").bearer("b").send().await);
    note(world.post("/auth/login", &login("wrong")).send().await);
    note(world.refresh("tgr_garbage").await);
    note(world.get("/users/me").bearer("garbage").send().await);
    note(world.get("/users/me").send().await);
    note(world.get("/users").bearer(&tokens.access).send().await);
    note(world.post("/auth/login", &login("x")).header("origin", "null").send().await);
    let browser = world.browser();
    browser.login("alice").await;
    note(browser.bare("POST", "/auth/refresh").send().await);
    let delete = world.call("DELETE", "/users/me").bearer(&tokens.access).json(&json!({"password": "wrong"}));
    note(delete.send().await);
    note(world.get("/auth/nothing").send().await);
    note(world.through(closed_router(&world.state)).get("/").send().await);
    note(world.call("DELETE", "/auth/login").send().await);
    note(world.post("/auth/signup", &login(PASSWORD)).send().await);
    note(world.post("/auth/login", &login(&"x".repeat(20_000))).send().await);
    note(world.get(&format!("/{}", "x".repeat(3000))).send().await);
    note(world.call("POST", "/auth/login").raw("{}").send().await);
    note(world.get("/healthz").header("x-long", "x".repeat(20_000)).send().await);
    for _ in 0..7 {
        let body = json!({"username": "nobody", "password": "wrong"});
        let answer = world.post("/auth/login", &body).send().await;
        if answer.status == 429 {
            note(answer);
        }
    }
    let call = world.call("POST", "/auth/login").header("content-type", "application/json");
    note(call.raw(pending_body()).send().await);
    note(world.get("/slow").send().await);
    let closed = World::with(|plan| plan.rules.signup_enabled = false).await;
    note(closed.post("/auth/signup", &login(PASSWORD)).send().await);
    let full = World::with(|plan| plan.hasher = std::sync::Arc::new(FullHasher)).await;
    note(full.post("/auth/login", &login(PASSWORD)).send().await);
    note(refused_for_its_nonce().await);
    world.store.set_corrupt(true);
    note(world.get("/users/me").bearer(&tokens.access).send().await);
    insta::assert_json_snapshot!("problems", seen);
    let codes = &OPENAPI["components"]["schemas"]["Problem"]["properties"]["code"]["enum"];
    let documented: Vec<_> = codes.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(seen.len(), documented.len());
    assert!(documented.iter().all(|code| seen.contains_key(*code)));
}

#[tokio::test]
async fn r68_a_fault_tells_the_caller_nothing_of_its_cause() {
    let world = World::new().await;
    let tokens = world.join("alice").await;
    world.store.set_corrupt(true);
    let corrupt = world.get("/users/me").bearer(&tokens.access).send().await;
    corrupt.is_problem(500, "internal_error");
    world.store.set_corrupt(false);
    world.store.set_down(true);
    let down = world.get("/users/me").bearer(&tokens.access).send().await;
    for answer in [corrupt, down] {
        let text = String::from_utf8_lossy(&answer.bytes).into_owned();
        assert!(!text.contains("disk") && !text.contains("row") && !text.contains("store"), "{text}");
    }
}
