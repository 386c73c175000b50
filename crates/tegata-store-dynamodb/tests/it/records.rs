//! Records with nothing special about them.

use std::time::Duration;

use tegata_core::attempt::{AttemptKey, DelaySchedule};
use tegata_core::attributes::Attributes;
use tegata_core::client::{
    Client, ClientMetadata, ClientOrigin, ClientSecretHash, ClientStatus, StoredSecret,
};
use tegata_core::consent::{Consent, ConsentTerms};
use tegata_core::footing::{Footing, NeededConsent};
use tegata_core::grant::{ClientGrant, Grant};
use tegata_core::identifier::{NoticeId, SessionId, UserId};
use tegata_core::logout_notice::LogoutNotice;
use tegata_core::password::PasswordHash;
use tegata_core::refresh_token::RefreshTokenHash;
use tegata_core::session::{Device, Rotation, Session};
use tegata_core::store::NewGrant;
use tegata_core::timestamp::Timestamp;
use tegata_core::transient::{Transient, TransientKey, TransientKind};
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
        attributes: Attributes::default(),
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

/// A web application, as an operator registers it.
pub(crate) fn client(name: &str, version: u64) -> Client {
    let hash = ClientSecretHash::of("tgc_secret");
    Client {
        client_id: name.parse().unwrap(),
        version,
        created_at: NOW,
        status: ClientStatus::Active,
        origin: ClientOrigin::Operator,
        secrets: vec![StoredSecret { hash, created_at: NOW, expires_at: None }],
        registration_access_token: None,
        scope_limit: None,
        grant_limit: None,
        metadata: ClientMetadata {
            client_name: Some("An application".to_owned()),
            redirect_uris: vec!["https://app.example/callback".parse().unwrap()],
            scope: "openid profile email offline_access".parse().unwrap(),
            ..ClientMetadata::default()
        },
    }
}

pub(crate) fn consent(user: &User, scope: &str) -> Consent {
    let terms = ConsentTerms { scope: scope.parse().unwrap(), given_at: NOW, ..ConsentTerms::default() };
    Consent { user_id: user.user_id, client_id: "app".parse().unwrap(), given: terms.into() }
}

/// What a client was granted, with all that there can be.
pub(crate) fn grant() -> Grant {
    Grant::Client(ClientGrant {
        client_since: NOW,
        sector: None,
        browser_session: Some(SessionId::from_bytes([9; 16])),
        offline: true,
        by_consent: true,
        resources: vec!["https://api.example.org/v1".to_owned()],
        claims: serde_json::from_str(r#"{"userinfo":{"email":{"essential":true},"name":null}}"#).ok(),
        dpop_jkt: Some("x".repeat(43)),
        acr: Some("urn:example:password".to_owned()),
        backchannel: true,
    })
}

/// A code, with a document of the usual length.
pub(crate) fn transient(version: u32) -> Transient {
    let key = TransientKey::new(TransientKind::Code, &["code"]);
    let document = format!("{{\"version\":{version},\"granted\":\"{}\"}}", "x".repeat(640));
    Transient { key, version, expires_at: NOW + HOUR, document }
}

/// A session that a client gets for a code, resting on a consent and a browser session.
pub(crate) fn new_grant(session: &Session, scope: &str, browser_session: &Session) -> NewGrant {
    let terms = ConsentTerms { scope: scope.parse().unwrap(), ..ConsentTerms::default() };
    let consent = NeededConsent { client_id: "app".parse().unwrap(), client_since: NOW, terms };
    let browser_session = Some(browser_session.session_id);
    NewGrant {
        session: Session { grant: Some(Box::new(grant())), ..session.clone() },
        credential_version: 1,
        footing: Footing { consent: Some(consent), browser_session, now: NOW },
        used: Some(used_code()),
    }
}

/// That a code was used.
fn used_code() -> Transient {
    let key = TransientKey::new(TransientKind::Code, &["used"]);
    Transient { key, version: 0, expires_at: NOW + HOUR, document: "{\"session_id\":\"first\"}".to_owned() }
}

pub(crate) fn notice(n: u8) -> LogoutNotice {
    LogoutNotice {
        notice_id: NoticeId::from_bytes([n; 16]),
        client_id: "app".parse().unwrap(),
        user_id: UserId::from_bytes([1; 16]),
        session_id: SessionId::from_bytes([2; 16]),
        attempts: 0,
        due_at: NOW,
        expires_at: NOW + 24 * HOUR,
    }
}
