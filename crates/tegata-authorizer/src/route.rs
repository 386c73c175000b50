//! Routes as API Gateway writes them, and what they have in common with each other.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// The methods an API can have (API Gateway: `PutMethod`); `ANY` stands for all of them.
const METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// A route: `GET /orders/{id}`, `ANY /admin/{proxy+}`, `$connect`, `$default`.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    text: String,
    parts: Vec<Part>,
}

/// A part of `METHOD/path`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Byte(u8),
    /// `ANY`, `{id}`: anything up to the next slash.
    Segment,
    /// `{proxy+}`, `$default`: anything.
    Rest,
}

/// Why a text is no route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum InvalidRoute {
    #[error("it is neither `METHOD /path` nor a `$` route")]
    Form,
    #[error("the method is none of ANY, DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT")]
    Method,
    #[error("`{{name}}` must be a whole path segment, and `{{name+}}` the last one")]
    Parameter,
    #[error("the path holds a character that no route has")]
    Character,
}

impl FromStr for Route {
    type Err = InvalidRoute;

    fn from_str(text: &str) -> Result<Self, InvalidRoute> {
        let route = |parts| Self { text: text.to_owned(), parts };
        if text == "$default" {
            return Ok(route(vec![Part::Rest]));
        }
        if text.starts_with('$') {
            return plain(text).map(route);
        }
        let (method, path) = text.split_once(' ').ok_or(InvalidRoute::Form)?;
        let segments = path.strip_prefix('/').ok_or(InvalidRoute::Form)?;
        let mut parts = match method {
            "ANY" => vec![Part::Segment],
            _ if METHODS.contains(&method) => plain(method)?,
            _ => return Err(InvalidRoute::Method),
        };
        let mut is_last = false;
        for segment in segments.split('/') {
            if is_last {
                return Err(InvalidRoute::Parameter);
            }
            parts.push(Part::Byte(b'/'));
            match segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                Some(name) => {
                    is_last = name.ends_with('+');
                    check_name(name.strip_suffix('+').unwrap_or(name))?;
                    parts.push(if is_last { Part::Rest } else { Part::Segment });
                }
                None => parts.extend(plain(segment)?),
            }
        }
        Ok(route(parts))
    }
}

/// Bytes that stand for themselves, in a route and in a policy's resource: no wildcard, no escape.
fn plain(text: &str) -> Result<Vec<Part>, InvalidRoute> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"$-._~:@!&'(),;=+".contains(&byte);
    let parts = text.bytes().map(|byte| match byte {
        b'{' | b'}' => Err(InvalidRoute::Parameter),
        _ if is_plain(byte) => Ok(Part::Byte(byte)),
        _ => Err(InvalidRoute::Character),
    });
    parts.collect()
}

fn check_name(name: &str) -> Result<(), InvalidRoute> {
    let is_name =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-$:".contains(&byte));
    if is_name { Ok(()) } else { Err(InvalidRoute::Parameter) }
}

impl Route {
    /// `METHOD/path` as the resource of a policy, where one wildcard stands for everything that varies: `GET/orders/*`.
    ///
    /// It crosses slashes, so such a resource covers more than the route. That is why it is only ever denied.
    pub(crate) fn resource(&self) -> String {
        let bytes = self.parts.iter().map(|part| match part {
            Part::Byte(byte) => char::from(*byte),
            Part::Segment | Part::Rest => '*',
        });
        bytes.collect()
    }

    /// Whether the same requests are meant, whatever the parameters are called.
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        self.parts == other.parts
    }

    /// Whether some request could be meant by both.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.is_websocket() == other.is_websocket() && meet(&self.parts, &other.parts)
    }

    /// Whether it is `$connect` or the like, which no request of HTTP can be.
    fn is_websocket(&self) -> bool {
        self.parts.first() == Some(&Part::Byte(b'$'))
    }

    /// Whether the policy's [`resource`](Self::resource) of this route also covers requests to `other`.
    pub(crate) fn covers_some_of(&self, other: &Self) -> bool {
        let widened: Vec<_> = self.parts.iter().map(|part| part.widened()).collect();
        meet(&widened, &other.parts)
    }

    /// The bytes of the path that stand for themselves.
    pub(crate) fn literals(&self) -> impl Iterator<Item = u8> + '_ {
        let path = self.parts.iter().skip_while(|part| **part != Part::Byte(b'/'));
        path.filter_map(|part| if let Part::Byte(byte) = part { Some(*byte) } else { None })
    }

    /// Whether a policy can name it. `$default` is every route that has no other name.
    pub(crate) fn has_resource(&self) -> bool {
        self.parts != [Part::Rest]
    }
}

impl Part {
    /// As a wildcard of a policy takes it.
    fn widened(self) -> Self {
        if self == Self::Segment { Self::Rest } else { self }
    }

    fn takes(self, byte: u8) -> bool {
        match self {
            Self::Byte(own) => own == byte,
            Self::Segment => byte != b'/',
            Self::Rest => true,
        }
    }
}

/// Whether two patterns have a text in common. `open[j]` says whether what has been read of `left` can have been read by the
/// first `j` parts of `right`, too.
fn meet(left: &[Part], right: &[Part]) -> bool {
    let mut open: Vec<bool> = vec![false; right.len() + 1];
    open[0] = true;
    skip_wildcards(&mut open, right);
    for part in left {
        let mut next = vec![false; right.len() + 1];
        match part {
            Part::Byte(byte) => {
                for (at, other) in right.iter().enumerate() {
                    if open[at] && other.takes(*byte) {
                        // A wildcard may take more.
                        next[at] |= !matches!(other, Part::Byte(_));
                        next[at + 1] = true;
                    }
                }
            }
            wildcard => {
                next.clone_from(&open);
                for (at, other) in right.iter().enumerate() {
                    let is_taken = match other {
                        Part::Byte(byte) => wildcard.takes(*byte),
                        Part::Segment | Part::Rest => true,
                    };
                    next[at + 1] |= next[at] && is_taken;
                }
            }
        }
        skip_wildcards(&mut next, right);
        open = next;
    }
    open.last().copied().unwrap_or(false)
}

/// A wildcard may stand for nothing.
fn skip_wildcards(open: &mut [bool], right: &[Part]) {
    for (at, part) in right.iter().enumerate() {
        open[at + 1] |= open[at] && !matches!(part, Part::Byte(_));
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(text: &str) -> Route {
        text.parse().unwrap()
    }

    #[test]
    fn a_route_becomes_a_resource() {
        for (text, resource) in [
            ("GET /orders", "GET/orders"),
            ("GET /", "GET/"),
            ("GET /orders/{id}/items", "GET/orders/*/items"),
            ("ANY /admin/{proxy+}", "*/admin/*"),
            ("$connect", "$connect"),
        ] {
            assert_eq!(route(text).resource(), resource);
        }
    }

    #[test]
    fn what_is_no_route_is_refused() {
        for (text, error) in [
            ("/orders", InvalidRoute::Form),
            ("GET orders", InvalidRoute::Form),
            ("GET", InvalidRoute::Form),
            ("get /orders", InvalidRoute::Method),
            ("* /orders", InvalidRoute::Method),
            ("GET /orders/{id", InvalidRoute::Parameter),
            ("GET /orders/x{id}", InvalidRoute::Parameter),
            ("GET /orders/{}", InvalidRoute::Parameter),
            ("GET /{proxy+}/orders", InvalidRoute::Parameter),
            ("GET /orders/*", InvalidRoute::Character),
            ("GET /or?ers", InvalidRoute::Character),
            ("GET /or%64ers", InvalidRoute::Character),
            ("GET /orders ", InvalidRoute::Character),
            ("GET /注文", InvalidRoute::Character),
        ] {
            assert_eq!(text.parse::<Route>().unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn overlapping_routes_are_found() {
        for (one, other, overlaps) in [
            ("GET /orders", "GET /orders", true),
            ("GET /orders", "POST /orders", false),
            ("ANY /orders", "POST /orders", true),
            ("GET /orders/{id}", "GET /orders/{order_id}", true),
            ("GET /orders/{id}", "GET /orders/mine", true),
            ("GET /orders/{id}", "GET /orders/{id}/items", false),
            ("GET /orders/{id}", "GET /orders", false),
            ("GET /{proxy+}", "GET /orders/{id}/items", true),
            ("$default", "GET /orders", true),
            ("$connect", "GET /orders", false),
            ("$connect", "$default", false),
            ("$connect", "$connect", true),
            ("GET /{a}/items", "GET /orders/{b}", true),
        ] {
            assert_eq!(route(one).overlaps(&route(other)), overlaps, "{one}, {other}");
            assert_eq!(route(other).overlaps(&route(one)), overlaps, "{other}, {one}");
        }
    }

    #[test]
    fn a_resource_crosses_slashes() {
        let covers = |one: &str, other: &str| route(one).covers_some_of(&route(other));
        assert!(covers("GET /orders/{id}", "GET /orders/{id}/items"));
        assert!(covers("ANY /admin", "GET /public/admin"));
        assert!(!covers("GET /orders/{id}/items", "GET /orders/{id}"));
        assert!(!covers("GET /orders", "GET /orders/{id}"));
    }
}
