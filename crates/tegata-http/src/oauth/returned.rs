//! What comes back with a page's form.

use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use tegata_core::oauth::{OAuthError, Parameters};
use tegata_core::provider::oauth::Flow;

use super::authorize::without_cookie;
use super::form::Form;
use super::page::{error_page, failure_page, refused_form};
use super::place::{CONTINUE, FLOW, Place, Standing, see_other};
use crate::error::HttpError;
use crate::extract::Client;
use crate::state::AppState;

/// The form of a page of ours, from the browser that was shown it.
///
/// One that is not ours, or no more, is answered with the page again, or with that of an error.
pub(crate) struct Returned {
    pub(crate) client: Client,
    pub(crate) headers: HeaderMap,
    pub(crate) place: Place,
    /// The flow that was signed for the place.
    pub(crate) flow: Flow,
    parameters: Parameters,
}

impl Returned {
    pub(crate) fn read(
        app: &AppState,
        client: Client,
        headers: HeaderMap,
        parameters: Parameters,
    ) -> Result<Self, Box<Response>> {
        client.check_sender().map_err(|error| Box::new(error.into_response()))?;
        let refused = |error: OAuthError| Box::new(error_page(app, &headers, &error));
        let place = parameters.required(CONTINUE).map_err(refused)?;
        let flow = parameters.required(FLOW).map_err(refused)?;
        let place = Place::parse(place).ok_or_else(|| refused(nowhere()))?;
        match Standing::of(app, &client, &place, Some(flow)) {
            Standing::Under(flow) => Ok(Self { client, headers, place, flow, parameters }),
            Standing::WithoutCookie => Err(refused(without_cookie())),
            // Too old, or of another browser: the page again, under a flow of its own.
            Standing::New => {
                let again = see_other(&place.as_text());
                Err(Box::new(again.unwrap_or_else(|error| failure_page(app, &headers, error))))
            }
        }
    }

    /// What was entered into a field, if it was there once.
    pub(crate) fn field(&self, name: &'static str) -> Option<&str> {
        self.parameters.get(name).ok().flatten()
    }

    /// The answer, or the page of a failure.
    pub(crate) fn answered(&self, app: &AppState, answer: Result<Response, HttpError>) -> Response {
        answer.unwrap_or_else(|error| failure_page(app, &self.headers, error))
    }
}

impl FromRequest<AppState> for Returned {
    type Rejection = Response;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let client = Client::from_request_parts(&mut parts, app).await.map_err(HttpError::into_response)?;
        let headers = parts.headers.clone();
        let form = Form::from_request(Request::from_parts(parts, body), app).await;
        let Form(parameters) = form.map_err(|reject| refused_form(app, &headers, reject))?;
        Self::read(app, client, headers, parameters).map_err(|response| *response)
    }
}

/// The form, or the link, of a page that nobody was on the way to.
pub(crate) fn nowhere() -> OAuthError {
    OAuthError::invalid_request("This leads nowhere: begin again from the application.")
}
