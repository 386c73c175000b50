//! What a person sees when the server is ready.

use std::io::{self, Write as _};
use std::net::SocketAddr;

use crate::failure::Failure;
use crate::settings::{Settings, StoreKind};

/// Prints the address and the first steps.
pub(super) fn print(
    settings: &Settings,
    address: SocketAddr,
    issuer: &str,
    is_fresh: bool,
) -> Result<(), Failure> {
    let data_dir = settings.server.data_dir.display();
    let mut text = format!("Tegata is ready at http://{address}\n\n");
    if settings.server.public_url.is_some() {
        text += &format!("  issuer  {issuer}\n");
    }
    text += &format!("  data    {data_dir}\n");
    if settings.store.kind == StoreKind::DynamoDb {
        let store = &settings.store;
        text += &format!(
            "  tables  {}, {}, {}\n",
            store.dynamodb_table, store.dynamodb_keys_table, store.dynamodb_public_keys_table
        );
    }
    text += "\n";
    if is_fresh {
        text += &format!(
            "The data directory is new. Keep a copy of {} somewhere else: it seals the signing keys.\n\n",
            settings.master_key_file().display()
        );
    }
    text += &format!(
        "Open {issuer} in a browser, or try it here:

  curl -s {issuer}/auth/signup -H 'Content-Type: application/json' \\
       -d '{{\"username\":\"alice\",\"password\":\"walk slowly past seven lanterns\"}}'
  curl -s {issuer}/auth/login -H 'Content-Type: application/json' \\
       -d '{{\"username\":\"alice\",\"password\":\"walk slowly past seven lanterns\",\"token_delivery\":\"body\"}}'
  curl -s {issuer}/api/protected -H \"Authorization: Bearer $ACCESS_TOKEN\"
  curl -s {issuer}/auth/refresh -H 'Content-Type: application/json' -d '{{\"refresh_token\":\"'$REFRESH_TOKEN'\"}}'

Ctrl-C stops it. `tegata --help` tells the rest.
"
    );
    // Nobody need be listening: the server runs all the same.
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(format_args!("standard output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}
