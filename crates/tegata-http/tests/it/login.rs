//! `POST /auth/login`

use std::sync::Arc;

use serde_json::json;
use tegata_core::provider::RequestContext;
use tegata_core::user::UserStatus;
use tegata_password::{Argon2Hasher, Argon2Params, Argon2Settings};

use crate::world::{PASSWORD, Tokens, World};

#[tokio::test]
async fn r58_with_the_real_hash_a_user_logs_in_and_a_guess_does_not() {
    let world = World::with(|plan| {
        // The cheapest parameters that are accepted.
        let params = Argon2Params::new(7168, 5, 1).unwrap();
        let settings = Argon2Settings { params, ..Argon2Settings::default() };
        plan.hasher = Arc::new(Argon2Hasher::new(settings, Arc::new(tegata_http::SystemEntropy)).unwrap());
    })
    .await;
    world.join("alice").await;
    let user = world.provider.find_user("alice").await.unwrap();
    assert!(user.credential.password_hash.as_phc().starts_with("$argon2id$"));
    let wrong = json!({"username": "alice", "password": "correct horse battery stapler"});
    world.post("/auth/login", &wrong).send().await.is_problem(401, "invalid_credentials");
}

#[tokio::test]
async fn r60_unknown_closed_and_wrong_get_one_and_the_same_answer() {
    for world in World::over_each_store().await {
        world.sign_up("alice").await;
        world.sign_up("closed").await;
        let closed = world.provider.find_user("closed").await.unwrap();
        let ctx = RequestContext { now: world.now(), address: None, user_agent: None, device_token: None };
        world.provider.set_status(&closed, UserStatus::Disabled, &ctx).await.unwrap();
        let mut answers = Vec::new();
        let longest = "x".repeat(3000);
        for (username, password) in [
            ("alice", "a wrong password"),
            ("closed", PASSWORD),
            ("closed", "a wrong password"),
            ("nobody", PASSWORD),
            ("no body", PASSWORD),
            ("nobody@mail.example", PASSWORD),
            ("a@b@c", PASSWORD),
            (&longest, PASSWORD),
        ] {
            let answer =
                world.post("/auth/login", &json!({"username": username, "password": password})).send().await;
            answer.is_problem(401, "invalid_credentials");
            let mut headers = answer.headers.clone();
            headers.remove("x-request-id");
            answers.push((answer.without_request_id(), answer.bytes.len(), format!("{headers:?}")));
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    }
}

#[tokio::test]
async fn r60_too_many_attempts_look_alike_for_known_and_unknown() {
    for world in World::over_each_store().await {
        world.sign_up("alice").await;
        let mut seen = Vec::new();
        for username in ["alice", "nobody"] {
            let body = json!({"username": username, "password": "a wrong password"});
            let mut statuses = Vec::new();
            for _ in 0..8 {
                statuses.push(world.post("/auth/login", &body).send().await.status);
            }
            let last = world.post("/auth/login", &body).send().await;
            last.is_problem(429, "too_many_attempts");
            seen.push((statuses, last.without_request_id(), last.header("retry-after").map(str::to_owned)));
        }
        assert_eq!(seen[0], seen[1]);
    }
}

#[tokio::test]
async fn r59_delays_grow_and_pass() {
    for world in World::over_each_store().await {
        world.sign_up("alice").await;
        let wrong = json!({"username": "alice", "password": "a wrong password"});
        let mut waits = Vec::new();
        for _ in 0..3 {
            loop {
                let answer = world.post("/auth/login", &wrong).send().await;
                if answer.status == 429 {
                    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
                    waits.push(wait);
                    world.pass(wait);
                    break;
                }
            }
        }
        assert_eq!(waits, [1, 2, 4]);
        // Waiting is enough: nobody is locked out for good.
        world.login("alice").await;
    }
}

#[tokio::test]
async fn v25_parallel_guesses_do_not_beat_the_counter() {
    for world in World::over_each_store().await {
        world.sign_up("alice").await;
        let world = Arc::new(world);
        let guesses = (0..50).map(|i| {
            let world = Arc::clone(&world);
            tokio::spawn(async move {
                let body = json!({"username": "alice", "password": format!("wrong password {i}")});
                world.post("/auth/login", &body).send().await.status
            })
        });
        let mut looked_at = 0;
        for guess in guesses.collect::<Vec<_>>() {
            looked_at += usize::from(guess.await.unwrap() == 401);
        }
        assert!((5..=6).contains(&looked_at), "{looked_at} of 50 guesses were looked at");
    }
}

#[tokio::test]
async fn v31_one_account_is_counted_once_whatever_name_is_typed() {
    for world in World::over_each_store().await {
        world.sign_up("alice").await;
        for username in ["alice", "Alice", "ALICE", "aLiCe", "alicE", "alIce"] {
            let body = json!({"username": username, "password": "a wrong password"});
            world.post("/auth/login", &body).send().await.is_problem(401, "invalid_credentials");
        }
        let body = json!({"username": "ALIce", "password": PASSWORD});
        world.post("/auth/login", &body).send().await.is_problem(429, "too_many_attempts");
    }
}

#[tokio::test]
async fn v24_a_strangers_failures_do_not_lock_out_a_known_device() {
    for world in World::over_each_store().await {
        world.sign_up("alice").await;
        let browser = world.browser();
        browser.login("alice").await;
        browser.send(browser.page("POST", "/auth/logout")).await;
        let wrong = json!({"username": "alice", "password": "a wrong password"});
        for _ in 0..30 {
            world.post("/auth/login", &wrong).from("198.51.100.7").send().await;
        }
        let body = json!({"username": "alice", "password": PASSWORD});
        world.post("/auth/login", &body).send().await.is_problem(429, "too_many_attempts");
        browser.login("alice").await;
    }
}

#[tokio::test]
async fn r49_each_login_begins_a_session_of_its_own() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let browser = world.browser();
    let (mut refresh, mut sessions) = (Vec::new(), Vec::new());
    let user = world.provider.find_user("alice").await.unwrap();
    for _ in 0..3 {
        browser.login("alice").await;
        refresh.push(browser.cookie("tegata_refresh").unwrap());
        let stored = world.provider.store().list_sessions(user.user_id).await.unwrap();
        sessions.extend(stored.into_iter().map(|session| session.session_id));
    }
    refresh.sort();
    refresh.dedup();
    assert_eq!(refresh.len(), 3);
    assert_eq!(sessions.len(), 3, "each has replaced the one before it");
    sessions.sort();
    sessions.dedup();
    assert_eq!(sessions.len(), 3);
}

#[tokio::test]
async fn v10_the_next_user_of_a_browser_gets_nothing_of_the_one_before() {
    let world = World::new().await;
    world.sign_up("alice").await;
    world.sign_up("bobby").await;
    let browser = world.browser();
    browser.login("alice").await;
    let of_alice = browser.cookie("tegata_refresh").unwrap();
    let logged_in = browser.login("bobby").await;
    assert_ne!(browser.cookie("tegata_refresh").unwrap(), of_alice);
    let access = Tokens::of(&logged_in).access;
    let sessions = world.get("/users/me/sessions").bearer(&access).send().await;
    assert_eq!(sessions.body["sessions"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn r46_a_strangers_page_cannot_log_its_visitor_in() {
    let world = World::new().await;
    world.sign_up("mallory").await;
    let cookie = json!({"username": "mallory", "password": PASSWORD});
    let body = json!({"username": "mallory", "password": PASSWORD, "token_delivery": "body"});
    for (name, value) in
        [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")]
    {
        let refused = world.post("/auth/login", &cookie).header(name, value).send().await;
        refused.is_problem(403, "origin_refused");
        assert!(refused.set_cookies().is_empty());
        // Nothing of the answer stays in the browser, so nobody is logged in by it.
        assert_eq!(world.post("/auth/login", &body).header(name, value).send().await.status, 200);
        let new = json!({"username": "another", "password": PASSWORD});
        world.post("/auth/signup", &new).header(name, value).send().await.is_problem(403, "origin_refused");
    }
}

#[tokio::test]
async fn an_unknown_way_of_delivery_is_refused() {
    let world = World::new().await;
    let body = json!({"username": "alice", "password": PASSWORD, "token_delivery": "query"});
    let answer = world.post("/auth/login", &body).send().await;
    assert_eq!(answer.fields(), [("token_delivery".to_owned(), "invalid".to_owned())]);
}

#[tokio::test]
async fn v10_a_login_ends_the_session_that_the_browser_had() {
    for world in World::over_each_store().await {
        world.sign_up("alice").await;
        world.sign_up("bob").await;
        let elsewhere = world.login("alice").await;
        let browser = world.browser();
        browser.login("alice").await;
        let replaced = browser.cookie("tegata_refresh").unwrap();
        browser.login("bob").await;
        world.refresh(&replaced).await.is_problem(401, "invalid_grant");
        assert_eq!(world.audit.replays(), 0, "nobody stole anything");
        assert_eq!(browser.refresh().await.status, 200);
        assert_eq!(world.refresh(&elsewhere.refresh).await.status, 200, "no other session of hers");

        // A login that is refused changes nothing, and one without cookies has none to replace.
        let wrong = json!({"username": "alice", "password": "a wrong password"});
        browser.send(browser.page("POST", "/auth/login").json(&wrong)).await;
        let body = json!({"username": "alice", "password": PASSWORD, "token_delivery": "body"});
        assert_eq!(browser.send(browser.page("POST", "/auth/login").json(&body)).await.status, 200);
        assert_eq!(browser.refresh().await.status, 200);
    }
}
