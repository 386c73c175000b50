//! What the server does by itself: the life of the keys, and cleaning up.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tegata_core::provider::Provider;
use tegata_core::store::StoreError;
use tegata_http::{Clock as _, SystemClock};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::failure::Chain;
use crate::settings::StoreKind;

/// How often the keys are looked after: other processes may have rotated them.
const KEYS_EVERY: Duration = Duration::from_mins(1);
/// How often expired records are removed.
const PURGE_EVERY: Duration = Duration::from_mins(10);
/// Expired sessions and attempts are kept for so long, for the eyes of an operator.
const KEEP_EXPIRED: Duration = Duration::from_hours(24);
/// What is used once is kept only until whoever comes late has heard that they do: nobody could read it, and strangers can
/// make many of them.
const KEEP_TRANSIENTS: Duration = Duration::from_mins(5);
/// So many are removed in one step, which holds up others for as long.
const PURGE_AT_ONCE: usize = 1000;

/// Starts it. A store that does not answer is asked again next time.
///
/// DynamoDB removes by itself what has expired.
pub(super) fn start(provider: &Arc<Provider>, store: StoreKind) -> JoinHandle<()> {
    let provider = Arc::downgrade(provider);
    tokio::spawn(async move {
        let mut keys = interval(KEYS_EVERY);
        let mut purge = interval(PURGE_EVERY);
        for interval in [&mut keys, &mut purge] {
            // After a machine was asleep, once is enough.
            interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        }
        // The first tick comes at once. The start has just made the keys that it cannot do without; those of further
        // algorithms, some of which take their time, are made now.
        purge.tick().await;
        loop {
            tokio::select! {
                _ = keys.tick() => if !refresh_keys(&provider).await { return },
                _ = purge.tick(), if store == StoreKind::Sqlite => if !purge_expired(&provider).await { return },
            }
        }
    })
}

/// `false` once the server has ended.
async fn refresh_keys(provider: &Weak<Provider>) -> bool {
    let Some(provider) = provider.upgrade() else { return false };
    if let Err(error) = provider.refresh_keys(SystemClock.now()).await {
        tracing::error!(error = %Chain(&error), "the keys could not be looked after; they go on serving");
    }
    true
}

async fn purge_expired(provider: &Weak<Provider>) -> bool {
    let Some(provider) = provider.upgrade() else { return false };
    let (store, now) = (provider.store(), SystemClock.now());
    let removed = async {
        Ok::<_, StoreError>(
            in_steps(|| store.purge_transients(now - KEEP_TRANSIENTS, PURGE_AT_ONCE)).await?
                + in_steps(|| store.purge_expired(now - KEEP_EXPIRED, PURGE_AT_ONCE)).await?,
        )
    };
    match removed.await {
        Ok(0) => {}
        Ok(removed) => tracing::info!(removed, "expired records were removed"),
        Err(error) => {
            tracing::warn!(error = %Chain(&error), "expired records could not be removed; they do no harm");
        }
    }
    true
}

/// Removes until there is nothing more, and says how much it was.
async fn in_steps<F>(step: impl Fn() -> F) -> Result<u64, StoreError>
where
    F: Future<Output = Result<u64, StoreError>>,
{
    let mut removed = 0;
    loop {
        match step().await? {
            0 => return Ok(removed),
            some => removed += some,
        }
        tokio::task::yield_now().await;
    }
}
