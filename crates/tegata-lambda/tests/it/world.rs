//! Five functions over one memory store, opened as their binaries open them, but for the cloud behind the ports.

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use lambda_http::LambdaEvent;
use serde_json::{Value, json};
use tegata_core::outbound::{Document, Outbound, OutboundError};
use tegata_core::provider::{Ports, Provider, RequestContext};
use tegata_core::seal::SealingKey;
use tegata_core::store::KeyStore as _;
use tegata_core::store::memory::MemoryStore;
use tegata_core::timestamp::Timestamp;
use tegata_http::{Clock, SystemEntropy};
use tegata_lambda::{
    BoxError, Endpoint, EventError, Function, Invocation, LineAuditLog, Publish, Report, Request,
    RotationError, Settings, rotate,
};
use tegata_password::{Argon2Hasher, Argon2Settings, CommonPasswords};

use crate::shape::{Answer, Call, Shape};

pub(crate) const PASSWORD: &str = "correct horse battery staple";
pub(crate) const ISSUER: &str = "https://id.example";
pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// A clock that stands until it is moved.
pub(crate) struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Where audit lines go, to be read again.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    pub(crate) fn all(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// Functions that take public keys; one that is named `broken` takes none.
#[derive(Default)]
pub(crate) struct Published(pub(crate) Mutex<Vec<(String, String)>>);

#[async_trait]
impl Publish for Published {
    async fn publish(&self, function: &str, jwks: &str) -> Result<bool, BoxError> {
        if function == "broken" {
            return Err("it is broken".into());
        }
        let mut functions = self.0.lock().unwrap();
        let known = functions.iter_mut().find(|(name, _)| name == function);
        Ok(match known {
            Some((_, known)) if known == jwks => false,
            Some((_, known)) => {
                jwks.clone_into(known);
                true
            }
            None => {
                functions.push((function.to_owned(), jwks.to_owned()));
                true
            }
        })
    }
}

/// Servers of clients, which can be told something and asked nothing; one whose name begins with `slow` never answers.
#[derive(Clone, Default)]
pub(crate) struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    /// The addresses that were posted to.
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

#[async_trait]
impl Outbound for Told {
    async fn get(&self, _: &str) -> Result<Document, OutboundError> {
        Err(OutboundError::NotAllowed)
    }

    async fn post_form(&self, url: &str, body: &str) -> Result<u16, OutboundError> {
        if url.starts_with("https://slow") {
            std::future::pending::<()>().await;
        }
        assert!(body.starts_with("logout_token=ey"), "{body}");
        self.0.lock().unwrap().push(url.to_owned());
        Ok(200)
    }
}

pub(crate) struct World {
    pub(crate) store: MemoryStore,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) audit: Lines,
    pub(crate) published: Published,
    pub(crate) told: Told,
    settings: Settings,
    endpoints: Vec<(Function, Arc<Endpoint>)>,
}

impl World {
    /// Without any keys yet.
    pub(crate) fn empty(variables: &[(&str, &str)]) -> Self {
        let issuer = [("TEGATA_ISSUER", ISSUER)];
        let own = issuer.iter().chain(variables).map(|&(name, value)| (name.to_owned(), value.to_owned()));
        Self {
            store: MemoryStore::default(),
            clock: Arc::new(TestClock(AtomicI64::new(1_700_000_000_000))),
            audit: Lines::default(),
            published: Published::default(),
            told: Told::default(),
            settings: Settings::load(own).unwrap(),
            endpoints: Vec::new(),
        }
    }

    pub(crate) async fn new() -> Self {
        Self::with(&[]).await
    }

    /// All functions, with these variables.
    pub(crate) async fn with(variables: &[(&str, &str)]) -> Self {
        let mut world = Self::empty(variables);
        world.rotate(Request::Due, &[]).await.unwrap();
        for function in [Function::Login, Function::Refresh, Function::OAuth] {
            world.open(function).await;
        }
        // The others see what the table of public keys has.
        let key_set = world.store.find_key_set().await.unwrap().unwrap();
        let mut public = key_set.without_private_keys();
        public.version += 1;
        assert!(world.store.replace_key_set(Some(key_set.version), &public).await.unwrap());
        for function in [Function::Register, Function::Account] {
            world.open(function).await;
        }
        world
    }

    async fn open(&mut self, function: Function) {
        let clock = Arc::clone(&self.clock) as _;
        let endpoint = Endpoint::open(function, &self.settings, self.ports(1), clock).await.unwrap();
        self.endpoints.push((function, endpoint));
    }

    pub(crate) fn ports(&self, seal: u8) -> Ports {
        let hashing =
            Argon2Settings { permits: NonZeroUsize::MIN, queue_length: 4, ..Argon2Settings::default() };
        Ports {
            store: Arc::new(self.store.clone()),
            hasher: Arc::new(Argon2Hasher::new(hashing, Arc::new(SystemEntropy)).unwrap()),
            blocklist: Arc::new(CommonPasswords),
            entropy: Arc::new(SystemEntropy),
            audit: Arc::new(LineAuditLog::new(self.audit.clone())),
            outbound: Arc::new(self.told.clone()),
            sealing: SealingKey::new(&[seal; 32]),
        }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn pass(&self, secs: i64) {
        self.clock.0.fetch_add(secs * 1000, Ordering::SeqCst);
    }

    /// An invocation of `rotate-keys`.
    pub(crate) async fn rotate(&self, request: Request, functions: &[&str]) -> Result<Report, RotationError> {
        let functions: Vec<_> = functions.iter().map(|&name| name.to_owned()).collect();
        let (rules, now) = (self.settings.core(), self.clock.now());
        rotate(request, rules, self.ports(1), &self.published, &functions, now).await
    }

    /// Sends an event to a function, and gives its answer as it is.
    pub(crate) async fn invoke(&self, function: Function, event: &Value) -> Result<Value, EventError> {
        let payload: Invocation = serde_json::from_str(&event.to_string()).unwrap();
        let (_, endpoint) = self.endpoints.iter().find(|(of, _)| *of == function).unwrap();
        let answer =
            Arc::clone(endpoint).answer(LambdaEvent::new(payload, lambda_http::Context::default())).await?;
        Ok(serde_json::to_value(answer).unwrap())
    }

    /// Sends a request to a function, by an event of this kind.
    pub(crate) async fn send(&self, shape: Shape, function: Function, call: Call) -> Answer {
        let answer = self.invoke(function, &shape.event(&call)).await.unwrap();
        shape.answer(&answer)
    }

    pub(crate) async fn sign_up(&self, shape: Shape, username: &str) {
        let body = json!({"username": username, "password": PASSWORD});
        let answer = self.send(shape, Function::Register, Call::post("/auth/signup", &body)).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
    }

    /// Logs in with the tokens in the answer: access and refresh.
    pub(crate) async fn login(&self, shape: Shape, username: &str) -> (String, String) {
        let body = json!({"username": username, "password": PASSWORD, "token_delivery": "body"});
        let answer = self.send(shape, Function::Login, Call::post("/auth/login", &body)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let token = |name: &str| answer.body()[name].as_str().unwrap().to_owned();
        (token("access_token"), token("refresh_token"))
    }

    /// Grants a scope, as an operator does.
    pub(crate) async fn grant(&self, username: &str, scope: &str) {
        let provider = Provider::follow(self.settings.core(), self.ports(1), self.clock.now()).await.unwrap();
        let user = provider.find_user(username).await.unwrap();
        let ctx =
            RequestContext { now: self.clock.now(), address: None, user_agent: None, device_token: None };
        provider.set_granted_scope(&user, &scope.parse().unwrap(), &ctx).await.unwrap();
    }
}
