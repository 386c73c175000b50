//! The public keys of clients: with their registration, or at an address of theirs.

use std::time::Duration;

use tegata_jose::{JoseError, JwkSet};

use super::fetched::COOL_DOWN;
use crate::client::Client;
use crate::provider::{Provider, RequestContext};

/// How long keys from an address are believed at most: a client that has lost one must be able to take it away.
const MAX_AGE: Duration = Duration::from_mins(15);

/// How far a client's clock may differ.
pub(super) const LEEWAY: Duration = Duration::from_secs(30);

impl Provider {
    /// Checks what a client has signed with its keys, and once more with newer ones where it names one that is not known;
    /// `None` when there are none to be had.
    pub(super) async fn check_with_client_keys<T>(
        &self,
        client: &Client,
        ctx: &RequestContext<'_>,
        check: impl Fn(&JwkSet) -> Result<T, JoseError>,
    ) -> Option<Result<T, JoseError>> {
        let checked = check(&self.client_keys(client, false, ctx).await?);
        if matches!(checked, Err(JoseError::UnknownKey))
            && let Some(keys) = self.client_keys(client, true, ctx).await
        {
            return Some(check(&keys));
        }
        Some(checked)
    }

    /// The keys of a client; `None` when it has none, or they cannot be had now. `is_unknown` asks for newer ones.
    async fn client_keys(
        &self,
        client: &Client,
        is_unknown: bool,
        ctx: &RequestContext<'_>,
    ) -> Option<JwkSet> {
        if let Some(jwks) = &client.metadata.jwks {
            return JwkSet::parse(jwks.to_string().as_bytes()).ok();
        }
        let uri = client.metadata.jwks_uri.as_deref()?;
        let cache = &self.fetched.keys;
        if let Some(keys) = cache.find(uri, is_unknown, ctx.now) {
            return keys.as_ref().clone();
        }
        let document = cache.get(self.ports.outbound.as_ref(), uri).await.ok();
        let max_age = document.as_ref().and_then(|document| document.max_age);
        let keys = document.and_then(|document| JwkSet::parse(&document.body).ok());
        let keys = match keys {
            Some(keys) => {
                let life = max_age.unwrap_or(MAX_AGE).clamp(COOL_DOWN, MAX_AGE);
                cache.put(uri, Some(keys), life, ctx.now)
            }
            // Remembered, too: whoever shows assertions must not make us knock at a door all the time.
            None => cache.put_failure(uri, None, ctx.now),
        };
        keys.as_ref().clone()
    }
}
