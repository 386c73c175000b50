//! Devices without a keyboard (RFC 8628): the device shows a code, and its user enters it elsewhere.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::browser::BrowserSession;
use super::client_authentication::AuthenticatedClient;
use super::client_session::FirstTokens;
use super::client_tokens::{ClientTokens, TokenContent};
use super::code::REMEMBERED;
use super::fetched::COOL_DOWN;
use super::in_force::InForce;
use super::sealed_code::Granted;
use super::token_request::AccessBinding;
use crate::attempt::AttemptKey;
use crate::audit::{AuditAction, AuditEvent, Outcome};
use crate::client::{Client, ClientId, ClientOrigin, GrantType};
use crate::consent::{Consent, ConsentTerms};
use crate::entropy::random;
use crate::error::ProviderError;
use crate::grant::ClientGrant;
use crate::oauth::{ErrorCode, OAuthError, Parameters};
use crate::provider::{Provider, RequestContext, wait_until};
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::transient::{Transient, TransientKey, TransientKind};

const PREFIX: &str = "tgd_";
/// Twenty consonants: no words, nothing that looks alike; eight of them are 34 bits.
const ALPHABET: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const LENGTH: usize = 8;
/// How long a device waits between two questions, in seconds; each one that comes too early adds as much.
const INTERVAL: u64 = 5;
/// So often a code is made anew that somebody has just now.
const TRIES: usize = 5;

/// The answer of the device authorization endpoint (RFC 8628 §3.2).
#[derive(Debug, Serialize)]
pub struct DeviceAuthorization {
    /// What the device asks with.
    pub device_code: String,
    /// What its user enters.
    pub user_code: String,
    /// Where.
    pub verification_uri: String,
    /// The same with the code in it, for a code that is scanned.
    pub verification_uri_complete: String,
    /// How long both are good, in seconds.
    pub expires_in: u64,
    /// How long to wait between two questions, in seconds.
    pub interval: u64,
}

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

/// A device authorization, as it is kept under the hash of its device code.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Device {
    client_id: ClientId,
    client_since: Timestamp,
    scope: Scope,
    resources: Vec<String>,
    /// How long it has to wait, and when it last asked.
    interval: u64,
    asked_at: Option<Timestamp>,
    state: State,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Pending,
    Denied,
    Granted(Box<Granted>),
    /// As it was written once. That a code was used is kept beside it now.
    Used,
}

/// What a user code leads to.
#[derive(Serialize, Deserialize)]
struct UserCode {
    #[serde(with = "hash")]
    device: [u8; 32],
}

impl Provider {
    /// Begins a device authorization (RFC 8628 §3.1).
    ///
    /// # Errors
    /// `unauthorized_client`, `invalid_scope`, `invalid_target`; [`ProviderError::TooManyAttempts`].
    pub async fn begin_device_authorization(
        &self,
        client: &AuthenticatedClient,
        parameters: &Parameters,
        ctx: &RequestContext<'_>,
    ) -> Result<DeviceAuthorization, OAuthError> {
        if !client.may_use(GrantType::DeviceCode) {
            return Err(OAuthError::refused(
                ErrorCode::UnauthorizedClient,
                "The client is not registered for the device grant.",
            ));
        }
        let device = Device {
            client_id: client.client_id().clone(),
            client_since: client.created_at,
            scope: self.allowed_scope(client, parameters.get("scope")?)?,
            resources: self.allowed_resources(client, parameters)?,
            interval: INTERVAL,
            asked_at: None,
            state: State::Pending,
        };
        self.count_for_stranger(client, "device authorization", ctx).await?;
        let entropy = self.ports.entropy.as_ref();
        let device_code = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random::<32>(entropy)?));
        let key = TransientKey::new(TransientKind::DeviceCode, &[&device_code]);
        let ttl = self.settings.oauth.device_code_ttl;
        self.ports.store.create_transient(&Transient::new(key, &device, ctx.now + ttl)?).await?;
        let user_code = self.new_user_code(key, ctx.now + ttl).await?;
        let verification_uri = format!("{}/oauth2/device", self.settings.issuer);
        Ok(DeviceAuthorization {
            device_code,
            verification_uri_complete: format!("{verification_uri}?user_code={user_code}"),
            verification_uri,
            user_code,
            expires_in: ttl.as_secs(),
            interval: INTERVAL,
        })
    }

    async fn new_user_code(&self, device: TransientKey, ends_at: Timestamp) -> Result<String, OAuthError> {
        for _ in 0..TRIES {
            let code = self.random_user_code()?;
            let key = TransientKey::new(TransientKind::UserCode, &[&code]);
            let leads_to = UserCode { device: device.hash };
            if self.ports.store.create_transient(&Transient::new(key, &leads_to, ends_at)?).await? {
                return Ok(format!("{}-{}", &code[..LENGTH / 2], &code[LENGTH / 2..]));
            }
        }
        Err(ProviderError::Internal("no free user code".into()).into())
    }

    fn random_user_code(&self) -> Result<String, OAuthError> {
        let mut code = String::with_capacity(LENGTH);
        while code.len() < LENGTH {
            for byte in random::<16>(self.ports.entropy.as_ref())? {
                // Of 256 values the first 240 are twelve times all letters: each is as likely as the next.
                if byte < 240 && code.len() < LENGTH {
                    code.push(char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
                }
            }
        }
        Ok(code)
    }

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
        let secrets = &self.key_ring().secrets;
        let schedule = &self.settings.throttle.address;
        let address = ctx.address.and_then(|address| AttemptKey::address(secrets, "device", address));
        let own = AttemptKey::device_codes(secrets, browser.user.user_id);
        for key in address.into_iter().chain([own]) {
            if let Err(blocked) = self.ports.store.count(key, schedule, ctx.now).await? {
                let retry_after = wait_until(blocked.until, ctx.now);
                return Err(ProviderError::TooManyAttempts { retry_after });
            }
        }
        self.device_question(typed, ctx).await?.ok_or(ProviderError::NotFound)
    }

    async fn device_question(
        &self,
        typed: &str,
        ctx: &RequestContext<'_>,
    ) -> Result<Option<DeviceQuestion>, ProviderError> {
        let code: String =
            typed.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
        if code.len() != LENGTH {
            return Ok(None);
        }
        let store = &self.ports.store;
        let key = TransientKey::new(TransientKind::UserCode, &[&code]);
        let found = store.find_transient(key).await?.filter(|found| found.is_live(ctx.now));
        let Some(leads_to) = found.map(|found| found.read::<UserCode>()).transpose()? else {
            return Ok(None);
        };
        let key = TransientKey { kind: TransientKind::DeviceCode, hash: leads_to.device };
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
        let user_code = format!("{}-{}", &code[..LENGTH / 2], &code[LENGTH / 2..]);
        let terms = ConsentTerms {
            scope: device.scope,
            resources: device.resources,
            claims: Vec::new(),
            given_at: ctx.now,
        };
        Ok(Some(DeviceQuestion { client, terms, user_code, key }))
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
            let consent =
                Consent { user_id, client_id: client.client_id.clone(), terms: question.terms.clone() };
            self.add_consent(&consent, client, ctx).await?;
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

    /// Answers a device that asks (RFC 8628 §3.4, §3.5). Its session begins with the code's end, in one step, as that of an
    /// authorization code does.
    pub(super) async fn redeem_device_code(
        &self,
        client: &AuthenticatedClient,
        parameters: &Parameters,
        binding: &AccessBinding,
        ctx: &RequestContext<'_>,
    ) -> Result<ClientTokens, OAuthError> {
        let text = parameters.required("device_code")?;
        let key = TransientKey::new(TransientKind::DeviceCode, &[text]);
        let unknown = || {
            OAuthError::invalid_grant(
                "The device_code is not known, was used, or was issued to another client.",
            )
        };
        let found = self.ports.store.find_transient(key).await?.ok_or_else(unknown)?;
        let device: Device = found.read()?;
        if device.client_id != *client.client_id() || device.client_since != client.created_at {
            return Err(unknown());
        }
        if !found.is_live(ctx.now) {
            return Err(OAuthError::refused(
                ErrorCode::ExpiredToken,
                "The device_code has expired: begin again.",
            ));
        }
        match device.state {
            State::Pending => Err(self.not_yet(&found, device, ctx).await?),
            State::Denied => Err(OAuthError::refused(ErrorCode::AccessDenied, "The user did not allow it.")),
            State::Used => Err(unknown()),
            State::Granted(granted) if !granted.grant.is_of(client) => Err(unknown()),
            State::Granted(granted) => {
                let resources = self.resources_in_force(client, &granted.grant.resources, parameters)?;
                let mut beginning = self.beginning(client, &granted, binding, ctx)?;
                let used = TransientKey::new(TransientKind::DeviceCode, &[text, "used"]);
                beginning.grant.used = Some(Transient::new(used, &(), found.expires_at + REMEMBERED)?);
                let in_force = InForce::new(client, &beginning.grant.session, None);
                let content =
                    TokenContent { resources: &resources, in_force: &in_force, binding, nonce: None };
                match self.begin_grant(client, &beginning, &content, ctx).await? {
                    FirstTokens::Issued(tokens) => Ok(tokens),
                    // Another question was faster: there is one device.
                    FirstTokens::Used(_) => Err(unknown()),
                }
            }
        }
    }

    /// Tells a device to wait, and longer if it does not.
    async fn not_yet(
        &self,
        found: &Transient,
        device: Device,
        ctx: &RequestContext<'_>,
    ) -> Result<OAuthError, OAuthError> {
        let wait = Duration::from_secs(device.interval);
        // Clocks of two of our machines may differ by a little.
        let is_early = device
            .asked_at
            .is_some_and(|asked_at| ctx.now.since(asked_at) + Duration::from_millis(500) < wait);
        let interval = if is_early { device.interval + INTERVAL } else { device.interval };
        let next = Device { interval, asked_at: Some(ctx.now), ..device };
        // Overtaken by the user's answer or by another question of the device: the next one sees it.
        self.ports.store.replace_transient(found.version, &found.successor(&next)?).await?;
        Ok(if is_early {
            OAuthError::refused(
                ErrorCode::SlowDown,
                "Ask less often: five seconds more between two questions.",
            )
        } else {
            OAuthError::refused(ErrorCode::AuthorizationPending, "The user has not answered yet.")
        })
    }
}

/// Hashes in documents.
mod hash {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(hash: &[u8; 32], s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&URL_SAFE_NO_PAD.encode(hash))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(d)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(serde::de::Error::custom)?;
        bytes.try_into().map_err(|_| serde::de::Error::custom("not a SHA-256"))
    }
}
