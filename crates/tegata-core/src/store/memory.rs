//! The reference store: the meaning of every step, in a map under one lock.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{
    AttemptStore, Begun, ClientStore, ConsentStore, Created, CredentialChange, EmailVerified, GrantBegun,
    KeyStore, Maintenance, NewGrant, NoticeStore, ProfileChanged, Rotated, SessionStore, StoreError,
    TransientStore, UserStore,
};
use crate::attempt::{Attempt, AttemptKey, AttemptRecord, Blocked, DelaySchedule};
use crate::attributes::TooLarge;
use crate::client::{Client, ClientId};
use crate::consent::Consent;
use crate::identifier::{NoticeId, SessionId, TenantId, UserId};
use crate::key_set::KeySet;
use crate::logout_notice::LogoutNotice;
use crate::password::PasswordHash;
use crate::scope::Scope;
use crate::session::{Rotation, Session};
use crate::timestamp::Timestamp;
use crate::transient::{Transient, TransientKey};
use crate::user::{LoginName, ProfileChange, User, UserStatus};

/// One tenant's view of a memory that all its clones share.
#[derive(Clone, Default)]
pub struct MemoryStore {
    tenant: TenantId,
    tenants: Arc<Mutex<BTreeMap<TenantId, Tenant>>>,
}

#[derive(Default)]
struct Tenant {
    users: BTreeMap<UserId, User>,
    sessions: BTreeMap<(UserId, SessionId), Session>,
    attempts: BTreeMap<AttemptKey, AttemptRecord>,
    key_set: Option<KeySet>,
    clients: BTreeMap<ClientId, Client>,
    consents: BTreeMap<(UserId, ClientId), Consent>,
    transients: BTreeMap<TransientKey, Transient>,
    notices: BTreeMap<NoticeId, LogoutNotice>,
}

impl MemoryStore {
    /// The same memory, seen by another tenant.
    #[must_use]
    pub fn for_tenant(&self, tenant: TenantId) -> Self {
        Self { tenant, tenants: Arc::clone(&self.tenants) }
    }

    fn step<T>(&self, step: impl FnOnce(&mut Tenant) -> T) -> T {
        // A step that panicked is a bug; the tests that use this store then fail on their own account.
        let mut tenants: MutexGuard<'_, _> = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        step(tenants.entry(self.tenant.clone()).or_default())
    }
}

impl Tenant {
    fn may_begin(&self, user_id: UserId, credential_version: u32) -> bool {
        self.users.get(&user_id).is_some_and(|user| {
            user.status == UserStatus::Active && user.credential.version == credential_version
        })
    }

    fn end_sessions(&mut self, user_id: UserId, keep: Option<SessionId>) -> u64 {
        let before = self.sessions.len();
        self.sessions.retain(|(user, session), _| *user != user_id || Some(*session) == keep);
        (before - self.sessions.len()) as u64
    }

    fn change<T>(
        &mut self,
        user_id: UserId,
        expected_version: u32,
        change: impl FnOnce(&mut User) -> T,
    ) -> CredentialChange {
        match self.users.get_mut(&user_id).filter(|user| user.credential.version == expected_version) {
            None => CredentialChange::Stale,
            Some(user) => {
                change(user);
                user.credential.version += 1;
                CredentialChange::Now
            }
        }
    }
}

#[async_trait]
impl UserStore for MemoryStore {
    async fn create_user(&self, user: &User) -> Result<Created, StoreError> {
        Ok(self.step(|t| {
            if t.users.values().any(|other| other.username == user.username) {
                return Created::UsernameTaken;
            }
            t.users.insert(user.user_id, user.clone());
            Created::Now
        }))
    }

    async fn find_user(&self, user_id: UserId) -> Result<Option<User>, StoreError> {
        Ok(self.step(|t| t.users.get(&user_id).cloned()))
    }

    async fn find_user_by_login_name(&self, name: &LoginName) -> Result<Option<User>, StoreError> {
        let is_named = |user: &&User| match name {
            LoginName::Username(username) => user.username == *username,
            LoginName::Email(email) => {
                user.email.as_ref().is_some_and(|own| own.verified && own.address == *email)
            }
        };
        Ok(self.step(|t| t.users.values().find(is_named).cloned()))
    }

    async fn list_users(&self, after: Option<UserId>, limit: usize) -> Result<Vec<User>, StoreError> {
        Ok(self.step(|t| {
            t.users.values().filter(|user| Some(user.user_id) > after).take(limit).cloned().collect()
        }))
    }

    async fn change_profile(
        &self,
        user_id: UserId,
        change: &ProfileChange,
    ) -> Result<ProfileChanged, StoreError> {
        Ok(self.step(|t| match t.users.get_mut(&user_id) {
            None => ProfileChanged::Gone,
            Some(user) => match change.apply(user.clone()) {
                Err(TooLarge) => ProfileChanged::TooLarge,
                Ok(next) => {
                    *user = next;
                    ProfileChanged::Now(Box::new(user.clone()))
                }
            },
        }))
    }

    async fn verify_email(&self, user_id: UserId, address: &str) -> Result<EmailVerified, StoreError> {
        Ok(self.step(|t| {
            let is_proved_by_another = t.users.values().any(|other| {
                other.user_id != user_id
                    && other
                        .email
                        .as_ref()
                        .is_some_and(|own| own.verified && own.address.canonical() == address)
            });
            let own = t.users.get_mut(&user_id).and_then(|user| user.email.as_mut());
            match own.filter(|own| own.address.canonical() == address) {
                None => EmailVerified::Stale,
                Some(_) if is_proved_by_another => EmailVerified::Taken,
                Some(own) => {
                    own.verified = true;
                    EmailVerified::Now
                }
            }
        }))
    }

    async fn change_password(
        &self,
        user_id: UserId,
        expected_version: u32,
        hash: &PasswordHash,
        keep: Option<SessionId>,
        now: Timestamp,
    ) -> Result<CredentialChange, StoreError> {
        Ok(self.step(|t| {
            let changed = t.change(user_id, expected_version, |user| {
                user.credential.password_hash = hash.clone();
                user.credential.changed_at = now;
            });
            if changed == CredentialChange::Now {
                t.end_sessions(user_id, keep);
            }
            changed
        }))
    }

    async fn rehash_password(
        &self,
        user_id: UserId,
        expected_version: u32,
        hash: &PasswordHash,
    ) -> Result<CredentialChange, StoreError> {
        Ok(self.step(|t| {
            t.change(user_id, expected_version, |user| user.credential.password_hash = hash.clone())
        }))
    }

    async fn set_granted_scope(&self, user_id: UserId, scope: &Scope) -> Result<Option<User>, StoreError> {
        Ok(self.step(|t| {
            let user = t.users.get_mut(&user_id)?;
            let is_less = !user.granted_scope.is_subset(scope);
            user.granted_scope = scope.clone();
            if is_less {
                user.credential.version += 1;
            }
            let user = user.clone();
            if is_less {
                t.end_sessions(user_id, None);
            }
            Some(user)
        }))
    }

    async fn set_user_status(&self, user_id: UserId, status: UserStatus) -> Result<Option<User>, StoreError> {
        Ok(self.step(|t| {
            let user = t.users.get_mut(&user_id)?;
            user.status = status;
            let user = user.clone();
            if status == UserStatus::Disabled {
                t.end_sessions(user_id, None);
            }
            Some(user)
        }))
    }

    async fn delete_user(&self, user_id: UserId) -> Result<Option<User>, StoreError> {
        Ok(self.step(|t| {
            t.end_sessions(user_id, None);
            t.consents.retain(|(user, _), _| *user != user_id);
            t.users.remove(&user_id)
        }))
    }
}

#[async_trait]
impl SessionStore for MemoryStore {
    async fn begin_session(
        &self,
        session: &Session,
        credential_version: u32,
        account: Option<AttemptKey>,
    ) -> Result<Begun, StoreError> {
        Ok(self.step(|t| {
            if !t.may_begin(session.user_id, credential_version) {
                return Begun::Refused;
            }
            t.sessions.insert((session.user_id, session.session_id), session.clone());
            if let Some(account) = account {
                t.attempts.remove(&account);
            }
            Begun::Now
        }))
    }

    async fn begin_grant(&self, grant: &NewGrant) -> Result<GrantBegun, StoreError> {
        Ok(self.step(|t| {
            let NewGrant { session, credential_version, footing, used } = grant;
            let user_id = session.user_id;
            let consent = footing
                .consent
                .as_ref()
                .and_then(|consent| t.consents.get(&(user_id, consent.client_id.clone())));
            let browser_session = footing.browser_session.and_then(|id| t.sessions.get(&(user_id, id)));
            if !t.may_begin(user_id, *credential_version) || !footing.holds(consent, browser_session) {
                return GrantBegun::Refused;
            }
            if let Some(used) = used {
                if let Some(before) = t.transients.get(&used.key) {
                    return GrantBegun::Used(before.clone());
                }
                t.transients.insert(used.key, used.clone());
            }
            t.sessions.insert((user_id, session.session_id), session.clone());
            GrantBegun::Now
        }))
    }

    async fn rotate_session(&self, rotation: &Rotation) -> Result<Rotated, StoreError> {
        Ok(self.step(|t| match t.sessions.get_mut(&(rotation.user_id, rotation.session_id)) {
            None => Rotated::Refused(None),
            Some(session) => match rotation.apply(session) {
                None => Rotated::Refused(Some(session.clone())),
                Some(next) => {
                    *session = next;
                    Rotated::Now(session.clone())
                }
            },
        }))
    }

    async fn find_session(
        &self,
        user_id: UserId,
        session_id: SessionId,
    ) -> Result<Option<Session>, StoreError> {
        Ok(self.step(|t| t.sessions.get(&(user_id, session_id)).cloned()))
    }

    async fn list_sessions(&self, user_id: UserId) -> Result<Vec<Session>, StoreError> {
        Ok(self.step(|t| t.sessions.values().filter(|session| session.user_id == user_id).cloned().collect()))
    }

    async fn end_session(&self, user_id: UserId, session_id: SessionId) -> Result<bool, StoreError> {
        Ok(self.step(|t| t.sessions.remove(&(user_id, session_id)).is_some()))
    }

    async fn end_sessions(&self, user_id: UserId, keep: Option<SessionId>) -> Result<u64, StoreError> {
        Ok(self.step(|t| t.end_sessions(user_id, keep)))
    }
}

#[async_trait]
impl AttemptStore for MemoryStore {
    async fn begin_attempt(&self, attempt: &Attempt) -> Result<Result<(), Blocked>, StoreError> {
        Ok(self.step(|t| {
            let address = attempt.address.and_then(|key| t.attempts.get(&key).copied());
            AttemptRecord::check(address, &attempt.address_schedule, attempt.now)?;
            let account = t.attempts.get(&attempt.account).copied();
            let next = AttemptRecord::count(account, &attempt.account_schedule, attempt.now)?;
            t.attempts.insert(attempt.account, next);
            Ok(())
        }))
    }

    async fn count(
        &self,
        key: AttemptKey,
        schedule: &DelaySchedule,
        now: Timestamp,
    ) -> Result<Result<(), Blocked>, StoreError> {
        Ok(self.step(|t| {
            let next = AttemptRecord::count(t.attempts.get(&key).copied(), schedule, now)?;
            t.attempts.insert(key, next);
            Ok(())
        }))
    }

    async fn count_failure(
        &self,
        key: AttemptKey,
        schedule: &DelaySchedule,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.step(|t| {
            let next = AttemptRecord::add(t.attempts.get(&key).copied(), schedule, now);
            t.attempts.insert(key, next);
        });
        Ok(())
    }

    async fn forget_attempts(&self, key: AttemptKey) -> Result<(), StoreError> {
        self.step(|t| t.attempts.remove(&key));
        Ok(())
    }
}

#[async_trait]
impl KeyStore for MemoryStore {
    async fn find_key_set(&self) -> Result<Option<KeySet>, StoreError> {
        Ok(self.step(|t| t.key_set.clone()))
    }

    async fn replace_key_set(&self, expected: Option<u64>, key_set: &KeySet) -> Result<bool, StoreError> {
        Ok(self.step(|t| {
            let is_expected = t.key_set.as_ref().map(|set| set.version) == expected;
            if is_expected {
                t.key_set = Some(key_set.clone());
            }
            is_expected
        }))
    }
}

#[async_trait]
impl ClientStore for MemoryStore {
    async fn create_client(&self, client: &Client) -> Result<bool, StoreError> {
        Ok(self.step(|t| {
            let is_new = !t.clients.contains_key(&client.client_id);
            if is_new {
                t.clients.insert(client.client_id.clone(), client.clone());
            }
            is_new
        }))
    }

    async fn find_client(&self, client_id: &ClientId) -> Result<Option<Client>, StoreError> {
        Ok(self.step(|t| t.clients.get(client_id).cloned()))
    }

    async fn list_clients(&self, after: Option<&ClientId>, limit: usize) -> Result<Vec<Client>, StoreError> {
        Ok(self.step(|t| {
            t.clients.values().filter(|client| Some(&client.client_id) > after).take(limit).cloned().collect()
        }))
    }

    async fn replace_client(&self, expected: u64, client: &Client) -> Result<bool, StoreError> {
        Ok(self.step(|t| match t.clients.get_mut(&client.client_id) {
            Some(stored) if stored.version == expected => {
                *stored = client.clone();
                true
            }
            _ => false,
        }))
    }

    async fn delete_client(&self, expected: u64, client_id: &ClientId) -> Result<bool, StoreError> {
        Ok(self.step(|t| {
            let is_it = t.clients.get(client_id).is_some_and(|stored| stored.version == expected);
            is_it && t.clients.remove(client_id).is_some()
        }))
    }
}

#[async_trait]
impl ConsentStore for MemoryStore {
    async fn put_consent(&self, expected: Option<&Consent>, consent: &Consent) -> Result<bool, StoreError> {
        let key = (consent.user_id, consent.client_id.clone());
        Ok(self.step(|t| {
            let is_expected = t.consents.get(&key) == expected;
            if is_expected {
                t.consents.insert(key, consent.clone());
            }
            is_expected
        }))
    }

    async fn find_consent(
        &self,
        user_id: UserId,
        client_id: &ClientId,
    ) -> Result<Option<Consent>, StoreError> {
        Ok(self.step(|t| t.consents.get(&(user_id, client_id.clone())).cloned()))
    }

    async fn list_consents(&self, user_id: UserId) -> Result<Vec<Consent>, StoreError> {
        Ok(self.step(|t| t.consents.values().filter(|one| one.user_id == user_id).cloned().collect()))
    }

    async fn remove_consent(&self, user_id: UserId, client_id: &ClientId) -> Result<bool, StoreError> {
        Ok(self.step(|t| t.consents.remove(&(user_id, client_id.clone())).is_some()))
    }
}

#[async_trait]
impl TransientStore for MemoryStore {
    async fn create_transient(&self, transient: &Transient) -> Result<bool, StoreError> {
        Ok(self.step(|t| {
            let is_new = !t.transients.contains_key(&transient.key);
            if is_new {
                t.transients.insert(transient.key, transient.clone());
            }
            is_new
        }))
    }

    async fn find_transient(&self, key: TransientKey) -> Result<Option<Transient>, StoreError> {
        Ok(self.step(|t| t.transients.get(&key).cloned()))
    }

    async fn replace_transient(&self, expected: u32, transient: &Transient) -> Result<bool, StoreError> {
        Ok(self.step(|t| match t.transients.get_mut(&transient.key) {
            Some(stored) if stored.version == expected => {
                *stored = transient.clone();
                true
            }
            _ => false,
        }))
    }

    async fn remove_transient(&self, key: TransientKey) -> Result<bool, StoreError> {
        Ok(self.step(|t| t.transients.remove(&key).is_some()))
    }
}

#[async_trait]
impl NoticeStore for MemoryStore {
    async fn put_notice(&self, notice: &LogoutNotice) -> Result<(), StoreError> {
        self.step(|t| t.notices.insert(notice.notice_id, notice.clone()));
        Ok(())
    }

    async fn due_notices(&self, now: Timestamp, limit: usize) -> Result<Vec<LogoutNotice>, StoreError> {
        Ok(self.step(|t| {
            let mut due: Vec<_> = t.notices.values().filter(|notice| notice.due_at <= now).cloned().collect();
            due.sort_by_key(|notice| notice.due_at);
            due.truncate(limit);
            due
        }))
    }

    async fn claim_notice(
        &self,
        notice_id: NoticeId,
        expected: u32,
        due_at: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(self.step(|t| match t.notices.get_mut(&notice_id) {
            Some(notice) if notice.attempts == expected => {
                notice.attempts += 1;
                notice.due_at = due_at;
                true
            }
            _ => false,
        }))
    }

    async fn remove_notice(&self, notice_id: NoticeId) -> Result<bool, StoreError> {
        Ok(self.step(|t| t.notices.remove(&notice_id).is_some()))
    }
}

#[async_trait]
impl Maintenance for MemoryStore {
    async fn check_ready(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn purge_expired(&self, before: Timestamp, limit: usize) -> Result<u64, StoreError> {
        Ok(self.step(|t| {
            let before_all = t.sessions.len() + t.attempts.len() + t.transients.len() + t.notices.len();
            remove_expired(&mut t.sessions, limit, |session| session.expires_at() < before);
            remove_expired(&mut t.attempts, limit, |attempts| attempts.expires_at < before);
            remove_expired(&mut t.transients, limit, |transient| transient.expires_at < before);
            remove_expired(&mut t.notices, limit, |notice| notice.expires_at < before);
            let after_all = t.sessions.len() + t.attempts.len() + t.transients.len() + t.notices.len();
            (before_all - after_all) as u64
        }))
    }

    async fn purge_transients(&self, before: Timestamp, limit: usize) -> Result<u64, StoreError> {
        Ok(self.step(|t| {
            let before_all = t.transients.len();
            remove_expired(&mut t.transients, limit, |transient| transient.expires_at < before);
            (before_all - t.transients.len()) as u64
        }))
    }
}

fn remove_expired<K: Ord + Clone, V>(
    records: &mut BTreeMap<K, V>,
    limit: usize,
    is_expired: impl Fn(&V) -> bool,
) {
    let expired = records.iter().filter(|(_, record)| is_expired(record)).map(|(key, _)| key.clone());
    let expired: Vec<K> = expired.take(limit).collect();
    for key in &expired {
        records.remove(key);
    }
}
