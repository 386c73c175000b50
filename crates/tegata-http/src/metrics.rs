//! Counters and durations for operators (`OpenMetrics`). Labels come from fixed sets: nothing of a user, nothing without
//! bounds.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use axum::http::StatusCode;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use tegata_core::error::ProviderError;

/// All metrics.
pub(crate) struct Metrics {
    registry: Mutex<Registry>,
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram, fn() -> Histogram>,
    throttled: Family<RouteLabels, Counter>,
    logins: Outcomes,
    refreshes: Outcomes,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: &'static str,
    class: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

/// The metrics of one route, looked up once.
pub(crate) struct RouteMetrics {
    classes: [Counter; 5],
    duration: Histogram,
    throttled: Counter,
}

/// How calls of one kind ended, looked up once.
pub(crate) struct Outcomes {
    success: Counter,
    refused: Counter,
    replayed: Counter,
    throttled: Counter,
    overloaded: Counter,
    invalid: Counter,
    failed: Counter,
}

/// From half a millisecond, which is a refresh, to the time limit.
const BUCKETS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("tegata");
        let requests = Family::default();
        registry.register("http_requests", "Requests by route and class of status", Family::clone(&requests));
        let durations: Family<_, _, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(BUCKETS));
        registry.register_with_unit(
            "http_request_duration",
            "Time from the head of a request to the head of its answer",
            Unit::Seconds,
            durations.clone(),
        );
        let throttled = Family::default();
        let help = "Requests refused for too many attempts (429), by route";
        registry.register("throttled_requests", help, Family::clone(&throttled));
        let logins = Outcomes::register(&mut registry, "logins", "Logins by outcome");
        let refreshes = Outcomes::register(&mut registry, "refreshes", "Refreshes by outcome");
        Self { registry: Mutex::new(registry), requests, durations, throttled, logins, refreshes }
    }
}

impl Metrics {
    /// The metrics of a route.
    pub(crate) fn of_route(&self, route: &'static str) -> RouteMetrics {
        let labels = RouteLabels { route };
        RouteMetrics {
            classes: CLASSES.map(|class| self.requests.get_or_create_owned(&RequestLabels { route, class })),
            duration: self.durations.get_or_create_owned(&labels),
            throttled: self.throttled.get_or_create_owned(&labels),
        }
    }

    pub(crate) fn logins(&self) -> &Outcomes {
        &self.logins
    }

    pub(crate) fn refreshes(&self) -> &Outcomes {
        &self.refreshes
    }

    /// All of it as text. `None` cannot happen: a string takes whatever is written to it.
    pub(crate) fn encode(&self) -> Option<String> {
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let mut body = String::new();
        text::encode(&mut body, &registry).ok().map(|()| body)
    }
}

impl RouteMetrics {
    pub(crate) fn observe(&self, status: StatusCode, duration: Duration) {
        let class = usize::from(status.as_u16() / 100).saturating_sub(1);
        if let Some(counter) = self.classes.get(class) {
            counter.inc();
        }
        if status == StatusCode::TOO_MANY_REQUESTS {
            self.throttled.inc();
        }
        self.duration.observe(duration.as_secs_f64());
    }
}

impl Outcomes {
    fn register(registry: &mut Registry, name: &str, help: &str) -> Self {
        let family: Family<OutcomeLabels, Counter> = Family::default();
        let of = |outcome| family.get_or_create_owned(&OutcomeLabels { outcome });
        let outcomes = Self {
            success: of("success"),
            refused: of("refused"),
            replayed: of("replayed"),
            throttled: of("throttled"),
            overloaded: of("overloaded"),
            invalid: of("invalid"),
            failed: of("failed"),
        };
        registry.register(name, help, family);
        outcomes
    }

    /// Counts an outcome, and gives it back.
    pub(crate) fn count<T>(&self, result: Result<T, ProviderError>) -> Result<T, ProviderError> {
        let counter = match &result {
            Ok(_) => &self.success,
            Err(ProviderError::InvalidCredentials | ProviderError::InvalidGrant) => &self.refused,
            Err(ProviderError::RefreshTokenReplayed) => &self.replayed,
            Err(ProviderError::TooManyAttempts { .. }) => &self.throttled,
            Err(ProviderError::Overloaded { .. }) => &self.overloaded,
            Err(ProviderError::Store(_) | ProviderError::Internal(_)) => &self.failed,
            Err(_) => &self.invalid,
        };
        counter.inc();
        result
    }
}
