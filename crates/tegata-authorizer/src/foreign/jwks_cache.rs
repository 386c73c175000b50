//! The keys of one issuer: fetched seldom, and not given up easily.
//!
//! - Fresh for five minutes. Then they still verify while a refresh runs beside.
//! - A function is frozen between events, so what runs beside may never end. After a quarter of an hour the refresh is
//!   waited for, so that a key which the issuer has withdrawn ends here too.
//! - Whatever fails, the old keys stay: an issuer's outage is not its users'.
//! - A `kid` that is not among them is a reason to look again, but there is one try in 30 seconds, whoever asks and however
//!   it ends. So a stranger with made-up `kid`s cannot make us ask the issuer for each.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tegata_jose::{
    Algorithm, ForeignAccessToken, JoseError, JwkSet, NumericDate, Profile, VerifyingKey, VerifyingKeys,
};
use tegata_outbound::OutboundError;
use thiserror::Error;

use crate::error::Refusal;
use crate::log::Log;

/// How long keys are used without a thought, in seconds.
const FRESH_SECS: i64 = 5 * 60;
/// How old keys may be before a refresh is waited for, in seconds.
const MAX_STALE_SECS: i64 = 15 * 60;
/// Between two tries, in seconds.
const COOL_DOWN_SECS: i64 = 30;
/// The most keys of one issuer. Those we know of publish two.
const MAX_KEYS: usize = 20;

/// Gets what an issuer publishes.
pub trait Fetch: Clone + Send + Sync + 'static {
    /// The body of a `200 OK`, of at most [`MAX_JWKS_LEN`](tegata_jose::MAX_JWKS_LEN) bytes.
    fn fetch(&self, uri: &str) -> impl Future<Output = Result<Vec<u8>, FetchError>> + Send;
}

/// Fetches nothing, and cannot exist: where there are no foreign issuers, no client is linked.
#[derive(Clone, Copy, Debug)]
pub enum NoFetch {}

impl Fetch for NoFetch {
    async fn fetch(&self, _: &str) -> Result<Vec<u8>, FetchError> {
        match *self {}
    }
}

/// Why there are no new keys. No text holds anything that was received.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FetchError {
    /// The issuer's server gave nothing.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    /// No sound JWK Set.
    #[error("{0}")]
    Keys(JoseError),
    /// A set without a key that can verify.
    #[error("there is no key to verify with")]
    NoKeys,
}

/// The keys of one issuer, as a profile to verify with.
pub(crate) struct JwksCache<F> {
    shared: Arc<Shared<F>>,
}

struct Shared<F> {
    rules: Profile<ForeignAccessToken>,
    algorithms: Vec<Algorithm>,
    uri: String,
    fetch: F,
    log: Log,
    state: Mutex<State>,
    /// Held while a fetch runs; who waits for it waits for the outcome.
    flight: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Default)]
struct State {
    current: Option<Current>,
    last_try: Option<Try>,
}

#[derive(Clone)]
struct Current {
    profile: Arc<Profile<ForeignAccessToken>>,
    /// As it was received, so that the same keys again leave the profile, and what has passed it, as they are.
    document: Arc<[u8]>,
    fetched_at: NumericDate,
}

#[derive(Clone, Copy)]
struct Try {
    at: NumericDate,
    succeeded: bool,
}

impl<F: Fetch> JwksCache<F> {
    pub(crate) fn new(
        rules: Profile<ForeignAccessToken>,
        algorithms: Vec<Algorithm>,
        uri: String,
        fetch: F,
        log: Log,
    ) -> Self {
        let (state, flight) = (Mutex::default(), Arc::default());
        Self { shared: Arc::new(Shared { rules, algorithms, uri, fetch, log, state, flight }) }
    }

    /// The rules with the keys to use now; `None` if there are none and none could be fetched.
    pub(crate) async fn current(&self, now: NumericDate) -> Option<Arc<Profile<ForeignAccessToken>>> {
        match self.shared.age(now) {
            Some(..FRESH_SECS) => {}
            Some(..MAX_STALE_SECS) => self.refresh_beside(now),
            _ => self.shared.refresh(now).await,
        }
        self.shared.profile()
    }

    /// The rules with newer keys than those that did not have a token's `kid`.
    ///
    /// # Errors
    /// [`JoseError::UnknownKey`] if there are none; [`Refusal::NoKeys`] if we cannot know, because the last fetch failed.
    pub(crate) async fn newer_than(
        &self,
        old: &Arc<Profile<ForeignAccessToken>>,
        now: NumericDate,
    ) -> Result<Arc<Profile<ForeignAccessToken>>, Refusal> {
        self.shared.refresh(now).await;
        match self.shared.profile() {
            Some(profile) if !Arc::ptr_eq(&profile, old) => Ok(profile),
            _ if self.shared.last_try_succeeded() => Err(JoseError::UnknownKey.into()),
            _ => Err(Refusal::NoKeys),
        }
    }

    fn refresh_beside(&self, now: NumericDate) {
        let shared = &self.shared;
        if let Ok(flight) = Arc::clone(&shared.flight).try_lock_owned()
            && shared.claim(now)
        {
            let shared = Arc::clone(shared);
            tokio::spawn(async move {
                shared.fetch(now).await;
                drop(flight);
            });
        }
    }
}

impl<F: Fetch> Shared<F> {
    /// Fetches, unless somebody just has; who comes while a fetch runs waits for it and is content with its outcome.
    async fn refresh(&self, now: NumericDate) {
        let _flight = self.flight.lock().await;
        if self.claim(now) {
            self.fetch(now).await;
        }
    }

    /// Whether it is time for another try; if so, this is it, however it ends.
    fn claim(&self, now: NumericDate) -> bool {
        let mut state = self.state();
        // A clock that was set back must not keep us from trying for long.
        let is_time = state.last_try.is_none_or(|last| {
            now.as_secs().saturating_sub(last.at.as_secs()).unsigned_abs() >= COOL_DOWN_SECS.unsigned_abs()
        });
        if is_time {
            state.last_try = Some(Try { at: now, succeeded: false });
        }
        is_time
    }

    async fn fetch(&self, now: NumericDate) {
        let fetched = match self.fetch.fetch(&self.uri).await {
            Ok(document) => self.read(document, now),
            Err(error) => Err(error),
        };
        match fetched {
            Ok(current) => {
                let mut state = self.state();
                state.current = Some(current);
                state.last_try = Some(Try { at: now, succeeded: true });
            }
            Err(error) => self.log.fetch_failed(self.rules.issuer(), &error),
        }
    }

    fn read(&self, document: Vec<u8>, now: NumericDate) -> Result<Current, FetchError> {
        let known = self.state().current.clone().filter(|known| *known.document == *document);
        if let Some(known) = known {
            return Ok(Current { fetched_at: now, ..known });
        }
        let jwks = JwkSet::parse(&document).map_err(FetchError::Keys)?;
        if jwks.keys().len() > MAX_KEYS {
            return Err(FetchError::Keys(JoseError::InvalidKeySet));
        }
        let keys = jwks.keys().iter().filter_map(|jwk| match VerifyingKey::from_jwk(jwk) {
            // RSA keys need not say their algorithm (RFC 7517 §4.4). If the settings allow one, it is that.
            Err(JoseError::AmbiguousAlgorithm) => {
                VerifyingKey::from_jwk_as(jwk, self.only_rsa_algorithm()?).ok()
            }
            key => key.ok(),
        });
        let keys = VerifyingKeys::new(keys.collect()).map_err(FetchError::Keys)?;
        if keys.keys().is_empty() {
            return Err(FetchError::NoKeys);
        }
        let profile = Arc::new(self.rules.clone().with_keys(Arc::new(keys)));
        Ok(Current { profile, document: document.into(), fetched_at: now })
    }

    fn only_rsa_algorithm(&self) -> Option<Algorithm> {
        let mut rsa = self.algorithms.iter().filter(|algorithm| {
            matches!(
                algorithm,
                Algorithm::Rs256
                    | Algorithm::Rs384
                    | Algorithm::Rs512
                    | Algorithm::Ps256
                    | Algorithm::Ps384
                    | Algorithm::Ps512
            )
        });
        rsa.next().copied().filter(|_| rsa.next().is_none())
    }

    /// How old the keys are, in seconds; a clock that was set back makes them new.
    fn age(&self, now: NumericDate) -> Option<i64> {
        let state = self.state();
        let fetched_at = state.current.as_ref()?.fetched_at;
        Some(now.as_secs().saturating_sub(fetched_at.as_secs()))
    }

    fn profile(&self) -> Option<Arc<Profile<ForeignAccessToken>>> {
        self.state().current.as_ref().map(|current| Arc::clone(&current.profile))
    }

    fn last_try_succeeded(&self) -> bool {
        self.state().last_try.is_some_and(|last| last.succeeded)
    }

    /// Sound after a panic, too: every change of it is one assignment.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
