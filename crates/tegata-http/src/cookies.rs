//! The cookies: the refresh token, the CSRF token, the proof that a device has logged a user in before; and at the
//! provider's own pages, the session of the browser and the secret of a visitor on the way to it.

use std::time::Duration;

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use tegata_core::error::ProviderError;
use zeroize::Zeroizing;

use crate::error::HttpError;

/// Names and attributes of the cookies; they follow from the scheme of the issuer.
pub(crate) struct CookiePolicy {
    /// A `__Host-` cookie can only be set by this very host over https, so no sibling domain plants one. Plain http, on
    /// loopback only, cannot have the prefix.
    prefix: &'static str,
    secure: &'static str,
    cleared: [HeaderValue; 2],
}

const REFRESH: &str = "tegata_refresh";
const CSRF: &str = "tegata_csrf";
const DEVICE: &str = "tegata_device";
const SESSION: &str = "tegata_session";
const FLOW: &str = "tegata_flow";
/// A device is remembered for a year.
const DEVICE_TTL: Duration = Duration::from_hours(365 * 24);
/// Longer than any visitor takes.
const FLOW_TTL: Duration = Duration::from_hours(24);

/// Our cookies in a request.
#[derive(Default)]
pub(crate) struct Cookies {
    pub(crate) refresh: Option<Zeroizing<String>>,
    pub(crate) csrf: Option<String>,
    pub(crate) device: Option<String>,
    pub(crate) session: Option<Zeroizing<String>>,
    pub(crate) flow: Option<Zeroizing<String>>,
}

impl CookiePolicy {
    pub(crate) fn new(is_https: bool) -> Self {
        let (prefix, secure) = if is_https { ("__Host-", "; Secure") } else { ("", "") };
        let mut policy = Self { prefix, secure, cleared: [const { HeaderValue::from_static("") }; 2] };
        let zero = Duration::ZERO;
        let cleared = [policy.cookie(REFRESH, "", zero, true), policy.cookie(CSRF, "", zero, false)];
        policy.cleared =
            cleared.map(|text| HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("")));
        policy
    }

    /// Sets the cookies of a session.
    ///
    /// # Errors
    /// When a value does not fit into a header, which ours do.
    pub(crate) fn set_session(
        &self,
        headers: &mut HeaderMap,
        refresh_token: &str,
        csrf_token: &str,
        ttl: Duration,
    ) -> Result<(), HttpError> {
        append(headers, self.cookie(REFRESH, refresh_token, ttl, true))?;
        append(headers, self.cookie(CSRF, csrf_token, ttl, false))
    }

    /// Sets the cookie of a device.
    ///
    /// # Errors
    /// As [`CookiePolicy::set_session`].
    pub(crate) fn set_device(&self, headers: &mut HeaderMap, device_token: &str) -> Result<(), HttpError> {
        append(headers, self.cookie(DEVICE, device_token, DEVICE_TTL, true))
    }

    /// Sets the cookie of a browser's session at the provider. A link from an application leads here, so it has to come
    /// with requests that other sites begin, as long as they change nothing.
    ///
    /// # Errors
    /// As [`CookiePolicy::set_session`].
    pub(crate) fn set_browser_session(
        &self,
        headers: &mut HeaderMap,
        token: &str,
        ttl: Duration,
    ) -> Result<(), HttpError> {
        append(headers, self.lax_cookie(SESSION, token, ttl))
    }

    /// Sets the cookie of a visitor on the way.
    ///
    /// # Errors
    /// As [`CookiePolicy::set_session`].
    pub(crate) fn set_flow(&self, headers: &mut HeaderMap, secret: &str) -> Result<(), HttpError> {
        append(headers, self.lax_cookie(FLOW, secret, FLOW_TTL))
    }

    /// Takes the cookies of a browser's session back.
    ///
    /// # Errors
    /// As [`CookiePolicy::set_session`].
    pub(crate) fn clear_browser_session(&self, headers: &mut HeaderMap) -> Result<(), HttpError> {
        append(headers, self.lax_cookie(SESSION, "", Duration::ZERO))?;
        append(headers, self.lax_cookie(FLOW, "", Duration::ZERO))
    }

    fn lax_cookie(&self, name: &str, value: &str, ttl: Duration) -> String {
        let (prefix, secure, secs) = (self.prefix, self.secure, ttl.as_secs());
        format!("{prefix}{name}={value}; Path=/{secure}; HttpOnly; SameSite=Lax; Max-Age={secs}")
    }

    /// Takes the cookies of the session back. The device stays known: that is what it is for.
    pub(crate) fn clear(&self, headers: &mut HeaderMap) {
        for cleared in &self.cleared {
            headers.append(SET_COOKIE, cleared.clone());
        }
    }

    fn cookie(&self, name: &str, value: &str, ttl: Duration, http_only: bool) -> String {
        let (prefix, secure, secs) = (self.prefix, self.secure, ttl.as_secs());
        let http_only = if http_only { "; HttpOnly" } else { "" };
        format!("{prefix}{name}={value}; Path=/{secure}{http_only}; SameSite=Strict; Max-Age={secs}")
    }

    /// Reads our cookies.
    ///
    /// # Errors
    /// [`HttpError::DuplicateHeader`] when one of them is there twice: somebody planted the other.
    pub(crate) fn read(&self, headers: &HeaderMap) -> Result<Cookies, HttpError> {
        let mut cookies = Cookies::default();
        for header in headers.get_all(COOKIE) {
            // Cookies of others on our host may hold any bytes; ours are ASCII.
            for pair in header.as_bytes().split(|&b| b == b';') {
                let Ok(pair) = std::str::from_utf8(pair) else { continue };
                let Some((name, value)) = pair.trim_ascii().split_once('=') else { continue };
                let Some(name) = name.strip_prefix(self.prefix) else { continue };
                let is_repeated = match name {
                    REFRESH => cookies.refresh.replace(Zeroizing::new(value.to_owned())).is_some(),
                    CSRF => cookies.csrf.replace(value.to_owned()).is_some(),
                    DEVICE => cookies.device.replace(value.to_owned()).is_some(),
                    SESSION => cookies.session.replace(Zeroizing::new(value.to_owned())).is_some(),
                    FLOW => cookies.flow.replace(Zeroizing::new(value.to_owned())).is_some(),
                    _ => false,
                };
                if is_repeated {
                    return Err(HttpError::DuplicateHeader("a cookie is given twice"));
                }
            }
        }
        Ok(cookies)
    }
}

fn append(headers: &mut HeaderMap, cookie: String) -> Result<(), HttpError> {
    let mut value =
        HeaderValue::try_from(cookie).map_err(|error| ProviderError::Internal(Box::new(error)))?;
    value.set_sensitive(true);
    headers.append(SET_COOKIE, value);
    Ok(())
}
