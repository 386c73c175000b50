use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A redirect URI of a client (RFC 6749 §3.1.2), as it was registered.
///
/// One of these forms: `https://host…`; `http://127.0.0.1…`, `http://[::1]…` or `http://localhost…`, whose port may be any
/// when it is used (RFC 8252 §7.3, RFC 9700 §2.1); `com.example.app:/path`, the scheme of a program with a reversed domain
/// name (RFC 8252 §7.1). No fragment, no user, nothing that two parsers could read in two ways.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RedirectUri {
    text: String,
    /// Where the port of a loopback address or of `localhost` stands: what is before it and after it has to match.
    loopback_port: Option<(usize, usize)>,
}

/// Why a text is no redirect URI that could be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRedirectUri {
    /// Longer than 2000 bytes.
    #[error("is longer than 2000 characters")]
    TooLong,
    /// A character that no URI has, or that parsers disagree about.
    #[error("has a character that has to be percent-encoded")]
    Character,
    /// It has a fragment (RFC 6749 §3.1.2).
    #[error("must not have a fragment")]
    Fragment,
    /// It has no host, or something before it.
    #[error("must have a plain host: no user, no wildcard")]
    Host,
    /// Dots that a browser would resolve before it goes there.
    #[error("must not have `.` or `..` as a part of its path")]
    DotSegment,
    /// Plain http to another machine.
    #[error("must be https, or http to a loopback address")]
    Scheme,
    /// A scheme of a program that is not a reversed domain name (RFC 8252 §7.1).
    #[error("must begin with a scheme that is a reversed domain name, such as com.example.app:/")]
    PrivateScheme,
}

const MAX_LENGTH: usize = 2000;

impl RedirectUri {
    /// The text, as it was registered.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a request names this URI: the same text, but for the port of a loopback address (RFC 8252 §7.3,
    /// RFC 9700 §2.1).
    pub fn matches(&self, presented: &str) -> bool {
        if presented == self.text {
            return true;
        }
        let Some((start, end)) = self.loopback_port else { return false };
        let (before, after) = (&self.text[..start], &self.text[end..]);
        let port = presented.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
        port.is_some_and(|port| {
            port.is_empty()
                || port
                    .strip_prefix(':')
                    .is_some_and(|digits| !digits.starts_with(['0', '+']) && digits.parse::<u16>().is_ok())
        })
    }

    /// Whether it belongs to a program on its user's device (RFC 8252 §7).
    pub fn is_native(&self) -> bool {
        !self.text.starts_with("https://")
    }

    /// Whether it is on its user's own machine, by address or by name (RFC 8252 §7.3, §8.3).
    pub fn is_loopback(&self) -> bool {
        // Plain http is registered for nothing else.
        self.text.starts_with("http://")
    }

    /// The host of the web that it leads to. The address of a program on a device has none, whatever it looks like: anyone can
    /// write any host behind a scheme of their own, and all programs of a device share its loopback addresses.
    pub fn web_host(&self) -> Option<&str> {
        if self.is_native() { None } else { host(&self.text) }
    }
}

/// The host of an address that was checked before.
pub(crate) fn host(url: &str) -> Option<&str> {
    let rest = url.split_once("://")?.1;
    Some(split_port(&rest[..rest.find(['/', '?']).unwrap_or(rest.len())]).0)
}

/// Splits `host:port`; the port comes with its colon.
fn split_port(authority: &str) -> (&str, &str) {
    match authority.rfind(':') {
        Some(at) if !authority.ends_with(']') => authority.split_at(at),
        _ => (authority, ""),
    }
}

impl FromStr for RedirectUri {
    type Err = InvalidRedirectUri;

    fn from_str(text: &str) -> Result<Self, InvalidRedirectUri> {
        if text.len() > MAX_LENGTH {
            return Err(InvalidRedirectUri::TooLong);
        }
        // RFC 3986 §2, without what browsers and servers are known to read differently.
        if !text.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}*".contains(&b)) {
            return Err(InvalidRedirectUri::Character);
        }
        if text.contains('#') {
            return Err(InvalidRedirectUri::Fragment);
        }
        let (scheme, rest) = text.split_once(':').ok_or(InvalidRedirectUri::Scheme)?;
        let path = match scheme {
            "https" | "http" => {
                let rest = rest.strip_prefix("//").ok_or(InvalidRedirectUri::Host)?;
                let end = rest.find(['/', '?']).unwrap_or(rest.len());
                let loopback_port = check_authority(scheme, &rest[..end], text.len() - rest.len())?;
                let path = &rest[end..];
                check_path(path)?;
                return Ok(Self { text: text.to_owned(), loopback_port });
            }
            _ => rest,
        };
        let is_scheme = scheme.starts_with(|c: char| c.is_ascii_lowercase())
            && scheme
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-'))
            && scheme.contains('.')
            && !scheme.ends_with('.')
            && !scheme.contains("..");
        if !is_scheme {
            return Err(InvalidRedirectUri::PrivateScheme);
        }
        check_path(path)?;
        Ok(Self { text: text.to_owned(), loopback_port: None })
    }
}

/// Checks host and port; gives the place of the port where it may be any.
fn check_authority(
    scheme: &str,
    authority: &str,
    start: usize,
) -> Result<Option<(usize, usize)>, InvalidRedirectUri> {
    let (host, port) = split_port(authority);
    let digits = port.strip_prefix(':').unwrap_or(port);
    if !port.is_empty() && (digits.starts_with(['0', '+']) || digits.parse::<u16>().is_err()) {
        return Err(InvalidRedirectUri::Host);
    }
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let is_loopback = address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    let is_name = !host.is_empty()
        && host.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-'))
        && !host.starts_with(['.', '-'])
        && !host.contains("..");
    let is_ipv6 = host.starts_with('[') && address.parse::<std::net::Ipv6Addr>().is_ok();
    if !(is_name || is_ipv6) {
        return Err(InvalidRedirectUri::Host);
    }
    match scheme {
        "https" => Ok(None),
        // The name is not recommended (RFC 8252 §8.3), since it can be made to mean another machine: that is so at every port, and
        // the programs that use it cannot choose theirs before they run.
        _ if is_loopback || host == "localhost" => Ok(Some((start + host.len(), start + authority.len()))),
        _ => Err(InvalidRedirectUri::Scheme),
    }
}

fn check_path(path: &str) -> Result<(), InvalidRedirectUri> {
    let path = path.split('?').next().unwrap_or_default();
    let is_dots = |part: &str| {
        let part = part.to_ascii_lowercase().replace("%2e", ".");
        part == "." || part == ".."
    };
    if path.split('/').any(is_dots) { Err(InvalidRedirectUri::DotSegment) } else { Ok(()) }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for RedirectUri {
    type Error = InvalidRedirectUri;

    fn try_from(text: String) -> Result<Self, InvalidRedirectUri> {
        text.parse()
    }
}

impl From<RedirectUri> for String {
    fn from(uri: RedirectUri) -> Self {
        uri.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> RedirectUri {
        text.parse().unwrap()
    }

    #[test]
    fn r1_v53_a_redirect_uri_matches_itself_and_nothing_else() {
        let registered = uri("https://app.example/cb?x=1");
        assert!(registered.matches("https://app.example/cb?x=1"));
        for other in [
            "https://app.example/cb?x=1&y=2",
            "https://app.example/cb",
            "https://app.example/cb?x=1#f",
            "https://app.example/CB?x=1",
            "https://app.example:443/cb?x=1",
            "https://app.example.evil.example/cb?x=1",
            "https://app.example@evil.example/cb?x=1",
            "http://app.example/cb?x=1",
            "https://app.example/cb/../cb?x=1",
            " https://app.example/cb?x=1",
        ] {
            assert!(!registered.matches(other), "{other}");
        }
    }

    #[test]
    fn v8_only_the_port_of_a_loopback_address_may_be_another() {
        let registered = uri("http://127.0.0.1/cb");
        for good in ["http://127.0.0.1/cb", "http://127.0.0.1:1/cb", "http://127.0.0.1:65535/cb"] {
            assert!(registered.matches(good), "{good}");
        }
        for bad in [
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:0/cb",
            "http://127.0.0.1:+1/cb",
            "http://127.0.0.1:99999/cb",
            "http://127.0.0.1:80@evil.example/cb",
            "http://127.0.0.1:80:81/cb",
            "http://127.0.0.1.evil.example/cb",
            "http://127.0.0.2:1/cb",
            "http://localhost:1/cb",
            "http://127.0.0.1:1/other",
            "https://127.0.0.1:1/cb",
        ] {
            assert!(!registered.matches(bad), "{bad}");
        }
        assert!(uri("http://[::1]:5/cb").matches("http://[::1]:6/cb"));
        let named = uri("http://localhost/cb");
        for good in ["http://localhost/cb", "http://localhost:1/cb", "http://localhost:65535/cb"] {
            assert!(named.matches(good), "{good}");
        }
        for bad in [
            "http://127.0.0.1:1/cb",
            "http://localhost.evil.example:1/cb",
            "http://localhost:1@evil.example/cb",
            "http://localhost:1/other",
            "https://localhost:1/cb",
        ] {
            assert!(!named.matches(bad), "{bad}");
        }
        assert!(!uri("https://localhost:5/cb").matches("https://localhost:6/cb"));
    }

    #[test]
    fn v7_v21_what_parsers_could_read_in_two_ways_is_never_registered() {
        use InvalidRedirectUri as E;
        for (text, error) in [
            ("https://user@app.example/", E::Host),
            ("https://a@b@app.example/", E::Host),
            ("https://a%25@app.example/", E::Host),
            ("https://*.example/", E::Character),
            ("https://app.example/\\evil", E::Character),
            ("https://app.example/a b", E::Character),
            ("https://app.example/#", E::Fragment),
            ("https://app.example/a/../b", E::DotSegment),
            ("https://app.example/%2E%2e/b", E::DotSegment),
            ("https://", E::Host),
            ("https:/app.example", E::Host),
            ("https://App.example/", E::Host),
            ("https://app.example:0/", E::Host),
            ("http://app.example/", E::Scheme),
            ("http://127.0.0.1.evil.example/", E::Scheme),
            ("javascript:alert(1)", E::PrivateScheme),
            ("data:text/html,x", E::PrivateScheme),
            ("myapp:/cb", E::PrivateScheme),
            ("/cb", E::Scheme),
            ("", E::Scheme),
        ] {
            assert_eq!(text.parse::<RedirectUri>(), Err(error), "{text}");
        }
        assert!(uri("com.example.app:/cb").is_native());
    }

    #[test]
    fn r39_only_an_address_of_the_web_has_a_host() {
        assert_eq!(uri("https://app.example/cb").web_host(), Some("app.example"));
        assert_eq!(uri("https://app.example:8443?x=1").web_host(), Some("app.example"));
        assert_eq!(uri("https://[2001:db8::1]/cb").web_host(), Some("[2001:db8::1]"));
        for native in
            ["com.evil.app://app.example/cb", "com.evil.app:/cb", "http://127.0.0.1/cb", "http://[::1]:5/cb"]
        {
            assert_eq!(uri(native).web_host(), None, "{native}");
        }
    }
}
