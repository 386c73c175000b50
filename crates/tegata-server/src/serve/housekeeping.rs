//! What the server does by itself: the life of the keys, and cleaning up.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tegata_core::provider::Provider;
use tegata_http::{Clock as _, SystemClock};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::failure::Chain;
use crate::settings::StoreKind;

/// How often the keys are looked after: other processes may have rotated them.
const KEYS_EVERY: Duration = Duration::from_mins(1);
/// How often expired records are removed.
const PURGE_EVERY: Duration = Duration::from_mins(10);
/// Expired records are kept for so long, for the eyes of an operator.
const KEEP_EXPIRED: Duration = Duration::from_hours(24);
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
    let before = SystemClock.now() - KEEP_EXPIRED;
    let mut removed = 0;
    loop {
        match provider.store().purge_expired(before, PURGE_AT_ONCE).await {
            Ok(0) => break,
            Ok(some) => removed += some,
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "expired records could not be removed; they do no harm");
                break;
            }
        }
        tokio::task::yield_now().await;
    }
    if removed > 0 {
        tracing::info!(removed, "expired records were removed");
    }
    true
}
