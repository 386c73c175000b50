use std::sync::Arc;

use tegata_jose::{
    AccessToken, NumericDate, Profile, VerifiedAccessToken, VerifiedTokens, unverified_issuer,
};

use crate::credentials::find_token;
use crate::error::{AuthorizerError, Refusal};
use crate::event::{Event, Form};
use crate::foreign::{Fetch, Foreign};
use crate::log::Log;
use crate::manifest::{Manifest, ResponseForm};
use crate::policy::{Answer, Facts, Stage};
use crate::settings::{OwnIssuer, Settings};

/// Tokens that are remembered for each issuer. API Gateway remembers answers itself, so few come twice.
const REMEMBERED_TOKENS: usize = 512;

/// Decides about events.
pub struct Authorizer<F> {
    own: Option<Own>,
    foreign: Vec<Foreign<F>>,
    manifest: Manifest,
    form: ResponseForm,
    log: Log,
}

struct Own {
    profile: Profile<AccessToken>,
    has_keys: bool,
    seen: VerifiedTokens<AccessToken>,
}

impl<F: Fetch> Authorizer<F> {
    /// An authorizer with these settings. Without `fetch` the settings can have no foreign issuers, and it has none.
    pub fn new(settings: Settings, fetch: Option<&F>) -> Self {
        let Settings { own, foreign, manifest, form, log } = settings;
        let foreign = fetch.map_or_else(Vec::new, |fetch| {
            foreign.into_iter().map(|issuer| Foreign::new(issuer, fetch.clone(), log)).collect()
        });
        Self { own: own.map(Own::new), foreign, manifest, form, log }
    }

    /// The answer to an event, which is JSON.
    ///
    /// # Errors
    /// [`AuthorizerError::Unauthorized`] without a valid token, [`AuthorizerError::Internal`] for a fault of ours. A valid
    /// token that may not do what it is used for is no error: its policy says so.
    pub async fn authorize(&self, event: &str, now: NumericDate) -> Result<Answer, AuthorizerError> {
        self.decide(event, now).await.map_err(|refusal| {
            let error = refusal.error();
            match error {
                AuthorizerError::Unauthorized => self.log.refused(&refusal),
                AuthorizerError::Internal => self.log.failed(&refusal),
            }
            error
        })
    }

    /// As [`authorize`](Self::authorize), with the reason.
    async fn decide(&self, event: &str, now: NumericDate) -> Result<Answer, Refusal> {
        let event = Event::parse(event)?;
        let token = find_token(&event)?;
        match self.pick_foreign(token)? {
            None => {
                let own = self.own.as_ref().ok_or(Refusal::UnknownIssuer)?;
                let token = own.verify(token, now)?;
                require_bearer(token.confirmation())?;
                self.answer(&event, &Facts::of_own(&token))
            }
            Some(foreign) => {
                let token = foreign.verify(token, now).await?;
                require_bearer(token.confirmation())?;
                self.answer(&event, &Facts::of_foreign(&token, &foreign.scope(&token)))
            }
        }
    }

    /// The foreign issuer that a token names; `None` if it names our own, or if there is no choice.
    fn pick_foreign(&self, token: &str) -> Result<Option<&Foreign<F>>, Refusal> {
        if self.foreign.is_empty() {
            return Ok(None);
        }
        let issuer = unverified_issuer(token)?;
        if self.own.as_ref().is_some_and(|own| own.profile.issuer() == issuer) {
            return Ok(None);
        }
        let foreign = self.foreign.iter().find(|foreign| foreign.issuer() == issuer);
        foreign.map(Some).ok_or(Refusal::UnknownIssuer)
    }

    fn answer(&self, event: &Event<'_>, facts: &Facts<'_>) -> Result<Answer, Refusal> {
        let has_scope = |scope: &str| facts.has_scope(scope);
        match (&event.form, self.form) {
            (Form::Http { route_key, .. }, ResponseForm::Simple) => {
                Ok(Answer::simple(facts, self.manifest.allows(route_key.as_deref(), has_scope)))
            }
            _ => Answer::policy(&Stage::of(&event.arn)?, facts, &self.manifest.denied(has_scope)),
        }
    }
}

/// Refuses a token that is bound to a key: shown without a proof it may be in the hands of a thief (RFC 9449 §7.1).
fn require_bearer(confirmation: Option<&str>) -> Result<(), Refusal> {
    if confirmation.is_some() { Err(Refusal::BoundToKey) } else { Ok(()) }
}

impl Own {
    fn new(settings: OwnIssuer) -> Self {
        Self {
            has_keys: !settings.keys.keys().is_empty(),
            profile: Profile::access_token(settings.issuer, settings.audience, Arc::new(settings.keys)),
            seen: VerifiedTokens::new(REMEMBERED_TOKENS),
        }
    }

    fn verify(&self, token: &str, now: NumericDate) -> Result<Arc<VerifiedAccessToken>, Refusal> {
        if !self.has_keys {
            return Err(Refusal::NoKeys);
        }
        Ok(self.seen.verify(&self.profile, token, now)?)
    }
}
