use std::sync::Arc;

use tegata_jose::{AccessToken, NumericDate, Profile, VerifiedTokens};

use crate::credentials::find_token;
use crate::error::{AuthorizerError, Refusal};
use crate::event::{Event, Form};
use crate::log::Log;
use crate::manifest::{Manifest, ResponseForm};
use crate::policy::{Answer, Facts, Stage};
use crate::settings::Settings;

/// Tokens that are remembered for each issuer. API Gateway remembers answers itself, so few come twice.
const REMEMBERED_TOKENS: usize = 512;

/// Decides about events.
#[derive(Debug)]
pub struct Authorizer {
    own: Option<Own>,
    manifest: Manifest,
    form: ResponseForm,
    log: Log,
}

#[derive(Debug)]
struct Own {
    profile: Profile<AccessToken>,
    has_keys: bool,
    seen: VerifiedTokens<AccessToken>,
}

impl Authorizer {
    /// An authorizer with these settings.
    pub fn new(settings: Settings) -> Self {
        let own = settings.own.map(|own| Own {
            has_keys: !own.keys.keys().is_empty(),
            profile: Profile::access_token(own.issuer, own.audience, Arc::new(own.keys)),
            seen: VerifiedTokens::new(REMEMBERED_TOKENS),
        });
        Self { own, manifest: settings.manifest, form: settings.form, log: settings.log }
    }

    /// The answer to an event, which is JSON.
    ///
    /// # Errors
    /// [`AuthorizerError::Unauthorized`] without a valid token, [`AuthorizerError::Internal`] for a fault of ours. A valid
    /// token that may not do what it is used for is no error: its policy says so.
    pub fn authorize(&self, event: &str, now: NumericDate) -> Result<Answer, AuthorizerError> {
        self.decide(event, now).map_err(|refusal| {
            let error = refusal.error();
            match error {
                AuthorizerError::Unauthorized => self.log.refused(&refusal),
                AuthorizerError::Internal => self.log.failed(&refusal),
            }
            error
        })
    }

    fn decide(&self, event: &str, now: NumericDate) -> Result<Answer, Refusal> {
        let event = Event::parse(event)?;
        let token = find_token(&event)?;
        let own = self.own.as_ref().ok_or(Refusal::UnknownIssuer)?;
        if !own.has_keys {
            return Err(Refusal::NoKeys);
        }
        let verified = own.seen.verify(&own.profile, token, now)?;
        self.answer(
            &event,
            &Facts {
                issuer: verified.issuer(),
                subject: verified.subject(),
                username: verified.username(),
                client_id: Some(verified.client_id()),
                scope: verified.scope(),
                session_id: verified.session_id(),
                expires_at: verified.expires_at(),
            },
        )
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
