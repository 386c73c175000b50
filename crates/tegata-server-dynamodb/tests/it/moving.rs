//! `tegata export` and `tegata import`: to DynamoDB and back.

use std::fs;

use super::old::{Old, PUBLIC_URL, as_of, import, protected};
use super::support::Installation;
use super::tables::Tables;

#[test]
fn everyone_stays_logged_in_on_dynamodb_and_on_the_way_back() {
    let old = Old::new();
    let file = old.export();
    let (tables, cloud) = (Tables::new("moving"), Installation::new());
    let key = old.key();
    let public_url = format!("server.public_url={PUBLIC_URL}");
    let transfer = ["--transfer-key", key.to_str().unwrap(), "--set", &public_url];
    let there = old.file();
    let said = cloud.run(&tables.of(&[&["import", there.to_str().unwrap()], &transfer[..]].concat())).ok();
    assert_eq!(said, "imported 4 users, 2 sessions and the signing keys\n");
    assert!(!cloud.data("tegata.db").exists());
    let at = as_of(&file);
    let again = [&["export", "again.jsonl", "--as-of", &at], &transfer[..]].concat();
    cloud.run(&tables.of(&again)).ok();
    assert!(fs::read(cloud.root().join("again.jsonl")).unwrap() == file, "DynamoDB is not as SQLite");

    let server = tables.serve(&cloud);
    assert_eq!(protected(&server, &old.access_token), 200);
    let refreshed = server.refresh(&old.refresh_token);
    assert_eq!(refreshed.status, 200);
    assert_eq!(server.login("dora@example.org").status, 200, "the address is no longer proved");
    assert_eq!(server.login("bob").status, 401, "a closed account was opened");
    server.stop();

    cloud.run(&tables.of(&[&["export", "back.jsonl"], &transfer[..]].concat())).ok();
    let home = Installation::new();
    import(&home, &cloud.root().join("back.jsonl"), &key).ok();
    let server = home.serve(&["--public-url", PUBLIC_URL]);
    assert_eq!(protected(&server, &old.access_token), 200);
    assert_eq!(protected(&server, &refreshed.text("access_token")), 200);
    assert_eq!(server.refresh(&refreshed.text("refresh_token")).status, 200);
    assert_eq!(server.login("carol").status, 200);
}
