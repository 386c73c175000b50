//! Deciding an authorization request: what is still to be asked, or what the answer is.

use serde_json::Value;

use super::authorization_request::AuthorizationRequest;
use super::browser::BrowserSession;
use super::flow::{Answer, Flow};
use super::response_target::ResponseTarget;
use crate::client::ApplicationType;
use crate::consent::ConsentTerms;
use crate::error::ProviderError;
use crate::oauth::{ErrorCode, OAuthError, Parameters};
use crate::provider::tokens::ACR;
use crate::provider::{Provider, RequestContext};
use crate::timestamp::Timestamp;

/// Who is at the browser, and how far they have come.
#[derive(Clone, Copy)]
pub struct Visitor<'a> {
    /// Their session at the provider.
    pub browser: Option<&'a BrowserSession>,
    /// Where they stand on their way.
    pub flow: &'a Flow,
}

/// What is to be done with an authorization request.
pub enum Authorization {
    /// The user has to be asked.
    Question(Question),
    /// The answer for the client.
    Answer(AuthorizationResponse),
}

/// What a user is asked on the way to an answer.
pub enum Question {
    /// The user has to prove who they are.
    Login {
        /// What it is for.
        request: Box<AuthorizationRequest>,
        /// Whether somebody is logged in and has to prove it again.
        again: bool,
    },
    /// The user has to say as whom they want to go on.
    SelectAccount(Box<AuthorizationRequest>),
    /// The user has to say whether the client may.
    Consent(Box<ConsentQuestion>),
}

impl Question {
    /// The request that its user is asked about.
    pub fn request(&self) -> &AuthorizationRequest {
        match self {
            Self::Login { request, .. } | Self::SelectAccount(request) => request,
            Self::Consent(question) => &question.request,
        }
    }
}

/// What a user is asked to consent to.
pub struct ConsentQuestion {
    /// The request.
    pub request: AuthorizationRequest,
    /// What is new in it.
    pub terms: ConsentTerms,
}

/// An answer to a client (RFC 6749 §4.1.2), with its `iss` (RFC 9207).
pub struct AuthorizationResponse {
    /// Where it goes.
    pub target: ResponseTarget,
    /// Its parameters, but for `state`.
    pub parameters: Vec<(&'static str, String)>,
}

/// Why a request has no answer yet.
#[derive(Debug)]
pub enum AuthorizationError {
    /// Nobody may be told but the user: who asked, or where an answer would go, is not known to be right.
    Page(OAuthError),
    /// To be told to the client.
    Client {
        /// Where it goes.
        target: ResponseTarget,
        /// What is wrong.
        error: OAuthError,
    },
}

/// What a request comes to, before it is answered.
enum Decision<'a> {
    Ask(Question),
    Grant(Box<AuthorizationRequest>, &'a BrowserSession),
}

impl From<ProviderError> for AuthorizationError {
    fn from(error: ProviderError) -> Self {
        Self::Page(error.into())
    }
}

impl Provider {
    /// Decides an authorization request, and answers it if there is nothing to be asked. Nothing is written but that a pushed
    /// request has had its answer, a code or an error.
    ///
    /// # Errors
    /// [`AuthorizationError`]
    pub async fn authorize(
        &self,
        parameters: &Parameters,
        visitor: Visitor<'_>,
        ctx: &RequestContext<'_>,
    ) -> Result<Authorization, AuthorizationError> {
        let answer = match self.decide(parameters, visitor, ctx).await {
            Ok(Decision::Ask(question)) => return Ok(Authorization::Question(question)),
            Ok(Decision::Grant(request, browser)) => {
                let target = request.target.clone();
                let answer = self.answer_with_code(*request, browser, ctx).await;
                answer.map_err(|error| AuthorizationError::Client { target, error })
            }
            Err(error) => Err(error),
        };
        match answer {
            Ok(answer) => Ok(Authorization::Answer(answer)),
            Err(AuthorizationError::Client { target, error }) => {
                let error = self.end_refused_request(parameters, error).await;
                Err(AuthorizationError::Client { target, error })
            }
            Err(page) => Err(page),
        }
    }

    /// What a visitor is still to be asked, `None` if nothing. The request is not answered: this is for whoever shows a part of it,
    /// or has a part of the answer.
    ///
    /// # Errors
    /// As [`Provider::authorize`] would say it.
    pub async fn question(
        &self,
        parameters: &Parameters,
        visitor: Visitor<'_>,
        ctx: &RequestContext<'_>,
    ) -> Result<Option<Question>, AuthorizationError> {
        Ok(match self.decide(parameters, visitor, ctx).await? {
            Decision::Ask(question) => Some(question),
            Decision::Grant(..) => None,
        })
    }

    async fn decide<'a>(
        &self,
        parameters: &Parameters,
        visitor: Visitor<'a>,
        ctx: &RequestContext<'_>,
    ) -> Result<Decision<'a>, AuthorizationError> {
        let request = match self.authorization_request(parameters, visitor.flow, ctx).await {
            Ok(request) => request,
            // Anybody can register an address, and would have us send people there (RFC 9700 §4.11.2): not before they have
            // logged in.
            Err(AuthorizationError::Client { target, error })
                if !target.is_verified && visitor.browser.is_none() =>
            {
                return Err(AuthorizationError::Page(error));
            }
            Err(error) => return Err(error),
        };
        let target = request.target.clone();
        let decision = self.decide_request(request, visitor, ctx).await;
        // An outage is the client's to know of, too: it can come back (RFC 6749 §4.1.2.1).
        decision.map_err(|error| AuthorizationError::Client { target, error })
    }

    async fn decide_request<'a>(
        &self,
        request: AuthorizationRequest,
        visitor: Visitor<'a>,
        ctx: &RequestContext<'_>,
    ) -> Result<Decision<'a>, OAuthError> {
        let Some(browser) = visitor.browser else {
            if request.prompt.none {
                return Err(refuse(ErrorCode::LoginRequired, "Nobody is logged in."));
            }
            return Ok(Decision::Ask(Question::Login { request: Box::new(request), again: false }));
        };
        let answer =
            visitor.flow.answer.filter(|_| visitor.flow.browser_session == Some(browser.session.session_id));
        if answer == Some(Answer::Deny) {
            return Err(refuse(ErrorCode::AccessDenied, "The user did not allow it."));
        }
        if !self.is_expected_user(&request, browser, ctx.now)? {
            if request.prompt.none {
                return Err(refuse(ErrorCode::LoginRequired, "Another user is logged in."));
            }
            return Ok(Decision::Ask(Question::Login { request: Box::new(request), again: false }));
        }
        if needs_login(&request, browser, visitor.flow, ctx.now) {
            if request.prompt.none {
                return Err(refuse(ErrorCode::LoginRequired, "The login is too long ago."));
            }
            return Ok(Decision::Ask(Question::Login { request: Box::new(request), again: true }));
        }
        check_acr(&request)?;
        let has_just_logged_in = browser.session.auth_time >= visitor.flow.started_at;
        if answer == Some(Answer::Switch) && !has_just_logged_in {
            return Ok(Decision::Ask(Question::Login { request: Box::new(request), again: false }));
        }
        if request.prompt.select_account && answer.is_none() && !has_just_logged_in {
            return Ok(Decision::Ask(Question::SelectAccount(Box::new(request))));
        }
        if let Some(terms) = self.open_question(&request, browser, answer, ctx).await? {
            if request.prompt.none {
                return Err(refuse(ErrorCode::ConsentRequired, "The user has not allowed this."));
            }
            return Ok(Decision::Ask(Question::Consent(Box::new(ConsentQuestion { request, terms }))));
        }
        Ok(Decision::Grant(Box::new(request), browser))
    }

    /// Whether the user is the one that the request insists on.
    fn is_expected_user(
        &self,
        request: &AuthorizationRequest,
        browser: &BrowserSession,
        now: Timestamp,
    ) -> Result<bool, OAuthError> {
        let own = self.subject(&request.client, browser.user.user_id);
        if request.claims.subject().is_some_and(|subject| subject != own) {
            return Ok(false);
        }
        let Some(hint) = &request.id_token_hint else { return Ok(true) };
        let hint = self.read_id_token_hint(hint, now).ok_or_else(|| {
            OAuthError::invalid_request("The parameter id_token_hint is no ID token of this issuer.")
        })?;
        Ok(hint.subject() == own)
    }

    /// What the user still has to be asked, if anything.
    async fn open_question(
        &self,
        request: &AuthorizationRequest,
        browser: &BrowserSession,
        answer: Option<Answer>,
        ctx: &RequestContext<'_>,
    ) -> Result<Option<ConsentTerms>, OAuthError> {
        let client = &request.client;
        // Whoever runs a program on the same device can be sent its answers, and needs no secret (RFC 8252 §8.6).
        let is_anyones = client.metadata.application_type == ApplicationType::Native
            && !client.is_confidential()
            && !request.target.redirect_uri.starts_with("https://");
        let is_own_house = client.metadata.skip_consent && client.is_verified() && !is_anyones;
        if is_own_house && !request.prompt.consent {
            return Ok(None);
        }
        let terms = request.terms(ctx.now);
        let has_allowed = answer == Some(Answer::Allow);
        let consent = self.ports.store.find_consent(browser.user.user_id, &client.client_id).await?;
        let covers = consent.is_some_and(|consent| consent.given.covers(client.created_at, &terms));
        // Allowed on the page, and then revoked in another window: the record decides.
        let is_settled = if is_own_house { has_allowed } else { covers };
        // A client that nobody vouches for is asked about every time: anyone can copy its name (OAuth 2.1 §7.4).
        let is_asked_always = request.prompt.consent || is_anyones || !client.is_verified();
        if is_settled && (has_allowed || !is_asked_always) {
            return Ok(None);
        }
        Ok(Some(terms))
    }
}

/// Whether the user has to prove again who they are.
fn needs_login(
    request: &AuthorizationRequest,
    browser: &BrowserSession,
    flow: &Flow,
    now: Timestamp,
) -> bool {
    let auth_time = browser.session.auth_time;
    // A login on the way is as fresh as it gets; any before the request began is not the one it asks for.
    if auth_time >= flow.started_at {
        return false;
    }
    let is_too_old =
        request.max_age.is_some_and(|max_age| max_age == 0 || now.since(auth_time).as_secs() > max_age);
    request.prompt.login || request.prompt.create || is_too_old
}

/// A password is all there is: whoever cannot do without more is told so (V51).
fn check_acr(request: &AuthorizationRequest) -> Result<(), OAuthError> {
    let essential = request.claims.essential("acr").map(|essential| essential.values).unwrap_or_default();
    if essential.is_empty() || essential.contains(&Value::from(ACR)) {
        return Ok(());
    }
    Err(refuse(
        ErrorCode::UnmetAuthenticationRequirements,
        "The authentication context class that the request cannot do without is not offered here.",
    ))
}

fn refuse(code: ErrorCode, description: &'static str) -> OAuthError {
    OAuthError::refused(code, description)
}
