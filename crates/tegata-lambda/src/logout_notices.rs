//! Telling clients of sessions that have ended (OpenID Connect Back-Channel Logout 1.0).
//!
//! A function has no life between two events. Notices go out at the end of a request: those that it has made itself, and
//! every half minute those that others have left. What nobody's request delivers, because the session was ended elsewhere or
//! the client did not answer, a schedule does.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tegata_core::error::ProviderError;
use tegata_core::provider::Provider;
use tegata_core::timestamp::Timestamp;
use tegata_http::Clock;

use crate::failure::chain;
use crate::invocation::Delivered;

/// Somebody is waiting for an answer meanwhile.
const PATIENCE: Duration = Duration::from_secs(2);
/// Nobody is; but Lambda ends a function after 10 s.
const PATIENCE_OF_SCHEDULE: Duration = Duration::from_secs(8);
/// Between two looks for what others have left, in milliseconds.
const LOOK_EVERY_MILLIS: u64 = 30_000;
/// So many at a time.
const AT_ONCE: usize = 32;

/// The notices of a provider.
pub(crate) struct LogoutNotices {
    provider: Arc<Provider>,
    looked_at: AtomicI64,
}

impl LogoutNotices {
    pub(crate) fn new(provider: Arc<Provider>) -> Self {
        Self { provider, looked_at: AtomicI64::new(i64::MIN) }
    }

    /// Delivers what is due, if there is reason to think that anything is.
    pub(crate) async fn deliver(&self, now: Timestamp) {
        let looked_at = self.looked_at.load(Ordering::Relaxed);
        let is_time = now.as_millis().abs_diff(looked_at) >= LOOK_EVERY_MILLIS;
        if !self.provider.take_new_notices() && !is_time {
            return;
        }
        self.looked_at.store(now.as_millis(), Ordering::Relaxed);
        match tokio::time::timeout(PATIENCE, self.provider.deliver_notices(now, AT_ONCE)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => {
                tracing::warn!(
                    error = chain(&error),
                    "clients could not be told of logouts; they will be later"
                );
            }
            Err(_) => tracing::warn!("clients are slow to hear of logouts; the rest will be told later"),
        }
    }

    /// Delivers all that is due, as far as there is time.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) async fn deliver_all(&self, clock: &dyn Clock) -> Result<Delivered, ProviderError> {
        // What this process has made itself is among it.
        self.provider.take_new_notices();
        self.looked_at.store(clock.now().as_millis(), Ordering::Relaxed);
        let mut due = 0;
        let rounds = async {
            loop {
                let count = self.provider.deliver_notices(clock.now(), AT_ONCE).await?;
                due += count;
                if count < AT_ONCE {
                    return Ok::<(), ProviderError>(());
                }
            }
        };
        let Ok(outcome) = tokio::time::timeout(PATIENCE_OF_SCHEDULE, rounds).await else {
            tracing::warn!("clients are slow to hear of logouts; the rest will be told later");
            return Ok(Delivered { due, all: false });
        };
        outcome.map(|()| Delivered { due, all: true })
    }
}
