//! `tegata keys`: listing and rotating.

use super::support::Installation;

#[test]
fn keys_are_listed_without_anything_private() {
    let installation = Installation::new().without_oauth();
    installation.serve(&[]).stop();
    let list = installation.run(&["keys", "list"]).ok();
    assert_eq!(list.lines().count(), 2, "{list}");
    assert!(list.contains("ES256") && list.contains("active"), "{list}");
}

#[test]
fn a_rotation_publishes_the_next_key_and_keeps_the_active_one() {
    let installation = Installation::made();
    let before = installation.run(&["keys", "list"]).ok();
    let after = installation.run(&["keys", "rotate"]).ok();
    assert!(after.contains("  next ") && after.contains("  active "), "{after}");
    let kid = before.lines().nth(1).unwrap().split(' ').next().unwrap();
    let active = after.lines().find(|line| line.starts_with(kid) && line.contains("active")).unwrap();
    let next = after.lines().find(|line| line.contains(" next ")).unwrap();
    let time = |line: &str| {
        line.split_whitespace().find(|word| word.ends_with('Z') && *word != made(line)).map(str::to_owned)
    };
    assert_eq!(time(active), time(next), "one is replaced when the other may sign: {after}");
}

/// When the key of a line was made.
fn made(line: &str) -> &str {
    line.split_whitespace().nth(3).unwrap()
}

#[test]
fn r22_a_key_that_signs_no_more_still_verifies_what_it_signed() {
    let installation = Installation::new().without_oauth();
    let server = installation.serve(&[]);
    server.sign_up("alice");
    let old = server.login("alice").text("access_token");
    server.stop();
    let rotated = installation.run(&["keys", "rotate", "--now"]).ok();
    assert!(rotated.contains("retired"), "{rotated}");
    let server = installation.serve(&[]);
    let new = server.login("alice").text("access_token");
    let header = |token: &str| token.split('.').next().unwrap().to_owned();
    assert_ne!(header(&old), header(&new));
    let answer = server.get("/.well-known/jwks.json");
    assert_eq!(answer.json()["keys"].as_array().unwrap().len(), 2);
}
