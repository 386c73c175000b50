//! Tables of DynamoDB Local.

use super::local;
use super::support::{Installation, Server};

/// What names the engine, and tables that no other test has.
pub(crate) struct Tables {
    set: Vec<String>,
}

impl Tables {
    pub(crate) fn new(name: &str) -> Self {
        let prefix = format!("s{}-{name}", std::process::id());
        let mut tables = Self { set: vec![format!("store.dynamodb_endpoint={}", local::endpoint())] };
        for (key, end) in [("table", "data"), ("keys_table", "keys"), ("public_keys_table", "public-keys")] {
            tables.set.push(format!("store.dynamodb_{key}={prefix}-{end}"));
        }
        tables
    }

    /// The arguments of a command.
    pub(crate) fn of<'a>(&'a self, command: &[&'a str]) -> Vec<&'a str> {
        let set = self.set.iter().flat_map(|set| ["--set", set.as_str()]);
        [command, &["--set", "store.kind=dynamodb"]].concat().into_iter().chain(set).collect()
    }

    pub(crate) fn serve(&self, installation: &Installation) -> Server {
        installation.serve(&self.of(&["--public-url", "http://localhost:1", "--store", "dynamodb"]))
    }
}
