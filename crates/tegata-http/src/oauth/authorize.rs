//! `/oauth2/authorize` (RFC 6749 §3.1, OIDC Core §3.1.2).

use std::borrow::Cow;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use tegata_core::oauth::{ErrorCode, OAuthError, Parameters, encode_form};
use tegata_core::provider::oauth::{
    Authorization, AuthorizationError, AuthorizationRequest, AuthorizationResponse, BrowserSession, Flow,
    Question, ResponseMode, ResponseTarget, Visitor,
};
use tegata_pages::{FormPostPage, Language};

use super::consent::{account_page, consent_page};
use super::error::{OAuthReject, log_failure, outage};
use super::form::Form;
use super::login::login_page;
use super::page::{
    Reach, error_page, error_page_for, failure_page, language, page, refused_form, ui_locales,
};
use super::place::{FLOW, Place, Standing, browser, go_on, see_other};
use super::signup::signup_link;
use super::{AUTHORIZE_PATH, place};
use crate::error::HttpError;
use crate::extract::Client;
use crate::state::AppState;

/// `GET`: decides, and asks what is still to be asked.
pub(crate) async fn authorize(
    State(app): State<AppState>,
    client: Client,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let read = || {
        let parameters = Parameters::parse(query.as_deref().unwrap_or_default().as_bytes())?;
        let Some(flow) = parameters.get(FLOW)? else { return Ok((parameters, Standing::New)) };
        let standing = Standing::of(&app, &client, &Place::new(AUTHORIZE_PATH, &parameters)?, Some(flow));
        Ok((parameters.without(FLOW), standing))
    };
    let (parameters, standing) = match read() {
        Ok(read) => read,
        Err(error) => return error_page(&app, &headers, &error),
    };
    let answer = answer(&app, &client, &headers, &parameters, standing).await;
    answer.unwrap_or_else(|error| failure_page(&app, &headers, error))
}

/// `POST`: the same request in a form (OIDC Core §3.1.2.1), which goes on as a `GET`.
pub(crate) async fn authorize_form(
    State(app): State<AppState>,
    headers: HeaderMap,
    form: Result<Form, OAuthReject>,
) -> Response {
    let parameters = match form {
        Ok(Form(parameters)) => parameters,
        Err(reject) => return refused_form(&app, &headers, reject),
    };
    match Place::new(AUTHORIZE_PATH, &parameters) {
        Ok(place) => see_other(&place.as_text()).unwrap_or_else(|error| failure_page(&app, &headers, error)),
        Err(error) => error_page(&app, &headers, &error),
    }
}

async fn answer(
    app: &AppState,
    client: &Client,
    headers: &HeaderMap,
    parameters: &Parameters,
    standing: Standing,
) -> Result<Response, HttpError> {
    let now = client.facts.now;
    let flow = match &standing {
        Standing::Under(flow) => flow.clone(),
        Standing::New | Standing::WithoutCookie => app.provider().begin_flow(now)?,
    };
    let browser = browser(app, client).await?;
    let visitor = Visitor { browser: browser.as_ref(), flow: &flow };
    let authorization = app.provider().authorize(parameters, visitor, &client.context()).await;
    match authorization {
        Ok(Authorization::Answer(response)) => send(app, headers, &response),
        Err(AuthorizationError::Page(error)) => Ok(error_page_for(app, headers, parameters, &error)),
        Err(AuthorizationError::Client { target, error }) => refuse(app, headers, target, &error),
        // Whatever is asked stands at an address that knows when it began: it can be loaded again.
        Ok(Authorization::Question(question)) if flow.is_new => match (standing, question.request()) {
            (Standing::WithoutCookie, _) => Ok(error_page(app, headers, &without_cookie())),
            (_, AuthorizationRequest { opened: Some(opened), target, .. }) => {
                // What a request object says goes on in its place: the object has been checked, and soon expires.
                let flow = Flow { is_signed: opened.is_signed, ..flow };
                match Place::new(AUTHORIZE_PATH, &opened.parameters) {
                    Ok(place) => go_on(app, client, &place, &flow),
                    Err(error) if target.is_verified => refuse(app, headers, target.clone(), &error),
                    Err(error) => Ok(error_page(app, headers, &error)),
                }
            }
            _ => match Place::new(AUTHORIZE_PATH, parameters) {
                Ok(place) => go_on(app, client, &place, &flow),
                Err(error) => Ok(error_page(app, headers, &error)),
            },
        },
        Ok(Authorization::Question(question)) => match Place::new(AUTHORIZE_PATH, parameters) {
            Ok(place) => ask(app, client, headers, &place, &flow, browser.as_ref(), question),
            Err(error) => Ok(error_page(app, headers, &error)),
        },
    }
}

pub(crate) fn without_cookie() -> OAuthError {
    OAuthError::invalid_request(
        "The browser did not send the cookie of this login: allow cookies, and begin again from the application.",
    )
}

fn ask(
    app: &AppState,
    client: &Client,
    headers: &HeaderMap,
    place: &Place,
    flow: &Flow,
    browser: Option<&BrowserSession>,
    question: Question,
) -> Result<Response, HttpError> {
    let visit = Visit { app, client, headers, place, flow };
    match question {
        Question::Login { request, .. }
            if request.prompt.create && !flow.has_account && flow.problem.is_none() =>
        {
            match signup_link(&visit) {
                Some(link) if browser.is_none() => see_other(&link),
                _ => Ok(login_page(&visit, Some(&request), None)),
            }
        }
        Question::Login { request, again } => {
            Ok(login_page(&visit, Some(&request), browser.filter(|_| again)))
        }
        Question::SelectAccount(request) => Ok(account_page(&visit, &request, browser)),
        Question::Consent(question) => Ok(consent_page(&visit, &question, browser)),
    }
}

/// A visitor who is asked something.
pub(crate) struct Visit<'a> {
    pub(crate) app: &'a AppState,
    pub(crate) client: &'a Client,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) place: &'a Place,
    pub(crate) flow: &'a Flow,
}

impl Visit<'_> {
    pub(crate) fn hidden(&self) -> [(&'static str, Cow<'static, str>); 2] {
        place::hidden(self.app, self.client, self.place, self.flow)
    }

    /// The language of the page: as the request says, wherever its parameters came from, or else as the place does.
    pub(crate) fn language(&self, request: Option<&AuthorizationRequest>) -> Language {
        match request {
            Some(request) => language(self.headers, request.target.ui_locales.as_deref()),
            None => language(self.headers, ui_locales(&self.place.query().unwrap_or_default())),
        }
    }
}

/// Tells a client what is wrong (RFC 6749 §4.1.2.1).
fn refuse(
    app: &AppState,
    headers: &HeaderMap,
    target: ResponseTarget,
    error: &OAuthError,
) -> Result<Response, HttpError> {
    let (code, description) = match error.refusal() {
        Ok((code, description)) => (code, description.to_owned()),
        Err(failure) => {
            log_failure(failure, "an authorization request failed");
            let (_, code, description, _) = outage(failure);
            // The two that a client may be told of (RFC 6749 §4.1.2.1).
            let code = if code == ErrorCode::TemporarilyUnavailable { code } else { ErrorCode::ServerError };
            (code, description.to_owned())
        }
    };
    let parameters_of = vec![
        ("error", code.as_str().to_owned()),
        ("error_description", description),
        ("iss", app.provider().settings().issuer.clone()),
    ];
    send(app, headers, &AuthorizationResponse { target, parameters: parameters_of })
}

/// Sends an answer to a client: it goes there with the browser.
fn send(
    app: &AppState,
    headers: &HeaderMap,
    response: &AuthorizationResponse,
) -> Result<Response, HttpError> {
    let target = &response.target;
    let state = target.state.as_deref().map(|state| ("state", state));
    let fields: Vec<(&str, &str)> =
        response.parameters.iter().map(|(name, value)| (*name, value.as_str())).chain(state).collect();
    if target.mode == ResponseMode::FormPost {
        let language = language(headers, target.ui_locales.as_deref());
        // A private scheme has nobody who could take a form: then it is a query after all.
        if let Some(form) = FormPostPage::new(language, app.theme(), &target.redirect_uri, &fields) {
            let reach = Reach { leads_to_client: true, is_form_post: true, ..Reach::default() };
            return Ok(page(app, StatusCode::OK, form.render(), reach));
        }
    }
    let query = encode_form(fields);
    let separator = if target.redirect_uri.contains('?') { '&' } else { '?' };
    see_other(&format!("{}{separator}{query}", target.redirect_uri))
}
