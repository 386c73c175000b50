//! `/oauth2/logout` (OpenID Connect RP-Initiated Logout 1.0 §2).

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use tegata_core::client::Client as OAuthClient;
use tegata_core::oauth::{OAuthError, Parameters};
use tegata_core::provider::oauth::{BrowserSession, Logout};
use tegata_pages::{LoggedOutPage, LogoutPage};

use super::authorize::{Visit, without_cookie};
use super::form::Form;
use super::page::{
    Reach, error_page, error_page_for, failure_page, language, page, refused_form, ui_locales,
};
use super::place::{CONTINUE, FLOW, Place, Standing, browser, go_on, see_other};
use super::returned::Returned;
use super::{APPS_PATH, LOGOUT_PATH, OAuthReject};
use crate::error::HttpError;
use crate::extract::Client;
use crate::state::AppState;

/// `GET`: logs out, or asks whether the user wants it.
pub(crate) async fn log_out(
    State(app): State<AppState>,
    client: Client,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let read = || {
        let parameters = Parameters::parse(query.as_deref().unwrap_or_default().as_bytes())?;
        let flow = parameters.get(FLOW)?.map(ToOwned::to_owned);
        Ok((Place::new(LOGOUT_PATH, &parameters)?, flow))
    };
    let answer = match read() {
        Ok((place, flow)) => answer(&app, &client, &headers, &place, flow.as_deref()).await,
        Err(error) => Ok(error_page(&app, &headers, &error)),
    };
    answer.unwrap_or_else(|error| failure_page(&app, &headers, error))
}

/// `POST`: the same request in a form, or the answer to the question.
///
/// A client's form comes from another site, without the cookie of the browser's session. So it goes on as a `GET`, with
/// which that is sent: or the user would stay logged in and be told otherwise.
pub(crate) async fn log_out_form(
    State(app): State<AppState>,
    client: Client,
    headers: HeaderMap,
    form: Result<Form, OAuthReject>,
) -> Response {
    let Form(parameters) = match form {
        Ok(form) => form,
        Err(reject) => return refused_form(&app, &headers, reject),
    };
    if parameters.all(CONTINUE).next().is_some() {
        match Returned::read(&app, client, headers, parameters) {
            Ok(form) => {
                let answer = decide(&app, &form).await;
                form.answered(&app, answer)
            }
            Err(response) => *response,
        }
    } else {
        let place = Place::new(LOGOUT_PATH, &parameters);
        place.map_or_else(
            |error| error_page(&app, &headers, &error),
            |place| see_other(&place.as_text()).unwrap_or_else(|error| failure_page(&app, &headers, error)),
        )
    }
}

async fn answer(
    app: &AppState,
    client: &Client,
    headers: &HeaderMap,
    place: &Place,
    flow: Option<&str>,
) -> Result<Response, HttpError> {
    let browser = browser(app, client).await?;
    let logout = match plan(app, client, place, browser.as_ref()).await {
        Ok(logout) => logout,
        Err(error) => {
            return Ok(error_page_for(app, headers, &place.query().unwrap_or_default(), &error));
        }
    };
    match browser.as_ref().filter(|_| logout.ask) {
        None => {
            app.provider().log_out(&logout, browser.as_ref(), &client.context()).await?;
            let response = match &logout.redirect {
                Some(uri) => see_other(uri)?,
                None => logged_out_page(app, headers, place),
            };
            without_session(app, client, response)
        }
        Some(browser) => match Standing::of(app, client, place, flow) {
            Standing::Under(flow) => {
                let visit = Visit { app, client, headers, place, flow: &flow };
                Ok(logout_page(&visit, &logout, browser))
            }
            Standing::New => go_on(app, client, place, &app.provider().begin_flow(client.facts.now)?),
            Standing::WithoutCookie => Ok(error_page(app, headers, &without_cookie())),
        },
    }
}

async fn plan(
    app: &AppState,
    client: &Client,
    place: &Place,
    browser: Option<&BrowserSession>,
) -> Result<Logout, OAuthError> {
    app.provider().plan_logout(&place.query()?, browser, &client.context()).await
}

/// What the user has answered to the question.
async fn decide(app: &AppState, form: &Returned) -> Result<Response, HttpError> {
    let Returned { client, headers, place, flow, .. } = form;
    if place.path != LOGOUT_PATH {
        return go_on(app, client, place, flow);
    }
    if form.field("decision") != Some("confirm") {
        return see_other(APPS_PATH);
    }
    let browser = browser(app, client).await?;
    let logout = match plan(app, client, place, browser.as_ref()).await {
        Ok(logout) => logout,
        Err(error) => return Ok(error_page(app, headers, &error)),
    };
    app.provider().log_out(&logout, browser.as_ref(), &client.context()).await?;
    // Asked for again with nobody logged in, our own address says that it is done.
    without_session(app, client, see_other(logout.redirect.as_deref().unwrap_or(LOGOUT_PATH))?)
}

/// Takes the cookies back that the browser has of its session. Where there is none, another login may be on its way.
fn without_session(app: &AppState, client: &Client, mut response: Response) -> Result<Response, HttpError> {
    if client.cookies.session.is_some() {
        app.cookies().clear_browser_session(response.headers_mut())?;
    }
    Ok(response)
}

fn logout_page(visit: &Visit<'_>, logout: &Logout, browser: &BrowserSession) -> Response {
    let question = LogoutPage {
        language: visit.language(None),
        theme: visit.app.theme(),
        client_name: logout.client.as_ref().map(OAuthClient::display_name),
        username: Some(browser.user.username.as_str()),
        action: LOGOUT_PATH,
        hidden: &visit.hidden(),
    };
    let reach = Reach { leads_to_client: logout.redirect.is_some(), ..Reach::default() };
    page(visit.app, StatusCode::OK, question.render(), reach)
}

fn logged_out_page(app: &AppState, headers: &HeaderMap, place: &Place) -> Response {
    let language = language(headers, ui_locales(&place.query().unwrap_or_default()));
    let done = LoggedOutPage { language, theme: app.theme() };
    page(app, StatusCode::OK, done.render(), Reach::default())
}
