//! The address under which a provider is reached.

use std::net::{IpAddr, Ipv6Addr};

/// From where a plain http address would still be safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Loopback addresses: a server and its browser on one machine.
    Loopback,
    /// And names below `localhost`, which stay on the machine (RFC 6761 §6.3): what an emulator of a cloud gives out.
    LoopbackNames,
}

/// What is wrong with an address as an issuer, if anything is.
///
/// It is scheme, host and port and nothing after; http only within `reach`.
pub fn public_url_problem(url: &str, reach: Reach) -> Option<String> {
    match parse_origin(url) {
        Err(text) => Some(format!("`{url}` {text}")),
        Ok(Origin { scheme: "http", host }) if !is_within(host, reach) => Some(format!(
            "`{url}` must be https: over plain http everyone on the way can read passwords and tokens. Put a proxy with \
             TLS in front and set the address that browsers use (http is for loopback addresses only)"
        )),
        Ok(_) => None,
    }
}

/// A URL of scheme, host and port.
struct Origin<'u> {
    scheme: &'u str,
    host: &'u str,
}

/// Reads a URL that has nothing after its host and port.
///
/// An issuer is compared byte by byte (RFC 8414 §2, RFC 9068 §4), so there is exactly one way to write it.
fn parse_origin(url: &str) -> Result<Origin<'_>, &'static str> {
    let (scheme, rest) = url.split_once("://").ok_or("must begin with https://")?;
    if !matches!(scheme, "http" | "https") {
        return Err("must begin with https:// (or http:// for a loopback address)");
    }
    if rest.ends_with('/') && !rest[..rest.len() - 1].contains('/') {
        return Err("must not end with a slash");
    }
    if rest.contains(['/', '?', '#']) {
        return Err(
            "must end after the host and port: the server answers at the root, and a path, query or fragment \
                    has no place in its issuer",
        );
    }
    if rest.contains('@') {
        return Err("must not hold a user name or password");
    }
    let (host, port) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) if address.parse::<Ipv6Addr>().is_ok() => {
            (address, if rest.is_empty() { None } else { rest.strip_prefix(':').or(Some("")) })
        }
        _ => rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port))),
    };
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_ipv6 = host.contains(':');
    if !(is_ipv6 || host.len() <= 253 && host.split('.').all(is_label)) {
        return Err(
            "must have a host in lower-case ASCII, such as id.example.org (write other scripts in their xn-- form)",
        );
    }
    match (port, scheme) {
        (Some("443"), "https") | (Some("80"), "http") => {
            Err("must leave out the port that its scheme has anyway: browsers do")
        }
        (Some(port), _) if port.starts_with('0') || !port.parse::<u16>().is_ok_and(|port| port > 0) => {
            Err("must have a port between 1 and 65535")
        }
        _ => Ok(Origin { scheme, host }),
    }
}

/// Whether a host is this machine, whoever asks.
fn is_within(host: &str, reach: Reach) -> bool {
    host == "localhost"
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        || reach == Reach::LoopbackNames && host.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v35_plain_http_stays_on_the_machine() {
        for url in ["https://id.example.org", "http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1"] {
            assert_eq!(public_url_problem(url, Reach::Loopback), None, "{url}");
        }
        let named = "http://abc.execute-api.localhost:4566";
        assert_eq!(public_url_problem(named, Reach::LoopbackNames), None);
        assert!(public_url_problem(named, Reach::Loopback).is_some());
        for url in ["http://id.example.org", "http://localhost.example.org", "http://notlocalhost"] {
            assert!(public_url_problem(url, Reach::LoopbackNames).is_some(), "{url}");
        }
    }
}
