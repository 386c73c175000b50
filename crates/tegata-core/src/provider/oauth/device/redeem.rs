//! What a device is answered that asks for its tokens (RFC 8628 §3.4, §3.5).

use std::time::Duration;

use super::{Device, INTERVAL, State};
use crate::oauth::{ErrorCode, OAuthError, Parameters};
use crate::provider::oauth::client_authentication::AuthenticatedClient;
use crate::provider::oauth::client_session::FirstTokens;
use crate::provider::oauth::client_tokens::{ClientTokens, TokenContent};
use crate::provider::oauth::code::REMEMBERED;
use crate::provider::oauth::dpop::VerifiedProof;
use crate::provider::oauth::in_force::InForce;
use crate::provider::{Provider, RequestContext};
use crate::transient::{Transient, TransientKey, TransientKind};

impl Provider {
    /// Answers a device that asks (RFC 8628 §3.4, §3.5). Its session begins with the code's end, in one step, as that of an
    /// authorization code does.
    pub(in crate::provider::oauth) async fn redeem_device_code(
        &self,
        client: &AuthenticatedClient,
        parameters: &Parameters,
        proof: Option<&VerifiedProof>,
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
                let binding = self.use_proof(proof, ctx.now).await?;
                let mut beginning = self.beginning(client, &granted, &binding, ctx)?;
                let used = TransientKey::new(TransientKind::DeviceCode, &[text, "used"]);
                beginning.grant.used = Some(Transient::new(used, &(), found.expires_at + REMEMBERED)?);
                let in_force = InForce::new(client, &beginning.grant.session, None);
                let content = TokenContent {
                    resources: &resources,
                    in_force: &in_force,
                    binding: &binding,
                    nonce: None,
                };
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
