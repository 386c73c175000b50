//! Claims and attributes of a user, on the command line.

use std::io::{self, Read};
use std::path::Path;

use serde_json::{Map, Value, json};
use tegata_core::attributes::TextClaim;
use tegata_core::provider::SetClaimsError;
use tegata_core::user::User;

use crate::cli::NewClaims;
use crate::command::printable;
use crate::failure::Failure;

/// The largest file that is read, in bytes: some ten times what is kept of a user.
const MAX_FILE: u64 = 128 * 1024;

/// What is to be set. What stands on the command line wins over what stands in the file.
pub(super) fn read(new: &NewClaims) -> Result<Map<String, Value>, Failure> {
    let mut claims = new.json.as_deref().map(read_file).transpose()?.unwrap_or_default();
    for claim in &new.claim {
        let (name, text) = claim.split_once('=').ok_or_else(|| {
            Failure::new("--claim takes a name, an equals sign and a value")
                .advise("--claim given_name=Alice")
        })?;
        claims.insert(name.to_owned(), value(name, text)?);
    }
    claims.extend(new.remove.iter().map(|name| (name.clone(), Value::Null)));
    Ok(claims)
}

fn read_file(path: &Path) -> Result<Map<String, Value>, Failure> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        io::stdin().lock().take(MAX_FILE).read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MAX_FILE).read_to_string(&mut text))
    };
    read.map_err(|error| Failure::new(format_args!("{} cannot be read: {error}", path.display())))?;
    serde_json::from_str(&text)
        .map_err(|_| Failure::new(format_args!("{} is no JSON object of claims", path.display())))
}

/// The value of an argument: a text, unless it can only be something else. A claim that is a text is one whatever it looks like.
fn value(name: &str, text: &str) -> Result<Value, Failure> {
    let is_text = name.parse::<TextClaim>().is_ok() || ["name", "locale", "email"].contains(&name);
    let is_json = text.starts_with(['[', '{']) || ["true", "false"].contains(&text);
    if is_text || !is_json {
        return Ok(text.into());
    }
    serde_json::from_str(text).map_err(|_| Failure::new(format_args!("the value of {name} is no JSON")))
}

/// Why nothing was set.
pub(super) fn failure(error: SetClaimsError) -> Failure {
    match error {
        SetClaimsError::Invalid(problems) => {
            let cut = |name: &str| printable(&name.chars().take(64).collect::<String>());
            let lines: Vec<_> =
                problems.iter().map(|bad| format!("{} {}", cut(&bad.name), bad.problem)).collect();
            Failure::new(format_args!("nothing was changed: {}", lines.join("; ")))
        }
        SetClaimsError::Provider(error) => error.into(),
        error @ (SetClaimsError::TooLarge | SetClaimsError::EmailTaken | SetClaimsError::Overtaken) => {
            Failure::new(error)
        }
    }
}

/// The claims of OpenID Connect that a user has, beyond name, language and e-mail address.
pub(super) fn standard(user: &User) -> Map<String, Value> {
    let attributes = &user.attributes;
    let known = |claim: TextClaim| Some((claim.as_str(), json!(attributes.text(claim)?)));
    let others = [
        ("phone_number_verified", attributes.phone_number_verified().map(Value::from)),
        ("address", attributes.address().map(|address| json!(address))),
    ];
    let others = others.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let all = TextClaim::ALL.into_iter().filter_map(known).chain(others);
    all.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The attributes of the installation that a user has.
pub(super) fn own(user: &User) -> Map<String, Value> {
    user.attributes.all_own().map(|(name, value)| (name.to_string(), value.to_value())).collect()
}

/// A value on one line. Nothing in it steers a terminal: it was checked when it was set, and JSON escapes ends of lines.
pub(super) fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
