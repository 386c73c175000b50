//! `tegata audit`: who did what, and whether anyone changed the answer.

use std::fs;

use serde_json::Value;

use super::support::{Installation, PASSWORD};

/// An installation whose audit log has some events.
fn with_events() -> Installation {
    let installation = Installation::new().without_oauth();
    let server = installation.serve(&[]);
    server.sign_up("alice");
    let token = server.login("alice").text("refresh_token");
    server.post(
        "/auth/login",
        &serde_json::json!({"username": "alice", "password": "wrong wrong wrong wrong"}),
    );
    server.refresh(&token);
    installation.run(&["user", "disable", "alice"]).ok();
    installation.run(&["user", "enable", "alice"]).ok();
    server.login("alice");
    server.stop();
    installation
}

fn events(installation: &Installation) -> Vec<Value> {
    let log = fs::read_to_string(installation.data("audit.jsonl")).unwrap();
    log.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Changes the lines of the log.
fn tamper(installation: &Installation, change: impl FnOnce(&mut Vec<String>)) {
    let path = installation.data("audit.jsonl");
    let mut lines: Vec<_> = fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect();
    change(&mut lines);
    fs::write(path, lines.join("\n") + "\n").unwrap();
}

#[track_caller]
fn assert_found(installation: &Installation, at: &str) {
    let error = installation.run(&["audit", "verify"]).failed(4);
    assert!(error.contains("tampered with") && error.contains(at), "{error}");
    installation.run(&["audit", "export"]).failed(4);
}

#[test]
fn r67_events_say_who_did_what_when_from_where_and_how_it_ended() {
    let installation = with_events();
    let events = events(&installation);
    let actions: Vec<_> = events.iter().map(|event| event["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["sign_up", "login", "login", "operator_change", "operator_change", "login"]);
    let failed = &events[2];
    assert_eq!(failed["outcome"], "failure");
    assert_eq!(failed["address"], "127.0.0.1");
    assert_eq!(failed["user_id"], events[0]["user_id"]);
    assert!(failed["at"].as_str().unwrap().ends_with('Z'));
    let text = fs::read_to_string(installation.data("audit.jsonl")).unwrap();
    assert!(!text.contains(PASSWORD) && !text.contains("tgr_") && !text.contains("wrong"), "{text}");
}

#[test]
fn r67_a_log_that_server_and_commands_wrote_together_verifies() {
    let installation = with_events();
    let said = installation.run(&["audit", "verify"]).ok();
    assert!(said.starts_with("6 events") && said.contains("head 6:"), "{said}");
    assert_eq!(installation.run(&["audit", "export"]).ok().lines().count(), 6);
    assert_eq!(installation.run(&["audit", "export", "--after", "4"]).ok().lines().count(), 2);
}

#[test]
fn r67_a_changed_event_is_found() {
    let installation = with_events();
    tamper(&installation, |lines| lines[2] = lines[2].replace("failure", "success"));
    assert_found(&installation, "line 3");
}

#[test]
fn r67_a_removed_event_is_found() {
    let installation = with_events();
    tamper(&installation, |lines| drop(lines.remove(2)));
    assert_found(&installation, "line 3");
}

#[test]
fn r67_removed_last_events_are_found_also_after_more_were_written() {
    let installation = with_events();
    tamper(&installation, |lines| lines.truncate(4));
    assert_found(&installation, "line 5");
    installation.run(&["user", "disable", "alice"]).ok();
    installation.run(&["user", "enable", "alice"]).ok();
    installation.run(&["user", "disable", "alice"]).ok();
    assert_found(&installation, "line 5");
}

#[test]
fn r67_a_log_that_was_taken_away_is_missed() {
    let installation = with_events();
    fs::remove_file(installation.data("audit.jsonl")).unwrap();
    installation.run(&["user", "disable", "alice"]).ok();
    assert_found(&installation, "line 1");
}

#[test]
fn r67_a_head_that_was_taken_away_or_forged_is_missed() {
    let installation = with_events();
    let head = installation.data("audit.jsonl.head");
    let text = fs::read_to_string(&head).unwrap();
    fs::write(&head, text.replacen('6', "4", 1)).unwrap();
    installation.run(&["audit", "verify"]).failed(4);
    installation.run(&["user", "disable", "alice"]).ok();
    installation.run(&["audit", "verify"]).failed(4);
    fs::remove_file(&head).unwrap();
    assert_found(&installation, "is gone");
    installation.run(&["user", "disable", "alice"]).ok();
    assert_found(&installation, "is gone");
}

#[test]
fn r67_files_that_were_all_set_back_are_found_by_a_head_that_was_kept() {
    let installation = with_events();
    let files = ["audit.jsonl", "audit.jsonl.head"].map(|name| installation.data(name));
    let old = files.clone().map(|file| fs::read(file).unwrap());
    installation.run(&["user", "disable", "alice"]).ok();
    let said = installation.run(&["audit", "verify"]).ok();
    let head = said.lines().find_map(|line| line.strip_prefix("head ")).unwrap();
    installation.run(&["audit", "verify", "--head", head]).ok();
    for (file, bytes) in files.iter().zip(old) {
        fs::write(file, bytes).unwrap();
    }
    installation.run(&["audit", "verify"]).ok();
    let error = installation.run(&["audit", "verify", "--head", head]).failed(4);
    assert!(error.contains("event 7 was here"), "{error}");
}

#[test]
fn a_line_that_was_torn_by_a_crash_is_removed_and_noted() {
    let installation = with_events();
    let path = installation.data("audit.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}{{\"seq\":7,\"at\":\"2026")).unwrap();
    installation.run(&["user", "disable", "alice"]).ok();
    installation.run(&["audit", "verify"]).ok();
    let events = events(&installation);
    assert_eq!(events[6]["action"], "torn_line_removed");
    assert_eq!(events[7]["action"], "operator_change");
}
