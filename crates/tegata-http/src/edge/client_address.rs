//! Who is at the other end.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

pub(crate) fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|net| net.contains(&address))
}

/// The address of the client: that of the peer, or, where the peer is a trusted proxy, the right-most address of
/// `X-Forwarded-For` that is not one. Everything left of it is what the client itself claims.
pub(super) fn find(peer: Option<IpAddr>, headers: &HeaderMap, trusted: &[IpNet]) -> Option<IpAddr> {
    let mut known = peer?.to_canonical();
    if trusted.is_empty() {
        return Some(known);
    }
    let lines = headers.get_all(X_FORWARDED_FOR);
    let mut hops =
        lines.iter().rev().flat_map(|line| line.to_str().unwrap_or("unknown").rsplit(',')).map(str::trim);
    while is_trusted(known, trusted) {
        // A hop that cannot be read ends the walk at the last proxy that can be named.
        let Some(hop) = hops.next().and_then(parse_hop) else { break };
        known = hop;
    }
    Some(known)
}

/// An address, with or without a port and brackets.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let address = text
        .parse::<IpAddr>()
        .or_else(|_| text.parse::<SocketAddr>().map(|hop| hop.ip()))
        .or_else(|_| text.trim_start_matches('[').trim_end_matches(']').parse());
    address.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find_in(peer: &str, lines: &[&str]) -> String {
        let trusted = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(X_FORWARDED_FOR, line.parse().unwrap());
        }
        find(peer.parse().ok(), &headers, &trusted).unwrap().to_string()
    }

    #[test]
    fn v35_a_header_from_an_untrusted_peer_is_ignored() {
        assert_eq!(find_in("192.0.2.9", &["198.51.100.7"]), "192.0.2.9");
    }

    #[test]
    fn r71_the_rightmost_untrusted_hop_is_the_client() {
        assert_eq!(find_in("10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(find_in("10.0.0.1", &["1.1.1.1, 198.51.100.7, 10.0.0.2"]), "198.51.100.7");
        assert_eq!(find_in("10.0.0.1", &["1.1.1.1, 198.51.100.7", "10.0.0.2"]), "198.51.100.7");
        assert_eq!(find_in("::ffff:10.0.0.1", &["[2001:db8::1]:4711"]), "2001:db8::1");
        assert_eq!(find_in("10.0.0.1", &["198.51.100.7:80"]), "198.51.100.7");
    }

    #[test]
    fn a_hop_that_cannot_be_read_ends_the_walk() {
        assert_eq!(find_in("10.0.0.1", &["198.51.100.7, unknown, 10.0.0.2"]), "10.0.0.2");
        assert_eq!(find_in("10.0.0.1", &[""]), "10.0.0.1");
        assert_eq!(find_in("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(find_in("10.0.0.1", &["10.0.0.3, 10.0.0.2"]), "10.0.0.3");
    }
}
