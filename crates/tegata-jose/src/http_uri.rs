/// The target of a request without query and fragment, in the one spelling that equal ones share: scheme and host in lower
/// case, no default port, a path that is not empty (RFC 3986 §6.2.2.1, §6.2.3).
///
/// `None` for what is no absolute `http` or `https` URI, or one with user information, which no request target has.
/// Percent-encodings and dot segments stay as they are: to a server they may be different resources.
pub(crate) fn normalized(uri: &str) -> Option<String> {
    // No URI has anything else; and a host of other letters would be folded by other rules.
    if !uri.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
        return None;
    }
    let target = uri.split(['?', '#']).next()?;
    let (scheme, rest) = target.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "https" => "443",
        "http" => "80",
        _ => return None,
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = split_port(authority)?;
    if host.is_empty() || host.contains('@') {
        return None;
    }
    let mut normalized = format!("{scheme}://{}", host.to_ascii_lowercase());
    if !port.is_empty() && port != default_port {
        normalized.push(':');
        normalized.push_str(port);
    }
    normalized.push_str(if path.is_empty() { "/" } else { path });
    Some(normalized)
}

/// The host and the port, which may be empty (RFC 3986 §3.2.3). The colons of an IPv6 address are between brackets.
fn split_port(authority: &str) -> Option<(&str, &str)> {
    let end_of_host = match authority.rfind(']') {
        Some(bracket) => bracket + 1,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at_checked(end_of_host)?;
    if port.is_empty() {
        return Some((host, port));
    }
    let port = port.strip_prefix(':')?;
    port.bytes().all(|byte| byte.is_ascii_digit()).then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::normalized;

    #[test]
    fn equal_targets_have_one_spelling() {
        for uri in [
            "https://api.example/a/B?x=1",
            "HTTPS://API.example/a/B#f",
            "https://api.example:443/a/B",
            "https://api.example:/a/B?y#?",
        ] {
            assert_eq!(normalized(uri).as_deref(), Some("https://api.example/a/B"), "{uri}");
        }
        assert_eq!(normalized("http://[::1]:80").as_deref(), Some("http://[::1]/"));
        assert_eq!(normalized("http://[FE80::1]:8080/?x").as_deref(), Some("http://[fe80::1]:8080/"));
    }

    #[test]
    fn different_targets_stay_different() {
        let uris = [
            "https://api.example/a",
            "http://api.example/a",
            "https://api.example:80/a",
            "https://api.example:0443/a",
            "https://api.example./a",
            "https://api.example/a/",
            "https://api.example/A",
            "https://api.example//a",
            "https://api.example/b/../a",
            "https://api.example/%61",
        ];
        for (index, uri) in uris.iter().enumerate() {
            assert!(uris.iter().skip(index + 1).all(|other| normalized(uri) != normalized(other)), "{uri}");
        }
    }

    #[test]
    fn what_is_no_target_of_a_request_is_none() {
        for uri in [
            "",
            "/a",
            "//api.example/a",
            "https:/api.example/a",
            "https:///a",
            "https://:443/a",
            "ftp://api.example/a",
            "https://user@api.example/a",
            "https://user:443@api.example/a",
            "https://api.example:4a/a",
            "https://api.example:443:443/a",
            "https://[::1]443/a",
            "https://api.example\\@evil.example/a",
            "https://api.example/ a",
            "https://api.example/\u{e4}",
            "https://\u{212a}.example/",
            "https://api.example/\n",
        ] {
            assert_eq!(normalized(uri), None, "{uri:?}");
        }
    }
}
