//! `POST /auth/signup`

use axum::http::header::HOST;
use serde_json::json;

use crate::world::{FullHasher, PASSWORD, World};

#[tokio::test]
async fn an_account_is_made_once() {
    for world in World::over_each_store().await {
        world.sign_up("alice").await;
        for name in ["alice", "ALICE"] {
            let again =
                world.post("/auth/signup", &json!({"username": name, "password": PASSWORD})).send().await;
            again.is_problem(409, "username_taken");
        }
    }
}

#[tokio::test]
async fn all_bad_fields_are_named_at_once() {
    let world = World::new().await;
    let bad = json!({"username": "alice", "email": "no address", "password": "short"});
    let answer = world.post("/auth/signup", &bad).send().await;
    answer.is_problem(400, "validation_failed");
    assert_eq!(answer.fields(), [("email", "invalid"), ("password", "too_short")].map(owned));
    // A password is judged once the name is known that it must not contain.
    let bad = json!({"username": "a", "email": "no address", "password": ""});
    let answer = world.post("/auth/signup", &bad).send().await;
    let expected = [("email", "invalid"), ("password", "required"), ("username", "too_short")];
    assert_eq!(answer.fields(), expected.map(owned));
    let empty = world.post("/auth/signup", &json!({})).send().await;
    assert_eq!(empty.fields(), [("password", "required"), ("username", "required")].map(owned));
    let shape = json!({"username": 1, "email": ["a"], "password": {"a": 1}, "role": "admin"});
    let answer = world.post("/auth/signup", &shape).send().await;
    let expected = [
        ("email", "wrong_type"),
        ("password", "wrong_type"),
        ("role", "unknown_member"),
        ("username", "wrong_type"),
    ];
    assert_eq!(answer.fields(), expected.map(owned));
}

fn owned((field, code): (&str, &str)) -> (String, String) {
    (field.to_owned(), code.to_owned())
}

#[tokio::test]
async fn r57_a_common_password_and_one_with_the_own_name_are_refused() {
    let world = World::new().await;
    for (password, code) in [("password password", "blocked"), ("my name is alice!", "contains_username")] {
        let answer =
            world.post("/auth/signup", &json!({"username": "alice", "password": password})).send().await;
        assert_eq!(answer.fields(), [owned(("password", code))]);
    }
}

#[tokio::test]
async fn r56_the_whole_password_counts_with_every_character() {
    let world = World::new().await;
    let long = format!("{}\0é", "x0".repeat(200));
    let request = |password: &str| json!({"username": "alice", "password": password});
    assert_eq!(world.post("/auth/signup", &request(&long)).send().await.status, 201);
    // The same text in the other normal form is the same password; without its end it is another.
    let decomposed = long.replace('é', "e\u{301}");
    assert_eq!(world.post("/auth/login", &request(&decomposed)).send().await.status, 200);
    let cut = &long[..100];
    world.post("/auth/login", &request(cut)).send().await.is_problem(401, "invalid_credentials");
    let too_long = world.post("/auth/signup", &request(&"x".repeat(1025))).send().await;
    assert_eq!(too_long.fields(), [owned(("password", "too_long"))]);
}

#[tokio::test]
async fn v47_an_address_that_a_normal_form_would_change_is_refused() {
    let world = World::new().await;
    for email in
        ["a＠mail.example", "a@mail．example", "ａ@mail.example", "a@b@mail.example", "a@mail.example\0"]
    {
        let new = json!({"username": "alice", "email": email, "password": PASSWORD});
        let answer = world.post("/auth/signup", &new).send().await;
        assert_eq!(answer.fields(), [owned(("email", "invalid"))], "{email}");
    }
}

#[tokio::test]
async fn r60_an_address_that_is_known_is_not_told() {
    for world in World::over_each_store().await {
        let request = |name: &str| json!({"username": name, "email": "a@mail.example", "password": PASSWORD});
        let first = world.post("/auth/signup", &request("alice")).send().await;
        let second = world.post("/auth/signup", &request("bobby")).send().await;
        assert_eq!((first.status, second.status), (201, 201));
        assert_eq!(first.body["user"]["email"], second.body["user"]["email"]);
    }
}

#[tokio::test]
async fn r66_an_address_logs_in_only_once_it_is_proved() {
    for world in World::over_each_store().await {
        let new = json!({"username": "alice", "email": "Alice@Mail.example", "password": PASSWORD});
        assert_eq!(world.post("/auth/signup", &new).send().await.body["user"]["email_verified"], false);
        let login = json!({"username": "alice@mail.EXAMPLE", "password": PASSWORD});
        world.post("/auth/login", &login).send().await.is_problem(401, "invalid_credentials");
        let user = world.provider.find_user("alice").await.unwrap();
        world.provider.store().verify_email(user.user_id, "alice@mail.example").await.unwrap();
        assert_eq!(world.post("/auth/login", &login).send().await.status, 200);
    }
}

#[tokio::test]
async fn a_closed_door_is_said_to_be_closed() {
    let world = World::with(|plan| plan.rules.signup_enabled = false).await;
    let answer = world.post("/auth/signup", &json!({"username": "alice", "password": PASSWORD})).send().await;
    answer.is_problem(403, "signup_disabled");
    assert_eq!(world.get("/auth/config").send().await.body["signup_enabled"], false);
}

#[tokio::test]
async fn r76_sign_ups_from_one_address_are_slowed_down() {
    let world = World::new().await;
    let mut last = 0;
    for i in 0..22 {
        let new = json!({"username": format!("user-{i}"), "password": PASSWORD});
        last = world.post("/auth/signup", &new).send().await.status;
    }
    assert_eq!(last, 429);
    let new = json!({"username": "somebody", "password": PASSWORD});
    assert_eq!(world.post("/auth/signup", &new).from("192.0.2.2").send().await.status, 201);
}

#[tokio::test]
async fn a_full_queue_is_503_and_says_when_to_come_back() {
    let world = World::with(|plan| plan.hasher = std::sync::Arc::new(FullHasher)).await;
    let body = json!({"username": "alice", "password": PASSWORD});
    for path in ["/auth/signup", "/auth/login"] {
        let answer = world.post(path, &body).send().await;
        answer.is_problem(503, "overloaded");
        assert_eq!(answer.header("retry-after"), Some("2"));
    }
}

#[tokio::test]
async fn v52_the_host_header_decides_nothing() {
    let world = World::new().await;
    for path in ["/.well-known/openid-configuration", "/auth/config"] {
        let plain = world.get(path).send().await;
        let call =
            world.get(path).header(HOST.as_str(), "evil.example").header("x-forwarded-host", "evil.example");
        assert_eq!(plain.body, call.send().await.body);
        assert_eq!(plain.body["issuer"], "https://id.example");
    }
}
