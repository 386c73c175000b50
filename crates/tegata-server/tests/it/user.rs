//! `tegata user`: accounts, beside a running server.

use serde_json::{Value, json};

use super::support::{Installation, PASSWORD};

#[test]
fn an_account_is_made_and_logs_in_at_the_running_server() {
    let installation = Installation::new();
    let server = installation.serve(&["--set", "signup.enabled=false"]);
    let made = installation
        .run_with_input(
            &["user", "create", "alice", "--email", "alice@example.org", "--password-stdin"],
            PASSWORD,
        )
        .ok();
    assert!(made.starts_with("made alice with the id "), "{made}");
    assert_eq!(server.login("alice").status, 200);
}

#[test]
fn the_line_end_is_no_part_of_the_password_and_every_other_character_is() {
    let installation = Installation::new();
    let server = installation.serve(&[]);
    let create = |name: &str, input: &str| {
        installation.run_with_input(&["user", "create", name, "--password-stdin"], input).ok();
    };
    create("alice", &format!("{PASSWORD}\n"));
    create("bob", &format!("{PASSWORD}\r\n"));
    create("carol", &format!("{PASSWORD} \n"));
    assert_eq!(server.login("alice").status, 200);
    assert_eq!(server.login("bob").status, 200);
    assert_eq!(server.login("carol").status, 401);
}

#[test]
fn what_is_wrong_with_a_new_account_is_said_in_words() {
    let installation = Installation::made();
    let create = |name: &str, password: &str| {
        installation.run_with_input(&["user", "create", name, "--password-stdin"], password).failed(1)
    };
    assert_eq!(create("alice", "short"), "error: the password is too short\n");
    assert_eq!(create("a!", PASSWORD), "error: the username is too short\n");
    assert_eq!(create("alice", "passwordpassword"), "error: the password is too easy to guess\n");
    installation.run_with_input(&["user", "create", "alice", "--password-stdin"], PASSWORD).ok();
    assert_eq!(create("Alice", PASSWORD), "error: there is a user \"Alice\" already\n");
    assert!(create("bob", "one line\nand another").contains("more than one line"));
}

#[test]
fn a_password_is_no_argument_and_without_a_terminal_must_come_from_standard_input() {
    let installation = Installation::made();
    installation.run(&["user", "create", "alice", "--password", PASSWORD]).failed(2);
    // Detached from any terminal the tests may have been started from.
    let mut setsid = std::process::Command::new("setsid");
    setsid.args(["--wait", super::PROGRAM, "user", "create", "alice"]);
    let output = setsid.current_dir(installation.root()).env_clear().output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("no terminal") && error.contains("--password-stdin"), "{error}");
}

#[test]
fn users_are_listed_and_shown() {
    let installation = Installation::new();
    let server = installation.serve(&[]);
    server.sign_up("alice");
    installation
        .run_with_input(
            &["user", "create", "bob", "--email", "bob@example.org", "--password-stdin"],
            PASSWORD,
        )
        .ok();
    server.login("alice");
    let table = installation.run(&["user", "list"]).ok();
    assert!(
        table.lines().any(|line| line.starts_with("bob ") && line.contains("bob@example.org (not verified)")),
        "{table}"
    );
    let lines = installation.run(&["user", "list", "--json"]).ok();
    let users: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(users.len(), 2);
    let shown: Value =
        serde_json::from_str(&installation.run(&["user", "show", "alice", "--json"]).ok()).unwrap();
    assert_eq!(
        (shown["status"].as_str(), shown["sessions"].as_array().map(Vec::len)),
        (Some("active"), Some(1))
    );
    assert!(installation.run(&["user", "show", "alice"]).ok().contains("sessions   1"));
    assert!(!lines.contains("argon2"), "{lines}");
}

#[test]
fn a_new_password_ends_the_sessions() {
    let installation = Installation::new();
    let server = installation.serve(&[]);
    server.sign_up("alice");
    let token = server.login("alice").text("refresh_token");
    installation
        .run_with_input(
            &["user", "set-password", "alice", "--password-stdin"],
            "another phrase of seven lanterns",
        )
        .ok();
    assert_eq!(server.refresh(&token).status, 401);
    assert_eq!(server.login("alice").status, 401);
}

#[test]
fn a_disabled_account_has_no_session_and_no_login_until_it_is_enabled() {
    let installation = Installation::new();
    let server = installation.serve(&[]);
    server.sign_up("alice");
    let token = server.login("alice").text("refresh_token");
    installation.run(&["user", "disable", "alice"]).ok();
    assert_eq!(server.refresh(&token).status, 401);
    assert_eq!(server.login("alice").status, 401);
    installation.run(&["user", "enable", "alice"]).ok();
    assert_eq!(server.login("alice").status, 200);
    assert_eq!(server.refresh(&token).status, 401);
}

#[test]
fn a_granted_scope_shows_at_the_next_login_and_can_be_taken_back() {
    let installation = Installation::new();
    let server = installation.serve(&[]);
    server.sign_up("alice");
    let users = || {
        let bearer = format!("Bearer {}", server.login("alice").text("access_token"));
        server.connect().send("GET", "/users", &[("authorization", &bearer)], None).unwrap().status
    };
    assert_eq!(users(), 403);
    installation.run(&["user", "grant", "alice", "users:read"]).ok();
    assert_eq!(users(), 200);
    let left = installation.run(&["user", "revoke", "alice", "users:read"]).ok();
    assert!(left.contains("nothing more"), "{left}");
    assert_eq!(users(), 403);
    let error = installation.run(&["user", "grant", "alice", "a\"b"]).failed(1);
    assert!(error.contains("this is no scope"), "{error}");
}

#[test]
fn an_unlocked_user_may_try_again_at_once() {
    let installation = Installation::new();
    let server = installation.serve(&["--set", "throttle.account.first_delay=10m"]);
    server.sign_up("alice");
    let wrong = json!({"username": "alice", "password": "not the password at all"});
    while server.post("/auth/login", &wrong).status != 429 {}
    assert_eq!(server.login("alice").status, 429);
    installation.run(&["user", "unlock", "alice"]).ok();
    assert_eq!(server.login("alice").status, 200);
}

#[test]
fn a_verified_address_logs_in_and_belongs_to_one_user() {
    let installation = Installation::new();
    let server = installation.serve(&[]);
    for name in ["alice", "bob"] {
        installation
            .run_with_input(
                &["user", "create", name, "--email", "both@example.org", "--password-stdin"],
                PASSWORD,
            )
            .ok();
    }
    assert_eq!(server.login("both@example.org").status, 401);
    installation.run(&["user", "verify-email", "alice"]).ok();
    assert_eq!(server.login("both@example.org").status, 200);
    let error = installation.run(&["user", "verify-email", "bob"]).failed(1);
    assert!(error.contains("another user has verified"), "{error}");
    server.sign_up("carol");
    let error = installation.run(&["user", "verify-email", "carol"]).failed(1);
    assert!(error.contains("has no e-mail address"), "{error}");
}

#[test]
fn an_operator_says_what_is_known_of_a_user() {
    let installation = Installation::new();
    let server = installation.serve(&[]);
    server.sign_up("alice");
    let own = ["--set", "oauth.attributes=department,groups"];
    let set = |more: &[&str]| installation.run(&[&["user", "set-claims", "alice"], more, &own].concat());
    let file = json!({
        "given_name": "Alice", "phone_number": "+1 604 555 1234", "phone_number_verified": true, "email": "a@b.example",
        "email_verified": true, "address": {"formatted": "1 Long Road\nOxford"}, "department": "R&D", "locale": "en",
    });
    let from_file = [&["user", "set-claims", "alice", "--json", "-"], &own[..]].concat();
    let said = installation.run_with_input(&from_file, &file.to_string()).ok();
    assert!(said.starts_with("alice has changed in ") && said.contains("given_name"), "{said}");
    set(&["--claim", "groups=[\"a\",\"b\"]", "--claim", "birthdate=1990", "--remove", "given_name"]).ok();
    let shown: Value =
        serde_json::from_str(&installation.run(&["user", "show", "alice", "--json"]).ok()).unwrap();
    assert_eq!(
        shown["claims"],
        json!({
            "birthdate": "1990", "phone_number": "+16045551234", "phone_number_verified": true,
            "address": {"formatted": "1 Long Road\nOxford"},
        })
    );
    assert_eq!(shown["attributes"], json!({"department": "R&D", "groups": ["a", "b"]}));
    assert_eq!((&shown["email_verified"], &shown["locale"]), (&json!(true), &json!("en")));
    assert!(shown["updated_at"].is_string());
    let text = installation.run(&["user", "show", "alice"]).ok();
    for line in [
        "birthdate  1990",
        "attribute  department: R&D",
        "address    {\"formatted\":\"1 Long Road\\nOxford\"}",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in {text}");
    }
    set(&["--claim", "email_verified=false"]).ok();
    assert_eq!(server.login("a@b.example").status, 401);
}

#[test]
fn what_cannot_be_known_of_a_user_is_named_and_nothing_is_changed() {
    let installation = Installation::new();
    installation.serve(&[]).sign_up("alice");
    let set = |more: &[&str]| installation.run(&[&["user", "set-claims", "alice"], more].concat());
    let error = set(&[
        "--claim",
        "nickname=Al",
        "--claim",
        "sub=bob",
        "--claim",
        "departmnt=R&D",
        "--claim",
        "picture=x",
    ])
    .failed(1);
    for part in ["sub is not for anybody to set", "departmnt is neither a claim of", "picture is not valid"] {
        assert!(error.contains(part), "{part} is not in {error}");
    }
    assert!(!error.contains("nickname"), "{error}");
    assert!(
        set(&["--claim", "phone_number_verified=true"]).failed(1).contains("speaks of nothing that there is")
    );
    assert!(set(&["--claim", "nickname"]).failed(1).contains("a name, an equals sign and a value"));
    assert!(set(&["--json", "nowhere.json"]).failed(1).contains("cannot be read"));
    set(&[]).failed(2);
    assert!(!installation.run(&["user", "show", "alice", "--json"]).ok().contains("nickname"));
}

#[test]
fn v45_a_deleted_account_is_gone_with_its_sessions() {
    let installation = Installation::new();
    let server = installation.serve(&[]);
    server.sign_up("alice");
    let token = server.login("alice").text("refresh_token");
    installation.run(&["user", "delete", "alice", "--yes"]).ok();
    assert_eq!(server.refresh(&token).status, 401);
    let error = installation.run(&["user", "show", "alice"]).failed(1);
    assert!(error.contains("there is no user \"alice\"") && error.contains("tegata user list"), "{error}");
}

#[test]
fn without_an_installation_nothing_is_made() {
    let installation = Installation::new();
    let error = installation.run(&["user", "list"]).failed(1);
    assert!(
        error.contains("there is no data directory ./tegata-data") && error.contains("tegata serve"),
        "{error}"
    );
    assert!(!installation.data("").exists());
}
