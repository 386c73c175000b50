//! `tegata backup`: a copy that can take over.

use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};

use super::support::Installation;

#[test]
fn a_server_on_the_backup_and_the_master_key_takes_over_with_every_session() {
    let installation = Installation::new();
    let server = installation.serve(&["--public-url", "http://localhost:1"]);
    server.sign_up("alice");
    let login = server.login("alice");
    let said = installation.run(&["backup", "copy.db"]).ok();
    assert!(said.contains("master key") && said.contains("apart"), "{said}");
    let copy = installation.root().join("copy.db");
    assert_eq!(std::fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    // What comes after the copy is not in it.
    server.sign_up("bob");
    server.kill();

    let restored = Installation::new();
    std::fs::DirBuilder::new().mode(0o700).create(restored.data("")).unwrap();
    std::fs::copy(&copy, restored.data("tegata.db")).unwrap();
    std::fs::copy(installation.data("master.key"), restored.data("master.key")).unwrap();
    let server = restored.serve(&["--public-url", "http://localhost:1"]);
    assert_eq!(server.refresh(&login.text("refresh_token")).status, 200);
    let bearer = format!("Bearer {}", login.text("access_token"));
    let answer = server.connect().send("GET", "/api/protected", &[("authorization", &bearer)], None).unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(server.login("alice").status, 200);
    assert_eq!(server.login("bob").status, 401);
}

#[test]
fn an_older_backup_is_never_overwritten() {
    let installation = Installation::made();
    std::fs::write(installation.root().join("copy.db"), "older").unwrap();
    let error = installation.run(&["backup", "copy.db"]).failed(1);
    assert!(error.contains("exists already"), "{error}");
    assert_eq!(std::fs::read_to_string(installation.root().join("copy.db")).unwrap(), "older");
}

#[test]
fn a_backup_that_cannot_be_written_leaves_nothing() {
    let installation = Installation::made();
    let error = installation.run(&["backup", "nowhere/copy.db"]).failed(1);
    assert!(error.contains("nowhere/copy.db cannot be written"), "{error}");
}
