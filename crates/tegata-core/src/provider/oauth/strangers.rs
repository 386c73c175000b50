//! What strangers may make us keep.

use super::client_authentication::AuthenticatedClient;
use crate::attempt::{AttemptKey, DelaySchedule};
use crate::error::ProviderError;
use crate::provider::{Provider, RequestContext, wait_until};

impl Provider {
    /// Counts what a client makes us keep before anybody has logged in, by the address that it comes from. Whoever knows the
    /// name of a public client can ask in it, and whoever likes can be a client that nobody vouches for; one that an operator
    /// knows and that has proved who it is is not counted, since its own server may have one address for all its users.
    ///
    /// # Errors
    /// [`ProviderError::TooManyAttempts`]; those of the store.
    pub(super) async fn count_for_stranger(
        &self,
        client: &AuthenticatedClient,
        purpose: &str,
        ctx: &RequestContext<'_>,
    ) -> Result<(), ProviderError> {
        if client.is_confidential() && client.is_verified() {
            return Ok(());
        }
        self.count_address(purpose, &self.settings.throttle.requests, ctx).await
    }

    /// Counts a request by the address that it comes from, where that is known.
    ///
    /// # Errors
    /// [`ProviderError::TooManyAttempts`]; those of the store.
    pub(in crate::provider) async fn count_address(
        &self,
        purpose: &str,
        schedule: &DelaySchedule,
        ctx: &RequestContext<'_>,
    ) -> Result<(), ProviderError> {
        let secrets = &self.key_ring().secrets;
        let Some(key) = ctx.address.and_then(|address| AttemptKey::address(secrets, purpose, address)) else {
            return Ok(());
        };
        self.count_attempt(key, schedule, ctx).await
    }

    /// Counts one more of what has a counter of its own.
    ///
    /// # Errors
    /// [`ProviderError::TooManyAttempts`]; those of the store.
    pub(super) async fn count_attempt(
        &self,
        key: AttemptKey,
        schedule: &DelaySchedule,
        ctx: &RequestContext<'_>,
    ) -> Result<(), ProviderError> {
        let counted = self.ports.store.count(key, schedule, ctx.now).await?;
        counted.map_err(|blocked| ProviderError::TooManyAttempts {
            retry_after: wait_until(blocked.until, ctx.now),
        })
    }
}
