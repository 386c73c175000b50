//! Devices without a keyboard (RFC 8628): the device shows a code, and its user enters it elsewhere.

mod question;
mod redeem;
mod user_code;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::client_authentication::AuthenticatedClient;
use super::sealed_code::Granted;
use crate::client::{ClientId, GrantType};
use crate::entropy::random;
use crate::oauth::{ErrorCode, OAuthError, Parameters};
use crate::provider::{Provider, RequestContext};
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::transient::{Transient, TransientKey, TransientKind};

pub use question::DeviceQuestion;

const PREFIX: &str = "tgd_";
/// How long a device waits between two questions, in seconds; each one that comes too early adds as much.
const INTERVAL: u64 = 5;

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

impl Provider {
    /// Begins a device authorization (RFC 8628 §3.1).
    ///
    /// # Errors
    /// `unauthorized_client`, `invalid_scope`, `invalid_target`;
    /// [`TooManyAttempts`](crate::error::ProviderError::TooManyAttempts).
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
            resources: self.requested_resources(client, parameters)?,
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
        let user_code = self.new_user_code(key, ctx.now + ttl).await?.to_string();
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
}
