use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{OutboundError, is_public};

/// The longest URL that is asked, in bytes.
const MAX_URL_LEN: usize = 2048;

/// Checks that a URL is one that we may ask: https, a public host, no user and no fragment.
///
/// Also for registering one: what could never be asked is refused when it is named. A host that is a name is looked at again
/// when it is resolved; one that is an address is looked at here.
///
/// With `allow_loopback`, which is for an issuer that is itself on this machine, `localhost` and loopback addresses may be
/// asked as well, over plain http too.
///
/// It reads less than RFC 3986 allows, so that no other parser can find another host in the same URL.
///
/// # Errors
/// [`OutboundError::NotAllowed`].
pub fn check_url(url: &str, allow_loopback: bool) -> Result<(), OutboundError> {
    let is_allowed = |target: Target| match target.host {
        Host::Localhost => allow_loopback,
        Host::Address(address) if address.is_loopback() => allow_loopback,
        Host::Address(address) => target.is_https && is_public(address),
        Host::Name => target.is_https,
    };
    if Target::parse(url).is_some_and(is_allowed) { Ok(()) } else { Err(OutboundError::NotAllowed) }
}

/// Who is asked.
struct Target {
    is_https: bool,
    host: Host,
}

enum Host {
    Localhost,
    Address(IpAddr),
    /// A name with a dot in it. One without is a name of the network that we are in.
    Name,
}

impl Target {
    fn parse(url: &str) -> Option<Self> {
        if url.len() > MAX_URL_LEN {
            return None;
        }
        let (is_https, rest) = match url.split_once("://")? {
            ("https", rest) => (true, rest),
            ("http", rest) => (false, rest),
            _ => return None,
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
            let (address, port) = rest.split_once(']')?;
            (Host::Address(address.parse::<Ipv6Addr>().ok()?.into()), port)
        } else {
            let (host, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
            (parse_host(host)?, port)
        };
        (is_port(port) && is_path(path)).then_some(Self { is_https, host })
    }
}

fn parse_host(host: &str) -> Option<Host> {
    if host == "localhost" {
        return Some(Host::Localhost);
    }
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        return Some(Host::Address(address.into()));
    }
    let (_, last) = host.rsplit_once('.')?;
    // `127.1` and `0x7f.0x1` are names to us and addresses to many a resolver. No top-level domain is a number.
    let is_name = last.starts_with(|first: char| first.is_ascii_alphabetic());
    (is_name && host.len() <= 253 && host.split('.').all(is_label)).then_some(Host::Name)
}

/// A label of a host's name (RFC 1123 §2.1).
fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Nothing, or a colon and a port.
fn is_port(text: &str) -> bool {
    let is_number =
        |port: &str| port.starts_with(|c: char| matches!(c, '1'..='9')) && port.parse::<u16>().is_ok();
    text.is_empty() || text.strip_prefix(':').is_some_and(is_number)
}

/// A path and a query (RFC 3986 §3.3, §3.4).
fn is_path(text: &str) -> bool {
    let mut parts = text.split('%');
    let is_plain = |part: &str| {
        part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?".contains(&byte))
    };
    let is_escaped = |part: &str| {
        part.len() >= 2 && part.bytes().take(2).all(|byte| byte.is_ascii_hexdigit()) && is_plain(part)
    };
    parts.next().is_none_or(is_plain) && parts.all(is_escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refuse(urls: &[&str], allow_loopback: bool) {
        for url in urls {
            assert_eq!(check_url(url, allow_loopback), Err(OutboundError::NotAllowed), "{url}");
        }
    }

    #[test]
    fn r70_https_urls_of_public_hosts_may_be_asked() {
        for url in [
            "https://client.example",
            "https://client.example/",
            "https://Client.Example:8443/jwks.json?a=%20b&c=d/e?f",
            "https://xn--bcher-kva.example/~user/a;b=c,d:@!$'()*+",
            "https://client.example?a=b",
            "https://8.8.8.8/jwks",
            "https://[2001:4860::8888]:444/jwks",
            "https://1.2.3.4.example/",
        ] {
            assert_eq!(check_url(url, false), Ok(()), "{url}");
        }
        let longest = format!("https://client.example/{}", "a".repeat(MAX_URL_LEN - 23));
        assert_eq!(check_url(&longest, false), Ok(()));
        refuse(&[&format!("{longest}a")], false);
    }

    #[test]
    fn r70_v46_no_other_scheme_user_or_fragment_is_asked() {
        refuse(
            &[
                "",
                "client.example",
                "//client.example/",
                "http://client.example/",
                "HTTPS://client.example/",
                "ftp://client.example/",
                "file:///etc/passwd",
                "gopher://client.example/",
                "https:client.example",
                "https:///client.example",
                "https:/client.example",
                " https://client.example/",
                "https://user@client.example/",
                "https://user:password@client.example/",
                "https://@client.example/",
                "https://client.example@127.0.0.1/",
                "https://client.example/#fragment",
                "https://client.example#@127.0.0.1/",
                "https://client.example\\@127.0.0.1/",
                "https://client.example/a b",
                "https://client.example/\r\nHost: a",
                "https://client.example/\u{e9}",
                "https://client.example/%",
                "https://client.example/%2",
                "https://client.example/%2g",
                "https://client.example/[",
            ],
            true,
        );
    }

    #[test]
    fn r70_v46_a_host_has_one_reading() {
        refuse(
            &[
                "https://",
                "https://.example/",
                "https://client..example/",
                "https://client.example./",
                "https://-client.example/",
                "https://client-.example/",
                "https://client_1.example/",
                "https://client%2eexample/",
                "https://b\u{fc}cher.example/",
                "https://\u{ff11}27.0.0.1/",
                "https://client\u{3002}example/",
                "https://intranet/",
                "https://client.example:/",
                "https://client.example:0/",
                "https://client.example:0443/",
                "https://client.example:+443/",
                "https://client.example:65536/",
                "https://client.example:443:80/",
                "https://[8.8.8.8]/",
                "https://[2001:4860::8888%25eth0]/",
                "https://[2001:4860::8888%eth0]/",
                "https://[2001:4860::8888/",
                "https://[2001:4860::8888]a/",
                "https://2001:4860::8888/",
                "https://[v1.a]/",
            ],
            true,
        );
        let long = format!("https://{}.example/", "a".repeat(64));
        let longer = format!("https://{}example/", "abcdefg.".repeat(32));
        refuse(&[&long, &longer], true);
    }

    #[test]
    fn r70_v46_other_spellings_of_an_address_are_no_host() {
        refuse(
            &[
                "https://2130706433/",
                "https://0x7f000001/",
                "https://017700000001/",
                "https://127.1/",
                "https://127.0.1/",
                "https://0x7f.0.0.1/",
                "https://0x7f.0x0.0x0.0x1/",
                "https://0177.0.0.1/",
                "https://127.0.0.01/",
                "https://127.0.0.1./",
                "https://127.0.0.256/",
                "https://1.2.3.4.5/",
                "https://client.example.1/",
            ],
            true,
        );
    }

    #[test]
    fn r70_v46_addresses_that_are_not_public_are_not_asked() {
        refuse(
            &[
                "https://10.0.0.1/",
                "https://169.254.169.254/",
                "https://0.0.0.0/",
                "https://[::]/",
                "https://[::ffff:127.0.0.1]/",
                "https://[::ffff:7f00:1]/",
                "https://[::127.0.0.1]/",
                "https://[64:ff9b::7f00:1]/",
                "https://[2002:7f00:1::]/",
                "https://[fd00:ec2::254]/",
                "https://[fe80::1]/",
                "https://[ff02::1]/",
                "http://8.8.8.8/",
            ],
            true,
        );
    }

    #[test]
    fn r70_v46_this_machine_is_asked_only_where_the_issuer_is_on_it() {
        for host in ["localhost", "127.0.0.1", "127.9.9.9", "[::1]", "localhost:8080", "[::1]:8080"] {
            for scheme in ["http", "https"] {
                let url = format!("{scheme}://{host}/jwks");
                assert_eq!(check_url(&url, true), Ok(()), "{url}");
                refuse(&[&url], false);
            }
        }
        refuse(
            &["http://LOCALHOST/", "http://a.localhost/", "http://localhost./", "http://[::ffff:127.0.0.1]/"],
            true,
        );
    }
}
