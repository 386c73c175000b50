//! What was fetched from addresses of clients, and is believed for a while: in this process only, and bounded.
//!
//! Only what was found is remembered. That an address did not answer, or answered with something wrong, is no news for the
//! next one who asks (draft-ietf-oauth-client-id-metadata-document, "Metadata Caching"); but it is not asked again at once.

mod flights;

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tegata_jose::JwkSet;

use super::{client_keys, metadata_document, request_uri};
use crate::client::Client;
use crate::oauth::{ErrorCode, OAuthError};
use crate::outbound::{Document, Outbound, OutboundError};
use crate::timestamp::Timestamp;
use flights::{Flight, Flights, NoFlight, site};

/// Between two looks at one address: anyone can name any key, and any client.
pub(super) const COOL_DOWN: Duration = Duration::from_secs(10);
/// So many addresses are remembered.
const MOST: usize = 256;

/// All that is fetched.
pub(in crate::provider) struct Fetched {
    /// The keys at a `jwks_uri`.
    pub(super) keys: Cache<JwkSet>,
    /// The client that the metadata at an address describes.
    pub(super) documents: Cache<Client>,
    /// The request objects of clients, by addresses with their fragments.
    pub(super) request_objects: Cache<String>,
}

impl Default for Fetched {
    fn default() -> Self {
        Self {
            keys: Cache::new(client_keys::MAX_AGE),
            documents: Cache::new(metadata_document::MAX_AGE),
            request_objects: Cache::new(request_uri::MAX_AGE),
        }
    }
}

/// What was found at addresses.
pub(super) struct Cache<T> {
    /// How long it is used at most, counted from when it was fetched, where nothing newer is to be had.
    max_age: Duration,
    entries: Mutex<BTreeMap<String, Entry<T>>>,
    flights: Flights,
    /// Those for what is not remembered. What is may need them, so they are counted apart.
    others: Flights,
}

/// What is known of an address.
struct Entry<T> {
    found: Option<Found<T>>,
    /// When somebody last asked there.
    asked_at: Timestamp,
    /// When anybody last wanted it.
    wanted_at: Timestamp,
}

struct Found<T> {
    value: Arc<T>,
    /// When it was fetched.
    at: Timestamp,
    /// For how long it is believed without a look.
    life: Duration,
}

/// Whether something is younger than this. A clock that was set back makes nothing live longer; requests that are under way at
/// once have times that differ by less than that.
fn is_younger(at: Timestamp, age: Duration, now: Timestamp) -> bool {
    at <= now + COOL_DOWN && now.since(at) < age
}

/// What there is to do about an address.
pub(super) enum Look<'c, T> {
    /// Nothing: this is what is there.
    Known(Arc<T>),
    /// To come again later: it has just been asked in vain, or there is no place for asking.
    Later,
    /// To ask.
    Ask(Asking<'c, T>),
}

impl<T> Cache<T> {
    fn new(max_age: Duration) -> Self {
        Self { max_age, entries: Mutex::default(), flights: Flights::default(), others: Flights::default() }
    }

    /// Looks an address up; with `newer`, what is known was not enough.
    ///
    /// Of all who need an address to be asked, one is to do it; the others wait for what comes of it. That happens once in
    /// [`COOL_DOWN`]: until then they go on with what there is.
    pub(super) async fn look(&self, url: &str, newer: bool, now: Timestamp) -> Look<'_, T> {
        loop {
            if let Some(look) = self.look_now(url, newer, now) {
                return look;
            }
            self.flights.landed(url).await;
        }
    }

    /// The same, but `None` where somebody is asking.
    fn look_now(&self, url: &str, newer: bool, now: Timestamp) -> Option<Look<'_, T>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut usable, mut is_fresh, mut was_asked) = (None, false, false);
        if let Some(entry) = entries.get_mut(url) {
            entry.wanted_at = now;
            was_asked = is_younger(entry.asked_at, COOL_DOWN, now);
            let found = entry.found.as_ref().filter(|found| is_younger(found.at, self.max_age, now));
            is_fresh = found.is_some_and(|found| is_younger(found.at, found.life, now));
            usable = found.map(|found| Arc::clone(&found.value));
        }
        if is_fresh && !newer || was_asked && !self.flights.is_under_way(url) {
            return Some(usable.map_or(Look::Later, Look::Known));
        }
        match self.flights.begin(url, usable.is_none()) {
            Ok(flight) => {
                entry(&mut entries, url, now).asked_at = now;
                Some(Look::Ask(Asking { cache: self, flight, now }))
            }
            Err(NoFlight::UnderWay) if newer => None,
            Err(NoFlight::UnderWay) => usable.map(Look::Known),
            Err(NoFlight::Full) => Some(usable.map_or(Look::Later, Look::Known)),
        }
    }

    /// Asks for what is not to be remembered, unless too many are being asked already.
    pub(super) async fn get(&self, outbound: &dyn Outbound, url: &str) -> Result<Document, OutboundError> {
        loop {
            match self.others.begin(url, true) {
                Ok(_flight) => return outbound.get(url).await,
                Err(NoFlight::UnderWay) => self.others.landed(url).await,
                Err(NoFlight::Full) => return Err(OutboundError::TimedOut),
            }
        }
    }
}

/// Whoever has this asks, and says what came of it. Dropped, it is as if nothing had come.
pub(super) struct Asking<'c, T> {
    cache: &'c Cache<T>,
    flight: Flight<'c>,
    now: Timestamp,
}

impl<T> Asking<'_, T> {
    /// Remembers what was found.
    pub(super) fn found(self, value: T, life: Duration) -> Arc<T> {
        let value = Arc::new(value);
        let found = Found { value: Arc::clone(&value), at: self.now, life };
        self.change(|entry| entry.found = Some(found));
        value
    }

    /// Forgets what was there: its owner has taken it away.
    pub(super) fn nothing(self) {
        self.change(|entry| entry.found = None);
    }

    /// Nobody knows what is there now. What was there before is still used for a while: another server's short outage must not
    /// be ours.
    pub(super) fn failed(self) -> Option<Arc<T>> {
        let (max_age, now) = (self.cache.max_age, self.now);
        self.change(|entry| {
            let found = entry.found.as_ref().filter(|found| is_younger(found.at, max_age, now));
            found.map(|found| Arc::clone(&found.value))
        })
    }

    fn change<R>(&self, change: impl FnOnce(&mut Entry<T>) -> R) -> R {
        let mut entries = self.cache.entries.lock().unwrap_or_else(PoisonError::into_inner);
        change(entry(&mut entries, &self.flight.url, self.now))
    }
}

/// The entry of an address. For a new one another has to go where there are many: one of which nothing has come, or else one of
/// the site that has most of them, which is what somebody has who makes them up; of those the one that nobody has wanted for
/// longest.
fn entry<'e, T>(entries: &'e mut BTreeMap<String, Entry<T>>, url: &str, now: Timestamp) -> &'e mut Entry<T> {
    if entries.len() >= MOST && !entries.contains_key(url) {
        let mut of_site = BTreeMap::<Cow<str>, usize>::new();
        for url in entries.keys() {
            *of_site.entry(site(url)).or_default() += 1;
        }
        let last = entries.iter().min_by_key(|(url, entry)| {
            (entry.found.is_some(), Reverse(of_site.get(&site(url))), entry.wanted_at)
        });
        if let Some(url) = last.map(|(url, _)| url.clone()) {
            entries.remove(&url);
        }
    }
    entries.entry(url.to_owned()).or_insert(Entry { found: None, asked_at: now, wanted_at: now })
}

/// Whether an address could not be asked, or its server could not answer; anything else is an answer. A name that leads nowhere
/// public is one that does not answer: who names it learns no more of what stands beside us.
pub(super) fn is_outage(error: OutboundError) -> bool {
    match error {
        OutboundError::NotAllowed | OutboundError::TimedOut | OutboundError::Connection => true,
        OutboundError::Status(status) => status >= 500 || matches!(status, 408 | 429),
        OutboundError::TooLarge => false,
    }
}

/// That nobody knows now what stands there. One sentence for every reason: what stands behind a name, as it is seen from here,
/// is nobody's business.
pub(super) fn unreachable(what: &str) -> OAuthError {
    OAuthError::refused(
        ErrorCode::TemporarilyUnavailable,
        format!("The {what} of this client cannot be had now: try again in a few seconds."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_000);
    const LIFE: Duration = Duration::from_mins(5);
    const MAX_AGE: Duration = Duration::from_mins(15);

    fn ask<'c>(cache: &'c Cache<usize>, url: &str, now: Timestamp) -> Asking<'c, usize> {
        match cache.look_now(url, false, now) {
            Some(Look::Ask(asking)) => asking,
            _ => panic!("{url} is not to be asked"),
        }
    }

    fn known(cache: &Cache<usize>, url: &str, newer: bool, now: Timestamp) -> Option<usize> {
        match cache.look_now(url, newer, now) {
            Some(Look::Known(value)) => Some(*value),
            _ => None,
        }
    }

    #[test]
    fn what_was_fetched_is_believed_for_its_life_and_used_no_longer_than_anything() {
        let cache = Cache::new(MAX_AGE);
        ask(&cache, "a", NOW).found(1, LIFE);
        assert_eq!(known(&cache, "a", false, NOW + LIFE / 2), Some(1));
        assert_eq!(
            ask(&cache, "a", NOW + LIFE).failed().as_deref(),
            Some(&1),
            "an outage takes nothing away"
        );
        assert_eq!(known(&cache, "a", false, NOW + LIFE + COOL_DOWN / 2), Some(1));
        assert_eq!(ask(&cache, "a", NOW + MAX_AGE).failed(), None);
        assert!(matches!(cache.look_now("a", false, NOW + MAX_AGE), Some(Look::Later)));
        assert_eq!(known(&cache, "a", false, Timestamp::from_secs(0)), None);
        assert_eq!(known(&cache, "b", false, NOW), None);
    }

    #[test]
    fn whoever_names_an_unknown_key_makes_us_look_once_in_a_while() {
        let cache = Cache::new(MAX_AGE);
        ask(&cache, "a", NOW).found(1, LIFE);
        let later = NOW + COOL_DOWN;
        assert_eq!(known(&cache, "a", true, NOW), Some(1));
        let Some(Look::Ask(asking)) = cache.look_now("a", true, later) else { panic!("one of them fetches") };
        assert!(cache.look_now("a", true, later).is_none(), "the others wait for it");
        assert_eq!(known(&cache, "a", false, later), Some(1), "and whom it is enough for goes on");
        assert_eq!(asking.failed().as_deref(), Some(&1));
        assert_eq!(known(&cache, "a", true, later), Some(1));
    }

    #[test]
    fn r69_a_cache_is_bounded_and_who_fills_it_takes_nothing_away_from_others() {
        let cache = Cache::new(MAX_AGE);
        ask(&cache, "https://app.example/client.json", NOW).found(0, LIFE);
        for n in 0..2 * MOST {
            let now = NOW + Duration::from_millis(n as u64);
            ask(&cache, &format!("https://h{n}.evil.example/client.json"), now).found(n, MAX_AGE);
        }
        assert_eq!(cache.entries.lock().unwrap().len(), MOST);
        assert_eq!(known(&cache, "https://app.example/client.json", false, NOW), Some(0));
    }
}
