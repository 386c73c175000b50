//! `tegata serve --store dynamodb`: several servers over the same tables.

use super::dynamodb_local;
use super::support::{Installation, PASSWORD, Server};

/// What names the engine, and tables that no other test has.
pub(crate) struct Tables {
    set: Vec<String>,
}

impl Tables {
    pub(crate) fn new(name: &str) -> Self {
        let prefix = format!("s{}-{name}", std::process::id());
        let mut tables =
            Self { set: vec![format!("store.dynamodb_endpoint={}", dynamodb_local::endpoint())] };
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

/// A second machine of the same installation: it has the master key and nothing else.
fn another_machine(of: &Installation) -> Installation {
    use std::os::unix::fs::DirBuilderExt as _;
    let other = Installation::new();
    std::fs::DirBuilder::new().mode(0o700).create(other.data("")).unwrap();
    std::fs::copy(of.data("master.key"), other.data("master.key")).unwrap();
    other
}

#[test]
fn a_user_is_known_to_every_server_over_the_tables_and_after_a_restart() {
    let (tables, first) = (Tables::new("two"), Installation::new());
    let server = tables.serve(&first);
    assert!(server.welcome().contains("-public-keys"), "{}", server.welcome());
    assert!(!first.data("tegata.db").exists());
    server.sign_up("alice");
    let login = server.login("alice");
    assert_eq!(login.status, 200, "{login:?}");

    let second = another_machine(&first);
    let other = tables.serve(&second);
    let bearer = format!("Bearer {}", login.text("access_token"));
    let answer = other.connect().send("GET", "/api/protected", &[("authorization", &bearer)], None).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    let refreshed = other.refresh(&login.text("refresh_token"));
    assert_eq!(refreshed.status, 200, "{refreshed:?}");
    let same = server.refresh(&login.text("refresh_token"));
    assert_eq!(same.text("refresh_token"), refreshed.text("refresh_token"), "one live successor");
    assert_eq!(other.get("/readyz").status, 200);

    server.kill();
    other.stop();
    let again = tables.serve(&first);
    let next = again.refresh(&refreshed.text("refresh_token"));
    assert_eq!(next.status, 200, "{next:?}");
    assert_eq!(again.login("alice").status, 200);
}

#[test]
fn commands_work_on_the_tables() {
    let (tables, installation) = (Tables::new("commands"), Installation::new());
    tables.serve(&installation).stop();
    let create = tables.of(&["user", "create", "bob", "--password-stdin"]);
    installation.run_with_input(&create, PASSWORD).ok();
    assert!(installation.run(&tables.of(&["user", "list"])).ok().contains("bob"));
    installation.run(&tables.of(&["keys", "rotate"])).ok();
    assert!(installation.run(&tables.of(&["keys", "list"])).ok().contains("next"));
    let found = installation.run(&tables.of(&["doctor"])).ok();
    assert!(found.contains("tables") && found.contains("answers, and can write"), "{found}");
    let refused = installation.run(&tables.of(&["backup", "copy.db"])).failed(1);
    assert!(refused.contains("point-in-time recovery"), "{refused}");
}

#[test]
fn without_the_master_key_of_the_tables_nothing_starts() {
    let (tables, installation) = (Tables::new("key"), Installation::new());
    tables.serve(&installation).stop();
    let stranger = Installation::new();
    let refused = stranger.run(&tables.of(&["serve", "--listen", "127.0.0.1:0"])).failed(1);
    assert!(refused.contains("master key"), "{refused}");
    assert!(!stranger.data("master.key").exists(), "a new key would open nothing");
}

#[test]
fn a_missing_table_is_named() {
    let (tables, installation) = (Tables::new("missing"), Installation::new());
    Tables::new("there").serve(&installation).stop();
    let found = installation.run(&tables.of(&["doctor"])).failed(4);
    assert!(found.contains("1 thing is wrong"), "{found}");
    let refused = installation.run(&tables.of(&["user", "list"])).failed(1);
    assert!(refused.contains("there is no table") && refused.contains("missing-"), "{refused}");
}

#[test]
fn the_program_alone_says_what_it_needs_for_dynamodb() {
    let folder = tempfile::tempdir().unwrap();
    let alone = folder.path().join("tegata");
    std::fs::copy(env!("CARGO_BIN_EXE_tegata"), &alone).unwrap();
    let output = std::process::Command::new(&alone)
        .args(["serve", "--store", "dynamodb"])
        .current_dir(folder.path())
        .env_clear()
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(
        error.contains("tegata-dynamodb") && error.contains("install it in the folder of `tegata`"),
        "{error}"
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is made");
}
