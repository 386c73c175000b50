//! Devices without a keyboard (RFC 8628): what the device asks, and the page on which its user enters the code.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use tegata_core::client::GrantType;
use tegata_core::error::ProviderError;
use tegata_core::oauth::Parameters;
use tegata_core::provider::oauth::{Answer, BrowserSession, DeviceQuestion};
use tegata_core::settings::Settings;
use tegata_pages::{Access, DeviceCodeError, DeviceCodePage, DeviceConfirmPage, DeviceDonePage, Until};

use super::DEVICE_PATH;
use super::authorize::{Visit, without_cookie};
use super::consent::{lifetime, scope_texts, shown, whole_life};
use super::error::OAuthReject;
use super::form::ClientForm;
use super::login::login_page;
use super::page::{Reach, error_page, failure_page, language, page};
use super::place::{FLOW, Place, Standing, browser, go_on};
use super::presented::authenticate;
use super::returned::Returned;
use crate::error::HttpError;
use crate::extract::Client;
use crate::state::AppState;
use crate::wire::json;

/// `POST /oauth2/device_authorization`
pub(crate) async fn device_authorization(
    State(app): State<AppState>,
    client: Client,
    ClientForm { headers, parameters }: ClientForm,
) -> Result<Response, OAuthReject> {
    let ctx = client.context();
    let authenticated = authenticate(&app, &headers, &parameters, &client).await?;
    let answer = app.provider().begin_device_authorization(&authenticated, &parameters, &ctx).await?;
    Ok(json(StatusCode::OK, &answer)?)
}

/// `GET /oauth2/device`: the field for the code, and with a code in the address the question.
pub(crate) async fn device_page(
    State(app): State<AppState>,
    client: Client,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let parameters = Parameters::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let answer = answer(&app, &client, &headers, &parameters).await;
    answer.unwrap_or_else(|error| failure_page(&app, &headers, error))
}

async fn answer(
    app: &AppState,
    client: &Client,
    headers: &HeaderMap,
    parameters: &Parameters,
) -> Result<Response, HttpError> {
    let Ok(place) = Place::new(DEVICE_PATH, parameters) else { return Err(HttpError::UriTooLong) };
    match Standing::of(app, client, &place, parameters.get(FLOW).ok().flatten()) {
        Standing::Under(flow) => {
            let visit = Visit { app, client, headers, place: &place, flow: &flow };
            let Some(browser) = browser(app, client).await? else {
                return Ok(login_page(&visit, None, None));
            };
            match typed(&place) {
                None if flow.answer.is_some() => Ok(done_page(&visit)),
                Some(code) => Ok(asked(&visit, &browser, &code).await?),
                None => Ok(code_page(&visit, "", None)),
            }
        }
        Standing::New => go_on(app, client, &place, &app.provider().begin_flow(client.facts.now)?),
        Standing::WithoutCookie => Ok(error_page(app, headers, &without_cookie())),
    }
}

fn typed(place: &Place) -> Option<String> {
    let query = place.query().ok()?;
    query.get("user_code").ok().flatten().map(ToOwned::to_owned)
}

/// The question about the device of a code, or the field again with what is wrong.
async fn asked(visit: &Visit<'_>, browser: &BrowserSession, code: &str) -> Result<Response, HttpError> {
    let ctx = visit.client.context();
    match visit.app.provider().find_device(code, browser, &ctx).await {
        Ok(question) => Ok(confirm_page(visit, browser, &question)),
        Err(ProviderError::NotFound) => Ok(code_page(visit, code, Some(DeviceCodeError::Unknown))),
        Err(ProviderError::TooManyAttempts { retry_after }) => {
            let retry_after_secs = retry_after.as_secs().max(1);
            Ok(code_page(visit, code, Some(DeviceCodeError::TooManyAttempts { retry_after_secs })))
        }
        Err(error) => Err(error.into()),
    }
}

fn done_page(visit: &Visit<'_>) -> Response {
    let done = DeviceDonePage {
        language: language(visit.headers, None),
        theme: visit.app.theme(),
        allowed: visit.flow.answer == Some(Answer::Allow),
    };
    page(visit.app, StatusCode::OK, done.render(), Reach::default())
}

fn code_page(visit: &Visit<'_>, user_code: &str, error: Option<DeviceCodeError>) -> Response {
    let code = DeviceCodePage {
        language: language(visit.headers, None),
        theme: visit.app.theme(),
        action: DEVICE_PATH,
        hidden: &visit.hidden(),
        user_code,
        error,
    };
    page(visit.app, StatusCode::OK, code.render(), Reach::default())
}

fn confirm_page(visit: &Visit<'_>, browser: &BrowserSession, question: &DeviceQuestion) -> Response {
    let language = language(visit.headers, None);
    let scopes = scope_texts(language, &question.terms);
    let resources: Vec<&str> = question.terms.resources.iter().map(String::as_str).collect();
    let settings = visit.app.provider().settings();
    let confirm = DeviceConfirmPage {
        language,
        theme: visit.app.theme(),
        action: DEVICE_PATH,
        hidden: &visit.hidden(),
        client: shown(&question.client),
        user_code: &question.user_code,
        username: browser.user.username.as_str(),
        access: Access {
            scopes: &scopes,
            resources: &resources,
            lifetime: lifetime(settings, until(settings, question)),
        },
    };
    let logo = confirm.client.logo;
    let images: Vec<&str> = logo.into_iter().collect();
    page(visit.app, StatusCode::OK, confirm.render(), Reach { images: &images, ..Reach::default() })
}

/// A device is not the browser in which it was allowed: a logout there is none of its own (R42).
fn until(settings: &Settings, question: &DeviceQuestion) -> Until {
    if question.client.may_use(GrantType::RefreshToken) { whole_life(settings) } else { Until::Never }
}

/// `POST /oauth2/device`: the code, or the answer.
pub(crate) async fn device_form(State(app): State<AppState>, form: Returned) -> Response {
    let answer = decide(&app, &form).await;
    form.answered(&app, answer)
}

async fn decide(app: &AppState, form: &Returned) -> Result<Response, HttpError> {
    let Returned { client, place, flow, .. } = form;
    if let Some(code) = form.field("user_code") {
        let parameters = Parameters::default().with("user_code", code);
        let Ok(place) = Place::new(DEVICE_PATH, &parameters) else { return Err(HttpError::UriTooLong) };
        return go_on(app, client, &place, flow);
    }
    let (Some(browser), Some(code)) = (browser(app, client).await?, typed(place)) else {
        return go_on(app, client, place, flow);
    };
    let (provider, ctx) = (app.provider(), client.context());
    let allow = form.field("decision") == Some("allow");
    let decided = match provider.find_device(&code, &browser, &ctx).await {
        Ok(question) => provider.decide_device(&question, allow, &browser, &ctx).await,
        Err(error) => Err(error),
    };
    match decided {
        Ok(()) => {
            let answer = if allow { Answer::Allow } else { Answer::Deny };
            let done = Place { path: DEVICE_PATH, parameters: String::new() };
            go_on(app, client, &done, &flow.answered(answer, browser.session.session_id))
        }
        // Answered or expired in between: the page says so.
        Err(ProviderError::NotFound | ProviderError::TooManyAttempts { .. }) => {
            go_on(app, client, place, flow)
        }
        Err(error) => Err(error.into()),
    }
}
