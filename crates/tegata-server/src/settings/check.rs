//! What must not be set: each of these would run, and be unsafe.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use tegata_password::{Argon2Error, Argon2Params};

use super::Settings;

/// Everything that is wrong with settings whose values could all be read: the setting's name and the reason.
pub(super) fn problems(settings: &Settings) -> Vec<(&'static str, String)> {
    let mut problems = Vec::new();
    let issuer = settings.issuer(settings.server.listen);
    let rules = settings.http(&issuer).problems().into_iter().chain(settings.core(issuer).problems());
    problems.extend(rules.map(|found| (found.key, found.problem)));
    problems.extend(public_url(settings).map(|text| ("server.public_url", text)));
    problems.extend(listen(settings).map(|text| ("server.listen", text)));
    let mut require = |holds: bool, key, text: &str| {
        if !holds {
            problems.push((key, text.to_owned()));
        }
    };
    let passwords = &settings.passwords;
    let params = Argon2Params::new(passwords.memory.0, passwords.iterations, 1);
    require(
        !matches!(params, Err(Argon2Error::WeakParams)),
        "passwords.memory",
        "must be at least 19MiB with 2 iterations, 12MiB with 3, 9MiB with 4 or 7MiB with 5: below that, hashes are cheap \
         to guess",
    );
    require(
        !matches!(params, Err(Argon2Error::CostlyParams | Argon2Error::TooManyLanes)),
        "passwords.memory",
        "must be at most 1024MiB, with at most 64 iterations: a login must not take the whole machine",
    );
    require(
        passwords.permits.is_none_or(|permits| (1..=1024).contains(&permits)),
        "passwords.permits",
        "must be between 1 and 1024",
    );
    require(
        passwords.queue.is_none_or(|queue| queue <= 100_000),
        "passwords.queue",
        "must be at most 100000",
    );
    require(
        (1..=1_000_000).contains(&settings.server.max_connections),
        "server.max_connections",
        "must be between 1 and 1000000",
    );
    problems.extend(throttle(settings));
    problems.extend(dynamodb(settings));
    problems
}

/// Tables that cannot be, and an endpoint that everyone on the way could read along with.
fn dynamodb(settings: &Settings) -> Vec<(&'static str, String)> {
    let (store, mut problems) = (&settings.store, Vec::new());
    if let Some(url) = store.dynamodb_endpoint.as_deref() {
        problems.extend(own_or_https(url).map(|text| ("store.dynamodb_endpoint", text)));
    }
    let tables = [
        ("store.dynamodb_table", &store.dynamodb_table),
        ("store.dynamodb_keys_table", &store.dynamodb_keys_table),
        ("store.dynamodb_public_keys_table", &store.dynamodb_public_keys_table),
    ];
    for (i, (key, name)) in tables.iter().enumerate() {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
        if !(3..=255).contains(&name.len()) || !name.bytes().all(allowed) {
            let text = format!("`{name}` must be 3 to 255 of A–Z, a–z, 0–9, `_`, `-` and `.`");
            problems.push((*key, text));
        }
        if tables[..i].iter().any(|(_, other)| other == name) {
            problems.push((*key, format!("`{name}` must be a table of its own: rights end at a table")));
        }
    }
    problems
}

/// What is wrong with the address of a service that is sent secrets.
fn own_or_https(url: &str) -> Option<String> {
    match parse_origin(url) {
        Err(text) => Some(format!("`{url}` {text}")),
        Ok(Origin { scheme: "http", host }) if !is_loopback(host) => {
            Some(format!("`{url}` must be https: plain http is for loopback addresses only"))
        }
        Ok(_) => None,
    }
}

/// Whether the endpoint of DynamoDB is an emulator on this machine.
pub(crate) fn is_own_dynamodb(settings: &Settings) -> bool {
    let endpoint = settings.store.dynamodb_endpoint.as_deref();
    endpoint.and_then(|url| parse_origin(url).ok()).is_some_and(|origin| is_loopback(origin.host))
}

/// Brakes that would not brake.
fn throttle(settings: &Settings) -> Vec<(&'static str, String)> {
    let brakes = &settings.rules.throttle;
    let schedules = [
        (
            &brakes.account,
            ["throttle.account.many", "throttle.account.first_delay", "throttle.account.max_delay"],
        ),
        (
            &brakes.address,
            ["throttle.address.many", "throttle.address.first_delay", "throttle.address.max_delay"],
        ),
        (
            &brakes.signup,
            ["throttle.signup.many", "throttle.signup.first_delay", "throttle.signup.max_delay"],
        ),
    ];
    let mut problems = Vec::new();
    for (schedule, [many, first_delay, max_delay]) in schedules {
        if schedule.first_delay < Duration::from_secs(1) {
            problems.push((first_delay, "must be at least 1s: doubled, nothing stays nothing".to_owned()));
        }
        if schedule.free >= schedule.many {
            problems.push((many, "must be more than the free attempts".to_owned()));
        }
        if !(schedule.first_delay..=schedule.long_delay).contains(&schedule.max_delay) {
            problems.push((max_delay, "must lie between the first delay and the long one".to_owned()));
        }
    }
    if brakes.account.many > 100 {
        let text = "must be at most 100: no account may be guessed at more often in a row (NIST SP 800-63B-4 §3.2.2)";
        problems.push(("throttle.account.many", text.to_owned()));
    }
    problems
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

fn public_url(settings: &Settings) -> Option<String> {
    let url = settings.server.public_url.as_deref()?;
    match parse_origin(url) {
        Err(text) => Some(format!("`{url}` {text}")),
        Ok(Origin { scheme: "http", host }) if !is_loopback(host) => Some(format!(
            "`{url}` must be https: over plain http everyone on the way can read passwords and tokens. Put a proxy with \
             TLS in front and set the address that browsers use (http is for loopback addresses only)"
        )),
        Ok(_) => None,
    }
}

fn listen(settings: &Settings) -> Option<String> {
    let listen = settings.server.listen;
    let is_https = settings.issuer(listen).starts_with("https://");
    (!listen.ip().is_loopback() && !is_https).then(|| {
        format!(
            "`{listen}` can be reached from other machines, and the server itself speaks plain http. Put a proxy with TLS \
             in front and set server.public_url to its https address; or listen on 127.0.0.1"
        )
    })
}

/// Whether a host is this machine, whoever asks.
fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
