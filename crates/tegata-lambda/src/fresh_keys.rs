//! The keys of a function that stays warm: another one changes them, and this one must hear of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use tegata_core::provider::Provider;
use tegata_core::timestamp::Timestamp;

use crate::failure::chain;

/// So old may the copy of the key set be, in milliseconds. A key is published much longer before it signs.
const MAX_AGE: u64 = 60_000;

/// A provider whose keys are read again once they are old. No thread of its own does it: between two requests a
/// function stands still.
pub(crate) struct FreshKeys {
    provider: Arc<Provider>,
    /// When they were last looked at, in milliseconds.
    looked_at: AtomicI64,
    is_failing: AtomicBool,
}

impl FreshKeys {
    pub(crate) fn new(provider: Arc<Provider>, now: Timestamp) -> Self {
        Self { provider, looked_at: AtomicI64::new(now.as_millis()), is_failing: AtomicBool::new(false) }
    }

    /// Reads the keys again if they are old. When that fails, the ones at hand go on serving.
    pub(crate) async fn look(&self, now: Timestamp) {
        let looked_at = self.looked_at.load(Ordering::Acquire);
        // Either way: a clock that was set back must not keep old keys for as long.
        if now.as_millis().abs_diff(looked_at) < MAX_AGE {
            return;
        }
        // Of several requests at a time one reads, and the others go on with what there is.
        let claimed =
            self.looked_at.compare_exchange(looked_at, now.as_millis(), Ordering::AcqRel, Ordering::Acquire);
        if claimed.is_err() {
            return;
        }
        match self.provider.refresh_keys(now).await {
            Ok(()) => self.is_failing.store(false, Ordering::Release),
            Err(error) if !self.is_failing.swap(true, Ordering::AcqRel) => {
                tracing::error!(
                    error = chain(&error),
                    "the keys cannot be read again; the old ones go on serving"
                );
            }
            Err(_) => {}
        }
    }
}
