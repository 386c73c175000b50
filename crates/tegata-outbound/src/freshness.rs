//! How long an answer may be reused.

use std::time::Duration;

use hyper::HeaderMap;
use hyper::header::{AGE, CACHE_CONTROL};

/// The freshness that `Cache-Control` gives, less the `Age` (RFC 9111 §4.2), as it is for a cache of one reader.
///
/// Zero for what must not be reused without asking again, and for what cannot be read (§4.2.1). Of several directives the
/// shortest counts.
pub(crate) fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let directives = headers.get_all(CACHE_CONTROL).iter().flat_map(|value| {
        // A value with other bytes than ASCII is one that cannot be read.
        value.to_str().unwrap_or("no-store").split(',')
    });
    let seconds = directives.filter_map(seconds).min()?;
    let age = headers.get(AGE).map_or(0, |age| age.to_str().ok().and_then(delta_seconds).unwrap_or(u32::MAX));
    Some(Duration::from_secs(seconds.saturating_sub(age).into()))
}

/// What one directive gives, if it is about this at all.
fn seconds(directive: &str) -> Option<u32> {
    let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
    match name.trim().to_ascii_lowercase().as_str() {
        "no-store" | "no-cache" => Some(0),
        // A quoted number is read too (§5.2).
        "max-age" => Some(delta_seconds(value.trim_matches('"')).unwrap_or(0)),
        _ => None,
    }
}

/// A number of seconds; one too large to count is the largest (RFC 9111 §1.2.2).
fn delta_seconds(text: &str) -> Option<u32> {
    let text = text.trim();
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    fn of(cache_control: &[&'static str], age: Option<&'static str>) -> Option<u64> {
        let mut headers = HeaderMap::new();
        for value in cache_control {
            headers.append(CACHE_CONTROL, HeaderValue::from_static(value));
        }
        if let Some(age) = age {
            headers.insert(AGE, HeaderValue::from_static(age));
        }
        max_age(&headers).map(|max_age| max_age.as_secs())
    }

    #[test]
    fn an_answer_is_fresh_for_as_long_as_it_says() {
        assert_eq!(of(&[], None), None);
        assert_eq!(of(&["public, must-revalidate, s-maxage=5"], None), None);
        assert_eq!(of(&["public, Max-Age=300"], None), Some(300));
        assert_eq!(of(&["max-age=\"300\""], None), Some(300));
        assert_eq!(of(&["max-age=300", "max-age=60"], None), Some(60));
        assert_eq!(of(&["max-age=99999999999999999999"], None), Some(u32::MAX.into()));
    }

    #[test]
    fn what_a_cache_on_the_way_has_used_up_is_gone() {
        assert_eq!(of(&["max-age=300"], Some("100")), Some(200));
        assert_eq!(of(&["max-age=300"], Some("400")), Some(0));
        assert_eq!(of(&["max-age=300"], Some("soon")), Some(0));
        assert_eq!(of(&[], Some("100")), None);
    }

    #[test]
    fn what_cannot_be_read_is_not_reused() {
        let odd =
            ["no-store", "no-cache", "no-cache=\"a\"", "max-age", "max-age=", "max-age=-1", "max-age=1.5"];
        for value in odd {
            assert_eq!(of(&[value], None), Some(0), "{value}");
            assert_eq!(of(&["max-age=300", value], None), Some(0), "{value}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, HeaderValue::from_bytes(b"max-age=300, \xff").unwrap());
        assert_eq!(max_age(&headers), Some(Duration::ZERO));
    }
}
