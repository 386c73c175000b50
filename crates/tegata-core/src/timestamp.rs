//! Instants, in milliseconds, as values: a rule never asks the machine for the time.

use std::ops::{Add, Sub};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tegata_jose::NumericDate;

/// An instant: milliseconds since the Unix epoch, UTC.
///
/// Finer than the seconds of a JWT on purpose: rules that compare two events of one session must not call them equal
/// because they share a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// An instant from milliseconds since the Unix epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// An instant from whole seconds since the Unix epoch; beyond the range it stays at its end.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1000))
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down.
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The same instant in the seconds of a JWT (RFC 7519 §2).
    pub const fn numeric_date(self) -> NumericDate {
        NumericDate::new(self.as_secs())
    }

    /// How long after `earlier` this is; zero when it is not after.
    ///
    /// A clock that jumped back gives zero, never a panic and never a huge number.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The instant as RFC 3339 in UTC, to the second: `2026-11-24T12:00:00Z`.
    ///
    /// Years outside 1970–9999 are shown as the nearer end: the format has no others.
    pub fn to_rfc3339(self) -> String {
        const LAST: u64 = 253_402_300_799;
        let secs = u64::try_from(self.as_secs()).unwrap_or(0).min(LAST);
        humantime::format_rfc3339_seconds(SystemTime::UNIX_EPOCH + Duration::from_secs(secs)).to_string()
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_rounded_down_on_both_sides_of_the_epoch() {
        assert_eq!(Timestamp::from_millis(1999).as_secs(), 1);
        assert_eq!(Timestamp::from_millis(-1).as_secs(), -1);
    }

    #[test]
    fn a_clock_that_jumps_back_gives_no_time_passed() {
        assert_eq!(Timestamp::from_secs(5).since(Timestamp::from_secs(9)), Duration::ZERO);
    }

    #[test]
    fn the_ends_of_the_range_do_not_overflow() {
        let end = Timestamp::from_millis(i64::MAX) + Duration::from_secs(1);
        assert_eq!(end.as_millis(), i64::MAX);
        assert_eq!(end.to_rfc3339(), "9999-12-31T23:59:59Z");
        assert_eq!(Timestamp::from_millis(i64::MIN).to_rfc3339(), "1970-01-01T00:00:00Z");
    }
}
