//! The login page, and the form that it sends.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use tegata_core::client::Client as OAuthClient;
use tegata_core::error::ProviderError;
use tegata_core::oauth::{OAuthError, Parameters};
use tegata_core::provider::Login;
use tegata_core::provider::oauth::{AuthorizationRequest, BrowserSession, Flow, FlowProblem};
use tegata_core::store::StoreError;
use tegata_pages::{LoginError, LoginPage};

use super::authorize::{Visit, without_cookie};
use super::form::Form;
use super::page::{Reach, error_page, failure_page, language, page, refused_form};
use super::place::{CONTINUE, FLOW, Place, Standing, browser, go_on, see_other};
use super::signup::signup_link;
use super::{LOGIN_PATH, OAuthReject};
use crate::error::HttpError;
use crate::extract::Client;
use crate::state::AppState;

/// The page. `request` is what it is for, `again` whoever has to prove once more who they are.
pub(crate) fn login_page(
    visit: &Visit<'_>,
    request: Option<&AuthorizationRequest>,
    again: Option<&BrowserSession>,
) -> Response {
    let parameters = visit.place.query().unwrap_or_default();
    let link = signup_link(visit);
    let hidden = visit.hidden();
    let hidden = hidden.each_ref().map(|(name, value)| (*name, value.as_str()));
    let hint = request.and_then(|request| request.login_hint.as_deref());
    let identifier = again.map(|browser| browser.user.username.as_str()).or(hint);
    let client = request.map(|request| &request.client);
    // Logos of strangers can look like anybody's.
    let logo = client.filter(|client| client.is_verified()).and_then(|c| c.metadata.logo_uri.as_deref());
    let login = LoginPage {
        language: language(visit.headers, &parameters),
        theme: visit.app.theme(),
        client_name: client.map(OAuthClient::display_name),
        client_logo: logo,
        action: LOGIN_PATH,
        hidden: &hidden,
        identifier: identifier.unwrap_or_default(),
        error: visit.flow.problem.as_ref().and_then(login_error),
        signup_link: link.as_deref().filter(|_| again.is_none()),
        reauthentication: again.map(|browser| browser.user.username.as_str()),
    };
    let images: Vec<&str> = logo.into_iter().collect();
    let reach = Reach {
        images: &images,
        form_target: request.map(|request| request.target.redirect_uri.as_str()),
        is_form_post: false,
    };
    page(visit.app, StatusCode::OK, login.render(), reach)
}

fn login_error(problem: &FlowProblem) -> Option<LoginError> {
    Some(match problem {
        FlowProblem::Credentials => LoginError::InvalidCredentials,
        FlowProblem::Throttled(secs) => LoginError::TooManyAttempts { retry_after_secs: *secs },
        FlowProblem::Overloaded => LoginError::Overloaded,
        FlowProblem::Unavailable => LoginError::Unavailable,
        FlowProblem::SignUp(_) => return None,
    })
}

/// `POST /oauth2/login`
pub(crate) async fn log_in(
    State(app): State<AppState>,
    client: Client,
    headers: HeaderMap,
    form: Result<Form, OAuthReject>,
) -> Response {
    match returned(&app, &client, &headers, form) {
        Ok((place, flow, parameters)) => {
            let answer = answer(&app, &client, &place, &flow, &parameters).await;
            answer.unwrap_or_else(|error| failure_page(&app, &headers, error))
        }
        Err(response) => *response,
    }
}

/// What a page's form comes back with: the place, the flow that was signed for it, and what was typed.
///
/// # Errors
/// The answer to a form that is not ours, or no more: the page again, or that of an error.
pub(crate) fn returned(
    app: &AppState,
    client: &Client,
    headers: &HeaderMap,
    form: Result<Form, OAuthReject>,
) -> Result<(Place, Flow, Parameters), Box<Response>> {
    let Form(parameters) = form.map_err(|reject| Box::new(refused_form(app, headers, reject)))?;
    client.check_sender().map_err(|error| Box::new(error.into_response()))?;
    let read = || Ok((parameters.required(CONTINUE)?, parameters.required(FLOW)?));
    let (place, flow) = read().map_err(|error: OAuthError| Box::new(error_page(app, headers, &error)))?;
    let unknown =
        || OAuthError::invalid_request("This form leads nowhere: begin again from the application.");
    let place = Place::parse(place).ok_or_else(|| Box::new(error_page(app, headers, &unknown())))?;
    match Standing::of(app, client, &place, Some(flow)) {
        Standing::Under(flow) => Ok((place, flow, parameters)),
        Standing::WithoutCookie => Err(Box::new(error_page(app, headers, &without_cookie()))),
        // Too old, or of another browser: the page again, under a flow of its own.
        Standing::New => {
            let again = see_other(&place.as_text());
            Err(Box::new(again.unwrap_or_else(|error| failure_page(app, headers, error))))
        }
    }
}

/// The form, or the link, of a page that nobody was on the way to.
pub(crate) fn nowhere() -> OAuthError {
    OAuthError::invalid_request("This leads nowhere: begin again from the application.")
}

async fn answer(
    app: &AppState,
    client: &Client,
    place: &Place,
    flow: &Flow,
    parameters: &Parameters,
) -> Result<Response, HttpError> {
    let typed = |name| parameters.get(name).ok().flatten().unwrap_or_default();
    let request = Login { username: typed("identifier"), password: typed("password") };
    let before = browser(app, client).await?;
    let result = app.provider().log_in_browser(request, before.as_ref(), &client.context()).await;
    match app.metrics().logins().count(result) {
        Ok((_, cookie, device_token)) => {
            let done = Flow { problem: None, ..flow.clone() };
            let mut response = go_on(app, client, place, &done)?;
            app.cookies().set_browser_session(response.headers_mut(), &cookie, app.browser_session_ttl())?;
            app.cookies().set_device(response.headers_mut(), &device_token)?;
            Ok(response)
        }
        Err(error) => go_on(app, client, place, &flow.failed(problem(error)?)),
    }
}

/// What a person is told of a login that failed.
///
/// # Errors
/// What is not theirs to know.
pub(crate) fn problem(error: ProviderError) -> Result<FlowProblem, HttpError> {
    Ok(match error {
        // Nothing typed, or more than a password can be: no more and no less wrong than any other.
        ProviderError::InvalidCredentials | ProviderError::InvalidFields(_) => FlowProblem::Credentials,
        ProviderError::TooManyAttempts { retry_after } => {
            FlowProblem::Throttled(retry_after.as_secs().max(1))
        }
        ProviderError::Overloaded { .. } => FlowProblem::Overloaded,
        ProviderError::Store(StoreError::Unavailable(_)) => FlowProblem::Unavailable,
        error => return Err(error.into()),
    })
}
