//! `tegata settings`, and the page that is made of it.

use super::support::Installation;

#[test]
fn the_page_of_settings_is_up_to_date() {
    let installation = Installation::new();
    let page = installation.run(&["settings", "--markdown"]).ok();
    let kept = include_str!("../../../../docs/reference/settings.md");
    assert!(
        page == kept,
        "docs/reference/settings.md is stale: tegata settings --markdown > docs/reference/settings.md"
    );
}

#[test]
fn every_setting_is_listed_with_its_default() {
    let installation = Installation::new();
    let list = installation.run(&["settings"]).ok();
    assert!(list.contains("tokens.access_token_ttl (duration) [default: 15m]"), "{list}");
}

#[test]
fn a_file_in_the_working_directory_is_read_and_one_that_is_named_must_exist() {
    let installation = Installation::made();
    std::fs::write(installation.root().join("tegata.toml"), "[tokens]\nttl = 5\n").unwrap();
    let error = installation.run(&["user", "list"]).failed(3);
    assert!(error.contains("tokens.ttl (tegata.toml:2)"), "{error}");
    let error = installation.run(&["user", "list", "--config", "none.toml"]).failed(3);
    assert!(error.contains("the file (none.toml:1): cannot be read"), "{error}");
}

#[test]
fn the_environment_is_read() {
    let installation = Installation::made();
    let mut command = installation.command(&["user", "list"]);
    let output =
        command.env("TEGATA_LOG__LEVEL", "loud").env("TEGATA_PORT", "tcp://10.0.0.1").output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("log.level (environment variable TEGATA_LOG__LEVEL): `loud`"), "{error}");
    assert!(error.contains("a setting is not acceptable"), "{error}");
}
