mod account;
mod client_audit;
mod client_keys;
mod clients;
mod keys;
mod login;
mod logout;
mod logout_notices;
mod metadata_document;
mod oauth;
mod operator;
mod registration;
mod rotation;
mod set_claims;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;

use super::{AuthenticatedUser, LoggedIn, Login, Ports, Provider, RequestContext, SignUp, TokenSet};
use crate::audit::{AuditAction, AuditEvent, AuditLog};
use crate::error::ProviderError;
use crate::outbound::{Document, NoOutbound, Outbound, OutboundError};
use crate::password::{
    Blocklist, HashError, HashPlace, Password, PasswordHash, PasswordHasher, Verification,
};
use crate::seal::SealingKey;
use crate::secret::sha256;
use crate::settings::Settings;
use crate::store::memory::MemoryStore;
use crate::testing::SeededEntropy;
use crate::timestamp::Timestamp;

const PASSWORD: &str = "correct horse battery staple";

/// A provider over the memory store, with a clock to set.
struct World {
    provider: Provider,
    audit: Arc<Recorder>,
    clients: Arc<Clients>,
    hashed: Arc<Mutex<u32>>,
    now: Timestamp,
}

fn ports(store: MemoryStore, hashed: &Arc<Mutex<u32>>, audit: &Arc<Recorder>) -> Ports {
    Ports {
        store: Arc::new(store),
        hasher: Arc::new(PlainHasher(Arc::clone(hashed))),
        blocklist: Arc::new(NoBlocklist),
        entropy: Arc::new(SeededEntropy::new(7)),
        audit: Arc::clone(audit) as Arc<dyn AuditLog>,
        outbound: Arc::new(NoOutbound),
        sealing: SealingKey::new(&[5; 32]),
    }
}

impl World {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::new("https://id.example");
        change(&mut settings);
        let (audit, hashed) = (Arc::new(Recorder::default()), Arc::new(Mutex::new(0)));
        let clients = Arc::new(Clients::default());
        let outbound = Arc::clone(&clients) as Arc<dyn Outbound>;
        let ports = Ports { outbound, ..ports(MemoryStore::default(), &hashed, &audit) };
        let now = Timestamp::from_secs(1_700_000_000);
        let provider = Provider::open(settings, ports, now).await.unwrap();
        Self { provider, audit, clients, hashed, now }
    }

    fn ctx(&self) -> RequestContext<'static> {
        RequestContext {
            now: self.now,
            address: "192.0.2.1".parse().ok(),
            user_agent: Some("test"),
            device_token: None,
        }
    }

    fn pass(&mut self, secs: u64) {
        self.now = self.now + Duration::from_secs(secs);
    }

    async fn sign_up(&self, username: &str) {
        let request = SignUp { username, email: None, password: PASSWORD };
        self.provider.sign_up(request, &self.ctx()).await.unwrap();
    }

    async fn try_login(&self, username: &str, password: &str) -> Result<LoggedIn, ProviderError> {
        self.provider.login(Login { username, password }, &self.ctx()).await
    }

    async fn login(&self, username: &str) -> LoggedIn {
        self.try_login(username, PASSWORD).await.unwrap()
    }

    async fn caller(&self, tokens: &TokenSet) -> Result<AuthenticatedUser, ProviderError> {
        let token = self.provider.verify_access_token(&tokens.access_token, self.now).unwrap();
        self.provider.authenticate(&token, self.now).await
    }

    async fn refresh(&self, token: &str) -> Result<TokenSet, ProviderError> {
        let token = self.provider.parse_refresh_token(token)?;
        self.provider.refresh(&token, &self.ctx()).await
    }
}

#[derive(Default)]
struct Recorder(Mutex<Vec<AuditEvent>>);

impl AuditLog for Recorder {
    fn record(&self, event: AuditEvent) {
        self.0.lock().unwrap().push(event);
    }
}

impl Recorder {
    /// What has happened since this was last asked, and to which client.
    fn take(&self) -> Vec<(AuditAction, Option<String>)> {
        let events = std::mem::take(&mut *self.0.lock().unwrap());
        events.into_iter().map(|event| (event.action, event.client_id.map(String::from))).collect()
    }

    fn last(&self) -> AuditEvent {
        self.0.lock().unwrap().last().unwrap().clone()
    }
}

/// The servers of clients: what they were sent, and what they answer.
#[derive(Default)]
struct Clients {
    posted: Mutex<Vec<(String, String)>>,
    /// `200` unless it is another.
    answer: Mutex<HashMap<String, Result<u16, OutboundError>>>,
    documents: Mutex<HashMap<String, Document>>,
    /// Which of them cannot be had, and why.
    failure: Mutex<HashMap<String, OutboundError>>,
    /// Which documents they were asked for.
    asked: Mutex<Vec<String>>,
    /// What happens once, when the next one is.
    meanwhile: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Clients {
    fn answer(&self, url: &str, answer: Result<u16, OutboundError>) {
        self.answer.lock().unwrap().insert(url.to_owned(), answer);
    }

    /// What was sent since this was last asked.
    fn take(&self) -> Vec<(String, String)> {
        std::mem::take(&mut self.posted.lock().unwrap())
    }

    fn serve(&self, url: &str, body: &serde_json::Value, max_age: Option<u64>) {
        let document = Document {
            body: body.to_string().into_bytes(),
            media_type: Some("application/json".to_owned()),
            max_age: max_age.map(Duration::from_secs),
        };
        self.documents.lock().unwrap().insert(url.to_owned(), document);
    }

    fn fail(&self, url: &str, failure: OutboundError) {
        self.failure.lock().unwrap().insert(url.to_owned(), failure);
    }

    /// From here on no document is to be had.
    fn stop(&self) {
        self.documents.lock().unwrap().clear();
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

#[async_trait]
impl Outbound for Clients {
    async fn get(&self, url: &str) -> Result<Document, OutboundError> {
        self.asked.lock().unwrap().push(url.to_owned());
        tokio::task::yield_now().await;
        let meanwhile = self.meanwhile.lock().unwrap().take();
        if let Some(meanwhile) = meanwhile {
            meanwhile();
        }
        if let Some(failure) = self.failure.lock().unwrap().get(url) {
            return Err(*failure);
        }
        self.documents.lock().unwrap().get(url).cloned().ok_or(OutboundError::Connection)
    }

    async fn post_form(&self, url: &str, body: &str) -> Result<u16, OutboundError> {
        tokio::task::yield_now().await;
        self.posted.lock().unwrap().push((url.to_owned(), body.to_owned()));
        self.answer.lock().unwrap().get(url).copied().unwrap_or(Ok(200))
    }
}

struct NoBlocklist;

impl Blocklist for NoBlocklist {
    fn contains(&self, _: &str) -> bool {
        false
    }
}

/// The port without its slowness: SHA-256, and a count of how often it was asked.
struct PlainHasher(Arc<Mutex<u32>>);

impl PasswordHasher for PlainHasher {
    fn admit(&self) -> Result<Box<dyn HashPlace>, HashError> {
        Ok(Box::new(Self(Arc::clone(&self.0))))
    }
}

#[async_trait]
impl HashPlace for PlainHasher {
    async fn hash(&mut self, password: Password) -> Result<PasswordHash, HashError> {
        Ok(PasswordHash::from_phc(format!("{:x?}", sha256(password.as_bytes()))))
    }

    async fn verify(
        &mut self,
        password: Password,
        hash: Option<PasswordHash>,
    ) -> Result<Verification, HashError> {
        *self.0.lock().unwrap() += 1;
        tokio::task::yield_now().await;
        let own = self.hash(password).await?;
        Ok(Verification { matches: hash.is_some_and(|hash| hash == own), rehashed: None })
    }
}
