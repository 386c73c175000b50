//! The public keys of clients: with their registration, or at an address of theirs.

use std::sync::Arc;
use std::time::Duration;

use tegata_jose::{JoseError, JwkSet};

use super::fetched::{COOL_DOWN, Look, is_outage, unreachable};
use crate::client::Client;
use crate::oauth::OAuthError;
use crate::provider::{Provider, RequestContext};

/// How long keys from an address are used at most: a client that has lost one must be able to take it away.
pub(super) const MAX_AGE: Duration = Duration::from_mins(15);

/// How far a client's clock may differ.
pub(super) const LEEWAY: Duration = Duration::from_secs(30);

impl Provider {
    /// Checks what a client has signed with its keys, and once more with newer ones where it names one that is not known;
    /// `None` when it has none.
    ///
    /// # Errors
    /// `temporarily_unavailable` when its keys cannot be had now, which says nothing about what it has signed.
    pub(super) async fn check_with_client_keys<T>(
        &self,
        client: &Client,
        ctx: &RequestContext<'_>,
        check: impl Fn(&JwkSet) -> Result<T, JoseError>,
    ) -> Result<Option<Result<T, JoseError>>, OAuthError> {
        let Some(keys) = self.client_keys(client, false, ctx).await? else { return Ok(None) };
        let checked = check(&keys);
        if matches!(checked, Err(JoseError::UnknownKey))
            && let Some(keys) = self.client_keys(client, true, ctx).await?
        {
            return Ok(Some(check(&keys)));
        }
        Ok(Some(checked))
    }

    /// The keys of a client; `None` when it has none. `is_unknown` asks for newer ones.
    async fn client_keys(
        &self,
        client: &Client,
        is_unknown: bool,
        ctx: &RequestContext<'_>,
    ) -> Result<Option<Arc<JwkSet>>, OAuthError> {
        if let Some(jwks) = &client.metadata.jwks {
            return Ok(JwkSet::parse(jwks.to_string().as_bytes()).ok().map(Arc::new));
        }
        let Some(uri) = client.metadata.jwks_uri.as_deref() else { return Ok(None) };
        let asking = match self.fetched.keys.look(uri, is_unknown, ctx.now).await {
            Look::Known(keys) => return Ok(Some(keys)),
            Look::Later => return Err(unreachable("keys")),
            Look::Ask(asking) => asking,
        };
        let is_outage = match self.ports.outbound.get(uri).await {
            Ok(document) => {
                if let Ok(keys) = JwkSet::parse(&document.body) {
                    let life = document.max_age.unwrap_or(MAX_AGE).clamp(COOL_DOWN, MAX_AGE);
                    return Ok(Some(asking.found(keys, life)));
                }
                false
            }
            Err(error) => is_outage(error),
        };
        // A client takes keys away by serving others. Anything else there is a mishap, in which the ones before go on.
        match asking.failed() {
            None if is_outage => Err(unreachable("keys")),
            keys => Ok(keys),
        }
    }
}
