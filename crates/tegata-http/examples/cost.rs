//! What the router costs, in process: CPU time of the thread per request, beside a bare axum route and the parts of a
//! refresh.
//!
//! `cargo run --release -p tegata-http --example cost`

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a program to run by hand")]

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get;
use http_body_util::BodyExt as _;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use tegata_core::audit::{AuditEvent, AuditLog};
use tegata_core::outbound::NoOutbound;
use tegata_core::password::{
    Blocklist, HashError, HashPlace, Password, PasswordHash, PasswordHasher, Verification,
};
use tegata_core::provider::{Ports, Provider, RequestContext};
use tegata_core::seal::SealingKey;
use tegata_core::settings::Settings;
use tegata_core::store::memory::MemoryStore;
use tegata_http::{AppState, Clock as _, HttpSettings, SystemClock, SystemEntropy, router};
use tower::ServiceExt as _;

const PASSWORD: &str = "correct horse battery staple";
const ISSUER: &str = "https://id.example";

#[tokio::main(flavor = "current_thread")]
async fn main() {
    // As the server has one: lines of requests are below its level.
    tracing_subscriber::fmt().with_max_level(tracing::Level::INFO).with_writer(std::io::sink).init();
    let provider = provider().await;
    let state = AppState::new(Arc::clone(&provider), HttpSettings::new(ISSUER), Arc::new(SystemClock));
    let app = router(state, None);
    let bare = Router::new().route("/bare", get(|| async { "ok" }));
    let account = json!({"username": "alice", "password": PASSWORD, "token_delivery": "body"}).to_string();
    let made = json!({"username": "alice", "password": PASSWORD}).to_string();
    send(&app, post("/auth/signup", &made)).await;
    let tokens = send(&app, post("/auth/login", &account)).await;
    let authorization = format!("Bearer {}", tokens["access_token"].as_str().unwrap());

    for round in 0..3 {
        println!("round {round}");
        measure("bare route", 200_000, async |n| {
            for _ in 0..n {
                send(&bare, Request::get("/bare").body(Body::empty()).unwrap()).await;
            }
        })
        .await;
        measure("healthz: the edge and little else", 200_000, async |n| {
            for _ in 0..n {
                send(&app, Request::get("/healthz").body(Body::empty()).unwrap()).await;
            }
        })
        .await;
        measure("protected, token seen before", 200_000, async |n| {
            for _ in 0..n {
                let request = Request::get("/api/protected").header("authorization", &authorization);
                send(&app, request.body(Body::empty()).unwrap()).await;
            }
        })
        .await;
        let mut refresh = tokens_of(&send(&app, post("/auth/login", &account)).await);
        measure("refresh over the memory store", 10_000, async |n| {
            for _ in 0..n {
                let body = format!("{{\"refresh_token\":\"{refresh}\"}}");
                refresh = tokens_of(&send(&app, post("/auth/refresh", &body)).await);
            }
        })
        .await;
        let clock = SystemClock;
        measure("the same call of the core", 10_000, async |n| {
            for _ in 0..n {
                let ctx =
                    RequestContext { now: clock.now(), address: None, user_agent: None, device_token: None };
                let token = provider.parse_refresh_token(&refresh).unwrap();
                let tokens = provider.refresh(&token, &ctx).await.unwrap();
                refresh.replace_range(.., tokens.refresh_token.expose());
            }
        })
        .await;
    }
}

/// Prints the CPU time of this thread for one of `n`.
async fn measure(name: &str, n: u32, work: impl AsyncFnOnce(u32)) {
    let before = cpu_time();
    work(n).await;
    println!("  {name:32} {:8.2} µs", (cpu_time() - before) * 1e6 / f64::from(n));
}

/// In seconds.
fn cpu_time() -> f64 {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap().as_secs_f64()
}

fn post(path: &str, body: &str) -> Request<Body> {
    Request::post(path).header("content-type", "application/json").body(Body::from(body.to_owned())).unwrap()
}

/// Sends a request and reads its answer; `null` when it is not JSON.
async fn send(router: &Router, request: Request<Body>) -> Value {
    let response = router.clone().oneshot(request).await.unwrap();
    assert!(response.status().is_success(), "{}", response.status());
    let is_small = response.headers().len() < 2;
    let body = response.into_body().collect().await.unwrap().to_bytes();
    if is_small || body.len() < 300 { Value::Null } else { serde_json::from_slice(&body).unwrap() }
}

fn tokens_of(answer: &Value) -> String {
    answer["refresh_token"].as_str().unwrap().to_owned()
}

async fn provider() -> Arc<Provider> {
    let ports = Ports {
        store: Arc::new(MemoryStore::default()),
        hasher: Arc::new(Plain),
        blocklist: Arc::new(Plain),
        entropy: Arc::new(SystemEntropy),
        audit: Arc::new(Plain),
        outbound: Arc::new(NoOutbound),
        sealing: SealingKey::new(&[1; SealingKey::LENGTH]),
    };
    Arc::new(Provider::open(Settings::new(ISSUER), ports, SystemClock.now()).await.unwrap())
}

/// Ports without any cost: only the router is measured here.
struct Plain;

impl AuditLog for Plain {
    fn record(&self, _: AuditEvent) {}
}

impl Blocklist for Plain {
    fn contains(&self, _: &str) -> bool {
        false
    }
}

impl PasswordHasher for Plain {
    fn admit(&self) -> Result<Box<dyn HashPlace>, HashError> {
        Ok(Box::new(Self))
    }
}

#[async_trait]
impl HashPlace for Plain {
    async fn hash(&mut self, _: Password) -> Result<PasswordHash, HashError> {
        Ok(PasswordHash::from_phc("plain"))
    }

    async fn verify(&mut self, _: Password, _: Option<PasswordHash>) -> Result<Verification, HashError> {
        Ok(Verification { matches: true, rehashed: None })
    }
}
