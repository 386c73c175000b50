//! Answers that are pages.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{ACCEPT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use tegata_core::error::ProviderError;
use tegata_core::oauth::{ErrorCode, OAuthError, Parameters};
use tegata_pages::{ErrorPage, FORM_POST_SCRIPT_HASH, Language, STYLESHEET, csp_source, theme_css};

use super::error::{OAuthReject, log_failure, outage, retry_after, write_retry_after};
use super::place::loosen;
use crate::discovery::cacheable;
use crate::edge::X_REQUEST_ID;
use crate::error::HttpError;
use crate::state::AppState;

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const CSS: HeaderValue = HeaderValue::from_static("text/css; charset=utf-8");

/// What a page may load and where its form may lead, beyond ourselves.
#[derive(Clone, Copy, Default)]
pub(crate) struct Reach<'a> {
    /// Logos.
    pub(crate) images: &'a [&'a str],
    /// Whether the answer to its form goes on to a client.
    ///
    /// Then the page has no `form-action`. Browsers hold every redirect after a form to it (CSP Level 3, `form-action`, and
    /// w3c/webappsec-csp#8), also those that the client makes from its `redirect_uri`, and where those lead only the client knows.
    /// What the directive would stop is a form, or a `formaction`, that somebody has put into the page to have the password sent to
    /// them. Nobody can: all that a page shows is escaped, and it runs no script but that of a form post.
    pub(crate) leads_to_client: bool,
    /// Whether it has the script of [`tegata_pages::FormPostPage`].
    pub(crate) is_form_post: bool,
}

/// A page.
pub(crate) fn page(app: &AppState, status: StatusCode, html: String, reach: Reach<'_>) -> Response {
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HTML);
    let images = reach.images.iter().copied().chain(app.theme().logo_url()).filter_map(csp_source);
    let images = images.fold(String::new(), |list, source| list + " " + &source);
    let forms = if reach.leads_to_client { "" } else { "form-action 'self'; " };
    let script =
        if reach.is_form_post { format!("; script-src {FORM_POST_SCRIPT_HASH}") } else { String::new() };
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self'{images}; {forms}\
         base-uri 'none'; frame-ancestors 'none'{script}"
    );
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    // A form of ours says where it comes from only if it may; addresses stay unknown to everybody else.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    loosen(headers);
    response
}

/// The language of a visitor, of whom a request may say which ones they read.
pub(crate) fn language(headers: &HeaderMap, ui_locales: Option<&str>) -> Language {
    let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    Language::choose(ui_locales, accepted)
}

/// What the parameters of a request say of it.
pub(crate) fn ui_locales(parameters: &Parameters) -> Option<&str> {
    parameters.get("ui_locales").ok().flatten()
}

/// The page of an error that no client may be told of.
pub(crate) fn error_page(app: &AppState, headers: &HeaderMap, error: &OAuthError) -> Response {
    error_page_for(app, headers, &Parameters::default(), error)
}

/// The same in the language that the request names, whatever else is wrong with it.
pub(crate) fn error_page_for(
    app: &AppState,
    headers: &HeaderMap,
    parameters: &Parameters,
    error: &OAuthError,
) -> Response {
    let (status, code, description, retry_after) = match error.refusal() {
        Ok((code, description)) => {
            let status = match code {
                ErrorCode::InvalidClient => StatusCode::NOT_FOUND,
                ErrorCode::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::BAD_REQUEST,
            };
            (status, code, description, retry_after(code))
        }
        Err(failure) => {
            log_failure(failure, "a page could not be shown");
            outage(failure)
        }
    };
    let page_of = ErrorPage {
        language: language(headers, ui_locales(parameters)),
        theme: app.theme(),
        error: code.as_str(),
        description,
        request_id: headers.get(X_REQUEST_ID).and_then(|id| id.to_str().ok()),
    };
    let mut response = page(app, status, page_of.render(), Reach::default());
    write_retry_after(retry_after, response.headers_mut());
    response
}

/// The answer to a form that cannot be read.
pub(crate) fn refused_form(app: &AppState, headers: &HeaderMap, reject: OAuthReject) -> Response {
    match reject {
        OAuthReject::OAuth(error) => error_page(app, headers, &error),
        reject => reject.into_response(),
    }
}

/// As [`error_page`], for a failure of ours, also where that is a brake. What is wrong with a request stays a problem.
pub(crate) fn failure_page(app: &AppState, headers: &HeaderMap, error: HttpError) -> Response {
    match error {
        HttpError::Provider(
            error @ (ProviderError::Store(_)
            | ProviderError::Internal(_)
            | ProviderError::Overloaded { .. }
            | ProviderError::TooManyAttempts { .. }),
        ) => error_page(app, headers, &error.into()),
        error => error.into_response(),
    }
}

/// `GET /oauth2/pages.css`
pub(crate) async fn stylesheet(headers: HeaderMap) -> Response {
    cacheable(&headers, CSS, STYLESHEET.into())
}

/// `GET /oauth2/theme.css`
pub(crate) async fn theme(State(app): State<AppState>, headers: HeaderMap) -> Response {
    cacheable(&headers, CSS, theme_css(app.theme()).into())
}
