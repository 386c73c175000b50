//! Headers that tell browsers to be careful, on every answer.

use axum::http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue};

/// The headers, made once.
pub(crate) struct SecurityHeaders(Vec<(HeaderName, HeaderValue)>);

impl SecurityHeaders {
    pub(crate) fn new(is_https: bool) -> Self {
        let mut headers = vec![
            // Nothing inline, nothing from elsewhere, in no frame; a form could only be sent to ourselves. Text never becomes
            // markup or script (Trusted Types): the application does not do that, and nothing slips in that does.
            (
                CONTENT_SECURITY_POLICY,
                HeaderValue::from_static(
                    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
                     object-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
                ),
            ),
            (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
            (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
            // CORS, where it is allowed, is not bound by it.
            (
                HeaderName::from_static("cross-origin-resource-policy"),
                HeaderValue::from_static("same-origin"),
            ),
            (
                HeaderName::from_static("permissions-policy"),
                HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
            ),
        ];
        if is_https {
            let two_years = HeaderValue::from_static("max-age=63072000; includeSubDomains");
            headers.push((STRICT_TRANSPORT_SECURITY, two_years));
        }
        Self(headers)
    }

    pub(super) fn write(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.0 {
            // A page knows better what it may load, and says so itself.
            headers.entry(name).or_insert_with(|| value.clone());
        }
    }
}
