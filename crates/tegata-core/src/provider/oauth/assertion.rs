//! Signed statements by which clients prove who they are (RFC 7523 §3): each is good once.

use tegata_jose::{
    AssertionAudience, CLIENT_ALGORITHMS, ClientAssertionExpectation, JoseError, JwkSet,
    verify_client_assertion,
};

use super::client_keys::LEEWAY;
use crate::client::Client;
use crate::oauth::OAuthError;
use crate::provider::{Provider, RequestContext};
use crate::timestamp::Timestamp;
use crate::transient::{Transient, TransientKey, TransientKind};

impl Provider {
    /// Whether an assertion is the client's, for us, and shown for the first time.
    pub(super) async fn check_assertion(
        &self,
        client: &Client,
        assertion: &str,
        ctx: &RequestContext<'_>,
    ) -> Result<bool, OAuthError> {
        let verify = |keys: &JwkSet| self.verify_assertion(client, assertion, keys, ctx.now);
        let verified = self.check_with_client_keys(client, ctx, verify).await?;
        let Some(Ok((jwt_id, expires_at))) = verified else { return Ok(false) };
        let key = TransientKey::new(TransientKind::Assertion, &[client.client_id.as_str(), &jwt_id]);
        let forgotten_at = expires_at + LEEWAY + LEEWAY;
        Ok(self.ports.store.create_transient(&Transient::new(key, &(), forgotten_at)?).await?)
    }

    fn verify_assertion(
        &self,
        client: &Client,
        assertion: &str,
        keys: &JwkSet,
        now: Timestamp,
    ) -> Result<(String, Timestamp), JoseError> {
        let issuer = &self.settings.issuer;
        let token_endpoint = format!("{issuer}/oauth2/token");
        let push_endpoint = format!("{issuer}/oauth2/par");
        let all = [issuer.as_str(), &token_endpoint, &push_endpoint];
        // Older clients name the endpoint that they ask. Those of the FAPI 2.0 Security Profile (§5.3.2.1) name who it belongs to.
        let audiences = if client.is_fapi() { &all[..1] } else { &all[..] };
        let named = client.metadata.token_endpoint_auth_signing_alg;
        let verified = verify_client_assertion(
            assertion,
            &ClientAssertionExpectation {
                client_id: client.client_id.as_str(),
                keys,
                algorithms: named.as_ref().map_or(&CLIENT_ALGORITHMS, std::slice::from_ref),
                audience: AssertionAudience::OneOf(audiences),
                now: now.numeric_date(),
                leeway_secs: u32::try_from(LEEWAY.as_secs()).unwrap_or(0),
            },
        )?;
        Ok((verified.jwt_id, Timestamp::from_secs(verified.expires_at.as_secs())))
    }
}
