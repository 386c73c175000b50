//! Addresses that came from elsewhere: a client's metadata, the settings.

/// The address, if it is one of the web: what is put into a link or an image. Nothing else may be, since a link to
/// `javascript:` is a script.
pub(crate) fn web_url(url: &str) -> Option<&str> {
    parse_web_url(url).map(|_| url)
}

/// The address, if it is one of the web or a path on this server.
pub(crate) fn web_url_or_path(url: &str) -> Option<&str> {
    local_path(url).or_else(|| web_url(url))
}

/// The path, if it leads nowhere but to this server: `//host` and `/\host` are other servers to a browser.
pub(crate) fn local_path(path: &str) -> Option<&str> {
    let rest = path.strip_prefix('/')?;
    (!rest.starts_with('/') && is_plain(path)).then_some(path)
}

/// What a content security policy calls the origin of an address of the web (CSP Level 3 §2.3.1): for `img-src` that of a logo.
/// An address that could add a directive of its own has none.
pub fn csp_source(url: &str) -> Option<String> {
    let (scheme, authority) = parse_web_url(url)?;
    let scheme = scheme.to_ascii_lowercase();
    // The grammar has no IPv6 addresses.
    Some(if authority.starts_with('[') { format!("{scheme}:") } else { format!("{scheme}://{authority}") })
}

/// Scheme and authority. A user name in it is refused: `https://bank.example@thief.example` only looks like the bank's.
fn parse_web_url(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let is_web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    let authority = rest.split(['/', '?', '#']).next()?;
    let is_authority = authority.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '[')
        && authority.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte));
    (is_web && is_authority && is_plain(url)).then_some((scheme, authority))
}

/// A URI is printable ASCII (RFC 3986 §2); browsers read a backslash as a slash, and drop tabs and line breaks.
fn is_plain(url: &str) -> bool {
    url.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_web_are_links() {
        for good in ["https://app.example", "HTTP://127.0.0.1:8080/a?b#c", "https://[::1]/"] {
            assert_eq!(web_url(good), Some(good));
        }
        for bad in [
            "javascript:alert(1)",
            " https://app.example",
            "java\nscript://app.example/%0aalert(1)",
            "javascript://app.example/%0aalert(1)",
            "data:text/html,hello",
            "//app.example",
            "https:app.example",
            "https://",
            "https://user@app.example",
            "https://app.example\\@other.example",
            "https://app.example/\u{202e}",
            "https:///app.example",
            "/path",
            "",
        ] {
            assert_eq!(web_url(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_path_stays_on_this_server() {
        assert_eq!(local_path("/oauth2/signup?flow=1"), Some("/oauth2/signup?flow=1"));
        for bad in
            ["//other.example", "/\\other.example", "/\t/other.example", "oauth2", "", "https://a.example/"]
        {
            assert_eq!(local_path(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_policy_names_origins_of_the_web() {
        let source = |url| csp_source(url);
        assert_eq!(source("https://App.example:8443/a;b?c").as_deref(), Some("https://App.example:8443"));
        assert_eq!(source("http://[::1]:5000/callback").as_deref(), Some("http:"));
        for bad in [
            "javascript:alert(1)",
            "com.example.app:/x",
            "https://a;script-src *",
            ";script-src:",
            "https:",
            "none",
        ] {
            assert_eq!(source(bad), None, "{bad:?}");
        }
    }
}
