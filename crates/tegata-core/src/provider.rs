//! The provider: the rules, with the ports they need in hand.

mod account;
mod credential;
mod key_ring;
mod login;
pub mod oauth;
mod refresh;
mod set_claims;
mod signup;
mod tokens;
mod users;

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

pub use account::{AuthenticatedUser, ProfileUpdate};
use key_ring::KeyDuty;
pub use key_ring::KeyRing;
pub use login::{LoggedIn, Login};
pub use set_claims::{ClaimProblem, SetClaimsError};
pub use signup::SignUp;
pub use tokens::{ACR, TokenSet};
pub use users::UserPage;

use crate::audit::{AuditAction, AuditEvent, AuditLog, Outcome};
use crate::entropy::Entropy;
use crate::error::ProviderError;
use crate::identifier::{SessionId, UserId};
use crate::key_set::KeySet;
use crate::outbound::Outbound;
use crate::password::{Blocklist, PasswordHasher};
use crate::scope::Scope;
use crate::seal::SealingKey;
use crate::session::Session;
use crate::settings::Settings;
use crate::store::Store;
use crate::timestamp::Timestamp;

/// Between two looks for keys that tokens name and nobody here knows.
const UNKNOWN_KEY_COOL_DOWN_MILLIS: u64 = 10_000;

/// What the rules need of the world.
pub struct Ports {
    /// Memory, for the tenant of the settings.
    pub store: Arc<dyn Store>,
    /// Slow hashing.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Known passwords.
    pub blocklist: Arc<dyn Blocklist>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// The audit log.
    pub audit: Arc<dyn AuditLog>,
    /// Other servers.
    pub outbound: Arc<dyn Outbound>,
    /// What unseals the signing keys.
    pub sealing: SealingKey,
}

/// The provider of one tenant.
pub struct Provider {
    settings: Settings,
    /// [`Settings::known_scope`]
    known_scope: Scope,
    ports: Ports,
    key_duty: KeyDuty,
    key_ring: RwLock<Arc<KeyRing>>,
    /// When newer keys were last looked for because of a token, in milliseconds.
    looked_for_keys_at: AtomicI64,
    fetched: oauth::Fetched,
    /// Whether there are notices of logouts that nobody has looked for yet.
    has_new_notices: AtomicBool,
}

/// Who is asking, as far as the edge can tell. None of it proves anything.
#[derive(Clone, Copy, Debug)]
pub struct RequestContext<'a> {
    /// The time, read once for the whole request.
    pub now: Timestamp,
    /// The address of the client.
    pub address: Option<IpAddr>,
    /// Its `User-Agent`.
    pub user_agent: Option<&'a str>,
    /// The device token that it was given at an earlier login.
    pub device_token: Option<&'a str>,
}

impl RequestContext<'_> {
    /// An event of this request, which concerns nobody yet.
    fn event(&self, action: AuditAction, outcome: Outcome) -> AuditEvent {
        AuditEvent { address: self.address, ..AuditEvent::new(self.now, action, outcome) }
    }
}

impl Provider {
    /// Opens the provider: loads the key set, or makes the first one, and takes the steps of its life that are due.
    ///
    /// # Errors
    /// When the store does not answer or the keys cannot be unsealed.
    pub async fn open(settings: Settings, ports: Ports, now: Timestamp) -> Result<Self, ProviderError> {
        Self::open_with(KeyDuty::Take, settings, ports, now).await
    }

    /// Opens a provider that only follows what another process does with the keys: it needs no right to write them, and
    /// where it sees no private keys it verifies and does not sign.
    ///
    /// # Errors
    /// As [`Provider::open`]; [`KeyError::NoKeySet`](crate::key_set::KeyError::NoKeySet) when none was made yet.
    pub async fn follow(settings: Settings, ports: Ports, now: Timestamp) -> Result<Self, ProviderError> {
        Self::open_with(KeyDuty::Follow, settings, ports, now).await
    }

    /// A provider for what has nothing to do with tokens, such as looking after clients. Its keys are made for it and known to nobody:
    /// it needs neither the master key of the installation nor a right to its keys, and what it signs is worth nothing.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn without_keys(settings: Settings, ports: Ports, now: Timestamp) -> Result<Self, ProviderError> {
        let key_set = KeySet::first(&settings.key_policy(), &ports.sealing, ports.entropy.as_ref(), now)?;
        Self::with_key_set(KeyDuty::Follow, &key_set, settings, ports)
    }

    async fn open_with(
        key_duty: KeyDuty,
        settings: Settings,
        ports: Ports,
        now: Timestamp,
    ) -> Result<Self, ProviderError> {
        let (key_set, _) = key_ring::current(key_duty, &settings, &ports, now).await?;
        Self::with_key_set(key_duty, &key_set, settings, ports)
    }

    fn with_key_set(
        key_duty: KeyDuty,
        key_set: &KeySet,
        settings: Settings,
        ports: Ports,
    ) -> Result<Self, ProviderError> {
        let key_ring = RwLock::new(Arc::new(KeyRing::open(key_set, &settings, &ports.sealing)?));
        let looked_for_keys_at = AtomicI64::new(i64::MIN);
        Ok(Self {
            known_scope: settings.known_scope(),
            settings,
            ports,
            key_duty,
            key_ring,
            looked_for_keys_at,
            fetched: oauth::Fetched::default(),
            has_new_notices: AtomicBool::new(false),
        })
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The store.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.ports.store
    }

    /// The keys as they are now.
    pub fn key_ring(&self) -> Arc<KeyRing> {
        // The lock guards one pointer; a panic elsewhere cannot leave it half-written.
        Arc::clone(&self.key_ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes the steps of the keys' life that are due, and learns of those that other processes took. To be called
    /// about once a minute.
    ///
    /// # Errors
    /// As [`Provider::open`]; the old keys then go on serving.
    pub async fn refresh_keys(&self, now: Timestamp) -> Result<(), ProviderError> {
        let (key_set, changed) = key_ring::current(self.key_duty, &self.settings, &self.ports, now).await?;
        self.install_keys(&key_set)?;
        if changed {
            self.ports.audit.record(AuditEvent::keys_changed(now));
        }
        Ok(())
    }

    /// Looks for newer keys since a token names one that is not known here, and says whether there are any: another process
    /// may have replaced them at once, as after a theft.
    ///
    /// Anyone can name any key, so it looks once in ten seconds at most. Where the keys cannot be read, there
    /// are none.
    pub async fn learn_keys(&self, now: Timestamp) -> bool {
        let looked_at = self.looked_for_keys_at.load(Ordering::Acquire);
        if now.as_millis().abs_diff(looked_at) < UNKNOWN_KEY_COOL_DOWN_MILLIS {
            return false;
        }
        let claimed = self.looked_for_keys_at.compare_exchange(
            looked_at,
            now.as_millis(),
            Ordering::AcqRel,
            Ordering::Acquire,
        );
        let before = self.key_ring().version();
        claimed.is_ok() && self.refresh_keys(now).await.is_ok() && self.key_ring().version() != before
    }

    /// Makes the next signing key now; `at_once` makes it sign now, too ([`KeySet::rotate`]).
    ///
    /// # Errors
    /// As [`Provider::open`].
    pub async fn rotate_keys(&self, at_once: bool, now: Timestamp) -> Result<(), ProviderError> {
        loop {
            let (old, _) = key_ring::current(self.key_duty, &self.settings, &self.ports, now).await?;
            let policy = self.settings.key_policy();
            let next = old.rotate(at_once, &policy, &self.ports.sealing, self.ports.entropy.as_ref(), now)?;
            if next.version == old.version
                || self.ports.store.replace_key_set(Some(old.version), &next).await?
            {
                self.install_keys(&next)?;
                self.ports.audit.record(AuditEvent::keys_changed(now));
                return Ok(());
            }
        }
    }

    fn install_keys(&self, key_set: &KeySet) -> Result<(), ProviderError> {
        if self.key_ring().version() != key_set.version {
            let key_ring = Arc::new(KeyRing::open(key_set, &self.settings, &self.ports.sealing)?);
            *self.key_ring.write().unwrap_or_else(PoisonError::into_inner) = key_ring;
        }
        Ok(())
    }

    fn audit(
        &self,
        ctx: &RequestContext<'_>,
        action: AuditAction,
        outcome: Outcome,
        user_id: Option<UserId>,
        session_id: Option<SessionId>,
    ) {
        self.ports.audit.record(AuditEvent { user_id, session_id, ..ctx.event(action, outcome) });
    }

    /// Notes what happened to a session, whoever it was granted to.
    fn audit_session(
        &self,
        session: &Session,
        action: AuditAction,
        outcome: Outcome,
        ctx: &RequestContext<'_>,
    ) {
        self.ports.audit.record(AuditEvent {
            user_id: Some(session.user_id),
            session_id: Some(session.session_id),
            client_id: session.granted_to(),
            ..ctx.event(action, outcome)
        });
    }
}

/// How long to wait until an instant: at least a second, since `Retry-After` has no less.
fn wait_until(until: Timestamp, now: Timestamp) -> Duration {
    until.since(now).max(Duration::from_secs(1))
}

#[cfg(test)]
mod tests;
