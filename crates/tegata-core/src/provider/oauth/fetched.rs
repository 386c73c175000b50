//! What was fetched from addresses of clients, and is believed for a while: in this process only, and bounded.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tegata_jose::JwkSet;

use super::metadata_document::FoundDocument;
use crate::outbound::{Document, Outbound, OutboundError};
use crate::timestamp::Timestamp;

/// Between two looks at one address: anyone can name any key, and any client.
pub(super) const COOL_DOWN: Duration = Duration::from_secs(10);
/// So many addresses are remembered.
const MOST: usize = 256;
/// So many are asked at once: strangers decide when we ask, and must not make us ask everybody.
const MOST_AT_ONCE: usize = 16;

/// All that is fetched.
#[derive(Default)]
pub(in crate::provider) struct Fetched {
    /// The keys at a `jwks_uri`; `None` where there were none to be had.
    pub(super) keys: Cache<Option<JwkSet>>,
    /// The metadata at an address that is a client's name.
    pub(super) documents: Cache<FoundDocument>,
}

/// What was found at addresses.
pub(super) struct Cache<T> {
    entries: Mutex<BTreeMap<String, Entry<T>>>,
    asking: AtomicUsize,
}

struct Entry<T> {
    found: Arc<T>,
    /// When it was fetched.
    at: Timestamp,
    /// For how long it is believed.
    life: Duration,
    /// When anybody last looked for something newer.
    looked_at: Timestamp,
}

impl<T> Entry<T> {
    /// A clock that was set back makes nothing live longer.
    fn is_live(&self, now: Timestamp) -> bool {
        self.at <= now && now.since(self.at) < self.life
    }
}

impl<T> Default for Cache<T> {
    fn default() -> Self {
        Self { entries: Mutex::default(), asking: AtomicUsize::new(0) }
    }
}

impl<T> Cache<T> {
    /// What is known of an address; `None` asks the caller to fetch it. With `newer`, what is known was not enough.
    ///
    /// Whoever is asked to fetch something newer is the only one for [`COOL_DOWN`]: the others go on with what there is.
    pub(super) fn find(&self, url: &str, newer: bool, now: Timestamp) -> Option<Arc<T>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get_mut(url).filter(|entry| entry.is_live(now))?;
        if newer && (entry.looked_at > now || now.since(entry.looked_at) >= COOL_DOWN) {
            entry.looked_at = now;
            return None;
        }
        Some(Arc::clone(&entry.found))
    }

    /// Remembers what was found.
    pub(super) fn put(&self, url: &str, found: T, life: Duration, now: Timestamp) -> Arc<T> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MOST && !entries.contains_key(url) {
            let oldest = entries.iter().min_by_key(|(_, entry)| entry.at + entry.life);
            oldest.map(|(url, _)| url.clone()).map(|url| entries.remove(&url));
        }
        let found = Arc::new(found);
        let entry = Entry { found: Arc::clone(&found), at: now, life, looked_at: now };
        entries.insert(url.to_owned(), entry);
        found
    }

    /// What is still believed of an address, or else that nothing was found, which is remembered only for a moment:
    /// another server's short outage must not be ours.
    pub(super) fn put_failure(&self, url: &str, failure: T, now: Timestamp) -> Arc<T> {
        match self.find(url, false, now) {
            Some(found) => found,
            None => self.put(url, failure, COOL_DOWN, now),
        }
    }

    /// Asks, unless too many are being asked already.
    pub(super) async fn get(&self, outbound: &dyn Outbound, url: &str) -> Result<Document, OutboundError> {
        let _place = Place::take(&self.asking).ok_or(OutboundError::TimedOut)?;
        outbound.get(url).await
    }
}

/// One of the places for requests that are under way.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(asking: &'a AtomicUsize) -> Option<Self> {
        let place = Self(asking);
        (asking.fetch_add(1, Ordering::AcqRel) < MOST_AT_ONCE).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_000);
    const LIFE: Duration = Duration::from_mins(5);

    #[test]
    fn what_was_fetched_is_believed_for_its_life_and_no_longer() {
        let cache = Cache::default();
        cache.put("a", 1, LIFE, NOW);
        assert_eq!(cache.find("a", false, NOW + LIFE / 2).as_deref(), Some(&1));
        assert_eq!(cache.find("a", false, NOW + LIFE), None);
        assert_eq!(cache.find("a", false, Timestamp::from_secs(0)), None);
        assert_eq!(cache.find("b", false, NOW), None);
    }

    #[test]
    fn whoever_names_an_unknown_key_makes_us_look_once_in_a_while() {
        let cache = Cache::default();
        cache.put("a", 1, LIFE, NOW);
        let later = NOW + COOL_DOWN;
        assert_eq!(cache.find("a", true, NOW).as_deref(), Some(&1));
        assert_eq!(cache.find("a", true, later), None, "one of them fetches");
        assert_eq!(cache.find("a", true, later).as_deref(), Some(&1), "the others go on");
        assert_eq!(*cache.put_failure("a", 0, later), 1, "an outage takes nothing away");
        assert_eq!(*cache.put_failure("b", 0, NOW), 0);
        assert_eq!(cache.find("b", false, later), None, "and is forgotten soon");
    }

    #[test]
    fn r69_a_cache_and_the_requests_for_it_are_bounded() {
        let cache = Cache::default();
        for i in 0..2 * MOST {
            cache.put(&i.to_string(), i, LIFE, NOW + Duration::from_millis(i as u64));
        }
        assert_eq!(cache.entries.lock().unwrap().len(), MOST);
        let places: Vec<_> = (0..MOST_AT_ONCE).filter_map(|_| Place::take(&cache.asking)).collect();
        assert_eq!((places.len(), Place::take(&cache.asking).is_none()), (MOST_AT_ONCE, true));
        drop(places);
        assert!(Place::take(&cache.asking).is_some());
    }
}
