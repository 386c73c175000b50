//! What must not be set: each of these would run, and be unsafe.

use tegata_settings::{Reach, endpoint_problem, hash_cost_problem, public_url_problem};

use super::Settings;

/// Everything that is wrong with settings whose values could all be read: the setting's name and the reason.
pub(super) fn problems(settings: &Settings) -> Vec<(&'static str, String)> {
    let mut problems = Vec::new();
    let issuer = settings.issuer(settings.server.listen);
    let rules = settings.http(&issuer).problems().into_iter().chain(settings.core(issuer).problems());
    problems.extend(rules.map(|found| (found.key, found.problem)));
    problems.extend(public_url(settings).map(|text| ("server.public_url", text)));
    problems.extend(listen(settings).map(|text| ("server.listen", text)));
    let passwords = &settings.passwords;
    let cost = hash_cost_problem(passwords.memory, passwords.iterations);
    problems.extend(cost.map(|text| ("passwords.memory", text.to_owned())));
    let mut require = |holds: bool, key, text: &str| {
        if !holds {
            problems.push((key, text.to_owned()));
        }
    };
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
    problems.extend(dynamodb(settings));
    problems
}

/// Tables that cannot be, and an endpoint that everyone on the way could read along with.
fn dynamodb(settings: &Settings) -> Vec<(&'static str, String)> {
    let (store, mut problems) = (&settings.store, Vec::new());
    if let Some(url) = store.dynamodb_endpoint.as_deref() {
        problems.extend(endpoint_problem(url).map(|text| ("store.dynamodb_endpoint", text)));
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

fn public_url(settings: &Settings) -> Option<String> {
    public_url_problem(settings.server.public_url.as_deref()?, Reach::Loopback)
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
