//! The pages on which a user chooses an account and allows a client something, and the forms that they send.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use tegata_core::claims::standard_scope;
use tegata_core::client::{Client as OAuthClient, ClientOrigin, GrantType};
use tegata_core::consent::ConsentTerms;
use tegata_core::provider::oauth::{
    Answer, AuthorizationRequest, BrowserSession, ConsentQuestion, Question, Visitor,
};
use tegata_core::settings::Settings;
use tegata_pages::{
    Access, AccountPage, Client as ShownClient, ConsentPage, Language, Lifetime, ScopeText, Until,
};

use super::authorize::Visit;
use super::page::{Reach, page};
use super::place::{browser, go_on};
use super::returned::Returned;
use super::{CONSENT_PATH, SELECT_PATH};
use crate::error::HttpError;
use crate::state::AppState;

/// The page of `prompt=select_account`.
pub(crate) fn account_page(
    visit: &Visit<'_>,
    request: &AuthorizationRequest,
    browser: Option<&BrowserSession>,
) -> Response {
    let account = AccountPage {
        language: visit.language(Some(request)),
        theme: visit.app.theme(),
        client_name: Some(request.client.display_name()),
        action: SELECT_PATH,
        hidden: &visit.hidden(),
        username: browser.map(|browser| browser.user.username.as_str()).unwrap_or_default(),
    };
    let reach = Reach { leads_to_client: true, ..Reach::default() };
    page(visit.app, StatusCode::OK, account.render(), reach)
}

/// The page on which a user allows a client something.
pub(crate) fn consent_page(
    visit: &Visit<'_>,
    question: &ConsentQuestion,
    browser: Option<&BrowserSession>,
) -> Response {
    let request = &question.request;
    let language = visit.language(Some(request));
    let scopes = scope_texts(language, &question.terms);
    let resources: Vec<&str> = question.terms.resources.iter().map(String::as_str).collect();
    let settings = visit.app.provider().settings();
    let consent = ConsentPage {
        language,
        theme: visit.app.theme(),
        action: CONSENT_PATH,
        hidden: &visit.hidden(),
        client: shown(&request.client),
        redirect_host: host_or_scheme(&request.target.redirect_uri),
        username: browser.map(|browser| browser.user.username.as_str()).unwrap_or_default(),
        access: Access {
            scopes: &scopes,
            resources: &resources,
            lifetime: lifetime(settings, until(settings, question)),
        },
    };
    let logo = consent.client.logo;
    let images: Vec<&str> = logo.into_iter().collect();
    let reach = Reach { images: &images, leads_to_client: true, is_form_post: false };
    page(visit.app, StatusCode::OK, consent.render(), reach)
}

/// The logo of a client, if people see it. That of one that nobody vouches for could be anybody's.
pub(crate) fn logo(client: &OAuthClient) -> Option<&str> {
    client.metadata.logo_uri.as_deref().filter(|_| client.is_verified())
}

/// What people see of a client.
pub(crate) fn shown(client: &OAuthClient) -> ShownClient<'_> {
    let metadata = &client.metadata;
    ShownClient {
        name: client.display_name(),
        uri: metadata.client_uri.as_deref(),
        policy_uri: metadata.policy_uri.as_deref(),
        tos_uri: metadata.tos_uri.as_deref(),
        logo: logo(client),
        described_at: (client.origin == ClientOrigin::MetadataDocument)
            .then(|| host_or_scheme(client.client_id.as_str())),
        verified: client.is_verified(),
    }
}

/// What is asked for, in words.
pub(crate) fn scope_texts(language: Language, terms: &ConsentTerms) -> Vec<ScopeText<'_>> {
    let by_scope = terms.scope.tokens().filter(|token| *token != "openid");
    let by_scope = by_scope.map(|name| ScopeText { name, description: language.standard_scope(name) });
    // What a scope gives already is not said once more.
    let is_new = |name: &&str| !standard_scope(name).is_some_and(|scope| terms.scope.contains(scope));
    let by_name = terms.claims.iter().map(String::as_str).filter(is_new);
    let by_name = by_name.map(|name| ScopeText { name, description: language.standard_claim(name) });
    by_scope.chain(by_name).collect()
}

/// How long a client has access, with new access tokens until then.
pub(crate) fn lifetime(settings: &Settings, until: Until) -> Lifetime {
    Lifetime { access_token_minutes: settings.tokens.access_token_ttl.as_secs().div_ceil(60), until }
}

/// As long as a grant goes on by itself.
pub(crate) fn whole_life(settings: &Settings) -> Until {
    Until::Days(settings.sessions.absolute_ttl.as_secs().div_ceil(86_400))
}

/// A client in the browser goes on as long as that is logged in, and longer by `offline_access` only (OIDC Core §11).
fn until(settings: &Settings, ConsentQuestion { request, terms }: &ConsentQuestion) -> Until {
    let may_stay = terms.scope.contains("offline_access") && request.client.may_use(GrantType::RefreshToken);
    if may_stay { whole_life(settings) } else { Until::LogOut }
}

/// What a user sees of an address: the host, or the scheme of a program (RFC 8252 §7.1). What such a scheme has for a host is
/// what its program says, and no place that a browser goes to.
fn host_or_scheme(uri: &str) -> &str {
    match uri.split_once("://") {
        Some(("https" | "http", rest)) => &rest[..rest.find(['/', '?']).unwrap_or(rest.len())],
        _ => uri.find(':').map_or(uri, |colon| &uri[..=colon]),
    }
}

/// `POST /oauth2/consent`
pub(crate) async fn consent(State(app): State<AppState>, form: Returned) -> Response {
    let answer = decide(&app, &form).await;
    form.answered(&app, answer)
}

async fn decide(app: &AppState, form: &Returned) -> Result<Response, HttpError> {
    let Returned { client, place, flow, .. } = form;
    let Some(browser) = browser(app, client).await? else { return go_on(app, client, place, flow) };
    let session_id = browser.session.session_id;
    if form.field("decision") != Some("allow") {
        return go_on(app, client, place, &flow.answered(Answer::Deny, session_id));
    }
    // What was allowed is what the page has asked: the same request, decided again for the same user.
    let visitor = Visitor { browser: Some(&browser), flow };
    let query = place.query().unwrap_or_default();
    if let Ok(Some(Question::Consent(question))) =
        app.provider().question(&query, visitor, &client.context()).await
    {
        app.provider().consent(&question, &browser, &client.context()).await?;
    }
    go_on(app, client, place, &flow.answered(Answer::Allow, session_id))
}

/// `POST /oauth2/select-account`
pub(crate) async fn select_account(State(app): State<AppState>, form: Returned) -> Response {
    let answer = select(&app, &form).await;
    form.answered(&app, answer)
}

async fn select(app: &AppState, form: &Returned) -> Result<Response, HttpError> {
    let Returned { client, place, flow, .. } = form;
    let Some(browser) = browser(app, client).await? else { return go_on(app, client, place, flow) };
    let is_same = form.field("account") == Some("continue");
    let answer = if is_same { Answer::Continue } else { Answer::Switch };
    go_on(app, client, place, &flow.answered(answer, browser.session.session_id))
}

#[cfg(test)]
mod tests {
    use tegata_core::client::{ClientMetadata, ClientStatus};
    use tegata_core::timestamp::Timestamp;

    use super::*;

    #[test]
    fn r42_v21_the_page_names_where_the_browser_goes_and_not_what_a_private_scheme_has_for_a_host() {
        for (uri, shown) in [
            ("https://app.example/cb", "app.example"),
            ("https://app.example:8443?x=1", "app.example:8443"),
            ("http://127.0.0.1/cb", "127.0.0.1"),
            ("com.example.app:/cb", "com.example.app:"),
            ("com.evil.app://login.bank.example/cb", "com.evil.app:"),
        ] {
            assert_eq!(host_or_scheme(uri), shown, "{uri}");
        }
    }

    #[test]
    fn r43_only_a_client_that_nobody_has_registered_is_shown_with_the_host_of_its_name() {
        let mut client = OAuthClient {
            client_id: "https://apps.example:8443/client.json".parse().unwrap(),
            version: 1,
            created_at: Timestamp::from_secs(0),
            status: ClientStatus::Active,
            origin: ClientOrigin::MetadataDocument,
            secrets: Vec::new(),
            registration_access_token: None,
            scope_limit: None,
            grant_limit: None,
            metadata: ClientMetadata::default(),
        };
        assert_eq!(shown(&client).described_at, Some("apps.example:8443"));
        client.origin = ClientOrigin::Operator;
        assert_eq!(shown(&client).described_at, None);
    }

    #[test]
    fn every_standard_claim_and_scope_has_words_in_every_language() {
        for language in [Language::En, Language::Ja] {
            for (claim, scope) in tegata_core::claims::STANDARD_CLAIMS {
                assert!(language.standard_claim(claim).is_some(), "{claim}");
                assert!(language.standard_scope(scope).is_some(), "{scope}");
            }
        }
    }
}
