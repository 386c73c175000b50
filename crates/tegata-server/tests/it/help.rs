//! What the command line says about itself.

use super::support::Installation;

/// The help of a command, as it is kept beside this file.
fn assert_help(name: &str, arguments: &[&str]) {
    let help = Installation::new().run(&[arguments, &["--help"]].concat()).ok();
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, help);
    });
}

#[test]
fn the_help_teaches() {
    assert_help("help", &[]);
    assert_help("help-serve", &["serve"]);
    assert_help("help-user", &["user"]);
    assert_help("help-keys", &["keys"]);
    assert_help("help-token", &["token"]);
    assert_help("help-token-verify", &["token", "verify"]);
    assert_help("help-backup", &["backup"]);
    assert_help("help-export", &["export"]);
    assert_help("help-import", &["import"]);
    assert_help("help-audit-verify", &["audit", "verify"]);
}

#[test]
fn an_unknown_command_is_answered_with_the_nearest_one() {
    let error = Installation::new().run(&["srve"]).failed(2);
    assert!(error.contains("'serve'"), "{error}");
}

#[test]
fn the_description_of_the_interface_is_printed_without_an_installation() {
    let text = Installation::new().run(&["openapi"]).ok();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(document["paths"]["/auth/login"].is_object());
}

#[test]
fn every_shell_gets_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = Installation::new().run(&["completions", shell]).ok();
        assert!(script.contains("set-password"), "{shell}");
    }
}
