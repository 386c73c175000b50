//! The reference store: the meaning of every step, in a map under one lock.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{
    AttemptStore, Begun, Created, CredentialChange, EmailVerified, KeyStore, Maintenance, Rotated,
    SessionStore, StoreError, UserStore,
};
use crate::attempt::{Attempt, AttemptKey, AttemptRecord, Blocked, DelaySchedule};
use crate::identifier::{SessionId, TenantId, UserId};
use crate::key_set::KeySet;
use crate::password::PasswordHash;
use crate::scope::Scope;
use crate::session::{Rotation, Session};
use crate::timestamp::Timestamp;
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
    ) -> Result<Option<User>, StoreError> {
        Ok(self.step(|t| {
            let user = t.users.get_mut(&user_id)?;
            *user = change.apply(user.clone());
            Some(user.clone())
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
        account: AttemptKey,
    ) -> Result<Begun, StoreError> {
        Ok(self.step(|t| {
            let may_begin = t.users.get(&session.user_id).is_some_and(|user| {
                user.status == UserStatus::Active && user.credential.version == credential_version
            });
            if !may_begin {
                return Begun::Refused;
            }
            t.sessions.insert((session.user_id, session.session_id), session.clone());
            t.attempts.remove(&account);
            Begun::Now
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
impl Maintenance for MemoryStore {
    async fn check_ready(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn purge_expired(&self, before: Timestamp, limit: usize) -> Result<u64, StoreError> {
        Ok(self.step(|t| {
            let sessions: Vec<_> = t
                .sessions
                .iter()
                .filter(|(_, s)| s.expires_at() < before)
                .map(|(key, _)| *key)
                .take(limit)
                .collect();
            let attempts: Vec<_> = t
                .attempts
                .iter()
                .filter(|(_, a)| a.expires_at < before)
                .map(|(key, _)| *key)
                .take(limit)
                .collect();
            for key in &sessions {
                t.sessions.remove(key);
            }
            for key in &attempts {
                t.attempts.remove(key);
            }
            (sessions.len() + attempts.len()) as u64
        }))
    }
}
