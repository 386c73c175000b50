//! The port to the audit log: who did what, when, from where, with what outcome. No secret, no token, no typed text.

use std::net::IpAddr;

use serde::Serialize;

use crate::client::ClientId;
use crate::identifier::{SessionId, UserId};
use crate::timestamp::Timestamp;

/// Where audit events go.
pub trait AuditLog: Send + Sync {
    /// Takes an event; it must not wait for a disk or a network.
    fn record(&self, event: AuditEvent);
}

/// Something that an operator must be able to find out later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEvent {
    /// When.
    pub at: Timestamp,
    /// What.
    pub action: AuditAction,
    /// With what outcome.
    pub outcome: Outcome,
    /// Whose account, if it is one.
    pub user_id: Option<UserId>,
    /// Which session, if it concerns one.
    pub session_id: Option<SessionId>,
    /// Which client, if it concerns one. A stranger may have chosen the name of a client that nobody has registered: it is here
    /// only where a user has allowed that client something.
    pub client_id: Option<ClientId>,
    /// Where from.
    pub address: Option<IpAddr>,
}

impl AuditEvent {
    /// What concerns no account and no client, and nobody asked for from anywhere.
    pub const fn new(at: Timestamp, action: AuditAction, outcome: Outcome) -> Self {
        Self { at, action, outcome, user_id: None, session_id: None, client_id: None, address: None }
    }

    /// The signing keys have changed.
    pub const fn keys_changed(at: Timestamp) -> Self {
        Self::new(at, AuditAction::KeysChanged, Outcome::Success)
    }
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum AuditAction {
    /// An account was made.
    SignUp,
    /// A login.
    Login,
    /// A password was asked for again before something sensitive.
    Reauthentication,
    /// A refresh token that had been exchanged was shown again, and its session ended (RFC 9700 §4.14.2).
    RefreshTokenReplayed {
        /// When the session's current refresh token was made: by then the shown one was spent.
        rotated_at: Timestamp,
        /// When the spent one was shown.
        replayed_at: Timestamp,
    },
    /// A refresh token is newer than its session's record: the store was set back.
    StoreBehindToken,
    /// A session was ended by its own device.
    Logout,
    /// All sessions of a user were ended by the user.
    LogoutAll,
    /// A session was ended from another device.
    SessionEnded,
    /// A profile was changed.
    ProfileChanged,
    /// The e-mail address was changed, or removed.
    EmailChanged,
    /// The password was changed.
    PasswordChanged,
    /// The user deleted their account.
    UserDeleted,
    /// An operator changed an account from outside.
    OperatorChange,
    /// A client was registered, by an operator or by itself.
    ClientRegistered,
    /// What a client is registered with was changed, by an operator or by itself.
    ClientChanged,
    /// An operator vouches for a client that has registered itself.
    ClientVouched,
    /// A client was given another secret.
    ClientSecretChanged,
    /// A client was closed.
    ClientDisabled,
    /// A client that was closed was opened again.
    ClientEnabled,
    /// A client was removed.
    ClientDeleted,
    /// A client was sent a code.
    Authorized,
    /// A grant of a client began.
    GrantBegun,
    /// A code that had been exchanged was shown again, and what it had begun was ended (RFC 9700 §4.5).
    CodeReplayed,
    /// A user allowed a client something.
    ConsentGiven,
    /// A user took back what they had allowed.
    ConsentRevoked,
    /// A client was told that a session of its user has ended, or could not be told (Back-Channel Logout §2.5).
    BackchannelLogout,
    /// A signing key was made, promoted or removed.
    KeysChanged,
    /// An operator wrote all accounts, sessions and keys to a file.
    Exported,
    /// An operator read all accounts, sessions and keys from a file.
    Imported,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done.
    Success,
    /// It was refused: wrong password, unknown or closed account, spent token.
    Failure,
    /// It was refused unseen, because there had been too many failures.
    Throttled,
}
