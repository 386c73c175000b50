//! The machine's own clocks and randomness: the one place of this crate that asks for them.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use tegata_core::entropy::{Entropy, EntropyError};
use tegata_core::timestamp::Timestamp;

/// What the time is. Read once per request, at the edge.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everyone else is given")]
    fn now(&self) -> Timestamp {
        // A clock before 1970 is not set at all; counting from the epoch then refuses tokens rather than panics.
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }
}

/// The machine's randomness, by way of aws-lc.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is the entropy that everyone else is given")]
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyError> {
        aws_lc_rs::rand::fill(buffer).map_err(|_| EntropyError)
    }
}

/// For how long something took; no rule depends on it.
#[expect(
    clippy::disallowed_methods,
    reason = "durations are measured at the edge and go to metrics and logs only"
)]
pub(crate) fn instant() -> Instant {
    Instant::now()
}
