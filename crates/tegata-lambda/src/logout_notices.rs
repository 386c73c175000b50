//! Telling clients of sessions that have ended (OpenID Connect Back-Channel Logout 1.0).
//!
//! A function has no life between two requests, so notices go out at the end of one: those that it has made itself, and
//! every half minute those that others have left. A client that does not answer in time hears of it with a later request.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tegata_core::provider::Provider;
use tegata_core::timestamp::Timestamp;

use crate::failure::chain;

/// Somebody is waiting for an answer meanwhile.
const PATIENCE: Duration = Duration::from_secs(2);
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
}
