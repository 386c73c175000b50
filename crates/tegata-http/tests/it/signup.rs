//! `POST /auth/signup`

use axum::http::header::HOST;
use serde_json::json;
use tegata_core::client::{AuthMethod, GrantType};
use tegata_core::settings::RegistrationMode;

use crate::oauth::{CALLBACK, RelyingParty, claims, parameter};
use crate::schema::OPENAPI;
use crate::world::{Call, FullHasher, ISSUER, PASSWORD, World};

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
async fn v26_no_answer_waits_for_a_mail() {
    // There is none: no endpoint resets a password or sends anything, and an address is taken without a word to anybody.
    let world = World::new().await;
    let new = json!({"username": "alice", "email": "a@mail.example", "password": PASSWORD});
    assert_eq!(world.post("/auth/signup", &new).send().await.status, 201);
    for path in ["/auth/forgot", "/auth/reset", "/auth/password/reset", "/auth/verify", "/auth/resend"] {
        for email in ["a@mail.example", "nobody@mail.example"] {
            world.post(path, &json!({"email": email})).send().await.is_problem(404, "not_found");
        }
    }
    let paths = OPENAPI["paths"].as_object().unwrap();
    assert!(
        !paths.keys().any(|path| ["reset", "forgot", "verif", "mail"].iter().any(|word| path.contains(word)))
    );
}

#[tokio::test]
async fn v44_no_account_is_linked_with_one_elsewhere() {
    let world = World::new().await;
    let access = world.join("alice").await.access;
    for path in ["/auth/callback", "/auth/link", "/auth/login/google", "/users/me/accounts", "/users/me/link"]
    {
        let body = json!({"provider": "google", "id_token": access});
        world.post(path, &body).bearer(&access).send().await.is_problem(404, "not_found");
    }
    for member in ["provider", "id_token", "provider_id"] {
        let mut body = json!({"username": "alice", "password": PASSWORD});
        body[member] = json!("x");
        for path in ["/auth/login", "/auth/signup"] {
            let answer = world.post(path, &body).send().await;
            assert_eq!(answer.fields(), [owned((member, "unknown_member"))], "{path}");
        }
    }
}

/// A request that says in every way that it was sent to somebody else.
fn disguised(call: Call<'_>) -> Call<'_> {
    let headers = [
        (HOST.as_str(), "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-prefix", "/evil"),
        ("x-original-host", "evil.example"),
        ("forwarded", "for=192.0.2.9;host=evil.example;proto=http"),
    ];
    headers.into_iter().fold(call, |call, (name, value)| call.header(name, value))
}

#[tokio::test]
async fn v52_no_header_says_who_we_are() {
    let world = World::with(|plan| plan.rules.oauth.registration = RegistrationMode::Open).await;
    world.sign_up("alice").await;
    let tv = RelyingParty::with(&world, "tv", |client| {
        client.metadata.grant_types = GrantType::ALL.to_vec();
        client.metadata.token_endpoint_auth_method = AuthMethod::ClientSecretPost;
    })
    .await;
    let form = |path: &str, body: String| {
        let call = world.call("POST", path).header("content-type", "application/x-www-form-urlencoded");
        disguised(call.header("sec-fetch-site", "same-origin")).raw(body)
    };

    for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"] {
        assert_eq!(world.get(path).send().await.body, disguised(world.get(path)).send().await.body);
    }
    let secret = format!("client_id=tv&client_secret={}", tv.secret);
    let device = form("/oauth2/device_authorization", secret.clone()).send().await.body;
    let registered =
        disguised(world.post("/oauth2/register", &json!({"redirect_uris": [CALLBACK]}))).send().await;
    for (answer, name) in [
        (&device, "verification_uri"),
        (&device, "verification_uri_complete"),
        (&registered.body, "registration_client_uri"),
    ] {
        let link = answer[name].as_str().unwrap_or_else(|| panic!("no {name}: {answer}"));
        assert!(link.starts_with(&format!("{ISSUER}/oauth2/")), "{link}");
    }
    let tokens = form("/oauth2/token", format!("grant_type=client_credentials&{secret}")).send().await.body;
    assert_eq!(claims(&tokens["access_token"])["iss"], ISSUER);

    // Where browsers are sent: on, as a path; and to the client, with our name.
    let browser = world.browser();
    let begun = browser.send(disguised(browser.bare("GET", &tv.request(&[])))).await;
    assert!(begun.header("location").unwrap().starts_with("/oauth2/"), "{:?}", begun.headers);
    let silent = disguised(browser.bare("GET", &tv.request(&[("prompt", "none")])));
    let mut answer = browser.send(silent).await;
    while let Some(next) = answer.header("location").filter(|next| next.starts_with('/')).map(str::to_owned) {
        answer = browser.send(disguised(browser.bare("GET", &next))).await;
    }
    assert!(answer.header("location").unwrap().starts_with(CALLBACK));
    assert_eq!(parameter(&answer, "iss"), ISSUER);
    for answer in [&begun, &answer, &registered] {
        assert!(!format!("{:?}{}", answer.headers, answer.body).contains("evil"), "{:?}", answer.headers);
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
