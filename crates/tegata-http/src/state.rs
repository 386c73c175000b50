//! What the handlers share.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use tegata_core::provider::Provider;
use tegata_core::timestamp::Timestamp;
use tegata_pages::Theme;

use crate::ambient::Clock;
use crate::auth;
use crate::cookies::CookiePolicy;
use crate::edge::{Origins, RequestIds, SecurityHeaders};
use crate::metrics::Metrics;
use crate::settings::{HttpSettings, split_issuer};

/// What the handlers share; a clone is one pointer.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

struct Shared {
    provider: Arc<Provider>,
    settings: HttpSettings,
    clock: Arc<dyn Clock>,
    cookies: CookiePolicy,
    origins: Origins,
    security_headers: SecurityHeaders,
    request_ids: RequestIds,
    metrics: Metrics,
    config: Bytes,
    theme: Theme,
}

impl AppState {
    /// The state over a provider. The settings should have no [`HttpSettings::problems`].
    pub fn new(provider: Arc<Provider>, settings: HttpSettings, clock: Arc<dyn Clock>) -> Self {
        let (own_origin, _) = split_issuer(&provider.settings().issuer);
        let is_https = own_origin.starts_with("https://");
        Self(Arc::new(Shared {
            cookies: CookiePolicy::new(is_https),
            origins: Origins::new(own_origin, &settings.allowed_origins),
            security_headers: SecurityHeaders::new(is_https),
            request_ids: RequestIds::default(),
            metrics: Metrics::default(),
            config: auth::config_body(provider.settings(), &settings),
            theme: settings.theme(&provider.settings().service_name),
            provider,
            settings,
            clock,
        }))
    }

    pub(crate) fn provider(&self) -> &Provider {
        &self.0.provider
    }

    pub(crate) fn settings(&self) -> &HttpSettings {
        &self.0.settings
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub(crate) fn cookies(&self) -> &CookiePolicy {
        &self.0.cookies
    }

    pub(crate) fn origins(&self) -> &Origins {
        &self.0.origins
    }

    pub(crate) fn security_headers(&self) -> &SecurityHeaders {
        &self.0.security_headers
    }

    pub(crate) fn request_ids(&self) -> &RequestIds {
        &self.0.request_ids
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// How the provider's pages look.
    pub(crate) fn theme(&self) -> &Theme {
        &self.0.theme
    }

    /// How long a browser stays logged in at the provider.
    pub(crate) fn browser_session_ttl(&self) -> Duration {
        self.0.provider.settings().oauth.browser_session_ttl
    }

    /// The answer of `GET /auth/config`, which never changes.
    pub(crate) fn config(&self) -> Bytes {
        self.0.config.clone()
    }
}
