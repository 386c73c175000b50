//! Clients that an operator keeps in a file: `oauth.clients_file`.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};
use tegata_core::client::{ClientId, ClientMetadata, ClientSecretHash};
use tegata_core::provider::oauth::ClientError;
use tegata_core::provider::{Provider, RequestContext};
use tegata_http::{Clock as _, SystemClock};
use zeroize::Zeroizing;

use crate::data_dir::check_private;
use crate::failure::{Chain, Failure};

/// The longest file, in bytes.
const MAX_FILE: u64 = 1024 * 1024;
/// 256 bits in base64url. Only a hash without salt or stretching is kept, which is enough for what nobody can guess.
const SHORTEST_SECRET: usize = 43;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    clients: Vec<Map<String, Value>>,
}

/// One client of the file.
struct Listed {
    client_id: ClientId,
    secret: Option<ClientSecretHash>,
    metadata: ClientMetadata,
}

/// Registers the clients of a file, and changes those that differ.
///
/// # Errors
/// What is wrong with the file; nothing was changed then. What is wrong with the metadata of a client; those before it
/// were changed.
pub(crate) async fn apply(path: &Path, provider: &Provider) -> Result<(), Failure> {
    let of_file = |text: String| Failure::new(format_args!("the clients file {}: {text}", path.display()));
    let listed = read(path).map_err(of_file)?;
    let ctx = RequestContext { now: SystemClock.now(), address: None, user_agent: None, device_token: None };
    for Listed { client_id, secret, metadata } in listed {
        let name = client_id.to_string();
        match provider.apply_client(client_id, metadata, secret, &ctx).await {
            Ok(true) => tracing::info!(client_id = name, "the client is now as the clients file says"),
            Ok(false) => {}
            Err(ClientError::Invalid(problems)) => {
                let lines: Vec<_> = problems.into_iter().map(|problem| problem.description).collect();
                return Err(of_file(format!("the client {name} cannot be used. {}", lines.join(" "))));
            }
            Err(error) => return Err(of_file(format!("the client {name}: {}", Chain(&error)))),
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<Listed>, String> {
    let unreadable = |error: std::io::Error| format!("it cannot be read: {error}");
    if std::fs::metadata(path).map_err(unreadable)?.len() > MAX_FILE {
        return Err("it is larger than 1 MiB".to_owned());
    }
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    let is_json = path.extension().is_some_and(|extension| extension == "json");
    let file: File = if is_json {
        serde_json::from_str(&text).map_err(|error| error.to_string())?
    } else {
        toml::from_str(&text).map_err(|error| error.message().to_owned())?
    };
    let mut listed: Vec<Listed> = Vec::new();
    for (index, client) in file.clients.into_iter().enumerate() {
        let client = read_client(client).map_err(|why| format!("client {}: {why}", index + 1))?;
        if listed.iter().any(|other| other.client_id == client.client_id) {
            return Err(format!("the client {} is there twice", client.client_id));
        }
        listed.push(client);
    }
    Ok(listed)
}

fn read_client(mut members: Map<String, Value>) -> Result<Listed, String> {
    let mut take = |name: &str| match members.remove(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("{name} has to be a text")),
    };
    let client_id = take("client_id")?.ok_or("it has no client_id")?;
    let client_id = client_id.parse().map_err(|_| "client_id is no name of a client".to_owned())?;
    let (hash, variable, file) =
        (take("client_secret_hash")?, take("client_secret_env")?, take("client_secret_file")?);
    if members.contains_key("client_secret") {
        return Err(
            "a secret does not belong here: name a client_secret_env or a client_secret_file".to_owned()
        );
    }
    let secret = match (hash, variable, file) {
        (None, None, None) => None,
        (Some(hash), None, None) => {
            Some(hash.try_into().map_err(|_| "client_secret_hash is no SHA-256 in base64url".to_owned())?)
        }
        (None, Some(variable), None) => Some(secret_of_environment(&variable)?),
        (None, None, Some(file)) => Some(secret_of_file(Path::new(&file))?),
        _ => return Err("it has more than one of client_secret_hash, _env and _file".to_owned()),
    };
    // Its text names the member, and may repeat a value: none of these is secret.
    let metadata: ClientMetadata =
        serde_json::from_value(Value::Object(members)).map_err(|error| error.to_string())?;
    if metadata.token_endpoint_auth_method.has_secret() != secret.is_some() {
        let method = metadata.token_endpoint_auth_method.as_str();
        let text = if secret.is_some() { "has no secret" } else { "needs a secret" };
        return Err(format!("a client with token_endpoint_auth_method {method} {text}"));
    }
    Ok(Listed { client_id, secret, metadata })
}

#[expect(clippy::disallowed_methods, reason = "at start-up, what the operator's file names")]
fn secret_of_environment(variable: &str) -> Result<ClientSecretHash, String> {
    let secret = std::env::var(variable).map_err(|_| format!("the variable {variable} is not set"))?;
    hash(&Zeroizing::new(secret), variable)
}

fn secret_of_file(path: &Path) -> Result<ClientSecretHash, String> {
    let name = path.display().to_string();
    let unreadable = |error: std::io::Error| format!("{name} cannot be read: {error}");
    let mode = std::fs::metadata(path).map_err(unreadable)?.mode();
    check_private(path, mode, "the secret").map_err(|failure| failure.to_string())?;
    hash(&Zeroizing::new(std::fs::read_to_string(path).map_err(unreadable)?), &name)
}

fn hash(secret: &str, place: &str) -> Result<ClientSecretHash, String> {
    let secret = secret.trim();
    if secret.len() < SHORTEST_SECRET {
        return Err(format!("the secret in {place} has fewer than {SHORTEST_SECRET} characters"));
    }
    Ok(ClientSecretHash::of(secret))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn client(value: &Value) -> Result<Listed, String> {
        read_client(value.as_object().unwrap().clone())
    }

    #[test]
    fn r10_a_secret_is_a_hash_or_somewhere_else_and_never_in_the_file() {
        let hash = String::from(ClientSecretHash::of("x"));
        let good = client(&json!({"client_id": "app", "client_secret_hash": hash})).unwrap();
        assert!(good.secret.unwrap().matches("x"));
        for bad in [
            json!({"client_id": "app"}),
            json!({"client_id": "app", "client_secret": "tgc_x"}),
            json!({"client_id": "app", "client_secret_hash": "x"}),
            json!({"client_id": "app", "client_secret_hash": hash, "client_secret_env": "X"}),
            json!({"client_id": "app", "client_secret_hash": hash, "token_endpoint_auth_method": "none"}),
            json!({"client_id": "app", "client_secret_hash": hash, "redirect_uri": "https://a.example/"}),
            json!({"client_secret_hash": hash}),
        ] {
            assert!(client(&bad).is_err(), "{bad}");
        }
        assert!(super::hash("short", "X").is_err_and(|text| !text.contains("short")));
    }
}
