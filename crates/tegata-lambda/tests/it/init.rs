//! The real binaries, where they cannot start: one line says why, and no secret is in it.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;

const REQUEST_FUNCTIONS: [&str; 5] = [
    env!("CARGO_BIN_EXE_register"),
    env!("CARGO_BIN_EXE_login"),
    env!("CARGO_BIN_EXE_refresh"),
    env!("CARGO_BIN_EXE_account"),
    env!("CARGO_BIN_EXE_oauth"),
];
const ROTATE_KEYS: &str = env!("CARGO_BIN_EXE_rotate-keys");

/// Runs a binary with these variables and no others.
fn start(binary: &str, variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(binary);
    command.env_clear().envs(variables.iter().copied());
    // Without a network nothing here waits for long; a function has 10 s to start.
    let begun = begin();
    let output = command.output().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(10));
    output
}

#[expect(clippy::disallowed_methods, reason = "how long a process takes is measured")]
fn begin() -> Instant {
    Instant::now()
}

/// The one line.
#[track_caller]
fn line(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    let line: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(line["level"], "ERROR");
    let message = line["message"].as_str().unwrap();
    assert!(message.starts_with("the function cannot start: "), "{message}");
    message.to_owned()
}

#[test]
fn r72_a_function_does_not_start_with_unsafe_settings() {
    for binary in REQUEST_FUNCTIONS.into_iter().chain([ROTATE_KEYS]) {
        let variables = [
            ("TEGATA_ISSUER", "http://id.example.org"),
            ("TEGATA_TOKENS__ACCESS_TOKEN_TTL", "1d"),
            ("TEGATA_ORIGIN_SECRET", "hunter2"),
        ];
        let line = line(&start(binary, &variables));
        for variable in variables.map(|(name, _)| name) {
            assert!(line.contains(variable), "{line}");
        }
        assert!(!line.contains("hunter2"), "{line}");
    }
}

#[test]
fn only_the_function_that_registers_clients_needs_the_token() {
    let variables = [("TEGATA_ISSUER", "https://id.example.org"), ("TEGATA_OAUTH__REGISTRATION", "token")];
    for binary in REQUEST_FUNCTIONS {
        let more = [("AWS_REGION", "eu-central-1"), ("AWS_ENDPOINT_URL", "http://127.0.0.1:9")];
        let line = line(&start(binary, &[&variables[..], &more].concat()));
        assert_eq!(line.contains("TEGATA_OAUTH__REGISTRATION_TOKEN"), binary.ends_with("oauth"), "{line}");
    }
}

#[test]
fn the_function_that_makes_the_master_key_must_be_told_with_which() {
    let line = line(&start(ROTATE_KEYS, &[("TEGATA_ISSUER", "https://id.example.org")]));
    assert!(line.contains("TEGATA_KMS_KEY_ID"), "{line}");
}

#[test]
fn a_table_that_cannot_be_reached_is_said_in_one_line() {
    let variables = [
        ("TEGATA_ISSUER", "https://id.example.org"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "very-secret"),
        // Nothing listens there.
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
    ];
    let line = line(&start(REQUEST_FUNCTIONS[1], &variables));
    assert!(line.contains("the master key cannot be opened") && line.contains("table"), "{line}");
    assert!(!line.contains("very-secret"), "{line}");
}
