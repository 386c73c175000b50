//! A clock that jumps, over the real store. The product has no way to set its clock, so this is the router in process.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::{Value, json};
use tegata_core::audit::{AuditAction, AuditEvent, AuditLog};
use tegata_core::outbound::NoOutbound;
use tegata_core::provider::{Ports, Provider};
use tegata_core::seal::SealingKey;
use tegata_core::settings::Settings;
use tegata_core::timestamp::Timestamp;
use tegata_http::{AppState, Clock, HttpSettings, SystemEntropy};
use tegata_password::{Argon2Hasher, Argon2Settings, CommonPasswords};
use tegata_store_sqlite::{Options, SqliteStore};
use tempfile::TempDir;
use tower::ServiceExt as _;

use super::support::PASSWORD;

const START: Timestamp = Timestamp::from_secs(1_800_000_000);
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

struct JumpingClock(AtomicI64);

impl Clock for JumpingClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

#[derive(Default)]
struct Events(Mutex<Vec<AuditEvent>>);

impl AuditLog for Events {
    fn record(&self, event: AuditEvent) {
        self.0.lock().unwrap().push(event);
    }
}

struct World {
    router: Router,
    provider: Arc<Provider>,
    clock: Arc<JumpingClock>,
    events: Arc<Events>,
    _directory: TempDir,
}

impl World {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (clock, events) =
            (Arc::new(JumpingClock(AtomicI64::new(START.as_millis()))), Arc::new(Events::default()));
        let issuer = "https://id.example";
        let ports = Ports {
            store: Arc::new(
                SqliteStore::open(&directory.path().join("tegata.db"), &Options::default()).unwrap(),
            ),
            hasher: Arc::new(Argon2Hasher::new(Argon2Settings::default(), Arc::new(SystemEntropy)).unwrap()),
            blocklist: Arc::new(CommonPasswords),
            entropy: Arc::new(SystemEntropy),
            audit: Arc::clone(&events) as _,
            outbound: Arc::new(NoOutbound),
            sealing: SealingKey::new(&[3; 32]),
        };
        let provider = Arc::new(Provider::open(Settings::new(issuer), ports, START).await.unwrap());
        let state = AppState::new(Arc::clone(&provider), HttpSettings::new(issuer), Arc::clone(&clock) as _);
        Self { router: tegata_http::router(state, None), provider, clock, events, _directory: directory }
    }

    fn set(&self, millis: i64) {
        self.clock.0.store(millis, Ordering::SeqCst);
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let request =
            Request::post(path).header("content-type", "application/json").body(Body::from(body.to_string()));
        self.send(request.unwrap()).await
    }

    async fn protected(&self, access_token: &Value) -> u16 {
        let bearer = format!("Bearer {}", access_token.as_str().unwrap());
        let request = Request::get("/api/protected").header("authorization", bearer).body(Body::empty());
        self.send(request.unwrap()).await.0
    }

    async fn send(&self, request: Request<Body>) -> (u16, Value) {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        assert!(status < 500, "{status} {}", String::from_utf8_lossy(&body));
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    async fn sign_up(&self, username: &str) {
        let (status, answer) =
            self.post("/auth/signup", json!({"username": username, "password": PASSWORD})).await;
        assert_eq!(status, 201, "{answer}");
    }

    async fn login(&self, username: &str) -> Value {
        let body = json!({"username": username, "password": PASSWORD, "token_delivery": "body"});
        let (status, answer) = self.post("/auth/login", body).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    async fn refresh(&self, token: &Value) -> (u16, Value) {
        self.post("/auth/refresh", json!({"refresh_token": token})).await
    }

    fn was_taken_for_theft(&self) -> bool {
        let is_theft = |event: &AuditEvent| {
            matches!(event.action, AuditAction::RefreshTokenReplayed { .. } | AuditAction::StoreBehindToken)
        };
        self.events.0.lock().unwrap().iter().any(is_theft)
    }
}

#[tokio::test]
async fn a_session_outlives_a_clock_that_jumps_to_and_fro() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let mut token = world.login("alice").await["refresh_token"].clone();
    for jump in [-DAY, 5 * DAY, -DAY, 0, 1, -1, -6 * DAY, -HOUR, 6 * DAY] {
        world.set(START.as_millis() + jump);
        let (status, answer) = world.refresh(&token).await;
        assert_eq!(status, 200, "after {jump} ms: {answer}");
        // The answer was lost, and the token is shown again.
        let (status, again) = world.refresh(&token).await;
        assert_eq!((status, &again["refresh_token"]), (200, &answer["refresh_token"]), "after {jump} ms");
        token = answer["refresh_token"].clone();
    }
    assert!(!world.was_taken_for_theft());
}

#[tokio::test]
async fn a_lost_answer_before_a_jump_back_is_no_theft() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let token = world.login("alice").await["refresh_token"].clone();
    let (_, first) = world.refresh(&token).await;
    world.set(START.as_millis() - 5 * DAY);
    let (status, again) = world.refresh(&token).await;
    assert_eq!((status, &again["refresh_token"]), (200, &first["refresh_token"]));
    assert!(!world.was_taken_for_theft());
}

#[tokio::test]
async fn a_jump_past_the_end_of_a_session_ends_it_and_is_no_theft() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let token = world.login("alice").await["refresh_token"].clone();
    world.set(START.as_millis() + 60 * DAY);
    assert_eq!(world.refresh(&token).await.0, 401);
    assert!(!world.was_taken_for_theft());
    world.login("alice").await;
}

#[tokio::test]
async fn a_clock_that_was_far_behind_for_a_while_ends_a_session_early_and_is_no_theft() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let token = world.login("alice").await["refresh_token"].clone();
    world.set(START.as_millis() - 400 * DAY);
    let (status, answer) = world.refresh(&token).await;
    assert_eq!(status, 200, "{answer}");
    world.set(START.as_millis());
    // Unused for 400 days, as far as anyone can tell.
    assert_eq!(world.refresh(&answer["refresh_token"]).await.0, 401);
    assert!(!world.was_taken_for_theft());
    world.login("alice").await;
}

#[tokio::test]
async fn nothing_panics_at_the_ends_of_time() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let login = world.login("alice").await;
    for (n, now) in [0, -1, i64::MIN, i64::MAX, i64::MAX / 2, 253_402_300_800_000, START.as_millis()]
        .into_iter()
        .enumerate()
    {
        world.set(now);
        world.provider.refresh_keys(world.clock.now()).await.ok();
        world.protected(&login["access_token"]).await;
        world.refresh(&login["refresh_token"]).await;
        world
            .post("/auth/login", json!({"username": "alice", "password": PASSWORD, "token_delivery": "body"}))
            .await;
        world.post("/auth/login", json!({"username": "alice", "password": "not the right one"})).await;
        world.post("/auth/signup", json!({"username": format!("user-{n}"), "password": PASSWORD})).await;
        world.provider.store().purge_expired(world.clock.now() - Duration::from_secs(1), 10).await.unwrap();
    }
    assert!(!world.was_taken_for_theft());
}
