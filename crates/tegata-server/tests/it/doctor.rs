//! `tegata doctor`: finding planted faults.

use std::os::unix::fs::PermissionsExt as _;

use super::support::Installation;

fn set_mode(path: &std::path::Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// What the doctor says of an installation that something was done to.
#[track_caller]
fn finds(spoil: impl FnOnce(&Installation), what: &str, expected: &str) {
    let installation = Installation::made();
    spoil(&installation);
    let ran = installation.run(&["doctor"]);
    ran.failed(4);
    let report = ran.stdout();
    let line = report.lines().find(|line| line.starts_with("FAIL") && line.contains(what));
    assert!(line.is_some() && report.contains(expected), "{report}");
}

#[test]
fn a_sound_installation_is_said_to_be_sound_with_and_without_a_server() {
    let installation = Installation::made();
    assert!(!installation.run(&["doctor"]).ok().contains("FAIL"));
    let _server = installation.serve(&[]);
    let report = installation.run(&["doctor"]).ok();
    assert!(
        report
            .lines()
            .all(|line| line.starts_with("ok ") || line.starts_with("warn  disk") || line.starts_with(' ')),
        "{report}"
    );
}

#[test]
fn settings_that_are_unsafe_are_found() {
    let installation = Installation::made();
    let ran = installation.run(&["doctor", "--set", "tokens.access_token_ttl=1d"]);
    ran.failed(4);
    assert!(
        ran.stdout().contains("FAIL  settings") && ran.stdout().contains("between 1s and 15m"),
        "{}",
        ran.stdout()
    );
}

#[test]
fn v35_a_proxy_that_is_not_named_is_found() {
    let installation = Installation::made();
    let behind_a_proxy = ["doctor", "--set", "server.public_url=https://id.example.org"];
    let report = installation.run(&behind_a_proxy).ok();
    assert!(report.contains("warn  proxy") && report.contains("set server.trusted_proxies"), "{report}");
    let named = [&behind_a_proxy[..], &["--set", "server.trusted_proxies=127.0.0.1"]].concat();
    let report = installation.run(&named).ok();
    assert!(!report.contains("proxy"), "{report}");
}

#[test]
fn a_missing_data_directory_is_found() {
    let installation = Installation::new();
    let ran = installation.run(&["doctor"]);
    ran.failed(4);
    assert!(ran.stdout().contains("FAIL  data directory"), "{}", ran.stdout());
}

#[test]
fn an_open_data_directory_is_found() {
    finds(|installation| set_mode(&installation.data(""), 0o755), "data directory", "chmod go=");
}

#[test]
fn an_open_master_key_is_found() {
    finds(|installation| set_mode(&installation.data("master.key"), 0o640), "master key", "chmod go=");
}

#[test]
fn a_missing_master_key_is_found() {
    let spoil = |installation: &Installation| std::fs::remove_file(installation.data("master.key")).unwrap();
    finds(spoil, "master key", "restore it");
}

#[test]
fn the_wrong_master_key_is_found() {
    let spoil = |installation: &Installation| {
        let other = Installation::made();
        std::fs::copy(other.data("master.key"), installation.data("master.key")).unwrap();
    };
    finds(spoil, "signing keys", "no other opens it");
}

#[test]
fn an_open_database_is_found() {
    finds(|installation| set_mode(&installation.data("tegata.db"), 0o644), "database", "chmod go=");
}

#[test]
fn a_damaged_database_is_found() {
    let spoil = |installation: &Installation| {
        for name in ["tegata.db-wal", "tegata.db-shm"] {
            let _ = std::fs::remove_file(installation.data(name));
        }
        std::fs::write(installation.data("tegata.db"), vec![0x55; 8192]).unwrap();
    };
    finds(spoil, "database", "restore the last backup");
}

#[test]
fn a_database_of_a_newer_program_is_found_and_left_alone() {
    let installation = Installation::made();
    let database = rusqlite::Connection::open(installation.data("tegata.db")).unwrap();
    database.pragma_update(None, "user_version", 999).unwrap();
    drop(database);
    let ran = installation.run(&["doctor"]);
    ran.failed(4);
    assert!(ran.stdout().contains("999"), "{}", ran.stdout());
    let error = installation.run(&["serve", "--listen", "127.0.0.1:0"]).failed(1);
    assert!(error.contains("use the newer program"), "{error}");
}
