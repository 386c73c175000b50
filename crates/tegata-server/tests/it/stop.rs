//! How a server ends.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;

use super::support::{Installation, PASSWORD};

#[test]
fn a_request_that_has_begun_is_finished() {
    let installation = Installation::new();
    let server = installation.serve(&[]);
    server.sign_up("alice");
    let body = json!({"username": "alice", "password": PASSWORD, "token_delivery": "body"}).to_string();
    let mut connection = server.connect();
    let head = format!(
        "POST /auth/login HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    connection.write(&head).unwrap();
    connection.write(&body[..20]).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    server.signal(Signal::TERM);
    std::thread::sleep(Duration::from_millis(200));
    connection.write(&body[20..]).unwrap();
    let answer = connection.read().unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(server.wait().0, Some(0));
    // And what it promised holds.
    let server = installation.serve(&[]);
    assert_eq!(server.refresh(&answer.text("refresh_token")).status, 200);
}

#[test]
fn connections_without_a_request_do_not_hold_it_up() {
    let installation = Installation::new();
    let server = installation.serve(&[]);
    let mut used = server.connect();
    used.send("GET", "/healthz", &[], None).unwrap();
    let _silent = server.connect();
    let begun = Instant::now();
    server.signal(Signal::INT);
    let (code, log) = server.wait();
    assert_eq!(code, Some(0), "{log:?}");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn a_request_that_never_ends_holds_it_up_only_so_long() {
    let installation = Installation::new();
    let server = installation.serve(&["--set", "server.stop_timeout=1s"]);
    let mut connection = server.connect();
    connection.write("POST /auth/login HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\ncontent-type: application/json\r\n\r\n{").unwrap();
    std::thread::sleep(Duration::from_millis(200));
    let begun = Instant::now();
    server.signal(Signal::TERM);
    assert_eq!(server.wait().0, Some(0));
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let installation = Installation::new();
    let server = installation.serve(&["--set", "server.stop_timeout=60s"]);
    let mut connection = server.connect();
    connection.write("POST /auth/login HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\ncontent-type: application/json\r\n\r\n{").unwrap();
    std::thread::sleep(Duration::from_millis(200));
    server.signal(Signal::TERM);
    std::thread::sleep(Duration::from_millis(300));
    server.signal(Signal::TERM);
    assert_eq!(server.wait().0, Some(130));
}
