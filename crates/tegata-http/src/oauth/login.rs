//! The login page, and the form that it sends.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use tegata_core::client::Client as OAuthClient;
use tegata_core::error::ProviderError;
use tegata_core::provider::Login;
use tegata_core::provider::oauth::{AuthorizationRequest, BrowserSession, Flow, FlowProblem};
use tegata_core::store::StoreError;
use tegata_pages::{LoginError, LoginPage};

use super::LOGIN_PATH;
use super::authorize::Visit;
use super::consent::logo;
use super::page::{Reach, page};
use super::place::{browser, go_on};
use super::returned::Returned;
use super::signup::signup_link;
use crate::error::HttpError;
use crate::state::AppState;

/// The page. `request` is what it is for, `again` whoever has to prove once more who they are.
pub(crate) fn login_page(
    visit: &Visit<'_>,
    request: Option<&AuthorizationRequest>,
    again: Option<&BrowserSession>,
) -> Response {
    let link = signup_link(visit);
    let hint = request.and_then(|request| request.login_hint.as_deref());
    let identifier = again.map(|browser| browser.user.username.as_str()).or(hint);
    let client = request.map(|request| &request.client);
    let logo = client.and_then(logo);
    let login = LoginPage {
        language: visit.language(request),
        theme: visit.app.theme(),
        client_name: client.map(OAuthClient::display_name),
        client_logo: logo,
        action: LOGIN_PATH,
        hidden: &visit.hidden(),
        identifier: identifier.unwrap_or_default(),
        error: visit.flow.problem.as_ref().and_then(login_error),
        signup_link: link.as_deref().filter(|_| again.is_none()),
        reauthentication: again.map(|browser| browser.user.username.as_str()),
    };
    let images: Vec<&str> = logo.into_iter().collect();
    let reach = Reach { images: &images, leads_to_client: request.is_some(), is_form_post: false };
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
pub(crate) async fn log_in(State(app): State<AppState>, form: Returned) -> Response {
    let answer = answer(&app, &form).await;
    form.answered(&app, answer)
}

async fn answer(app: &AppState, form: &Returned) -> Result<Response, HttpError> {
    let Returned { client, place, flow, .. } = form;
    let typed = |name| form.field(name).unwrap_or_default();
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
