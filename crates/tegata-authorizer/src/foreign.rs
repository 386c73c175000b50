//! Issuers that are not Tegata: their tokens are checked with keys that they publish.

mod fetch;
mod jwks_cache;

use std::sync::Arc;

use tegata_jose::{
    ForeignAccessToken, JoseError, NumericDate, Profile, VerifiedForeignAccessToken, VerifiedTokens,
};

use crate::error::Refusal;
use crate::log::Log;
use crate::settings::ForeignIssuer;
pub(crate) use jwks_cache::JwksCache;
pub use jwks_cache::{Fetch, FetchError, NoFetch};

/// Tokens that are remembered for each issuer.
const REMEMBERED_TOKENS: usize = 256;

/// One issuer, with keys and memory of its own: a `kid` means nothing outside.
pub(crate) struct Foreign<F> {
    issuer: String,
    scope_claim: String,
    keys: JwksCache<F>,
    seen: VerifiedTokens<ForeignAccessToken>,
}

impl<F: Fetch> Foreign<F> {
    pub(crate) fn new(settings: ForeignIssuer, fetch: F, log: Log) -> Self {
        Self {
            issuer: settings.profile.issuer().to_owned(),
            scope_claim: settings.scope_claim,
            keys: JwksCache::new(settings.profile, settings.algorithms, settings.jwks_uri, fetch, log),
            seen: VerifiedTokens::new(REMEMBERED_TOKENS),
        }
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Checks a token, with newer keys if it needs them.
    pub(crate) async fn verify(
        &self,
        token: &str,
        now: NumericDate,
    ) -> Result<Arc<VerifiedForeignAccessToken>, Refusal> {
        let profile = self.keys.current(now).await.ok_or(Refusal::NoKeys)?;
        match self.seen.verify(&profile, token, now) {
            Err(JoseError::UnknownKey) => {
                let profile: Arc<Profile<_>> = self.keys.newer_than(&profile, now).await?;
                Ok(self.seen.verify(&profile, token, now)?)
            }
            result => Ok(result?),
        }
    }

    /// What a token allows, as words separated by spaces.
    pub(crate) fn scope(&self, token: &VerifiedForeignAccessToken) -> String {
        if self.scope_claim == "scope" {
            token.scope().to_owned()
        } else {
            token.words(&self.scope_claim).join(" ")
        }
    }
}
