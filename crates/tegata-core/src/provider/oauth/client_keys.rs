//! The public keys of clients: with their registration, or at an address of theirs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tegata_jose::JwkSet;

use crate::client::Client;
use crate::provider::{Provider, RequestContext};
use crate::timestamp::Timestamp;

/// How long keys from an address are believed.
const MAX_AGE: Duration = Duration::from_mins(15);
/// Between two looks at one address: anyone can name any key.
const COOL_DOWN: Duration = Duration::from_secs(30);
/// Keys of so many addresses are remembered.
const MOST: usize = 256;

/// What was fetched.
#[derive(Default)]
pub(in crate::provider) struct FetchedKeys(Mutex<BTreeMap<String, Fetched>>);

struct Fetched {
    at: Timestamp,
    keys: Option<Arc<JwkSet>>,
}

/// What is known of an address.
enum Known {
    Keys(Arc<JwkSet>),
    /// It did not give any a moment ago.
    Failed,
}

impl FetchedKeys {
    fn find(&self, uri: &str, now: Timestamp, max_age: Duration) -> Option<Known> {
        let fetched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = fetched
            .get(uri)
            .filter(|fetched| now.since(fetched.at) < max_age && fetched.at.since(now) < max_age)?;
        Some(found.keys.clone().map_or(Known::Failed, Known::Keys))
    }

    fn put(&self, uri: &str, now: Timestamp, keys: Option<Arc<JwkSet>>) {
        let mut fetched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if fetched.len() >= MOST && !fetched.contains_key(uri) {
            let oldest = fetched.iter().min_by_key(|(_, fetched)| fetched.at).map(|(uri, _)| uri.clone());
            oldest.map(|uri| fetched.remove(&uri));
        }
        fetched.insert(uri.to_owned(), Fetched { at: now, keys });
    }
}

impl Provider {
    /// The keys of a client; `None` when it has none, or they cannot be had now. `is_unknown` asks for newer ones.
    pub(super) async fn client_keys(
        &self,
        client: &Client,
        is_unknown: bool,
        ctx: &RequestContext<'_>,
    ) -> Option<Arc<JwkSet>> {
        if let Some(jwks) = &client.metadata.jwks {
            return JwkSet::parse(jwks.to_string().as_bytes()).ok().map(Arc::new);
        }
        let uri = client.metadata.jwks_uri.as_deref()?;
        let max_age = if is_unknown { COOL_DOWN } else { MAX_AGE };
        match self.fetched_keys.find(uri, ctx.now, max_age) {
            Some(Known::Keys(keys)) => return Some(keys),
            Some(Known::Failed) => return None,
            None => {}
        }
        // A failure is remembered, too: whoever shows assertions must not make us knock at a door all the time.
        let document = self.ports.outbound.get(uri).await.ok();
        let keys = document.and_then(|document| JwkSet::parse(&document.body).ok()).map(Arc::new);
        self.fetched_keys.put(uri, ctx.now, keys.clone());
        keys
    }
}
