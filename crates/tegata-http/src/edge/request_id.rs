//! A name for each request, in its answer and in the log.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderMap, HeaderValue};
use ipnet::IpNet;

use super::X_REQUEST_ID;
use super::client_address::is_trusted;

/// Makes request ids: never two alike in one process, seldom in two, and telling nothing about how many there were.
///
/// They are names, not secrets.
pub(crate) struct RequestIds(AtomicU64);

impl Default for RequestIds {
    fn default() -> Self {
        Self(AtomicU64::new(RandomState::new().hash_one(0)))
    }
}

impl RequestIds {
    /// The id of a request: the one that a trusted proxy gave it, if it looks like one, or a new one.
    pub(super) fn for_request(
        &self,
        peer: Option<IpAddr>,
        headers: &HeaderMap,
        trusted: &[IpNet],
    ) -> HeaderValue {
        if !trusted.is_empty()
            && peer.is_some_and(|peer| is_trusted(peer.to_canonical(), trusted))
            && let Some(given) = headers.get(X_REQUEST_ID)
            && is_sane(given.as_bytes())
        {
            return given.clone();
        }
        self.next()
    }

    fn next(&self) -> HeaderValue {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let number = mix(self.0.fetch_add(1, Ordering::Relaxed));
        let mut text = [0; 16];
        for (pair, byte) in text.chunks_exact_mut(2).zip(number.to_be_bytes()) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        HeaderValue::from_bytes(&text).unwrap_or(HeaderValue::from_static("0"))
    }
}

/// The finalizer of `SplitMix64`: one to one, so that distinct numbers stay distinct.
fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// Short, and nothing that could break a line of a log.
fn is_sane(id: &[u8]) -> bool {
    (8..=64).contains(&id.len())
        && id.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}
