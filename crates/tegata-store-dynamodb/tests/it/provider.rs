//! The provider over the store, through a network that loses what it can.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use http::StatusCode;
use tegata_core::audit::{AuditAction, AuditEvent, AuditLog};
use tegata_core::entropy::{Entropy, EntropyError};
use tegata_core::error::ProviderError;
use tegata_core::password::{
    Blocklist, HashError, HashPlace, Password, PasswordHash, PasswordHasher, Verification,
};
use tegata_core::provider::{Login, Ports, Provider, RequestContext, SignUp};
use tegata_core::seal::SealingKey;
use tegata_core::settings::Settings;
use tegata_core::store::Store;
use tokio::task::JoinSet;

use crate::proxy::{Fault, Proxy};
use crate::records::NOW;
use crate::tables;

const PASSWORD: &str = "correct horse battery staple";

const CONTEXT: RequestContext<'static> =
    RequestContext { now: NOW, address: None, user_agent: None, device_token: None };

/// Half of all requests meet a fault, most of them after the engine has done what was asked.
fn lossy() -> impl FnMut(&str, &[u8]) -> Option<Fault> {
    let mut n = 0;
    move |_, _| {
        n += 1;
        match n % 10 {
            1 | 8 => Some(Fault::LostAfter),
            3 => Some(Fault::LostBefore),
            5 => Some(Fault::ErrorAfter),
            6 => Some(Fault::Error(StatusCode::BAD_REQUEST, "ThrottlingException")),
            _ => None,
        }
    }
}

#[tokio::test]
async fn v58_parallel_refreshes_through_a_lossy_network_give_one_live_successor_and_no_theft() {
    let proxy = Proxy::start().await;
    let (store, _) = tables::store(&proxy.endpoint).await;
    let audit = Arc::new(Recorder::default());
    let provider = Arc::new(provider(Arc::new(store), Arc::clone(&audit)).await);
    let request = SignUp { username: "alice", email: None, password: PASSWORD };
    provider.sign_up(request, &CONTEXT).await.unwrap();
    let login = Login { username: "alice", password: PASSWORD };
    let mut token = provider.login(login, &CONTEXT).await.unwrap().tokens.refresh_token;
    proxy.play(lossy());
    for generation in 1..=10 {
        let mut tasks = JoinSet::new();
        for _ in 0..50 {
            let presented = provider.parse_refresh_token(token.expose()).unwrap();
            let provider = Arc::clone(&provider);
            tasks.spawn(async move { provider.refresh(&presented, &CONTEXT).await });
        }
        let (mut successors, mut next) = (HashSet::new(), None);
        for outcome in tasks.join_all().await {
            match outcome {
                Ok(tokens) => {
                    assert_eq!(tokens.session.generation, generation);
                    successors.insert(tokens.refresh_token.expose().to_owned());
                    next = Some(tokens.refresh_token);
                }
                Err(ProviderError::Store(_)) => {}
                Err(other) => panic!("a fault looked like {other:?}"),
            }
        }
        assert_eq!(successors.len(), 1, "generation {generation}");
        token = next.unwrap();
    }
    let replayed = |event: &AuditEvent| matches!(event.action, AuditAction::RefreshTokenReplayed { .. });
    assert!(!audit.0.lock().unwrap().iter().any(replayed));
}

/// What the whole of a user's way looks like to a client that asks again after 503.
#[tokio::test]
async fn v58_a_user_gets_through_a_lossy_network_by_asking_again() {
    let proxy = Proxy::start().await;
    let (store, _) = tables::store(&proxy.endpoint).await;
    let provider = provider(Arc::new(store), Arc::default()).await;
    proxy.play(lossy());
    let mut signed_up = false;
    while !signed_up {
        let request = SignUp { username: "alice", email: None, password: PASSWORD };
        signed_up = match provider.sign_up(request, &CONTEXT).await {
            // A client that was told 503 and asks again is another request with another id: the name may be its own.
            Ok(_) | Err(ProviderError::UsernameTaken) => true,
            Err(ProviderError::Store(_)) => false,
            Err(other) => panic!("{other:?}"),
        };
    }
    let tokens = loop {
        match provider.login(Login { username: "alice", password: PASSWORD }, &CONTEXT).await {
            Ok(logged_in) => break logged_in.tokens,
            Err(ProviderError::Store(_)) => {}
            Err(other) => panic!("{other:?}"),
        }
    };
    let mut token = tokens.refresh_token;
    for _ in 0..30 {
        let presented = provider.parse_refresh_token(token.expose()).unwrap();
        token = loop {
            match provider.refresh(&presented, &CONTEXT).await {
                Ok(tokens) => break tokens.refresh_token,
                Err(ProviderError::Store(_)) => {}
                Err(other) => panic!("{other:?}"),
            }
        };
    }
}

async fn provider(store: Arc<dyn Store>, audit: Arc<Recorder>) -> Provider {
    let mut settings = Settings::new("https://id.example");
    settings.sessions.refresh_grace = Duration::from_secs(10);
    let ports = Ports {
        store,
        hasher: Arc::new(PlainHasher),
        blocklist: Arc::new(NoBlocklist),
        entropy: Arc::new(Counting(AtomicU64::new(1))),
        audit,
        sealing: SealingKey::new(&[5; 32]),
        outbound: Arc::new(tegata_core::outbound::NoOutbound),
    };
    Provider::open(settings, ports, NOW).await.unwrap()
}

#[derive(Default)]
struct Recorder(Mutex<Vec<AuditEvent>>);

impl AuditLog for Recorder {
    fn record(&self, event: AuditEvent) {
        self.0.lock().unwrap().push(event);
    }
}

struct NoBlocklist;

impl Blocklist for NoBlocklist {
    fn contains(&self, _: &str) -> bool {
        false
    }
}

/// Never the same twice, and no secret.
struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyError> {
        for chunk in buffer.chunks_mut(8) {
            let n = self.0.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            chunk.copy_from_slice(&n.to_be_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

/// The port without its slowness.
struct PlainHasher;

impl PasswordHasher for PlainHasher {
    fn admit(&self) -> Result<Box<dyn HashPlace>, HashError> {
        Ok(Box::new(Self))
    }
}

#[async_trait]
impl HashPlace for PlainHasher {
    async fn hash(&mut self, password: Password) -> Result<PasswordHash, HashError> {
        Ok(PasswordHash::from_phc(String::from_utf8_lossy(password.as_bytes())))
    }

    async fn verify(
        &mut self,
        password: Password,
        hash: Option<PasswordHash>,
    ) -> Result<Verification, HashError> {
        let own = self.hash(password).await?;
        Ok(Verification { matches: hash.is_some_and(|hash| hash == own), rehashed: None })
    }
}
