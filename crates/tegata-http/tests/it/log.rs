//! The log: what it must have, and what it must never have.

use std::cell::RefCell;
use std::io::{self, Write};
use std::sync::{Mutex, Once};

use serde_json::{Value, json};
use tegata_core::client::{AuthMethod, ClientMetadata, GrantType};
use tegata_core::provider::RequestContext;
use tracing::Level;

use crate::world::{PASSWORD, Tokens, World};

/// Every line of every thread, since stores have threads of their own.
static ALL: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static SUBSCRIBER: Once = Once::new();

thread_local! {
    /// The lines of this thread alone, which is where a test serves its requests.
    static OWN: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

#[derive(Clone, Copy)]
struct Lines;

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        ALL.lock().unwrap().extend_from_slice(bytes);
        OWN.with_borrow_mut(|own| own.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Begins to keep what is logged, at every level. One subscriber for the whole process: scoped ones switch off each
/// other's call sites.
fn capture() {
    SUBSCRIBER.call_once(|| {
        let subscriber =
            tracing_subscriber::fmt().json().with_max_level(Level::TRACE).with_writer(|| Lines).finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
    OWN.take();
}

/// The lines of this thread since [`capture`], at this level or a graver one.
fn own_lines(level: Level) -> Vec<Value> {
    let text = String::from_utf8(OWN.take()).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["level"].as_str().unwrap().parse::<Level>().unwrap() <= level).collect()
}

#[tokio::test]
async fn r68_the_log_of_the_whole_story_holds_no_secret_at_any_level() {
    capture();
    let mut secrets =
        vec![PASSWORD.to_owned(), "another long passphrase".to_owned(), "wrong guess of mine".to_owned()];
    for world in World::over_each_store().await {
        let new = json!({"username": "alice", "email": "private@mail.example", "password": PASSWORD});
        world.post("/auth/signup", &new).send().await;
        let browser = world.browser();
        let mut access = Tokens::of(&browser.login("alice").await).access;
        for _ in 0..3 {
            secrets.extend(browser.cookies.lock().unwrap().values().cloned());
            secrets.push(access.clone());
            let refreshed = browser.refresh().await;
            secrets.push(refreshed.body["id_token"].as_str().unwrap().to_owned());
            access = Tokens::of(&refreshed).access;
        }
        let in_body = world.login("alice").await;
        secrets.extend([in_body.access.clone(), in_body.refresh.clone()]);
        world.refresh(&in_body.refresh).await;
        world.pass(60);
        world.refresh(&in_body.refresh).await.is_problem(401, "invalid_grant");
        let wrong = json!({"username": "private@mail.example", "password": "wrong guess of mine"});
        world.post("/auth/login", &wrong).send().await;
        let query = world.get("/users?cursor=secret-of-a-query").bearer(&access).send().await;
        assert!(query.status >= 400);
        world.get(&format!("/api/protected?access_token={access}")).send().await;
        world.get("/api/protected").bearer(&format!("{access}x")).send().await;
        let patch = json!({"email": "other-private@mail.example", "current_password": PASSWORD});
        world.call("PATCH", "/users/me").bearer(&access).json(&patch).send().await;
        let change = json!({"current_password": PASSWORD, "new_password": "another long passphrase"});
        world.post("/users/me/password", &change).bearer(&access).send().await;
        world
            .call("POST", "/auth/login")
            .header("content-type", "application/json")
            .raw("{\"password\": \"half a secr")
            .send()
            .await;
        world.store.set_down(true);
        browser.refresh().await.is_problem(503, "temporarily_unavailable");
        world.store.set_down(false);
        browser.send(browser.page("POST", "/auth/logout")).await;
    }
    secrets.extend(["private@mail.example", "secret-of-a-query", "half a secr"].map(str::to_owned));
    let text = String::from_utf8_lossy(&ALL.lock().unwrap()).into_owned();
    assert!(text.contains("/auth/login") && text.contains("\"level\":\"DEBUG\""), "the log was captured");
    for secret in secrets {
        assert!(secret.len() > 8);
        assert!(!text.contains(&secret), "{secret}");
        // Neither whole nor its telling part.
        let tail = secret.get(secret.len().saturating_sub(24)..).unwrap_or(&secret);
        assert!(!text.contains(tail), "{tail}");
    }
}

#[tokio::test]
async fn a_request_is_one_line_by_the_template_of_its_route() {
    let world = World::new().await;
    let access = world.join("alice").await.access;
    capture();
    let answer = world.call("DELETE", "/users/me/sessions/whatever").bearer(&access).send().await;
    let lines = own_lines(Level::TRACE);
    let requests: Vec<_> = lines.iter().filter(|line| line["fields"]["message"] == "request").collect();
    assert_eq!(requests.len(), 1, "{lines:?}");
    let fields = &requests[0]["fields"];
    assert_eq!(fields["route"], "/users/me/sessions/{session_id}");
    assert_eq!((&fields["method"], &fields["status"]), (&json!("DELETE"), &json!(404)));
    assert_eq!(fields["request_id"], answer.header("x-request-id").unwrap());
    assert!(!Value::from(lines).to_string().contains("whatever"));
}

#[tokio::test]
async fn a_fault_is_logged_once_with_its_cause() {
    let world = World::new().await;
    let tokens = world.join("alice").await;
    capture();
    world.store.set_down(true);
    let answer = world.refresh(&tokens.refresh).await;
    let lines = own_lines(Level::INFO);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["level"], "ERROR");
    assert_eq!(lines[0]["fields"]["error"], "the store is not available: the disk is gone");
    assert_eq!(lines[0]["fields"]["request_id"], answer.header("x-request-id").unwrap());
}

#[tokio::test]
async fn r67_r76_a_brake_that_works_is_no_error_and_strangers_cannot_fill_the_log() {
    let world = World::with(|plan| plan.rules.throttle.requests.free = 1).await;
    let metadata = ClientMetadata {
        token_endpoint_auth_method: AuthMethod::None,
        grant_types: vec![GrantType::DeviceCode],
        ..ClientMetadata::default()
    };
    let ctx = RequestContext { now: world.now(), address: None, user_agent: None, device_token: None };
    world.provider.register_client("tv".parse().ok(), metadata, &ctx).await.unwrap();
    let ask = async || {
        let call = world.call("POST", "/oauth2/device_authorization").from("192.0.2.7");
        call.header("content-type", "application/x-www-form-urlencoded").raw("client_id=tv").send().await
    };
    assert_eq!((ask().await.status, ask().await.status), (200, 200));
    capture();
    let answer = ask().await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("1")));
    assert_eq!(own_lines(Level::INFO), Vec::<Value>::new());
}
