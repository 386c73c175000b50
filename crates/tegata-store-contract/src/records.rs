//! Records with nothing special about them.

use std::time::Duration;

use tegata_core::attempt::{AttemptKey, DelaySchedule};
use tegata_core::attributes::Attributes;
use tegata_core::identifier::{SessionId, UserId};
use tegata_core::password::PasswordHash;
use tegata_core::refresh_token::RefreshTokenHash;
use tegata_core::scope::Scope;
use tegata_core::session::{Device, Rotation, Session};
use tegata_core::store::{Begun, Created, Store};
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

pub(crate) fn user(n: u8, username: &str) -> User {
    User {
        user_id: UserId::from_bytes([n; 16]),
        username: username.parse().unwrap(),
        email: None,
        name: None,
        locale: None,
        attributes: Attributes::default(),
        granted_scope: Scope::default(),
        status: UserStatus::Active,
        created_at: NOW,
        credential: Credential {
            password_hash: PasswordHash::from_phc("$argon2id$first"),
            version: 1,
            changed_at: NOW,
        },
    }
}

pub(crate) fn with_email(n: u8, username: &str, email: &str) -> User {
    User { email: Some(UserEmail { address: email.parse().unwrap(), verified: false }), ..user(n, username) }
}

pub(crate) fn session(user: &User, n: u8) -> Session {
    Session {
        user_id: user.user_id,
        session_id: SessionId::from_bytes([n; 16]),
        username: user.username.clone(),
        client_id: "tegata-spa".to_owned(),
        scope: "openid profile".parse().unwrap(),
        amr: vec!["pwd".to_owned()],
        auth_time: NOW,
        device: Device { user_agent: Some("Browser/1".to_owned()), address: "192.0.2.7".parse().ok() },
        grant: None,
        generation: 0,
        current_hash: hash(n, 0),
        previous_hash: None,
        rotated_at: NOW,
        idle_expires_at: NOW + HOUR,
        absolute_expires_at: NOW + 24 * HOUR,
    }
}

/// The hash of a session's n-th refresh token.
pub(crate) fn hash(session: u8, generation: u32) -> RefreshTokenHash {
    let mut bytes = [session; 32];
    bytes[..4].copy_from_slice(&generation.to_be_bytes());
    RefreshTokenHash::from_bytes(bytes)
}

/// The rotation from one generation of a session to the next.
pub(crate) fn rotation(session: &Session, n: u8, generation: u32, now: Timestamp) -> Rotation {
    Rotation {
        user_id: session.user_id,
        session_id: session.session_id,
        presented: hash(n, generation),
        successor: hash(n, generation + 1),
        idle_ttl: HOUR,
        now,
    }
}

pub(crate) fn key(n: u8) -> AttemptKey {
    AttemptKey::from_bytes([n; 32])
}

pub(crate) async fn create(store: &dyn Store, user: &User) {
    assert_eq!(store.create_user(user).await.unwrap(), Created::Now);
}

pub(crate) async fn begin(store: &dyn Store, user: &User, n: u8) -> Session {
    let session = session(user, n);
    assert_eq!(
        store.begin_session(&session, user.credential.version, Some(key(n))).await.unwrap(),
        Begun::Now
    );
    session
}
