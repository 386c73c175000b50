//! When keys are fetched, with time and the network handed in.

use std::future::Future;
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll, Waker};

use serde_json::json;
use tegata_authorizer::{Answer, Authorizer, AuthorizerError, Fetch, FetchError, Reach, Settings};
use tegata_jose::{Algorithm, NumericDate, SigningKey};
use tokio::sync::Notify;

use crate::forge::{auth0_header, sign_json, with};
use crate::support::{bearer, jwks, token_event};

const OIDC: &str = "https://id.example";
const API: &str = "https://api.example";
const START: NumericDate = NumericDate::new(1_800_000_000);

fn key(index: usize) -> &'static SigningKey {
    static KEYS: [OnceLock<SigningKey>; 2] = [const { OnceLock::new() }; 2];
    KEYS[index].get_or_init(|| SigningKey::generate(Algorithm::Es256).unwrap())
}

/// An endpoint that counts, and that can be made to wait.
#[derive(Clone, Default)]
struct Endpoint(Arc<State>);

#[derive(Default)]
struct State {
    answer: Mutex<Option<String>>,
    hits: Mutex<usize>,
    waits: Mutex<Option<Arc<Notify>>>,
}

impl Endpoint {
    fn publish(&self, keys: &[&SigningKey]) {
        *self.0.answer.lock().unwrap() = Some(jwks(keys));
    }

    fn fail(&self) {
        *self.0.answer.lock().unwrap() = None;
    }

    /// Lets no fetch end until [`release`](Self::release).
    fn hold(&self) {
        *self.0.waits.lock().unwrap() = Some(Arc::default());
    }

    /// Lets the fetch that waits end, and later ones pass.
    fn release(&self) {
        if let Some(gate) = self.0.waits.lock().unwrap().take() {
            gate.notify_one();
        }
    }

    fn hits(&self) -> usize {
        *self.0.hits.lock().unwrap()
    }
}

impl Fetch for Endpoint {
    async fn fetch(&self, uri: &str) -> Result<Vec<u8>, FetchError> {
        assert_eq!(uri, "https://id.example/keys");
        *self.0.hits.lock().unwrap() += 1;
        let gate = self.0.waits.lock().unwrap().clone();
        if let Some(gate) = gate {
            gate.notified().await;
        }
        let answer = self.0.answer.lock().unwrap().clone();
        answer.map(String::into_bytes).ok_or(FetchError::NoKeys)
    }
}

fn authorizer(endpoint: &Endpoint) -> Authorizer<Endpoint> {
    let issuers = json!([
        { "kind": "oidc", "issuer": OIDC, "audiences": [API], "algorithms": ["ES256"],
          "jwks_uri": "https://id.example/keys" },
    ]);
    let variables = [("TEGATA_ISSUERS", issuers.to_string()), ("AWS_LAMBDA_LOG_LEVEL", "FATAL".to_owned())];
    let variables = variables.map(|(name, value)| (name.to_owned(), value));
    Authorizer::new(Settings::parse(variables, Reach::Federated).unwrap(), Some(endpoint))
}

/// An event with a token that is valid for a day.
fn event(key: &SigningKey) -> String {
    event_with_kid(key, key.kid())
}

fn event_with_kid(key: &SigningKey, kid: &str) -> String {
    let payload = json!({
        "iss": OIDC, "sub": "user-1", "aud": API, "iat": START.as_secs(), "exp": START.as_secs() + 86400,
    });
    let header = with(auth0_header(key), json!({ "kid": kid }));
    token_event(&bearer(&sign_json(key, &header, &payload)))
}

fn after(secs: i64) -> NumericDate {
    START.saturating_add(secs)
}

async fn is_let_in(authorizer: &Authorizer<Endpoint>, event: &str, secs: i64) -> bool {
    matches!(authorizer.authorize(event, after(secs)).await, Ok(Answer::Policy { .. }))
}

async fn error(authorizer: &Authorizer<Endpoint>, event: &str, secs: i64) -> AuthorizerError {
    authorizer.authorize(event, after(secs)).await.unwrap_err()
}

/// Polls once: enough for what does not wait.
fn poll<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test]
async fn keys_are_fetched_once_and_then_used() {
    let endpoint = Endpoint::default();
    endpoint.publish(&[key(0)]);
    let authorizer = authorizer(&endpoint);
    assert_eq!(endpoint.hits(), 0, "not before they are needed");
    for secs in 0..300 {
        assert!(is_let_in(&authorizer, &event(key(0)), secs).await);
    }
    assert_eq!(endpoint.hits(), 1);
}

#[tokio::test]
async fn a_thousand_unknown_kids_are_one_fetch_in_thirty_seconds() {
    let endpoint = Endpoint::default();
    endpoint.publish(&[key(0)]);
    let authorizer = authorizer(&endpoint);
    assert!(is_let_in(&authorizer, &event(key(0)), 0).await);
    for round in 0..1000 {
        let unknown = event_with_kid(key(0), &format!("kid-{round}"));
        assert_eq!(error(&authorizer, &unknown, 29).await, AuthorizerError::Unauthorized);
    }
    assert_eq!(endpoint.hits(), 1);
    for secs in 30..90 {
        for round in 0..17 {
            let unknown = event_with_kid(key(0), &format!("kid-{secs}-{round}"));
            assert_eq!(error(&authorizer, &unknown, secs).await, AuthorizerError::Unauthorized);
        }
    }
    assert_eq!(endpoint.hits(), 3, "at 30 and at 60 seconds");
}

#[tokio::test]
async fn failures_cool_down_too() {
    let endpoint = Endpoint::default();
    let authorizer = authorizer(&endpoint);
    for secs in 0..60 {
        assert_eq!(error(&authorizer, &event(key(0)), secs).await, AuthorizerError::Internal);
    }
    assert_eq!(endpoint.hits(), 2);
    endpoint.publish(&[key(0)]);
    assert!(is_let_in(&authorizer, &event(key(0)), 60).await);
}

#[tokio::test]
async fn a_new_key_is_found_by_its_kid() {
    let endpoint = Endpoint::default();
    endpoint.publish(&[key(0)]);
    let authorizer = authorizer(&endpoint);
    assert!(is_let_in(&authorizer, &event(key(0)), 0).await);
    endpoint.publish(&[key(0), key(1)]);
    assert_eq!(error(&authorizer, &event(key(1)), 10).await, AuthorizerError::Unauthorized);
    assert!(is_let_in(&authorizer, &event(key(1)), 30).await);
    assert!(is_let_in(&authorizer, &event(key(0)), 30).await);
    assert_eq!(endpoint.hits(), 2);
}

#[tokio::test]
async fn v58_an_issuers_outage_is_not_its_users() {
    let endpoint = Endpoint::default();
    endpoint.publish(&[key(0)]);
    let authorizer = authorizer(&endpoint);
    assert!(is_let_in(&authorizer, &event(key(0)), 0).await);
    endpoint.fail();
    for secs in [300, 1000, 3600, 80_000] {
        assert!(is_let_in(&authorizer, &event(key(0)), secs).await, "{secs}");
        tokio::task::yield_now().await;
    }
    let unknown = event(key(1));
    assert_eq!(error(&authorizer, &unknown, 80_001).await, AuthorizerError::Internal, "we cannot know");
}

#[tokio::test]
async fn stale_keys_verify_while_a_refresh_runs_beside() {
    let endpoint = Endpoint::default();
    endpoint.publish(&[key(0)]);
    let authorizer = authorizer(&endpoint);
    assert!(is_let_in(&authorizer, &event(key(0)), 0).await);
    endpoint.hold();
    endpoint.publish(&[key(1)]);
    for secs in 300..330 {
        assert!(is_let_in(&authorizer, &event(key(0)), secs).await);
        tokio::task::yield_now().await;
    }
    assert_eq!(endpoint.hits(), 2, "one beside");
    endpoint.release();
    tokio::task::yield_now().await;
    tokio::task::yield_now().await;
    assert_eq!(error(&authorizer, &event(key(0)), 331).await, AuthorizerError::Unauthorized, "withdrawn");
    assert!(is_let_in(&authorizer, &event(key(1)), 331).await);
}

#[tokio::test]
async fn keys_of_a_quarter_of_an_hour_ago_are_looked_at_again_first() {
    let endpoint = Endpoint::default();
    endpoint.publish(&[key(0)]);
    let authorizer = authorizer(&endpoint);
    assert!(is_let_in(&authorizer, &event(key(0)), 0).await);
    endpoint.publish(&[key(1)]);
    assert_eq!(error(&authorizer, &event(key(0)), 900).await, AuthorizerError::Unauthorized, "withdrawn");
}

#[tokio::test]
async fn one_fetch_serves_all_who_wait_for_it() {
    let endpoint = Endpoint::default();
    endpoint.publish(&[key(0)]);
    endpoint.hold();
    let (authorizer, event) = (authorizer(&endpoint), event(key(0)));
    let mut waiting: Vec<_> =
        (0..10).map(|secs| Box::pin(authorizer.authorize(&event, after(secs % 3)))).collect();
    for future in &mut waiting {
        assert!(poll(future.as_mut()).is_pending());
    }
    endpoint.release();
    for future in waiting {
        assert!(matches!(future.await, Ok(Answer::Policy { .. })));
    }
    assert_eq!(endpoint.hits(), 1);
}

#[tokio::test]
async fn an_unknown_kid_waits_for_the_refresh_that_runs_beside() {
    let endpoint = Endpoint::default();
    endpoint.publish(&[key(0)]);
    let authorizer = authorizer(&endpoint);
    assert!(is_let_in(&authorizer, &event(key(0)), 0).await);
    endpoint.hold();
    endpoint.publish(&[key(0), key(1)]);
    assert!(is_let_in(&authorizer, &event(key(0)), 400).await);
    let new = event(key(1));
    let mut waiting = Box::pin(authorizer.authorize(&new, after(400)));
    assert!(poll(waiting.as_mut()).is_pending());
    endpoint.release();
    assert!(matches!(waiting.await, Ok(Answer::Policy { .. })));
    assert_eq!(endpoint.hits(), 2);
}

#[tokio::test]
async fn the_same_keys_again_forget_no_token() {
    let endpoint = Endpoint::default();
    endpoint.publish(&[key(0)]);
    let authorizer = authorizer(&endpoint);
    for secs in [0, 1000, 2000] {
        assert!(is_let_in(&authorizer, &event(key(0)), secs).await);
    }
    assert_eq!(endpoint.hits(), 3);
}

#[tokio::test]
async fn a_clock_that_is_set_back_keeps_nobody_out() {
    let endpoint = Endpoint::default();
    let authorizer = authorizer(&endpoint);
    assert_eq!(error(&authorizer, &event(key(0)), 10_000).await, AuthorizerError::Internal);
    endpoint.publish(&[key(0)]);
    assert!(is_let_in(&authorizer, &event(key(0)), 0).await);
}

#[tokio::test]
async fn a_request_that_is_given_up_blocks_no_other() {
    let endpoint = Endpoint::default();
    endpoint.publish(&[key(0)]);
    endpoint.hold();
    let (authorizer, event) = (authorizer(&endpoint), event(key(0)));
    let mut given_up = Box::pin(authorizer.authorize(&event, START));
    assert!(poll(given_up.as_mut()).is_pending());
    drop(given_up);
    endpoint.release();
    assert_eq!(error(&authorizer, &event, 29).await, AuthorizerError::Internal, "cooling down");
    assert!(is_let_in(&authorizer, &event, 30).await);
}
