//! What an operator decides about the HTTP side.

use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use tegata_core::settings::SettingProblem;
use tegata_pages::{Theme, ThemeProblem};

/// The settings of the HTTP side. Whether cookies are `Secure` is no setting: it follows from the issuer.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Other origins whose pages may call the API with credentials, exactly as browsers write them.
    pub allowed_origins: Vec<String>,
    /// The proxies whose `X-Forwarded-For` and `X-Request-Id` are believed. From anyone else both are ignored.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether the web application shows the decoded tokens.
    pub token_inspector: bool,
    /// The languages of the web application (BCP 47).
    pub languages: Vec<String>,
    /// Who may read `/metrics`.
    pub metrics: MetricsAccess,
    /// The longest request body, in bytes.
    pub body_limit: usize,
    /// How long a request may take. Half of it is for its body to arrive.
    pub request_timeout: Duration,
    /// The logo on the provider's pages.
    pub logo_url: Option<String>,
    /// Colours and the like of the provider's pages, by the names of their CSS variables.
    pub css_variables: Vec<(String, String)>,
}

/// Who may read `/metrics`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MetricsAccess {
    /// Nobody.
    Off,
    /// A peer on this machine that speaks for itself: a request with a forwarding header came from elsewhere.
    #[default]
    Loopback,
    /// Whoever can reach the server.
    Anyone,
}

impl FromStr for MetricsAccess {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "off" => Ok(Self::Off),
            "loopback" => Ok(Self::Loopback),
            "anyone" => Ok(Self::Anyone),
            _ => Err("must be one of off, loopback, anyone"),
        }
    }
}

impl HttpSettings {
    /// The default settings of an issuer.
    pub fn new(issuer: &str) -> Self {
        Self {
            allowed_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            token_inspector: is_loopback_origin(issuer),
            languages: vec!["en".to_owned(), "ja".to_owned()],
            metrics: MetricsAccess::default(),
            body_limit: 16 * 1024,
            request_timeout: Duration::from_secs(10),
            logo_url: None,
            css_variables: Vec::new(),
        }
    }

    /// How the provider's pages look; as they come where the settings have [`HttpSettings::problems`].
    pub(crate) fn theme(&self, service_name: &str) -> Theme {
        self.read_theme(service_name).unwrap_or_else(|_| Theme::plain(service_name))
    }

    fn read_theme(&self, service_name: &str) -> Result<Theme, Vec<ThemeProblem>> {
        let variables = self.css_variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Theme::new(service_name, self.logo_url.as_deref(), variables)
    }

    /// Everything that is wrong with the settings, all at once.
    pub fn problems(&self) -> Vec<SettingProblem> {
        let mut problems = Vec::new();
        for origin in &self.allowed_origins {
            if let Err(why) = check_origin(origin) {
                problems.push(SettingProblem {
                    key: "cors.allowed_origins",
                    problem: format!("`{origin}` {why}"),
                });
            }
        }
        for proxy in self.trusted_proxies.iter().filter(|proxy| proxy.prefix_len() == 0) {
            let problem = format!("`{proxy}` is everyone, and then anyone can claim any address");
            problems.push(SettingProblem { key: "server.trusted_proxies", problem });
        }
        for problem in self.read_theme("service").err().into_iter().flatten() {
            let key = if problem == ThemeProblem::Logo { "pages.logo_url" } else { "pages.css_variables" };
            problems.push(SettingProblem { key, problem: problem.to_string() });
        }
        if !(1024..=1024 * 1024).contains(&self.body_limit) {
            let problem = "must be between 1 KiB and 1 MiB".to_owned();
            problems.push(SettingProblem { key: "server.body_limit", problem });
        }
        if !(Duration::from_secs(1)..=Duration::from_mins(2)).contains(&self.request_timeout) {
            let problem = "must be between 1s and 2m".to_owned();
            problems.push(SettingProblem { key: "server.request_timeout", problem });
        }
        problems
    }
}

/// Checks that a text is an origin as a browser writes it (RFC 6454 §6.2): anything else would never match one.
fn check_origin(origin: &str) -> Result<(), &'static str> {
    if origin.contains('*') {
        return Err("has a wildcard: name each origin");
    }
    if origin == "null" {
        return Err("is what sandboxed pages of anyone send");
    }
    let (scheme, authority) =
        origin.split_once("://").ok_or("must begin with https:// (or http:// for a loopback address)")?;
    if authority.contains(['/', '?', '#']) {
        return Err("must end after the host and port, without a slash");
    }
    let (host, port) = split_port(authority);
    let is_name = |host: &str| {
        !host.is_empty()
            && host.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-'))
    };
    let is_ipv6 = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    if !is_ipv6.map_or_else(|| is_name(host), |address| address.parse::<Ipv6Addr>().is_ok()) {
        return Err("must have a host in lower-case ASCII");
    }
    match port {
        Some(port) if port.starts_with('0') || !port.parse::<u16>().is_ok_and(|port| port > 0) => {
            return Err("must have a port between 1 and 65535");
        }
        Some("443") if scheme == "https" => return Err("must leave out port 443: browsers do"),
        Some("80") if scheme == "http" => return Err("must leave out port 80: browsers do"),
        _ => {}
    }
    match scheme {
        "https" => Ok(()),
        "http" if is_loopback(host) => Ok(()),
        "http" => Err("must be https: over plain http anyone on the way can pretend to be this origin"),
        _ => Err("must begin with https:// (or http:// for a loopback address)"),
    }
}

fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether an origin, or an issuer, is this machine.
fn is_loopback_origin(origin: &str) -> bool {
    origin
        .split_once("://")
        .is_some_and(|(_, rest)| is_loopback(split_port(rest.split('/').next().unwrap_or_default()).0))
}

/// The origin of an issuer, and its path without a slash at the end.
pub(crate) fn split_issuer(issuer: &str) -> (&str, &str) {
    let start = issuer.find("://").map_or(0, |at| at + 3);
    let end = issuer[start..].find('/').map_or(issuer.len(), |at| start + at);
    (&issuer[..end], issuer[end..].trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(origins: &[&str]) -> Vec<SettingProblem> {
        let allowed_origins = origins.iter().map(|&origin| origin.to_owned()).collect();
        HttpSettings { allowed_origins, ..HttpSettings::new("https://id.example") }.problems()
    }

    #[test]
    fn the_default_settings_are_safe() {
        assert_eq!(problems(&[]), []);
        assert!(!HttpSettings::new("https://id.example").token_inspector);
        assert!(HttpSettings::new("http://127.0.0.1:8080").token_inspector);
        assert!(HttpSettings::new("http://[::1]:8080").token_inspector);
    }

    #[test]
    fn r47_an_allowed_origin_is_written_exactly_as_browsers_write_it() {
        let good =
            ["https://app.example", "https://app.example:8443", "http://localhost:5173", "http://[::1]:1"];
        assert_eq!(problems(&good), []);
        for bad in [
            "*",
            "https://*.example",
            "null",
            "app.example",
            "https://app.example/",
            "https://app.example/path",
            "https://App.example",
            "https://app.example:443",
            "http://app.example",
            "https://app.example:0",
            "https://app.example:99999",
            "https://user@app.example",
            "ftp://app.example",
            "https://",
            "https://[::1",
        ] {
            let found = problems(&[bad]);
            assert_eq!(found.len(), 1, "{bad}");
            assert_eq!(found[0].key, "cors.allowed_origins");
        }
    }

    #[test]
    fn v35_a_proxy_is_never_everyone() {
        let mut settings = HttpSettings::new("https://id.example");
        settings.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap(), "0.0.0.0/0".parse().unwrap()];
        let keys: Vec<_> = settings.problems().into_iter().map(|problem| problem.key).collect();
        assert_eq!(keys, ["server.trusted_proxies"]);
    }

    #[test]
    fn an_issuer_has_an_origin_and_a_path() {
        assert_eq!(split_issuer("https://id.example"), ("https://id.example", ""));
        assert_eq!(split_issuer("https://id.example/t/a"), ("https://id.example", "/t/a"));
    }
}
