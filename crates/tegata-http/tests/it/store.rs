//! A store that can be taken away, and in which somebody else can be faster: the same one, or no answer at all.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tegata_core::attempt::{Attempt, AttemptKey, Blocked, DelaySchedule};
use tegata_core::client::{Client, ClientId};
use tegata_core::consent::Consent;
use tegata_core::identifier::{NoticeId, SessionId, UserId};
use tegata_core::key_set::KeySet;
use tegata_core::logout_notice::LogoutNotice;
use tegata_core::password::PasswordHash;
use tegata_core::scope::Scope;
use tegata_core::session::{Rotation, Session};
use tegata_core::store::{
    AttemptStore, Begun, ClientStore, ConsentStore, Created, CredentialChange, EmailVerified, GrantBegun,
    KeyStore, Maintenance, NewGrant, NoticeStore, ProfileChanged, Rotated, SessionStore, Store, StoreError,
    TransientStore, UserStore,
};
use tegata_core::timestamp::Timestamp;
use tegata_core::transient::{Transient, TransientKey};
use tegata_core::user::{LoginName, ProfileChange, User, UserStatus};

/// What another process does.
type Step = Box<dyn FnOnce(Arc<dyn Store>) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// A store, and whether it answers.
pub(crate) struct FailingStore {
    inner: Arc<dyn Store>,
    is_down: AtomicBool,
    is_corrupt: AtomicBool,
    faster: Mutex<VecDeque<Step>>,
}

impl FailingStore {
    pub(crate) fn new(inner: Arc<dyn Store>) -> Self {
        let (is_down, is_corrupt) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { inner, is_down, is_corrupt, faster: Mutex::default() }
    }

    /// Does this to the store before the next step that rests on something that was read before: the change of a transient or
    /// of a consent. Of several, each comes before one such step.
    pub(crate) fn overtake<F: Future<Output = ()> + Send + 'static>(
        &self,
        step: impl FnOnce(Arc<dyn Store>) -> F + Send + 'static,
    ) {
        self.faster.lock().unwrap().push_back(Box::new(|store| Box::pin(step(store))));
    }

    async fn be_overtaken(&self) {
        let step = self.faster.lock().unwrap().pop_front();
        if let Some(step) = step {
            step(Arc::clone(&self.inner)).await;
        }
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
    ) -> Result<ProfileChanged, StoreError> {
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
        account: Option<AttemptKey>,
    ) -> Result<Begun, StoreError> {
        self.inner()?.begin_session(session, credential_version, account).await
    }

    async fn begin_grant(&self, grant: &NewGrant) -> Result<GrantBegun, StoreError> {
        self.inner()?.begin_grant(grant).await
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
impl ClientStore for FailingStore {
    async fn create_client(&self, client: &Client) -> Result<bool, StoreError> {
        self.inner()?.create_client(client).await
    }

    async fn find_client(&self, client_id: &ClientId) -> Result<Option<Client>, StoreError> {
        self.inner()?.find_client(client_id).await
    }

    async fn list_clients(&self, after: Option<&ClientId>, limit: usize) -> Result<Vec<Client>, StoreError> {
        self.inner()?.list_clients(after, limit).await
    }

    async fn replace_client(&self, expected: u64, client: &Client) -> Result<bool, StoreError> {
        self.inner()?.replace_client(expected, client).await
    }

    async fn delete_client(&self, expected: u64, client_id: &ClientId) -> Result<bool, StoreError> {
        self.inner()?.delete_client(expected, client_id).await
    }
}

#[async_trait]
impl ConsentStore for FailingStore {
    async fn put_consent(&self, expected: Option<&Consent>, consent: &Consent) -> Result<bool, StoreError> {
        self.be_overtaken().await;
        self.inner()?.put_consent(expected, consent).await
    }

    async fn find_consent(
        &self,
        user_id: UserId,
        client_id: &ClientId,
    ) -> Result<Option<Consent>, StoreError> {
        self.inner()?.find_consent(user_id, client_id).await
    }

    async fn list_consents(&self, user_id: UserId) -> Result<Vec<Consent>, StoreError> {
        self.inner()?.list_consents(user_id).await
    }

    async fn remove_consent(&self, user_id: UserId, client_id: &ClientId) -> Result<bool, StoreError> {
        self.inner()?.remove_consent(user_id, client_id).await
    }
}

#[async_trait]
impl TransientStore for FailingStore {
    async fn create_transient(&self, transient: &Transient) -> Result<bool, StoreError> {
        self.inner()?.create_transient(transient).await
    }

    async fn find_transient(&self, key: TransientKey) -> Result<Option<Transient>, StoreError> {
        self.inner()?.find_transient(key).await
    }

    async fn replace_transient(&self, expected: u32, transient: &Transient) -> Result<bool, StoreError> {
        self.be_overtaken().await;
        self.inner()?.replace_transient(expected, transient).await
    }

    async fn remove_transient(&self, key: TransientKey) -> Result<bool, StoreError> {
        self.inner()?.remove_transient(key).await
    }
}

#[async_trait]
impl NoticeStore for FailingStore {
    async fn put_notice(&self, notice: &LogoutNotice) -> Result<(), StoreError> {
        self.inner()?.put_notice(notice).await
    }

    async fn due_notices(&self, now: Timestamp, limit: usize) -> Result<Vec<LogoutNotice>, StoreError> {
        self.inner()?.due_notices(now, limit).await
    }

    async fn claim_notice(
        &self,
        notice_id: NoticeId,
        expected: u32,
        due_at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.inner()?.claim_notice(notice_id, expected, due_at).await
    }

    async fn remove_notice(&self, notice_id: NoticeId) -> Result<bool, StoreError> {
        self.inner()?.remove_notice(notice_id).await
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

    async fn purge_transients(&self, before: Timestamp, limit: usize) -> Result<u64, StoreError> {
        self.inner()?.purge_transients(before, limit).await
    }
}
