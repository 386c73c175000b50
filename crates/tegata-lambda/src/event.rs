//! The events that a request comes in: API Gateway's REST and HTTP APIs, Function URLs, load balancers.
//!
//! `lambda_http` makes a request of each. Before it does, an event is made to say one thing only: which headers there
//! are, all of them; which path, without a stage; and from where the request came, as far as AWS itself says it.

use std::net::{IpAddr, SocketAddr};

use lambda_http::aws_lambda_events::alb::AlbTargetGroupRequest;
use lambda_http::aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayV2httpRequest};
use lambda_http::aws_lambda_events::query_map::QueryMap;
use lambda_http::http::header::HOST;
use lambda_http::http::uri::{Parts, PathAndQuery};
use lambda_http::http::{HeaderMap, HeaderName, Uri};
use lambda_http::request::LambdaRequest;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// How a request came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Arrival {
    /// Who was at the other end of the connection that AWS took.
    pub(crate) peer: Option<IpAddr>,
    /// Whether the event can carry, both ways, a header that is there more than once.
    pub(crate) keeps_repeated_headers: bool,
    /// The query, where the event has taken it apart and `lambda_http` must not be the one to put it together.
    query: Option<String>,
}

impl Arrival {
    /// Gives the request its query back.
    pub(crate) fn complete(&self, uri: &mut Uri) {
        let Some(query) = &self.query else { return };
        let mut parts: Parts = std::mem::take(uri).into_parts();
        let path = parts.path_and_query.as_ref().map_or("/", PathAndQuery::path);
        // What makes no URI is no query.
        let complete = PathAndQuery::try_from(format!("{path}?{query}")).ok();
        parts.path_and_query = complete.or(parts.path_and_query);
        *uri = Uri::from_parts(parts).unwrap_or_default();
    }
}

/// Makes an event unambiguous, and says how it came.
pub(crate) fn settle(event: &mut LambdaRequest) -> Arrival {
    match event {
        LambdaRequest::ApiGatewayV1(event) => settle_rest(event),
        LambdaRequest::ApiGatewayV2(event) => settle_http(event),
        LambdaRequest::Alb(event) => settle_load_balancer(event),
        // No other kind of event is compiled in.
        _ => Arrival::default(),
    }
}

/// A REST API, payload 1.0.
fn settle_rest(event: &mut ApiGatewayProxyRequest) -> Arrival {
    merge_headers(&mut event.headers, &mut event.multi_value_headers);
    make_absolute(&mut event.path);
    // Or `lambda_http` would put the stage before the path, whose host it takes from here.
    event.request_context.stage = None;
    event.request_context.domain_name = None;
    let query = take_query(
        &mut event.query_string_parameters,
        &mut event.multi_value_query_string_parameters,
        |decoded| form_urlencoded::byte_serialize(decoded.as_bytes()).collect(),
    );
    Arrival {
        peer: event.request_context.identity.source_ip.as_deref().and_then(parse_address),
        keeps_repeated_headers: true,
        query,
    }
}

/// An HTTP API or a Function URL, payload 2.0. Repeated headers come joined by commas, cookies in a list of their own.
fn settle_http(event: &mut ApiGatewayV2httpRequest) -> Arrival {
    event.headers.remove(HOST);
    make_absolute(&mut event.raw_path);
    event.request_context.domain_name = None;
    // Here a stage with a name is in the path already.
    if let (Some(stage), Some(path)) = (event.request_context.stage.take(), &mut event.raw_path)
        && let Some(rest) = path.strip_prefix('/').and_then(|path| path.strip_prefix(stage.as_str()))
        && rest.starts_with('/')
    {
        *path = rest.to_owned();
    }
    if let Some(query) = &mut event.raw_query_string {
        *query = escape(query);
    }
    Arrival {
        peer: event.request_context.http.source_ip.as_deref().and_then(parse_address),
        keeps_repeated_headers: true,
        query: None,
    }
}

/// A target group of an Application Load Balancer.
fn settle_load_balancer(event: &mut AlbTargetGroupRequest) -> Arrival {
    // Without `lambda.multi_value_headers.enabled` an answer could set one cookie, and we set three.
    let keeps_repeated_headers = !event.multi_value_headers.is_empty();
    merge_headers(&mut event.headers, &mut event.multi_value_headers);
    make_absolute(&mut event.path);
    // A load balancer decodes nothing; what is sent to it encoded must not be decoded twice.
    let query = take_query(
        &mut event.query_string_parameters,
        &mut event.multi_value_query_string_parameters,
        escape,
    );
    Arrival { peer: right_most(&event.multi_value_headers), keeps_repeated_headers, query }
}

/// Puts the parameters of a query together, in the order of their names: that in which they came is lost, and `lambda_http`
/// would give the same query in another order each time. A signature over an authorization request has to hold for the
/// next request, too.
fn take_query(single: &mut QueryMap, all: &mut QueryMap, encode: impl Fn(&str) -> String) -> Option<String> {
    let (single, all) = (std::mem::take(single), std::mem::take(all));
    let map = if all.is_empty() { single } else { all };
    // Stable: the values of one name are in the order in which they came.
    let mut pairs: Vec<_> = map.iter().collect();
    pairs.sort_by_key(|(name, _)| *name);
    let pairs: Vec<_> =
        pairs.into_iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    Some(pairs.join("&")).filter(|query| !query.is_empty())
}

/// Puts all headers into one map. `headers` has only the last of each name, and `lambda_http` would have it win.
///
/// The host goes with it out of the way of `lambda_http`, which panics on one that makes no URL. Nothing of ours asks
/// for it: the issuer is the only name that counts.
fn merge_headers(headers: &mut HeaderMap, all: &mut HeaderMap) {
    for (name, value) in headers.drain().filter_map(|(name, value)| Some((name?, value))) {
        all.entry(name).or_insert(value);
    }
}

/// A path begins with a slash, or `lambda_http` would read its beginning as a part of the host.
fn make_absolute(path: &mut Option<String>) {
    let path = path.get_or_insert_default();
    if !path.starts_with('/') {
        path.insert(0, '/');
    }
}

/// Escapes what a URI cannot hold and a sloppy client may yet have sent (RFC 3986 §3.4).
fn escape(query: &str) -> String {
    use std::fmt::Write as _;
    query.bytes().fold(String::with_capacity(query.len()), |mut escaped, byte| {
        if byte.is_ascii_graphic() && !b"\"#<>\\^`{|}".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
        escaped
    })
}

/// The address that the load balancer itself has added to what the client claimed.
fn right_most(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all(X_FORWARDED_FOR).iter().next_back()?;
    parse_address(last.to_str().ok()?.rsplit(',').next()?)
}

/// An address, with or without a port: API Gateway has been seen to add one, and load balancers can be told to.
pub(crate) fn parse_address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let address = text
        .parse::<IpAddr>()
        .or_else(|_| text.parse::<SocketAddr>().map(|peer| peer.ip()))
        .or_else(|_| text.trim_start_matches('[').trim_end_matches(']').parse());
    address.ok().map(|address| address.to_canonical())
}

/// The address of `CloudFront-Viewer-Address`, which always has a port, and around an IPv6 address no brackets.
pub(crate) fn parse_viewer_address(text: &str) -> Option<IpAddr> {
    let (address, port) = text.trim().rsplit_once(':')?;
    port.parse::<u16>().ok()?;
    parse_address(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(address: Option<IpAddr>) -> String {
        address.map(|address| address.to_string()).unwrap_or_default()
    }

    #[test]
    fn an_address_may_have_a_port() {
        for (text, expected) in [
            ("198.51.100.7", "198.51.100.7"),
            (" 198.51.100.7:46532 ", "198.51.100.7"),
            ("2001:db8::7", "2001:db8::7"),
            ("[2001:db8::7]:46532", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("::ffff:198.51.100.7", "198.51.100.7"),
            ("unknown", ""),
            ("", ""),
        ] {
            assert_eq!(shown(parse_address(text)), expected, "{text}");
        }
    }

    #[test]
    fn r71_a_viewer_has_a_port_and_no_brackets() {
        for (text, expected) in [
            ("198.51.100.10:46532", "198.51.100.10"),
            ("2001:0db8:85a3:0000:0000:8a2e:0370:7334:46532", "2001:db8:85a3::8a2e:370:7334"),
            ("2001:db8::1:443", "2001:db8::1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("198.51.100.10", ""),
            ("198.51.100.10:port", ""),
            ("198.51.100.10:46532, 1.1.1.1:1", ""),
            ("", ""),
        ] {
            assert_eq!(shown(parse_viewer_address(text)), expected, "{text}");
        }
    }

    #[test]
    fn v35_only_what_the_load_balancer_added_is_believed() {
        let mut headers = HeaderMap::new();
        assert_eq!(right_most(&headers), None);
        headers.append(X_FORWARDED_FOR, "1.1.1.1".parse().unwrap());
        headers.append(X_FORWARDED_FOR, "2.2.2.2, 198.51.100.7".parse().unwrap());
        assert_eq!(shown(right_most(&headers)), "198.51.100.7");
        headers.append(X_FORWARDED_FOR, "junk".parse().unwrap());
        assert_eq!(right_most(&headers), None);
    }

    #[test]
    fn a_query_is_escaped_where_it_must_be() {
        assert_eq!(escape("a=1&b=%20c&d=+"), "a=1&b=%20c&d=+");
        assert_eq!(escape("a=<b> c\u{e9}"), "a=%3Cb%3E%20c%C3%A9");
    }

    #[test]
    fn headers_that_are_there_twice_stay_twice() {
        let mut headers = HeaderMap::new();
        headers.insert("x-one", "last".parse().unwrap());
        headers.insert("x-only-here", "1".parse().unwrap());
        let mut all = HeaderMap::new();
        all.append("x-one", "first".parse().unwrap());
        all.append("x-one", "last".parse().unwrap());
        merge_headers(&mut headers, &mut all);
        assert!(headers.is_empty());
        assert_eq!(all.get_all("x-one").iter().count(), 2);
        assert_eq!(all["x-only-here"], "1");
    }
}
