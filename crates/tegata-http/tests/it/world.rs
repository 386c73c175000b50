//! A provider behind its router, with a clock to set, randomness that repeats and a store that can be taken away.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::digest::{SHA256, digest};
use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use http_body::Frame;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tegata_core::audit::{AuditAction, AuditEvent, AuditLog};
use tegata_core::entropy::{Entropy, EntropyError};
use tegata_core::outbound::{NoOutbound, Outbound};
use tegata_core::password::{
    Blocklist, HashError, HashPlace, Password, PasswordHash, PasswordHasher, Verification,
};
use tegata_core::provider::{Ports, Provider, RequestContext};
use tegata_core::seal::SealingKey;
use tegata_core::settings::Settings;
use tegata_core::store::Store;
use tegata_core::store::memory::MemoryStore;
use tegata_core::timestamp::Timestamp;
use tegata_http::{AppState, Clock, HttpSettings, router};
use tegata_store_sqlite::{Durability, Options, SqliteStore};
use tempfile::TempDir;
use tower::ServiceExt as _;

use crate::schema::{OPENAPI, check, check_answer, template};
use crate::store::FailingStore;

pub(crate) const ISSUER: &str = "https://id.example";
pub(crate) const PASSWORD: &str = "correct horse battery staple";
pub(crate) const START: Timestamp = Timestamp::from_secs(1_700_000_000);

/// A provider and all that it stands on.
pub(crate) struct World {
    pub(crate) provider: Arc<Provider>,
    pub(crate) store: Arc<FailingStore>,
    pub(crate) audit: Arc<AuditRecorder>,
    pub(crate) state: AppState,
    clock: Arc<TestClock>,
    router: Router,
    /// The documentation is of the whole: a part may answer 404 where it does not say so.
    is_whole: bool,
    files: Option<TempDir>,
}

/// How a world is made.
pub(crate) struct Plan {
    pub(crate) rules: Settings,
    pub(crate) http: HttpSettings,
    pub(crate) hasher: Arc<dyn PasswordHasher>,
    pub(crate) outbound: Arc<dyn Outbound>,
    pub(crate) web: Option<Router>,
}

impl Plan {
    pub(crate) fn of(issuer: &str) -> Self {
        Self {
            rules: Settings::new(issuer),
            http: HttpSettings::new(issuer),
            hasher: Arc::new(PlainHasher),
            outbound: Arc::new(NoOutbound),
            web: None,
        }
    }

    pub(crate) async fn build(self) -> World {
        self.over(Arc::new(MemoryStore::default()), None).await
    }

    async fn over(self, store: Arc<dyn Store>, files: Option<TempDir>) -> World {
        assert_eq!(self.http.problems(), []);
        let clock = Arc::new(TestClock(AtomicI64::new(START.as_millis())));
        let store = Arc::new(FailingStore::new(store));
        let audit = Arc::new(AuditRecorder::default());
        self.open(store, audit, clock, files).await
    }

    async fn open(
        self,
        store: Arc<FailingStore>,
        audit: Arc<AuditRecorder>,
        clock: Arc<TestClock>,
        files: Option<TempDir>,
    ) -> World {
        let ports = Ports {
            store: Arc::clone(&store) as _,
            hasher: self.hasher,
            blocklist: Arc::new(OnePassword),
            entropy: Arc::new(SeededEntropy(AtomicU64::new(0))),
            audit: Arc::clone(&audit) as _,
            outbound: self.outbound,
            sealing: SealingKey::new(&[5; 32]),
        };
        let provider = Arc::new(Provider::open(self.rules, ports, clock.now()).await.unwrap());
        let state = AppState::new(Arc::clone(&provider), self.http, Arc::clone(&clock) as _);
        let router = router(state.clone(), self.web);
        World { router, state, provider, store, audit, clock, is_whole: true, files }
    }
}

impl World {
    /// A world over the memory store, on https.
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// As [`World::new`], with other settings.
    pub(crate) async fn with(change: impl FnOnce(&mut Plan)) -> Self {
        let mut plan = Plan::of(ISSUER);
        change(&mut plan);
        plan.build().await
    }

    /// One world over each store: what is asserted of both holds in both shapes of the product.
    pub(crate) async fn over_each_store() -> [Self; 2] {
        let files = tempfile::tempdir().unwrap();
        let options = Options { durability: Durability::Normal, ..Options::default() };
        let sqlite = SqliteStore::open(&files.path().join("tegata.db"), &options).unwrap();
        [Self::new().await, Plan::of(ISSUER).over(Arc::new(sqlite), Some(files)).await]
    }

    /// Opens the provider anew over what is stored, with default settings.
    pub(crate) async fn restart(&mut self) {
        let (store, audit, clock) =
            (Arc::clone(&self.store), Arc::clone(&self.audit), Arc::clone(&self.clock));
        *self = Plan::of(ISSUER).open(store, audit, clock, self.files.take()).await;
    }

    /// Another process over the same store, with default settings.
    pub(crate) async fn beside(&self) -> Self {
        let (store, audit, clock) =
            (Arc::clone(&self.store), Arc::clone(&self.audit), Arc::clone(&self.clock));
        Plan::of(ISSUER).open(store, audit, clock, None).await
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn pass(&self, secs: u64) {
        self.clock.0.fetch_add(i64::try_from(secs * 1000).unwrap(), Ordering::SeqCst);
    }

    /// The same world behind another router.
    pub(crate) fn through(&self, router: Router) -> Self {
        Self {
            provider: Arc::clone(&self.provider),
            store: Arc::clone(&self.store),
            audit: Arc::clone(&self.audit),
            state: self.state.clone(),
            clock: Arc::clone(&self.clock),
            router,
            is_whole: false,
            files: None,
        }
    }

    pub(crate) fn call(&self, method: &str, path: &str) -> Call<'_> {
        Call {
            world: self,
            method: method.parse().unwrap(),
            path: path.to_owned(),
            headers: HeaderMap::new(),
            body: Body::empty(),
            peer: Some("192.0.2.1:4711".parse().unwrap()),
        }
    }

    pub(crate) fn get<'w>(&'w self, path: &str) -> Call<'w> {
        self.call("GET", path)
    }

    pub(crate) fn post<'w>(&'w self, path: &str, body: &Value) -> Call<'w> {
        self.call("POST", path).json(body)
    }

    /// Makes an account.
    pub(crate) async fn sign_up(&self, username: &str) {
        let answer =
            self.post("/auth/signup", &json!({"username": username, "password": PASSWORD})).send().await;
        assert_eq!(answer.status, 201, "{}", answer.body);
    }

    /// Logs in with the tokens in the answer.
    pub(crate) async fn login(&self, username: &str) -> Tokens {
        let body = json!({"username": username, "password": PASSWORD, "token_delivery": "body"});
        let answer = self.post("/auth/login", &body).send().await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        Tokens::of(&answer)
    }

    /// Makes an account and logs it in.
    pub(crate) async fn join(&self, username: &str) -> Tokens {
        self.sign_up(username).await;
        self.login(username).await
    }

    /// Refreshes with the token in the body.
    pub(crate) async fn refresh(&self, refresh_token: &str) -> Answer {
        self.post("/auth/refresh", &json!({"refresh_token": refresh_token})).send().await
    }

    /// Grants a scope, as an operator does.
    pub(crate) async fn grant(&self, username: &str, scope: &str) {
        let user = self.provider.find_user(username).await.unwrap();
        let ctx = RequestContext { now: self.now(), address: None, user_agent: None, device_token: None };
        self.provider.set_granted_scope(&user, &scope.parse().unwrap(), &ctx).await.unwrap();
    }

    /// A browser without any cookie.
    pub(crate) fn browser(&self) -> Browser<'_> {
        Browser { world: self, cookies: Mutex::default() }
    }
}

/// The tokens of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Tokens {
    pub(crate) fn of(answer: &Answer) -> Self {
        let text = |name: &str| answer.body[name].as_str().unwrap_or_default().to_owned();
        Self { access: text("access_token"), refresh: text("refresh_token") }
    }
}

/// A request in the making.
pub(crate) struct Call<'w> {
    world: &'w World,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Body,
    peer: Option<SocketAddr>,
}

impl Call<'_> {
    pub(crate) fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").raw(body.to_string())
    }

    pub(crate) fn raw(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let name: HeaderName = name.parse().unwrap();
        self.headers.append(name, HeaderValue::from_bytes(value.as_ref()).unwrap());
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    pub(crate) fn from(mut self, peer: &str) -> Self {
        self.peer = Some(SocketAddr::new(peer.parse().unwrap(), 4711));
        self
    }

    pub(crate) async fn send(self) -> Answer {
        let mut request = Request::new(self.body);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.path.parse().unwrap();
        *request.headers_mut() = self.headers;
        request.extensions_mut().extend(
            self.peer
                .map(|peer| {
                    let mut extensions = axum::http::Extensions::new();
                    extensions.insert(ConnectInfo(peer));
                    extensions
                })
                .unwrap_or_default(),
        );
        let response = self.world.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let answer = Answer {
            status: parts.status.as_u16(),
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
            headers: parts.headers,
            bytes,
        };
        let path = self.path.split('?').next().unwrap_or_default();
        if self.world.is_whole || answer.status != 404 {
            answer.check(&self.method, path);
        }
        answer
    }
}

/// What pages are.
pub(crate) const HTML: &str = "text/html; charset=utf-8";

/// An answer that agrees with `openapi.json`.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// `null` when it is not JSON.
    pub(crate) body: Value,
    pub(crate) bytes: Bytes,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// Asserts a problem by its status and code.
    #[track_caller]
    pub(crate) fn is_problem(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.code()), (status, code), "{}", self.body);
    }

    /// The bad members: name and code.
    pub(crate) fn fields(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        let mut fields: Vec<_> = errors.iter().map(|e| (text(&e["field"]), text(&e["code"]))).collect();
        fields.sort();
        fields
    }

    /// The body without what differs from request to request.
    pub(crate) fn without_request_id(&self) -> Value {
        let mut body = self.body.clone();
        if let Some(body) = body.as_object_mut() {
            body.remove("request_id");
        }
        body
    }

    /// The cookies that are set: name to value and attributes.
    pub(crate) fn set_cookies(&self) -> BTreeMap<String, (String, String)> {
        let lines = self.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap());
        lines
            .map(|line| {
                let (pair, attributes) = line.split_once("; ").unwrap();
                let (name, value) = pair.split_once('=').unwrap();
                (name.to_owned(), (value.to_owned(), attributes.to_owned()))
            })
            .collect()
    }

    fn check(&self, method: &Method, path: &str) {
        let request_id = self.header("x-request-id").unwrap();
        let comes_again = self.header("retry-after").is_some();
        assert_eq!(matches!(self.status, 429 | 503), comes_again, "{path}: {} and Retry-After", self.status);
        assert!(self.header("cache-control").is_some() && self.header("x-content-type-options").is_some());
        if self.header("content-type") == Some("application/problem+json") {
            check(&OPENAPI["components"]["schemas"]["Problem"], &self.body, "problem");
            assert_eq!(self.body["status"], self.status);
            assert_eq!(self.body["request_id"], request_id);
            assert_eq!(
                self.status == 401,
                self.headers.contains_key("www-authenticate") && self.status != 403
            );
        } else if path.starts_with("/oauth2/") {
            let is_error = self.body["error"].is_string() || self.header("content-type") == Some(HTML);
            assert!(self.status < 400 || is_error, "{path}: {} without an error", self.status);
        } else {
            assert!(self.status < 400, "{path}: {} without a problem", self.status);
        }
        let Some((_, methods)) = template(path) else { return };
        let operation = methods.get(method.as_str().to_ascii_lowercase());
        let is_preflight = method == Method::OPTIONS && matches!(self.status, 204 | 403);
        match operation {
            Some(operation) => {
                check_answer(operation, self.status, self.header("content-type"), &self.bytes);
            }
            None if is_preflight || method == Method::HEAD || matches!(self.status, 400..=499) => {}
            None => panic!("{method} {path} answers {} and is not documented", self.status),
        }
    }
}

/// A browser: it keeps cookies, and sends what a page of our own origin sends.
pub(crate) struct Browser<'w> {
    pub(crate) world: &'w World,
    pub(crate) cookies: Mutex<BTreeMap<String, String>>,
}

impl<'w> Browser<'w> {
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        let cookies = self.cookies.lock().unwrap();
        cookies.iter().find(|(known, _)| known.trim_start_matches("__Host-") == name).map(|(_, v)| v.clone())
    }

    /// A request with the cookies, as a page of another site could cause it.
    pub(crate) fn bare(&self, method: &str, path: &str) -> Call<'w> {
        let cookies = self.cookies.lock().unwrap();
        let line: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let call = self.world.call(method, path);
        if line.is_empty() { call } else { call.header("cookie", line.join("; ")) }
    }

    /// As [`Browser::bare`], from a page of our own, which reads the CSRF cookie.
    pub(crate) fn page(&self, method: &str, path: &str) -> Call<'w> {
        let call = self.bare(method, path).header("sec-fetch-site", "same-origin");
        match self.cookie("tegata_csrf") {
            Some(csrf) => call.header("x-csrf-token", csrf),
            None => call,
        }
    }

    pub(crate) async fn send(&self, call: Call<'w>) -> Answer {
        let answer = call.send().await;
        let mut cookies = self.cookies.lock().unwrap();
        for (name, (value, attributes)) in answer.set_cookies() {
            if attributes.ends_with("Max-Age=0") {
                cookies.remove(&name);
            } else {
                cookies.insert(name, value);
            }
        }
        drop(cookies);
        answer
    }

    pub(crate) async fn login(&self, username: &str) -> Answer {
        let body = json!({"username": username, "password": PASSWORD});
        let answer = self.send(self.page("POST", "/auth/login").json(&body)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer
    }

    pub(crate) async fn refresh(&self) -> Answer {
        self.send(self.page("POST", "/auth/refresh")).await
    }
}

/// A clock that stands until it is moved.
struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Randomness that is the same in every run.
struct SeededEntropy(AtomicU64);

impl Entropy for SeededEntropy {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyError> {
        for chunk in buffer.chunks_mut(32) {
            let block = digest(&SHA256, &self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes());
            chunk.copy_from_slice(&block.as_ref()[..chunk.len()]);
        }
        Ok(())
    }
}

/// Keeps what was written to the audit log.
#[derive(Default)]
pub(crate) struct AuditRecorder(Mutex<Vec<AuditEvent>>);

impl AuditLog for AuditRecorder {
    fn record(&self, event: AuditEvent) {
        self.0.lock().unwrap().push(event);
    }
}

impl AuditRecorder {
    pub(crate) fn replays(&self) -> usize {
        let is_replay =
            |event: &&AuditEvent| matches!(event.action, AuditAction::RefreshTokenReplayed { .. });
        self.0.lock().unwrap().iter().filter(is_replay).count()
    }
}

/// A blocklist of one.
struct OnePassword;

impl Blocklist for OnePassword {
    fn contains(&self, password: &str) -> bool {
        password == "password password"
    }
}

/// SHA-256 in the place of Argon2id: these tests are about what happens around it. The real one stands in `login.rs`.
struct PlainHasher;

impl PasswordHasher for PlainHasher {
    fn admit(&self) -> Result<Box<dyn HashPlace>, HashError> {
        Ok(Box::new(Self))
    }
}

#[async_trait]
impl HashPlace for PlainHasher {
    async fn hash(&mut self, password: Password) -> Result<PasswordHash, HashError> {
        let digest = digest(&SHA256, password.as_bytes());
        Ok(PasswordHash::from_phc(format!("$plain${:x?}", digest.as_ref())))
    }

    async fn verify(
        &mut self,
        password: Password,
        hash: Option<PasswordHash>,
    ) -> Result<Verification, HashError> {
        // As with the real one, others get their turn in between.
        tokio::task::yield_now().await;
        let own = self.hash(password).await?;
        Ok(Verification { matches: hash.is_some_and(|hash| hash == own), rehashed: None })
    }
}

/// A queue that is full.
pub(crate) struct FullHasher;

impl PasswordHasher for FullHasher {
    fn admit(&self) -> Result<Box<dyn HashPlace>, HashError> {
        Err(HashError::Overloaded { retry_after: Duration::from_millis(1500) })
    }
}

/// A body that arrives in parts, or breaks off with an error.
pub(crate) fn body_of(
    parts: impl Iterator<Item = Result<Bytes, &'static str>> + Send + Unpin + 'static,
) -> Body {
    Body::new(Parts(parts))
}

/// A body of which nothing ever arrives.
pub(crate) fn pending_body() -> Body {
    Body::new(Pending)
}

struct Parts<I>(I);

impl<I: Iterator<Item = Result<Bytes, &'static str>> + Unpin> HttpBody for Parts<I> {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        Poll::Ready(self.0.next().map(|part| part.map(Frame::data)))
    }
}

struct Pending;

impl HttpBody for Pending {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        Poll::Pending
    }
}
