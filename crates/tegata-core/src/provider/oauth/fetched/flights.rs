//! What is being asked now. Strangers decide when we ask and whom, so each address is asked once at a time, and nobody's slow
//! servers take all the places.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::net::Ipv6Addr;
use std::sync::{Mutex, PoisonError};
use std::task::{Poll, Waker};

/// So many addresses are asked at once,
const MOST: usize = 16;
/// so many of which nothing good has come yet: whoever makes names up leaves places for what is in use,
const MOST_NEW: usize = 12;
/// and so many of one site.
const MOST_OF_SITE: usize = 3;

/// The addresses that are being asked, each with those who wait for what comes of it.
#[derive(Default)]
pub(super) struct Flights(Mutex<BTreeMap<String, Vec<Waker>>>);

/// Why an address is not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoFlight {
    /// Somebody is asking it.
    UnderWay,
    /// There is no place.
    Full,
}

/// A place, until it is dropped; whoever waits for it goes on then.
pub(super) struct Flight<'f> {
    flights: &'f Flights,
    pub(super) url: String,
}

impl Flights {
    /// Takes a place for asking an address.
    pub(super) fn begin(&self, url: &str, is_new: bool) -> Result<Flight<'_>, NoFlight> {
        let mut under_way = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if under_way.contains_key(url) {
            return Err(NoFlight::UnderWay);
        }
        let of_site = under_way.keys().filter(|other| site(other) == site(url)).count();
        if under_way.len() >= if is_new { MOST_NEW } else { MOST } || of_site >= MOST_OF_SITE {
            return Err(NoFlight::Full);
        }
        under_way.insert(url.to_owned(), Vec::new());
        Ok(Flight { flights: self, url: url.to_owned() })
    }

    pub(super) fn is_under_way(&self, url: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(url)
    }

    /// Waits until nobody is asking an address.
    pub(super) async fn landed(&self, url: &str) {
        poll_fn(|context| {
            let mut under_way = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(waiting) = under_way.get_mut(url) else { return Poll::Ready(()) };
            if !waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                waiting.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let landed = self.flights.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.url);
        landed.into_iter().flatten().for_each(Waker::wake);
    }
}

/// Whose servers an address is at: the last two labels of its host, since further ones cost nothing to make up, or the first
/// 64 bits of an IPv6 address, since every machine has all the others. Where a public suffix has two labels, that is a whole
/// neighbourhood; it shares its places and nothing else.
pub(super) fn site(url: &str) -> Cow<'_, str> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if let Some((literal, _)) = authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let network = literal.parse().map(|address: Ipv6Addr| Ipv6Addr::from(address.to_bits() >> 64 << 64));
        return network.map_or(Cow::Borrowed(literal), |network| Cow::Owned(network.to_string()));
    }
    let host = authority.split(':').next().unwrap_or_default();
    if host.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return Cow::Borrowed(host);
    }
    Cow::Borrowed(host.rmatch_indices('.').nth(1).map_or(host, |(dot, _)| &host[dot + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v46_one_site_takes_few_places_and_addresses_out_of_thin_air_leave_some() {
        let flights = Flights::default();
        let url = |n: usize, site: &str| format!("https://h{n}.{site}/client.json");
        let slow: Vec<_> = (0..8).filter_map(|n| flights.begin(&url(n, "slow.example"), true).ok()).collect();
        assert_eq!(slow.len(), MOST_OF_SITE, "whatever names it makes up for itself");
        let others: Vec<_> =
            (0..MOST).filter_map(|n| flights.begin(&url(n, &format!("s{n}.example")), true).ok()).collect();
        assert_eq!(slow.len() + others.len(), MOST_NEW);
        let known: Vec<_> =
            (0..MOST).filter_map(|n| flights.begin(&url(n, &format!("k{n}.example")), false).ok()).collect();
        assert_eq!(MOST_NEW + known.len(), MOST);
        drop((slow, others, known));
        assert!(flights.begin(&url(0, "slow.example"), true).is_ok());
    }

    #[test]
    fn v46_addresses_of_one_64_are_one_site() {
        let flights = Flights::default();
        let slow: Vec<_> = (0..8)
            .filter_map(|n| flights.begin(&format!("https://[2001:db8:0:1:{n}::1]/client.json"), true).ok())
            .collect();
        assert_eq!(slow.len(), MOST_OF_SITE, "one machine has all of them");
        assert!(flights.begin("https://[2001:db8:0:2::1]/client.json", true).is_ok(), "another's");
    }

    #[test]
    fn v46_an_address_is_asked_once_at_a_time() {
        let flights = Flights::default();
        let flight = flights.begin("https://a.example/", true);
        assert_eq!(flights.begin("https://a.example/", false).err(), Some(NoFlight::UnderWay));
        drop(flight);
        assert!(!flights.is_under_way("https://a.example/"));
    }

    #[test]
    fn a_site_is_the_last_two_labels_of_a_host() {
        for (url, expected) in [
            ("https://app.example/x", "app.example"),
            ("https://a.b.app.example:8443?x", "app.example"),
            ("https://192.0.2.1/x", "192.0.2.1"),
            ("http://[2001:db8::1]:80/x", "2001:db8::"),
            ("https://localhost/", "localhost"),
        ] {
            assert_eq!(site(url), expected);
        }
    }
}
