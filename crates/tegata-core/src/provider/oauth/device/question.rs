//! The question about a device that its user is asked, and their answer (RFC 8628 §3.3).

use super::user_code::UserCode;
use super::{Device, State};
use crate::attempt::AttemptKey;
use crate::audit::{AuditAction, AuditEvent, Outcome};
use crate::client::{Client, ClientOrigin};
use crate::consent::ConsentTerms;
use crate::error::ProviderError;
use crate::grant::ClientGrant;
use crate::oauth::OAuthError;
use crate::provider::oauth::browser::BrowserSession;
use crate::provider::oauth::fetched::COOL_DOWN;
use crate::provider::oauth::sealed_code::Granted;
use crate::provider::{Provider, RequestContext};
use crate::timestamp::Timestamp;
use crate::transient::{Transient, TransientKey};

/// What a user is asked about a device.
pub struct DeviceQuestion {
    /// Whose device.
    pub client: Client,
    /// What it asks for.
    pub terms: ConsentTerms,
    /// The code, as it is shown.
    pub user_code: String,
    key: TransientKey,
}

impl Provider {
    /// The device that a user code stands for. Every question counts for its address and for its user, since a code is short
    /// enough to be guessed by whoever may ask often (RFC 8628 §5.1). One that was right forgets nothing: whoever guesses
    /// can have right codes of their own.
    ///
    /// # Errors
    /// [`ProviderError::NotFound`]; [`ProviderError::TooManyAttempts`].
    pub async fn find_device(
        &self,
        typed: &str,
        browser: &BrowserSession,
        ctx: &RequestContext<'_>,
    ) -> Result<DeviceQuestion, ProviderError> {
        let schedule = &self.settings.throttle.address;
        self.count_address("device", schedule, ctx).await?;
        let own = AttemptKey::device_codes(&self.key_ring().secrets, browser.user.user_id);
        self.count_attempt(own, schedule, ctx).await?;
        self.device_question(typed, ctx).await?.ok_or(ProviderError::NotFound)
    }

    async fn device_question(
        &self,
        typed: &str,
        ctx: &RequestContext<'_>,
    ) -> Result<Option<DeviceQuestion>, ProviderError> {
        let Some(code) = UserCode::read(typed) else { return Ok(None) };
        let Some(key) = self.device_of(&code, ctx.now).await? else { return Ok(None) };
        let Some((_, device)) = self.pending_device(key, ctx.now).await? else { return Ok(None) };
        let client = match self.find_active_client(&device.client_id, ctx.now).await {
            Ok(client) => client,
            Err(OAuthError::Failed(error)) => return Err(error),
            // The one thing that it can be told: to come again.
            Err(OAuthError::Refused { .. } | OAuthError::UseDpopNonce(_)) => {
                return Err(ProviderError::Overloaded { retry_after: COOL_DOWN });
            }
        };
        let Some(client) = client.filter(|client| client.created_at == device.client_since) else {
            return Ok(None);
        };
        let terms = ConsentTerms {
            scope: device.scope,
            resources: device.resources,
            claims: Vec::new(),
            given_at: ctx.now,
        };
        Ok(Some(DeviceQuestion { client, terms, user_code: code.to_string(), key }))
    }

    /// A device whose user has not answered yet.
    async fn pending_device(
        &self,
        key: TransientKey,
        now: Timestamp,
    ) -> Result<Option<(Transient, Device)>, ProviderError> {
        let found = self.ports.store.find_transient(key).await?.filter(|found| found.is_live(now));
        let Some(found) = found else { return Ok(None) };
        let device: Device = found.read()?;
        Ok(matches!(device.state, State::Pending).then_some((found, device)))
    }

    /// What a user says about a device. Only the user in front of this browser can say it, for themselves (V40).
    ///
    /// # Errors
    /// [`ProviderError::NotFound`] when it was answered or has expired in between.
    pub async fn decide_device(
        &self,
        question: &DeviceQuestion,
        allow: bool,
        browser: &BrowserSession,
        ctx: &RequestContext<'_>,
    ) -> Result<(), ProviderError> {
        let pending =
            async || self.pending_device(question.key, ctx.now).await?.ok_or(ProviderError::NotFound);
        let (mut found, mut device) = pending().await?;
        let (client, user_id) = (&question.client, browser.user.user_id);
        let state = if allow {
            // Before the answer, which rests on it.
            self.add_consent(user_id, client, &question.terms, ctx).await?;
            let granted = self.granted(client, &device.scope, browser);
            // A device is not the browser: it goes on when that logs out, until it is taken back.
            let grant = ClientGrant {
                browser_session: None,
                resources: device.resources.clone(),
                by_consent: true,
                ..granted.grant
            };
            let browser_ends_at = ctx.now + self.settings.sessions.absolute_ttl;
            State::Granted(Box::new(Granted { browser_ends_at, grant, ..granted }))
        } else {
            State::Denied
        };
        loop {
            let next = found.successor(&Device { state: state.clone(), ..device })?;
            if self.ports.store.replace_transient(found.version, &next).await? {
                break;
            }
            // The device has asked in between, which leaves a mark, too; or somebody else has answered.
            (found, device) = pending().await?;
        }
        let outcome = if allow { Outcome::Success } else { Outcome::Failure };
        // What was not allowed has begun nothing: a name that a stranger chose is not noted for it.
        let is_known = allow || client.origin != ClientOrigin::MetadataDocument;
        self.ports.audit.record(AuditEvent {
            user_id: Some(user_id),
            session_id: Some(browser.session.session_id),
            client_id: is_known.then(|| client.client_id.clone()),
            ..ctx.event(AuditAction::Authorized, outcome)
        });
        Ok(())
    }
}
