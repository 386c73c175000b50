//! The sign-up page, and the form that it sends. Whoever makes an account is logged in with it.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use tegata_core::client::Client as OAuthClient;
use tegata_core::error::ProviderError;
use tegata_core::oauth::Parameters;
use tegata_core::provider::oauth::{
    AuthorizationRequest, Flow, FlowProblem, Question, SignUpProblem, Visitor,
};
use tegata_core::provider::{Login, SignUp};
use tegata_core::user::InvalidField;
use tegata_pages::{FieldError, SignUpError, SignUpErrors, SignUpPage};

use super::authorize::{Visit, without_cookie};
use super::consent::logo;
use super::login::problem;
use super::page::{Reach, error_page, failure_page, page};
use super::place::{CONTINUE, FLOW, Place, Standing, browser, go_on, see_other};
use super::returned::{Returned, nowhere};
use super::{AUTHORIZE_PATH, SIGNUP_PATH, place};
use crate::error::HttpError;
use crate::extract::Client;
use crate::state::AppState;

/// The address of the page, for a visitor on their way; `None` where nobody can sign up.
pub(crate) fn signup_link(visit: &Visit<'_>) -> Option<String> {
    if !visit.app.provider().settings().signup_enabled {
        return None;
    }
    let pairs = visit.hidden().map(|(name, value)| (name.to_owned(), value.into_owned()));
    let query = Parameters::new(pairs).ok()?.encode();
    Some(format!("{SIGNUP_PATH}?{query}"))
}

/// `GET /oauth2/signup`
pub(crate) async fn signup_page(
    State(app): State<AppState>,
    client: Client,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let parameters = Parameters::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let place = parameters.get(CONTINUE).ok().flatten().and_then(Place::parse);
    let flow = parameters.get(FLOW).ok().flatten();
    if !app.provider().settings().signup_enabled {
        return failure_page(&app, &headers, HttpError::NotFound);
    }
    let Some(place) = place else { return error_page(&app, &headers, &nowhere()) };
    match Standing::of(&app, &client, &place, flow) {
        Standing::Under(flow) => {
            let visit = Visit { app: &app, client: &client, headers: &headers, place: &place, flow: &flow };
            shown(&visit).await
        }
        Standing::WithoutCookie => error_page(&app, &headers, &without_cookie()),
        Standing::New => {
            see_other(&place.as_text()).unwrap_or_else(|error| failure_page(&app, &headers, error))
        }
    }
}

async fn shown(visit: &Visit<'_>) -> Response {
    let parameters = visit.place.query().unwrap_or_default();
    let request = request_of(visit, &parameters).await;
    let client = request.as_ref().map(|request| &request.client);
    let logo = client.and_then(logo);
    let (errors, error) = match &visit.flow.problem {
        Some(FlowProblem::SignUp(problem)) => (field_errors(*problem), None),
        Some(FlowProblem::Throttled(secs)) => {
            (SignUpErrors::default(), Some(SignUpError::TooManyAttempts { retry_after_secs: *secs }))
        }
        Some(FlowProblem::Overloaded) => (SignUpErrors::default(), Some(SignUpError::Overloaded)),
        Some(FlowProblem::Unavailable) => (SignUpErrors::default(), Some(SignUpError::Unavailable)),
        Some(FlowProblem::Credentials) | None => (SignUpErrors::default(), None),
    };
    // An application may have sent them here (`prompt=create`): then the place alone leads back to this page.
    let has_account = Flow { has_account: true, problem: None, ..visit.flow.clone() };
    let back = place::link(visit.app, visit.client, visit.place, &has_account);
    let signup = SignUpPage {
        language: visit.language(request.as_deref()),
        theme: visit.app.theme(),
        client_name: client.map(OAuthClient::display_name),
        client_logo: logo,
        action: SIGNUP_PATH,
        hidden: &visit.hidden(),
        username: "",
        email: "",
        password_min_length: visit.app.provider().settings().password_min_length,
        errors,
        error,
        login_link: Some(&back),
    };
    let images: Vec<&str> = logo.into_iter().collect();
    let reach = Reach { images: &images, leads_to_client: request.is_some(), is_form_post: false };
    page(visit.app, StatusCode::OK, signup.render(), reach)
}

/// The request of a client that a visitor is on the way to, also where it was pushed. What is wrong with it is said at the place
/// itself.
async fn request_of(visit: &Visit<'_>, parameters: &Parameters) -> Option<Box<AuthorizationRequest>> {
    if visit.place.path != AUTHORIZE_PATH {
        return None;
    }
    let visitor = Visitor { browser: None, flow: visit.flow };
    match visit.app.provider().question(parameters, visitor, &visit.client.context()).await {
        Ok(Some(Question::Login { request, .. })) => Some(request),
        _ => None,
    }
}

/// `POST /oauth2/signup`
pub(crate) async fn sign_up(State(app): State<AppState>, form: Returned) -> Response {
    let answer = answer(&app, &form).await;
    form.answered(&app, answer)
}

async fn answer(app: &AppState, form: &Returned) -> Result<Response, HttpError> {
    let Returned { client, place, flow, .. } = form;
    let typed = |name| form.field(name).unwrap_or_default();
    let email = Some(typed("email")).filter(|email| !email.is_empty());
    let (username, password) = (typed("username"), typed("password"));
    let made = app.provider().sign_up(SignUp { username, email, password }, &client.context()).await;
    if let Err(error) = made {
        let flow = flow.failed(signup_problem(error)?);
        // The page is not the place itself, so the cookie is there and the address is made anew.
        let visit = Visit { app, client, headers: &HeaderMap::new(), place, flow: &flow };
        let Some(link) = signup_link(&visit) else { return Err(HttpError::NotFound) };
        return see_other(&link);
    }
    let before = browser(app, client).await?;
    let login = Login { username, password };
    match app.provider().log_in_browser(login, before.as_ref(), &client.context()).await {
        Ok((_, cookie, device_token)) => {
            let mut response = go_on(app, client, place, &Flow { problem: None, ..flow.clone() })?;
            app.cookies().set_browser_session(response.headers_mut(), &cookie, app.browser_session_ttl())?;
            app.cookies().set_device(response.headers_mut(), &device_token)?;
            Ok(response)
        }
        // The account is there; the login page says why it could not be used yet.
        Err(error) => go_on(app, client, place, &flow.failed(problem(error)?)),
    }
}

fn signup_problem(error: ProviderError) -> Result<FlowProblem, HttpError> {
    match error {
        ProviderError::UsernameTaken => {
            Ok(FlowProblem::SignUp(SignUpProblem { username_taken: true, ..SignUpProblem::default() }))
        }
        ProviderError::InvalidFields(fields) => Ok(FlowProblem::SignUp(SignUpProblem::new(&fields))),
        ProviderError::SignupDisabled => Err(HttpError::NotFound),
        error => problem(error),
    }
}

fn field_errors(problem: SignUpProblem) -> SignUpErrors {
    let error = |error: InvalidField| match error {
        InvalidField::Required => FieldError::Required,
        InvalidField::TooShort => FieldError::TooShort,
        InvalidField::TooLong => FieldError::TooLong,
        InvalidField::Invalid => FieldError::Invalid,
        InvalidField::Blocked => FieldError::Blocked,
        InvalidField::ContainsUsername => FieldError::ContainsUsername,
    };
    let taken = problem.username_taken.then_some(FieldError::Taken);
    SignUpErrors {
        username: taken.or(problem.username.map(error)),
        email: problem.email.map(error),
        password: problem.password.map(error),
    }
}
