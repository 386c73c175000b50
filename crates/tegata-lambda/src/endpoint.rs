//! What stands between an event and the router: who the client is, and whether it came the right way.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request};
use axum::response::Response;
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, LambdaEvent, Service as _, service_fn};
use serde::Serialize;
use tegata_core::provider::{Ports, Provider};
use tegata_http::{AppState, Clock, closed_router, router_of};
use tower::ServiceExt as _;

use crate::event::{self, Arrival, parse_viewer_address};
use crate::failure::{Failure, chain};
use crate::fresh_keys::FreshKeys;
use crate::function::Function;
use crate::invocation::{Delivered, Invocation, Job, Outcome};
use crate::logout_notices::LogoutNotices;
use crate::settings::{OriginSecrets, Settings};

/// Sent by the distribution in front of us, and by nobody else who does not know its value.
const X_ORIGIN_VERIFY: HeaderName = HeaderName::from_static("x-origin-verify");
/// The client of the distribution, with its port. Anyone else can send it too.
const VIEWER_ADDRESS: HeaderName = HeaderName::from_static("cloudfront-viewer-address");

/// A function, ready to answer: made once, before the first event.
pub struct Endpoint {
    notices: Option<LogoutNotices>,
    router: Router,
    closed: Router,
    keys: FreshKeys,
    origin_secret: Option<OriginSecrets>,
    clock: Arc<dyn Clock>,
    has_warned: AtomicBool,
}

impl Endpoint {
    /// Opens the provider over these ports, and mounts the routes of the function.
    ///
    /// # Errors
    /// When the keys cannot be read or unsealed.
    pub async fn open(
        function: Function,
        settings: &Settings,
        ports: Ports,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, Failure> {
        let now = clock.now();
        let provider = Provider::follow(settings.core(), ports, now)
            .await
            .map_err(|error| Failure::new("the signing keys cannot be opened", &error))?;
        let provider = Arc::new(provider);
        let state = AppState::new(Arc::clone(&provider), settings.http(), Arc::clone(&clock));
        Ok(Arc::new(Self {
            notices: function.delivers().then(|| LogoutNotices::new(Arc::clone(&provider))),
            closed: closed_router(&state),
            router: router_of(state, &[function.part()]),
            keys: FreshKeys::new(provider, now),
            origin_secret: settings.origin_secret.clone(),
            clock,
            has_warned: AtomicBool::new(false),
        }))
    }

    /// Does what the event is for: answers a request, or sees to a job.
    ///
    /// # Errors
    /// [`EventError`].
    pub async fn answer(
        self: Arc<Self>,
        event: LambdaEvent<Invocation>,
    ) -> Result<Outcome<impl Serialize>, EventError> {
        let LambdaEvent { payload, context } = event;
        match payload {
            Invocation::Request(request) => {
                self.respond(LambdaEvent::new(*request, context)).await.map(Outcome::Response)
            }
            Invocation::Job(Job::DeliverLogoutNotices) => self.deliver().await.map(Outcome::Delivered),
        }
    }

    /// Tells clients of all sessions that have ended, whoever has ended them.
    async fn deliver(&self) -> Result<Delivered, EventError> {
        let notices = self.notices.as_ref().ok_or(EventError::NoJob)?;
        // They are signed for.
        self.keys.look(self.clock.now()).await;
        notices.deliver_all(self.clock.as_ref()).await.map_err(|error| {
            let error = chain(&error);
            tracing::error!(error, "clients cannot be told of logouts");
            EventError::Notices
        })
    }

    /// Answers a request, in the form that its kind of event wants.
    async fn respond(
        self: Arc<Self>,
        mut event: LambdaEvent<LambdaRequest>,
    ) -> Result<impl Serialize, EventError> {
        let arrival = event::settle(&mut event.payload);
        if !arrival.keeps_repeated_headers {
            return Err(EventError::SingleHeaders);
        }
        let visit = move |request| {
            let endpoint = Arc::clone(&self);
            let arrival = arrival.clone();
            async move { endpoint.visit(&arrival, request).await }
        };
        Adapter::from(service_fn(visit)).call(event).await
    }

    async fn visit(&self, arrival: &Arrival, request: lambda_http::Request) -> Result<Response, EventError> {
        let (mut parts, body) = request.into_parts();
        arrival.complete(&mut parts.uri);
        let admitted = admit(self.origin_secret.as_ref(), arrival.peer, &mut parts.headers);
        let router = match admitted {
            Err(NotOurs) => &self.closed,
            Ok(client) => {
                if client.is_hidden && !self.has_warned.swap(true, Ordering::Relaxed) {
                    tracing::warn!(
                        "CloudFront does not say who its viewer is, so all of them look like one: add \
                         CloudFront-Viewer-Address to the origin request policy"
                    );
                }
                if let Some(address) = client.address {
                    // No event tells the port everywhere, and nothing asks for it.
                    parts.extensions.insert(ConnectInfo(SocketAddr::new(address, 0)));
                }
                self.keys.look(self.clock.now()).await;
                &self.router
            }
        };
        let body = match body {
            lambda_http::Body::Text(text) => Body::from(text),
            lambda_http::Body::Binary(bytes) => Body::from(bytes),
            _ => Body::empty(),
        };
        let answer = router.clone().oneshot(Request::from_parts(parts, body)).await;
        if let Some(notices) = &self.notices {
            // Before the answer: after it the function is frozen.
            notices.deliver(self.clock.now()).await;
        }
        Ok(answer.unwrap_or_else(|never| match never {}))
    }
}

/// Who a request is from.
#[derive(Debug, PartialEq, Eq)]
struct Client {
    address: Option<IpAddr>,
    /// It came through a distribution that does not say who its viewer is.
    is_hidden: bool,
}

/// Whether the request came the way it must, and whose it is. What shows that is taken off: nothing behind here has any
/// use for it.
fn admit(
    secret: Option<&OriginSecrets>,
    peer: Option<IpAddr>,
    headers: &mut HeaderMap,
) -> Result<Client, NotOurs> {
    let is_right = secret.map(|secret| {
        only(headers, &X_ORIGIN_VERIFY).is_some_and(|presented| secret.contains(presented.as_bytes()))
    });
    headers.remove(X_ORIGIN_VERIFY);
    match is_right {
        None => Ok(Client { address: peer, is_hidden: false }),
        Some(false) => Err(NotOurs),
        Some(true) => {
            let viewer = only(headers, &VIEWER_ADDRESS)
                .and_then(|address| parse_viewer_address(address.to_str().ok()?));
            // Too few clients told apart is the safe side: they are slowed down together.
            Ok(Client { address: viewer.or(peer), is_hidden: viewer.is_none() })
        }
    }
}

/// The value of a header that is there once.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

/// The request did not come through the distribution.
#[derive(Debug, PartialEq, Eq)]
struct NotOurs;

/// An event that gets no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventError {
    /// A load balancer that would lose all cookies of an answer but one.
    SingleHeaders,
    /// A job that is another function's.
    NoJob,
    /// The store does not say of whom clients have to be told.
    Notices,
}

impl fmt::Display for EventError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SingleHeaders => f.write_str(
                "the target group of the load balancer must have lambda.multi_value_headers.enabled: without it, an \
                 answer could set one cookie only",
            ),
            Self::NoJob => f.write_str("this function has no such job: only oauth tells clients of logouts"),
            Self::Notices => {
                f.write_str("clients cannot be told of logouts now; the log says why, and they will be later")
            }
        }
    }
}

impl From<EventError> for lambda_http::lambda_runtime::Diagnostic {
    fn from(error: EventError) -> Self {
        let error_type = match error {
            EventError::SingleHeaders | EventError::NoJob => "Configuration",
            EventError::Notices => "Notices",
        };
        Self { error_type: error_type.to_owned(), error_message: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use tegata_settings::{Raw, Value as _};

    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";
    const PEER: &str = "192.0.2.1";

    fn admitted(secret: Option<&str>, headers: &[(&'static str, &str)]) -> Result<Client, NotOurs> {
        let secret = secret.map(|text| OriginSecrets::parse(&Raw::One(text.to_owned())).unwrap());
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let outcome = admit(secret.as_ref(), PEER.parse().ok(), &mut map);
        assert!(!map.contains_key(X_ORIGIN_VERIFY), "the secret goes on to the router");
        outcome
    }

    fn client(address: &str, is_hidden: bool) -> Client {
        Client { address: address.parse().ok(), is_hidden }
    }

    #[test]
    fn v35_without_a_secret_no_header_says_who_the_client_is() {
        let claims = [("cloudfront-viewer-address", "198.51.100.7:1"), ("x-origin-verify", SECRET)];
        assert_eq!(admitted(None, &claims), Ok(client(PEER, false)));
        assert_eq!(admitted(None, &[]), Ok(client(PEER, false)));
    }

    #[test]
    fn v35_with_a_secret_only_the_distribution_is_let_in() {
        let wrong = &SECRET[1..];
        assert_eq!(admitted(Some(SECRET), &[]), Err(NotOurs));
        assert_eq!(admitted(Some(SECRET), &[("x-origin-verify", wrong)]), Err(NotOurs));
        let twice = [("x-origin-verify", SECRET), ("x-origin-verify", SECRET)];
        assert_eq!(admitted(Some(SECRET), &twice), Err(NotOurs));
        let both = format!("{SECRET},fedcba9876543210fedcba9876543210");
        assert_eq!(admitted(Some(&both), &[("x-origin-verify", &both)]), Err(NotOurs));
        for one in both.split(',') {
            let headers = [("x-origin-verify", one), ("cloudfront-viewer-address", "2001:db8::7:46532")];
            assert_eq!(admitted(Some(&both), &headers), Ok(client("2001:db8::7", false)));
        }
    }

    #[test]
    fn a_distribution_that_does_not_name_its_viewer_is_noticed() {
        let headers = [("x-origin-verify", SECRET)];
        assert_eq!(admitted(Some(SECRET), &headers), Ok(client(PEER, true)));
        let twice = [
            ("x-origin-verify", SECRET),
            ("cloudfront-viewer-address", "198.51.100.7:1"),
            ("cloudfront-viewer-address", "198.51.100.8:1"),
        ];
        assert_eq!(admitted(Some(SECRET), &twice), Ok(client(PEER, true)));
    }
}
