//! Records with nothing special about them.

use std::time::Duration;

use tegata_core::attempt::{AttemptKey, DelaySchedule};
use tegata_core::identifier::{SessionId, UserId};
use tegata_core::password::PasswordHash;
use tegata_core::refresh_token::RefreshTokenHash;
use tegata_core::session::{Device, Rotation, Session};
use tegata_core::timestamp::Timestamp;
use tegata_core::user::{Credential, User, UserEmail, UserStatus};

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_123);
pub(crate) const HOUR: Duration = Duration::from_hours(1);

pub(crate) const SCHEDULE: DelaySchedule = DelaySchedule {
    free: 5,
    first_delay: Duration::from_secs(1),
    max_delay: Duration::from_mins(15),
    many: 100,
    long_delay: Duration::from_hours(24),
    forget_after: Duration::from_hours(24),
};

/// A user as they are after signing up, with a hash of the usual length.
pub(crate) fn user(n: u8, username: &str) -> User {
    User {
        user_id: UserId::from_bytes([n; 16]),
        username: username.parse().unwrap(),
        email: Some(UserEmail {
            address: format!("{username}@mail.example").parse().unwrap(),
            verified: false,
        }),
        name: None,
        locale: None,
        granted_scope: "".parse().unwrap(),
        status: UserStatus::Active,
        created_at: NOW,
        credential: Credential { password_hash: hash_of(n), version: 1, changed_at: NOW },
    }
}

pub(crate) fn hash_of(n: u8) -> PasswordHash {
    PasswordHash::from_phc(format!(
        "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA${}{n:03}",
        "x".repeat(40)
    ))
}

/// A session as a browser begins it.
pub(crate) fn session(user: &User, n: u8) -> Session {
    let user_agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                      Chrome/143.0.0.0 Safari/537.36 Edg/143.0.0.0";
    Session {
        user_id: user.user_id,
        session_id: SessionId::from_bytes([n; 16]),
        username: user.username.clone(),
        client_id: "tegata-app".to_owned(),
        scope: "openid profile email users:read".parse().unwrap(),
        amr: vec!["pwd".to_owned()],
        auth_time: NOW,
        device: Device { user_agent: Some(user_agent.to_owned()), address: "2001:db8::7".parse().ok() },
        grant: None,
        generation: 0,
        current_hash: token(n, 0),
        previous_hash: None,
        rotated_at: NOW,
        idle_expires_at: NOW + HOUR,
        absolute_expires_at: NOW + 24 * HOUR,
    }
}

/// The hash of a session's refresh token.
pub(crate) fn token(session: u8, generation: u32) -> RefreshTokenHash {
    let mut bytes = [session; 32];
    bytes[..4].copy_from_slice(&generation.to_be_bytes());
    RefreshTokenHash::from_bytes(bytes)
}

/// The rotation from one generation of a session to the next.
pub(crate) fn rotation(session: &Session, n: u8, generation: u32) -> Rotation {
    Rotation {
        user_id: session.user_id,
        session_id: session.session_id,
        presented: token(n, generation),
        successor: token(n, generation + 1),
        idle_ttl: HOUR,
        now: NOW,
    }
}

pub(crate) fn key(n: u8) -> AttemptKey {
    AttemptKey::from_bytes([n; 32])
}
