//! What must not be set: each of these would run, and be unsafe.

use tegata_settings::{Reach, hash_cost_problem, public_url_problem};

use super::Settings;

/// Everything that is wrong with settings whose values could all be read: the setting's name and the reason.
pub(super) fn problems(settings: &Settings) -> Vec<(&'static str, String)> {
    let mut problems = Vec::new();
    match &settings.issuer {
        None => {
            let text = "must be set: the https address under which browsers reach the API".to_owned();
            problems.push(("issuer", text));
        }
        // An emulator of the cloud answers plain http, under names that never leave the machine.
        Some(issuer) => {
            problems.extend(public_url_problem(issuer, Reach::LoopbackNames).map(|text| ("issuer", text)));
        }
    }
    let rules = settings.http().problems().into_iter().chain(settings.core().problems());
    problems.extend(rules.map(|found| (own_key(found.key), found.problem)));
    let cost = hash_cost_problem(settings.passwords.memory, settings.passwords.iterations);
    problems.extend(cost.map(|text| ("passwords.memory", text.to_owned())));
    // Only the function that registers clients has it, and asks for it: see `serve`.
    problems.retain(|(key, _)| *key != "oauth.registration_token");
    if settings.issuer.is_none() {
        // It is the issuer unless set.
        problems.retain(|(key, _)| *key != "audience");
    }
    problems
}

/// The name that a setting of the server has here.
fn own_key(key: &'static str) -> &'static str {
    match key {
        "cors.allowed_origins" => "allowed_origins",
        "tokens.audience" => "audience",
        key => key,
    }
}
