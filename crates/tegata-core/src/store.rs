//! The port to what is remembered: a set of atomic steps with names of the domain.
//!
//! A [`Store`] is the view of *one tenant*: no caller can name another's records. It has no `begin` and no `commit`;
//! each method is one atomic step, done wholly or not at all, and durable when it returns. Absent is `None`, not an
//! error. A store never judges expiry but where a step's own condition says so: the core does.

pub mod memory;

use async_trait::async_trait;

use crate::attempt::{Attempt, AttemptKey, Blocked, DelaySchedule};
use crate::client::{Client, ClientId};
use crate::consent::Consent;
use crate::footing::Footing;
use crate::identifier::{NoticeId, SessionId, UserId};
use crate::key_set::KeySet;
use crate::logout_notice::LogoutNotice;
use crate::password::PasswordHash;
use crate::scope::Scope;
use crate::session::{Rotation, Session};
use crate::timestamp::Timestamp;
use crate::transient::{Transient, TransientKey};
use crate::user::{LoginName, ProfileChange, User, UserStatus};

/// Everything that Tegata remembers of one tenant.
pub trait Store:
    UserStore
    + SessionStore
    + AttemptStore
    + KeyStore
    + ClientStore
    + ConsentStore
    + TransientStore
    + NoticeStore
    + Maintenance
{
}

impl<T> Store for T where
    T: UserStore
        + SessionStore
        + AttemptStore
        + KeyStore
        + ClientStore
        + ConsentStore
        + TransientStore
        + NoticeStore
        + Maintenance
{
}

/// Users and their credentials.
#[async_trait]
pub trait UserStore: Send + Sync {
    /// Makes an account.
    ///
    /// Of any number of concurrent calls with one user name exactly one gets [`Created::Now`]. An e-mail address
    /// claims nothing here ([`UserStore::verify_email`] does).
    async fn create_user(&self, user: &User) -> Result<Created, StoreError>;

    /// The user with this id.
    async fn find_user(&self, user_id: UserId) -> Result<Option<User>, StoreError>;

    /// The user with this name. An e-mail address finds only the user who has proved it.
    async fn find_user_by_login_name(&self, name: &LoginName) -> Result<Option<User>, StoreError>;

    /// A page of users, in the order of their ids, after `after`; at most `limit`.
    async fn list_users(&self, after: Option<UserId>, limit: usize) -> Result<Vec<User>, StoreError>;

    /// Changes a profile as [`ProfileChange::apply`] says, wholly or not at all. A proved e-mail address that goes, or whose
    /// proof does, is free for others at once.
    async fn change_profile(
        &self,
        user_id: UserId,
        change: &ProfileChange,
    ) -> Result<ProfileChanged, StoreError>;

    /// Marks the e-mail address of a user as proved, which makes it unique: of any number of users with one address
    /// exactly one gets [`EmailVerified::Now`], and again when repeated.
    ///
    /// `address` is the canonical form of the address that was proved; if it is no longer the user's, nothing happens.
    async fn verify_email(&self, user_id: UserId, address: &str) -> Result<EmailVerified, StoreError>;

    /// Replaces the password hash, if the credential still has `expected_version`, and in the same step ends every
    /// session of the user but `keep`.
    async fn change_password(
        &self,
        user_id: UserId,
        expected_version: u32,
        hash: &PasswordHash,
        keep: Option<SessionId>,
        now: Timestamp,
    ) -> Result<CredentialChange, StoreError>;

    /// Replaces the hash of the *same* password by one with today's parameters, if the credential still has
    /// `expected_version`. Sessions stay, and so does [`crate::user::Credential::changed_at`].
    async fn rehash_password(
        &self,
        user_id: UserId,
        expected_version: u32,
        hash: &PasswordHash,
    ) -> Result<CredentialChange, StoreError>;

    /// Replaces what an operator granted, and gives the user after it.
    ///
    /// If the new scope lacks something of the old one, the step also ends all sessions of the user and raises
    /// [`crate::user::Credential::version`], so that a login that overlaps with it begins no session with the old scope.
    /// Otherwise running sessions go on with what they were granted.
    async fn set_granted_scope(&self, user_id: UserId, scope: &Scope) -> Result<Option<User>, StoreError>;

    /// Opens or closes an account, and gives the user after it. Closing ends all sessions in the same step.
    async fn set_user_status(&self, user_id: UserId, status: UserStatus) -> Result<Option<User>, StoreError>;

    /// Removes a user with credential, names, sessions and consents, and gives what was removed.
    async fn delete_user(&self, user_id: UserId) -> Result<Option<User>, StoreError>;
}

/// Sessions and their refresh tokens.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Begins a session, if the user is there, is active, and their credential still has `credential_version`; and
    /// forgets the attempts of `account`, if the password was just asked for, in the same step.
    ///
    /// The condition keeps a login that overlaps with a change of password, a closing or a deletion from outliving it.
    async fn begin_session(
        &self,
        session: &Session,
        credential_version: u32,
        account: Option<AttemptKey>,
    ) -> Result<Begun, StoreError>;

    /// Begins the session of a client: as [`SessionStore::begin_session`], and if what it rests on holds as well. Whoever
    /// ends one of those and looks for sessions afterwards finds this one, or it was refused.
    ///
    /// Of any number of calls with one key of [`NewGrant::used`] exactly one gets [`GrantBegun::Now`]; the rest begin nothing
    /// and get what that one has created. The session that it speaks of was begun before.
    async fn begin_grant(&self, grant: &NewGrant) -> Result<GrantBegun, StoreError>;

    /// Rotates the refresh token of a session, in one conditional write and without a read before it: exactly
    /// [`Rotation::apply`].
    ///
    /// Of any number of concurrent calls with one presented token exactly one gets [`Rotated::Now`]; the rest get the
    /// record as it then stands, from the same step.
    async fn rotate_session(&self, rotation: &Rotation) -> Result<Rotated, StoreError>;

    /// A session by its key, expired or not.
    async fn find_session(
        &self,
        user_id: UserId,
        session_id: SessionId,
    ) -> Result<Option<Session>, StoreError>;

    /// The sessions of a user, expired or not, in no order.
    async fn list_sessions(&self, user_id: UserId) -> Result<Vec<Session>, StoreError>;

    /// Ends a session; whether there was one. Of concurrent calls one gets `true`.
    async fn end_session(&self, user_id: UserId, session_id: SessionId) -> Result<bool, StoreError>;

    /// Ends all sessions of a user but `keep`, and says how many.
    async fn end_sessions(&self, user_id: UserId, keep: Option<SessionId>) -> Result<u64, StoreError>;
}

/// Counters of attempts.
#[async_trait]
pub trait AttemptStore: Send + Sync {
    /// Counts an attempt for the account ([`crate::attempt::AttemptRecord::count`]), unless the account's or the
    /// address's record refuses it ([`crate::attempt::AttemptRecord::check`]); then nothing is written.
    ///
    /// Of concurrent calls each sees those before it.
    async fn begin_attempt(&self, attempt: &Attempt) -> Result<Result<(), Blocked>, StoreError>;

    /// Counts one event for a key ([`crate::attempt::AttemptRecord::count`]); refused, it writes nothing.
    async fn count(
        &self,
        key: AttemptKey,
        schedule: &DelaySchedule,
        now: Timestamp,
    ) -> Result<Result<(), Blocked>, StoreError>;

    /// Counts one failure for a key, also when it is too early for another attempt ([`crate::attempt::AttemptRecord::add`]):
    /// of many that were let in at once, each counts.
    async fn count_failure(
        &self,
        key: AttemptKey,
        schedule: &DelaySchedule,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Forgets the attempts of a key.
    async fn forget_attempts(&self, key: AttemptKey) -> Result<(), StoreError>;
}

/// The signing keys and the root secret, both sealed.
#[async_trait]
pub trait KeyStore: Send + Sync {
    /// The key set, if one was stored yet.
    async fn find_key_set(&self) -> Result<Option<KeySet>, StoreError>;

    /// Stores a key set in the place of the one with version `expected`, or as the first one for `None`; whether it
    /// was. Of concurrent calls with one `expected` exactly one gets `true`. The new set carries its own version.
    async fn replace_key_set(&self, expected: Option<u64>, key_set: &KeySet) -> Result<bool, StoreError>;
}

/// OAuth clients.
#[async_trait]
pub trait ClientStore: Send + Sync {
    /// Registers a client; `false` when there is one of this name. Of concurrent calls one gets `true`.
    async fn create_client(&self, client: &Client) -> Result<bool, StoreError>;

    /// The client of this name.
    async fn find_client(&self, client_id: &ClientId) -> Result<Option<Client>, StoreError>;

    /// A page of clients, in the order of the bytes of their names, after `after`; at most `limit`.
    async fn list_clients(&self, after: Option<&ClientId>, limit: usize) -> Result<Vec<Client>, StoreError>;

    /// Puts a record in the place of the one with version `expected`; whether it was. The new one carries its own version.
    async fn replace_client(&self, expected: u64, client: &Client) -> Result<bool, StoreError>;

    /// Removes the client whose record has version `expected`; whether it did. Sessions and consents of it stay, and are worth
    /// nothing without it.
    async fn delete_client(&self, expected: u64, client_id: &ClientId) -> Result<bool, StoreError>;
}

/// What users have allowed clients. A user's consents go when the user does ([`UserStore::delete_user`]).
#[async_trait]
pub trait ConsentStore: Send + Sync {
    /// Keeps a consent in the place of the `expected` one of the same user for the same client, or as the first one for `None`;
    /// whether it was. Of concurrent calls with one `expected`, each of which says something else, exactly one gets `true`.
    async fn put_consent(&self, expected: Option<&Consent>, consent: &Consent) -> Result<bool, StoreError>;

    /// The consent of a user for a client.
    async fn find_consent(
        &self,
        user_id: UserId,
        client_id: &ClientId,
    ) -> Result<Option<Consent>, StoreError>;

    /// The consents of a user, in no order.
    async fn list_consents(&self, user_id: UserId) -> Result<Vec<Consent>, StoreError>;

    /// Removes a consent; whether there was one. It ends no session: the core does, after this.
    async fn remove_consent(&self, user_id: UserId, client_id: &ClientId) -> Result<bool, StoreError>;
}

/// What lives for minutes and ends once.
#[async_trait]
pub trait TransientStore: Send + Sync {
    /// Keeps a new transient; `false` when there is one with this key, expired or not. Of concurrent calls one gets `true`.
    async fn create_transient(&self, transient: &Transient) -> Result<bool, StoreError>;

    /// A transient by its key, expired or not.
    async fn find_transient(&self, key: TransientKey) -> Result<Option<Transient>, StoreError>;

    /// Puts a transient in the place of the one with version `expected`; whether it was. Of concurrent calls with one
    /// `expected` exactly one gets `true`.
    async fn replace_transient(&self, expected: u32, transient: &Transient) -> Result<bool, StoreError>;

    /// Removes a transient; whether there was one. Of concurrent calls one gets `true`.
    async fn remove_transient(&self, key: TransientKey) -> Result<bool, StoreError>;
}

/// Notices of logouts that wait to be delivered.
#[async_trait]
pub trait NoticeStore: Send + Sync {
    /// Keeps a notice.
    async fn put_notice(&self, notice: &LogoutNotice) -> Result<(), StoreError>;

    /// Notices that are due, the longest-waiting first as far as the store knows an order; at most `limit`.
    async fn due_notices(&self, now: Timestamp, limit: usize) -> Result<Vec<LogoutNotice>, StoreError>;

    /// Takes a notice until `due_at` and counts that, if it was taken `expected` times until now; whether it was done. Of
    /// concurrent calls with one `expected` exactly one gets `true`, and delivers it.
    async fn claim_notice(
        &self,
        notice_id: NoticeId,
        expected: u32,
        due_at: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Removes a notice; whether there was one.
    async fn remove_notice(&self, notice_id: NoticeId) -> Result<bool, StoreError>;
}

/// What operators and housekeeping need.
#[async_trait]
pub trait Maintenance: Send + Sync {
    /// Whether the store can answer; for `/readyz`. It asks for a write where reads could go on without one.
    async fn check_ready(&self) -> Result<(), StoreError>;

    /// Removes sessions, counters, transients and notices that expired before `before`, at most `limit` of each, and says
    /// how many in all.
    /// Nothing depends on it but space.
    async fn purge_expired(&self, before: Timestamp, limit: usize) -> Result<u64, StoreError>;

    /// The same for transients alone: there is nothing to be seen in them, and strangers can make many.
    async fn purge_transients(&self, before: Timestamp, limit: usize) -> Result<u64, StoreError>;
}

/// The outcome of making an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Created {
    /// It was made.
    Now,
    /// Somebody has the name.
    UsernameTaken,
}

/// The outcome of changing a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProfileChanged {
    /// It was changed; the user after it.
    Now(Box<User>),
    /// The change has no room ([`TooLarge`](crate::attributes::TooLarge)); nothing was changed.
    TooLarge,
    /// There is no such user.
    Gone,
}

/// The outcome of proving an e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailVerified {
    /// It is proved and this user's alone.
    Now,
    /// Another user has proved it before.
    Taken,
    /// The user is gone or has another address by now.
    Stale,
}

/// The outcome of replacing a password hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialChange {
    /// It was replaced.
    Now,
    /// The user is gone, or the credential was changed by somebody else in between.
    Stale,
}

/// The outcome of beginning a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It was begun.
    Now,
    /// The user is gone or closed, or the password was changed in between.
    Refused,
}

/// The session of a client that is to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGrant {
    /// The session.
    pub session: Session,
    /// The version that the credential of its user must have.
    pub credential_version: u32,
    /// What else it rests on.
    pub footing: Footing,
    /// That something was used up by it which is used once; created with the session.
    pub used: Option<Transient>,
}

/// The outcome of beginning the session of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrantBegun {
    /// It was begun.
    Now,
    /// As [`Begun::Refused`], or what it rests on does not hold. Nothing was used.
    Refused,
    /// It was used before; what was created then.
    Used(Transient),
}

/// The outcome of a rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotated {
    /// It was done; the record after it.
    Now(Session),
    /// The condition did not hold; the record as it stands, `None` when there is none.
    Refused(Option<Session>),
}

/// Why a store could not do a step. Neither says anything about a user, a session or a token.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It did not answer, or could not write: no space, no disk, no connection, no time. Nothing was decided; a step
    /// that did not return may still have been done.
    #[error("the store is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It answered with something that cannot be.
    #[error("the store holds a record that cannot be read")]
    Corrupt(#[source] Box<dyn std::error::Error + Send + Sync>),
}
