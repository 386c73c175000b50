//! A store that can be taken away: the same one, or no answer at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use tegata_core::attempt::{Attempt, AttemptKey, Blocked, DelaySchedule};
use tegata_core::identifier::{SessionId, UserId};
use tegata_core::key_set::KeySet;
use tegata_core::password::PasswordHash;
use tegata_core::scope::Scope;
use tegata_core::session::{Rotation, Session};
use tegata_core::store::{
    AttemptStore, Begun, Created, CredentialChange, EmailVerified, KeyStore, Maintenance, Rotated,
    SessionStore, Store, StoreError, UserStore,
};
use tegata_core::timestamp::Timestamp;
use tegata_core::user::{LoginName, ProfileChange, User, UserStatus};

/// A store, and whether it answers.
pub(crate) struct FailingStore {
    inner: Arc<dyn Store>,
    is_down: AtomicBool,
    is_corrupt: AtomicBool,
}

impl FailingStore {
    pub(crate) fn new(inner: Arc<dyn Store>) -> Self {
        Self { inner, is_down: AtomicBool::new(false), is_corrupt: AtomicBool::new(false) }
    }

    pub(crate) fn set_down(&self, is_down: bool) {
        self.is_down.store(is_down, Ordering::SeqCst);
    }

    /// Whether it answers with what cannot be.
    pub(crate) fn set_corrupt(&self, is_corrupt: bool) {
        self.is_corrupt.store(is_corrupt, Ordering::SeqCst);
    }

    fn inner(&self) -> Result<&dyn Store, StoreError> {
        if self.is_down.load(Ordering::SeqCst) {
            Err(StoreError::Unavailable("the disk is gone".into()))
        } else if self.is_corrupt.load(Ordering::SeqCst) {
            Err(StoreError::Corrupt("a row has no key".into()))
        } else {
            Ok(self.inner.as_ref())
        }
    }
}

#[async_trait]
impl UserStore for FailingStore {
    async fn create_user(&self, user: &User) -> Result<Created, StoreError> {
        self.inner()?.create_user(user).await
    }

    async fn find_user(&self, user_id: UserId) -> Result<Option<User>, StoreError> {
        self.inner()?.find_user(user_id).await
    }

    async fn find_user_by_login_name(&self, name: &LoginName) -> Result<Option<User>, StoreError> {
        self.inner()?.find_user_by_login_name(name).await
    }

    async fn list_users(&self, after: Option<UserId>, limit: usize) -> Result<Vec<User>, StoreError> {
        self.inner()?.list_users(after, limit).await
    }

    async fn change_profile(
        &self,
        user_id: UserId,
        change: &ProfileChange,
    ) -> Result<Option<User>, StoreError> {
        self.inner()?.change_profile(user_id, change).await
    }

    async fn verify_email(&self, user_id: UserId, address: &str) -> Result<EmailVerified, StoreError> {
        self.inner()?.verify_email(user_id, address).await
    }

    async fn change_password(
        &self,
        user_id: UserId,
        expected_version: u32,
        hash: &PasswordHash,
        keep: Option<SessionId>,
        now: Timestamp,
    ) -> Result<CredentialChange, StoreError> {
        self.inner()?.change_password(user_id, expected_version, hash, keep, now).await
    }

    async fn rehash_password(
        &self,
        user_id: UserId,
        expected_version: u32,
        hash: &PasswordHash,
    ) -> Result<CredentialChange, StoreError> {
        self.inner()?.rehash_password(user_id, expected_version, hash).await
    }

    async fn set_granted_scope(&self, user_id: UserId, scope: &Scope) -> Result<Option<User>, StoreError> {
        self.inner()?.set_granted_scope(user_id, scope).await
    }

    async fn set_user_status(&self, user_id: UserId, status: UserStatus) -> Result<Option<User>, StoreError> {
        self.inner()?.set_user_status(user_id, status).await
    }

    async fn delete_user(&self, user_id: UserId) -> Result<Option<User>, StoreError> {
        self.inner()?.delete_user(user_id).await
    }
}

#[async_trait]
impl SessionStore for FailingStore {
    async fn begin_session(
        &self,
        session: &Session,
        credential_version: u32,
        account: AttemptKey,
    ) -> Result<Begun, StoreError> {
        self.inner()?.begin_session(session, credential_version, account).await
    }

    async fn rotate_session(&self, rotation: &Rotation) -> Result<Rotated, StoreError> {
        self.inner()?.rotate_session(rotation).await
    }

    async fn find_session(
        &self,
        user_id: UserId,
        session_id: SessionId,
    ) -> Result<Option<Session>, StoreError> {
        self.inner()?.find_session(user_id, session_id).await
    }

    async fn list_sessions(&self, user_id: UserId) -> Result<Vec<Session>, StoreError> {
        self.inner()?.list_sessions(user_id).await
    }

    async fn end_session(&self, user_id: UserId, session_id: SessionId) -> Result<bool, StoreError> {
        self.inner()?.end_session(user_id, session_id).await
    }

    async fn end_sessions(&self, user_id: UserId, keep: Option<SessionId>) -> Result<u64, StoreError> {
        self.inner()?.end_sessions(user_id, keep).await
    }
}

#[async_trait]
impl AttemptStore for FailingStore {
    async fn begin_attempt(&self, attempt: &Attempt) -> Result<Result<(), Blocked>, StoreError> {
        self.inner()?.begin_attempt(attempt).await
    }

    async fn count(
        &self,
        key: AttemptKey,
        schedule: &DelaySchedule,
        now: Timestamp,
    ) -> Result<Result<(), Blocked>, StoreError> {
        self.inner()?.count(key, schedule, now).await
    }

    async fn count_failure(
        &self,
        key: AttemptKey,
        schedule: &DelaySchedule,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.inner()?.count_failure(key, schedule, now).await
    }

    async fn forget_attempts(&self, key: AttemptKey) -> Result<(), StoreError> {
        self.inner()?.forget_attempts(key).await
    }
}

#[async_trait]
impl KeyStore for FailingStore {
    async fn find_key_set(&self) -> Result<Option<KeySet>, StoreError> {
        self.inner()?.find_key_set().await
    }

    async fn replace_key_set(&self, expected: Option<u64>, key_set: &KeySet) -> Result<bool, StoreError> {
        self.inner()?.replace_key_set(expected, key_set).await
    }
}

#[async_trait]
impl Maintenance for FailingStore {
    async fn check_ready(&self) -> Result<(), StoreError> {
        self.inner()?.check_ready().await
    }

    async fn purge_expired(&self, before: Timestamp, limit: usize) -> Result<u64, StoreError> {
        self.inner()?.purge_expired(before, limit).await
    }
}
