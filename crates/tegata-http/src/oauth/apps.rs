//! What a user has allowed, and how they take it back (ASVS 10.7.3).

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use tegata_core::client::Client as OAuthClient;
use tegata_core::oauth::Parameters;
use tegata_core::provider::oauth::BrowserSession;
use tegata_pages::{App, AppsPage, ScopeText};

use super::APPS_PATH;
use super::authorize::{Visit, without_cookie};
use super::consent::scope_texts;
use super::login::login_page;
use super::page::{Reach, error_page, failure_page, language, page};
use super::place::{FLOW, Place, Standing, browser, go_on};
use super::returned::Returned;
use crate::error::HttpError;
use crate::extract::Client;
use crate::state::AppState;

/// `GET /oauth2/apps`
pub(crate) async fn apps(
    State(app): State<AppState>,
    client: Client,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let parameters = Parameters::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let answer = answer(&app, &client, &headers, parameters.get(FLOW).ok().flatten()).await;
    answer.unwrap_or_else(|error| failure_page(&app, &headers, error))
}

async fn answer(
    app: &AppState,
    client: &Client,
    headers: &HeaderMap,
    flow: Option<&str>,
) -> Result<Response, HttpError> {
    let place = Place { path: APPS_PATH, parameters: String::new() };
    match Standing::of(app, client, &place, flow) {
        Standing::Under(flow) => {
            let visit = Visit { app, client, headers, place: &place, flow: &flow };
            match browser(app, client).await? {
                Some(browser) => shown(&visit, &browser).await,
                None => Ok(login_page(&visit, None, None)),
            }
        }
        Standing::New => go_on(app, client, &place, &app.provider().begin_flow(client.facts.now)?),
        Standing::WithoutCookie => Ok(error_page(app, headers, &without_cookie())),
    }
}

async fn shown(visit: &Visit<'_>, browser: &BrowserSession) -> Result<Response, HttpError> {
    let language = language(visit.headers, None);
    let allowed = visit.app.provider().allowed(browser.user.user_id).await?;
    let terms: Vec<_> = allowed.iter().map(|one| one.consent.given.summary()).collect();
    let texts: Vec<(Vec<ScopeText<'_>>, String)> =
        terms.iter().map(|terms| (scope_texts(language, terms), terms.given_at.to_rfc3339())).collect();
    let apps: Vec<App<'_>> = allowed
        .iter()
        .zip(&texts)
        .map(|(one, (scopes, since))| App {
            client_id: one.consent.client_id.as_str(),
            client_name: one
                .client
                .as_ref()
                .map_or(one.consent.client_id.as_str(), OAuthClient::display_name),
            verified: one.client.as_ref().is_some_and(OAuthClient::is_verified),
            scopes,
            since,
        })
        .collect();
    let apps = AppsPage {
        language,
        theme: visit.app.theme(),
        username: browser.user.username.as_str(),
        action: APPS_PATH,
        hidden: &visit.hidden(),
        apps: &apps,
    };
    Ok(page(visit.app, StatusCode::OK, apps.render(), Reach::default()))
}

/// `POST /oauth2/apps`
pub(crate) async fn revoke_app(State(app): State<AppState>, form: Returned) -> Response {
    let answer = revoke(&app, &form).await;
    form.answered(&app, answer)
}

async fn revoke(app: &AppState, form: &Returned) -> Result<Response, HttpError> {
    let Returned { client, place, flow, .. } = form;
    let client_id = form.field("client_id").and_then(|text| text.parse().ok());
    if let (Some(browser), Some(client_id)) = (browser(app, client).await?, client_id) {
        app.provider().revoke_consent(browser.user.user_id, &client_id, &client.context()).await?;
    }
    go_on(app, client, place, flow)
}
