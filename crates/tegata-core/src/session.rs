//! A session: one login on one device, and the chain of refresh tokens that keeps it alive.

use std::net::IpAddr;
use std::time::Duration;

use crate::client::ClientId;
use crate::grant::{ClientGrant, Grant};
use crate::identifier::{SessionId, UserId};
use crate::refresh_token::RefreshTokenHash;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::user::Username;

/// A session, as a store keeps it.
///
/// It holds everything that goes into the next tokens, so that a refresh reads nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The user; with [`Session::session_id`] the key of the record.
    pub user_id: UserId,
    /// The `sid` of its tokens.
    pub session_id: SessionId,
    /// The user's name, which never changes.
    pub username: Username,
    /// The OAuth client that logged in.
    pub client_id: String,
    /// What was granted; tokens of this session never hold more.
    pub scope: Scope,
    /// How the user proved who they are (RFC 8176), e.g. `pwd`.
    pub amr: Vec<String>,
    /// When they did (OIDC Core §2, `auth_time`).
    pub auth_time: Timestamp,
    /// Where from.
    pub device: Device,
    /// What it is to OAuth; `None` for a login of the application itself.
    pub grant: Option<Box<Grant>>,
    /// How often the refresh token was rotated.
    pub generation: u32,
    /// The hash of the refresh token that is to be presented next.
    pub current_hash: RefreshTokenHash,
    /// The hash of the one before it, once there was a rotation.
    pub previous_hash: Option<RefreshTokenHash>,
    /// When the current refresh token was made.
    pub rotated_at: Timestamp,
    /// When the session ends unless it is refreshed before.
    pub idle_expires_at: Timestamp,
    /// When it ends in any case; nothing moves it.
    pub absolute_expires_at: Timestamp,
}

impl Session {
    /// Whether the session can still be refreshed.
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.idle_expires_at && now < self.absolute_expires_at
    }

    /// What its client was granted, if it is one's.
    pub fn client_grant(&self) -> Option<&ClientGrant> {
        match self.grant.as_deref() {
            Some(Grant::Client(grant)) => Some(grant),
            Some(Grant::Browser { .. }) | None => None,
        }
    }

    /// Which client it was granted to, if it is one's. It names one that was there; what is not read as a name now is none.
    pub fn granted_to(&self) -> Option<ClientId> {
        self.client_grant().and_then(|_| self.client_id.parse().ok())
    }

    /// When the session ends unless it is refreshed before.
    pub fn expires_at(&self) -> Timestamp {
        self.idle_expires_at.min(self.absolute_expires_at)
    }
}

/// What is remembered of the device, so that its owner can tell it from others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// The `User-Agent` at login, at most 256 characters.
    pub user_agent: Option<String>,
    /// The address at login.
    pub address: Option<IpAddr>,
}

/// A rotation of the refresh token, to be done in one conditional write.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// The user of the session.
    pub user_id: UserId,
    /// The session.
    pub session_id: SessionId,
    /// The hash of the presented token; the condition is that it is the current one.
    pub presented: RefreshTokenHash,
    /// The hash of its successor, which becomes current.
    pub successor: RefreshTokenHash,
    /// How long the session then lives without another refresh, within its absolute end.
    pub idle_ttl: Duration,
    /// The time of the rotation.
    pub now: Timestamp,
}

impl Rotation {
    /// The record after the rotation, or `None` when it must not be done.
    ///
    /// The condition and the change in one place, for stores that hold the record in their hand while they decide. A
    /// store with a condition language says the same in it.
    pub fn apply(&self, session: &Session) -> Option<Session> {
        if session.current_hash != self.presented || !session.is_live(self.now) {
            return None;
        }
        let mut next = session.clone();
        next.generation = session.generation.checked_add(1)?;
        next.previous_hash = Some(session.current_hash);
        next.current_hash = self.successor;
        next.rotated_at = self.now;
        next.idle_expires_at = self.now + self.idle_ttl;
        Some(next)
    }
}
