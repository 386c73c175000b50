//! Failed logins: how they are counted and how long the next one has to wait.
//!
//! An attempt is counted *before* the password is verified and forgotten when it was right. Counted after, any number of
//! parallel guesses would all see a counter of zero.

use std::net::IpAddr;
use std::time::Duration;

use crate::identifier::{SessionId, UserId};
use crate::secret::ServerSecrets;
use crate::timestamp::Timestamp;

/// What attempts are counted by. An HMAC, since keys show up in logs and metrics of databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptKey([u8; 32]);

impl AttemptKey {
    /// The bytes, as stores keep them.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// One from its bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The counter of a user, one and the same for all the names they log in with.
    pub(crate) fn user(secrets: &ServerSecrets, user_id: UserId) -> Self {
        Self(secrets.attempts.mac(&[b"user", user_id.as_bytes()]))
    }

    /// The counter of a user on a device that proved to have logged them in before. A stranger's failures are counted
    /// elsewhere, so they cannot lock the owner out.
    pub(crate) fn device(secrets: &ServerSecrets, user_id: UserId, device: &[u8]) -> Self {
        Self(secrets.attempts.mac(&[b"device", user_id.as_bytes(), device]))
    }

    /// The counter of a session in which the password is asked for again. Whoever holds the session cannot be kept from
    /// it by failures elsewhere, and guesses no better with a stolen access token.
    pub(crate) fn session(secrets: &ServerSecrets, user_id: UserId, session_id: SessionId) -> Self {
        Self(secrets.attempts.mac(&[b"session", user_id.as_bytes(), session_id.as_bytes()]))
    }

    /// The counter of the codes of devices that a user has typed.
    pub(crate) fn device_codes(secrets: &ServerSecrets, user_id: UserId) -> Self {
        Self(secrets.attempts.mac(&[b"device codes", user_id.as_bytes()]))
    }

    /// The counter of a name that nobody has; it behaves like that of a user.
    pub(crate) fn name(secrets: &ServerSecrets, canonical: &str) -> Self {
        Self(secrets.attempts.mac(&[b"name", canonical.as_bytes()]))
    }

    /// The counter of an address for one purpose: all of IPv4, the /64 of IPv6, which is what one customer gets.
    ///
    /// `None` for loopback: that is the developer, or a proxy that does not pass on whom it speaks for, and then one
    /// guesser would lock out everybody.
    pub(crate) fn address(secrets: &ServerSecrets, purpose: &str, address: IpAddr) -> Option<Self> {
        let address = address.to_canonical();
        if address.is_loopback() {
            return None;
        }
        let mac = |prefix: &[u8]| Self(secrets.attempts.mac(&[b"address", purpose.as_bytes(), prefix]));
        Some(match address {
            IpAddr::V4(v4) => mac(&v4.octets()),
            IpAddr::V6(v6) => mac(&v6.octets()[..8]),
        })
    }
}

/// How long to wait after how many failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DelaySchedule {
    /// So many attempts have no delay.
    pub free: u32,
    /// The delay after the first attempt past the free ones; it doubles with each one after.
    pub first_delay: Duration,
    /// It grows no further than this, up to [`DelaySchedule::many`] attempts.
    pub max_delay: Duration,
    /// From this many attempts on without a success, each waits [`DelaySchedule::long_delay`] (NIST SP 800-63B-4
    /// §3.2.2 names 100).
    pub many: u32,
    /// The longest delay of all. Nobody is ever locked out for good.
    pub long_delay: Duration,
    /// After so long without an attempt all is forgotten.
    pub forget_after: Duration,
}

impl DelaySchedule {
    /// The delay that follows this many attempts.
    pub fn delay(&self, attempts: u32) -> Duration {
        match attempts.checked_sub(self.free) {
            None | Some(0) => Duration::ZERO,
            Some(_) if attempts >= self.many => self.long_delay,
            Some(n) => self.first_delay.saturating_mul(2_u32.saturating_pow(n - 1)).min(self.max_delay),
        }
    }
}

/// A counter of attempts, as a store keeps it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AttemptRecord {
    /// How many there were.
    pub attempts: u32,
    /// Before this, there may be no other.
    pub blocked_until: Timestamp,
    /// From here on the record counts as absent, and a store may remove it.
    pub expires_at: Timestamp,
}

impl AttemptRecord {
    /// The record after one more attempt, for `None` the first one.
    ///
    /// # Errors
    /// [`Blocked`] when it is too early; a refused attempt changes nothing, so nobody can stretch the wait of another.
    pub fn count(record: Option<Self>, schedule: &DelaySchedule, now: Timestamp) -> Result<Self, Blocked> {
        Self::check(record, schedule, now)?;
        Ok(Self::add(record, schedule, now))
    }

    /// The record after one more attempt that is counted in any case: it was let in before others made it too early.
    pub fn add(record: Option<Self>, schedule: &DelaySchedule, now: Timestamp) -> Self {
        let attempts = record.filter(|r| now < r.expires_at).map_or(0, |r| r.attempts).saturating_add(1);
        let delay = schedule.delay(attempts);
        Self { attempts, blocked_until: now + delay, expires_at: now + delay + schedule.forget_after }
    }

    /// Whether an attempt may be made now.
    ///
    /// # Errors
    /// [`Blocked`] when it is too early.
    pub fn check(record: Option<Self>, schedule: &DelaySchedule, now: Timestamp) -> Result<(), Blocked> {
        let Some(r) = record else { return Ok(()) };
        let wait = r.blocked_until.since(now);
        // A longer wait than there ever was means that the clock was set back: nobody waits until it has caught up.
        if wait.is_zero() || wait > schedule.delay(r.attempts) {
            Ok(())
        } else {
            Err(Blocked { until: r.blocked_until })
        }
    }
}

/// It is too early for another attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// When the next one may be made.
    pub until: Timestamp,
}

/// An attempt to log in, to be counted in one atomic step.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    /// The counter of the account, which goes up at once.
    pub account: AttemptKey,
    /// Its schedule.
    pub account_schedule: DelaySchedule,
    /// The counter of the address, which is only asked here and goes up with a failure: many users can share one.
    pub address: Option<AttemptKey>,
    /// Its schedule.
    pub address_schedule: DelaySchedule,
    /// The time of the attempt.
    pub now: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEDULE: DelaySchedule = DelaySchedule {
        free: 5,
        first_delay: Duration::from_secs(1),
        max_delay: Duration::from_mins(15),
        many: 100,
        long_delay: Duration::from_hours(24),
        forget_after: Duration::from_hours(24),
    };

    #[test]
    fn r59_delays_grow_and_end() {
        let delays: Vec<u64> = [5, 6, 7, 8, 16, 99, 100, 200].map(|n| SCHEDULE.delay(n).as_secs()).to_vec();
        assert_eq!(delays, [0, 1, 2, 4, 900, 900, 86_400, 86_400]);
    }

    #[test]
    fn r59_a_month_of_guessing_gets_about_a_hundred_guesses() {
        let (mut record, mut now, mut guesses) = (None, Timestamp::from_secs(0), 0);
        while now < Timestamp::from_secs(30 * 86_400) {
            match AttemptRecord::count(record, &SCHEDULE, now) {
                Ok(next) => {
                    record = Some(next);
                    guesses += 1;
                }
                Err(blocked) => now = blocked.until,
            }
        }
        assert!(guesses <= 130, "{guesses}");
    }

    #[test]
    fn v24_refused_attempts_do_not_stretch_the_wait() {
        let now = Timestamp::from_secs(1000);
        let record = AttemptRecord {
            attempts: 9,
            blocked_until: now + Duration::from_secs(8),
            expires_at: now + Duration::from_secs(99),
        };
        let refused = AttemptRecord::count(Some(record), &SCHEDULE, now);
        assert_eq!(refused, Err(Blocked { until: record.blocked_until }));
    }

    #[test]
    fn a_clock_that_was_set_back_keeps_nobody_waiting_until_it_has_caught_up() {
        let set = Timestamp::from_secs(9_000_000);
        let record = (0..9).fold(None, |record, i| {
            Some(AttemptRecord::count(record, &SCHEDULE, set + Duration::from_secs(20 * i)).unwrap())
        });
        let back = Timestamp::from_secs(0);
        let counted = AttemptRecord::count(record, &SCHEDULE, back).unwrap();
        assert_eq!(counted.attempts, 10, "nothing is forgotten");
        assert_eq!(
            AttemptRecord::count(Some(counted), &SCHEDULE, back),
            Err(Blocked { until: counted.blocked_until })
        );
    }

    #[test]
    fn addresses_of_one_ipv6_customer_are_counted_together() {
        let secrets = ServerSecrets::derive(&[1; 32]);
        let key = |text: &str| AttemptKey::address(&secrets, "login", text.parse().unwrap());
        assert_eq!(key("2001:db8:0:1::1"), key("2001:db8:0:1:ffff::9"));
        assert_ne!(key("2001:db8:0:1::1"), key("2001:db8:0:2::1"));
        assert_eq!(key("192.0.2.1"), key("::ffff:192.0.2.1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
        assert_eq!((key("127.0.0.1"), key("::1")), (None, None));
    }
}
