//! `tegata serve --store dynamodb`: several servers over the same tables.

use super::support::{Installation, PASSWORD};
use super::tables::Tables;

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

/// A machine from which clients are looked after: it has a master key of its own, which opens nothing in the tables.
fn machine_of_an_operator() -> Installation {
    let other = Installation::new();
    other.serve(&["--public-url", "http://localhost:1"]).stop();
    std::fs::remove_file(other.data("tegata.db")).unwrap();
    other
}

#[test]
fn clients_are_registered_without_the_master_key_of_the_tables() {
    let (tables, installation) = (Tables::new("clients"), Installation::new());
    tables.serve(&installation).stop();
    let keys = installation.run(&tables.of(&["keys", "list"])).ok();

    let operator = machine_of_an_operator();
    let create =
        ["client", "create", "--client-id", "wiki", "--redirect-uri", "https://wiki.example.org/callback"];
    // An algorithm that those who sign know nothing of must not begin a rotation.
    let create = tables.of(&[&create[..], &["--set", "tokens.signing_alg=EdDSA"]].concat());
    assert!(operator.run(&create).ok().contains("client_secret"));
    operator.run(&tables.of(&["client", "update", "wiki", "--name", "Our wiki"])).ok();
    assert!(installation.run(&tables.of(&["client", "list"])).ok().contains("Our wiki"));
    assert!(operator.run(&["audit", "export"]).ok().contains("client_registered"));
    assert_eq!(installation.run(&tables.of(&["keys", "list"])).ok(), keys);

    for command in [["keys", "rotate"], ["user", "list"]] {
        operator.run(&tables.of(&command)).failed(1);
    }
    operator.run(&tables.of(&["client", "delete", "wiki", "--yes"])).ok();
    assert!(!installation.run(&tables.of(&["client", "list"])).ok().contains("wiki"));
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
