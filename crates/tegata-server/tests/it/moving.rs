//! `tegata export` and `tegata import`: moving house.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use super::old::{Old, PUBLIC_URL, as_of, export, import, protected};
use super::support::Installation;

#[test]
fn everyone_stays_logged_in_and_nothing_is_lost() {
    let old = Old::new();
    let file = old.export();
    let new = Installation::new();
    let said = import(&new, &old.file(), &old.key()).ok();
    assert_eq!(said, "imported 4 users, 2 sessions and the signing keys\n");
    assert_ne!(
        fs::read(new.data("master.key")).unwrap(),
        fs::read(old.installation.data("master.key")).unwrap(),
        "the new place has a master key of its own"
    );

    export(&new, "again.jsonl", &old.key(), &["--as-of", &as_of(&file)]).ok();
    assert!(fs::read(new.root().join("again.jsonl")).unwrap() == file, "the new place is not as the old one");

    let server = new.serve(&["--public-url", PUBLIC_URL]);
    assert_eq!(protected(&server, &old.access_token), 200);
    let refreshed = server.refresh(&old.refresh_token);
    assert_eq!(refreshed.status, 200);
    assert_eq!(protected(&server, &refreshed.text("access_token")), 200);
    assert_eq!(server.refresh(&old.refresh_token).status, 200, "a retry is answered as before");
    assert_eq!(server.login("dora@example.org").status, 200, "the address is no longer proved");
    assert_eq!(server.login("carol").status, 200);
    assert_eq!(server.login("bob").status, 401, "a closed account was opened");
    let alice = new.run(&["user", "show", "alice", "--json"]).ok();
    assert!(alice.contains("\"granted_scope\":\"users:read\""), "{alice}");
    server.stop();
    new.run(&["doctor", "--set", &format!("server.public_url={PUBLIC_URL}")]).ok();
}

#[test]
fn both_ends_have_it_in_their_audit_logs() {
    let old = Old::new();
    old.export();
    let new = Installation::new();
    import(&new, &old.file(), &old.key()).ok();
    for (installation, action) in [(&old.installation, "exported"), (&new, "imported")] {
        let log = installation.run(&["audit", "export"]).ok();
        assert!(log.lines().last().unwrap().contains(&format!("\"action\":\"{action}\"")), "{log}");
    }
}

#[test]
fn r72_the_export_and_its_key_are_for_their_owner_only() {
    let old = Old::new();
    old.export();
    for path in [old.file(), old.key()] {
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600, "{}", path.display());
    }
    let open = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let new = Installation::new();
    for path in [old.file(), old.key()] {
        open(&path, 0o644);
        let error = import(&new, &old.file(), &old.key()).failed(1);
        assert!(error.contains("is open to others"), "{error}");
        open(&path, 0o600);
    }
    assert!(!new.data("").exists());
    let error = export(&old.installation, "move.jsonl", &old.key(), &[]).failed(1);
    assert!(error.contains("exists already"), "{error}");
    let error = export(&old.installation, "/dev/stdout", &old.key(), &[]).failed(1);
    assert!(error.contains("exists already"), "{error}");
}

#[test]
fn a_file_that_is_not_as_it_was_made_is_refused_before_anything_is_made() {
    let old = Old::new();
    let file = old.export();
    let text = String::from_utf8(file).unwrap();
    let lines: Vec<_> = text.split_inclusive('\n').collect();
    let mut swapped = lines.clone();
    swapped.swap(2, 4);
    let new = Installation::new();
    for (what, bad) in [
        ("changed", text.replacen("\"granted_scope\":\"\"", "\"granted_scope\":\"users:read\"", 1)),
        ("cut", lines[..lines.len() - 1].concat()),
        ("cut in a line", text[..text.len() / 2].to_owned()),
        ("reordered", swapped.concat()),
        ("without a user", [&lines[..2], &lines[3..]].concat().concat()),
        ("continued", format!("{text}{{}}\n")),
        ("empty", String::new()),
        ("another file", "id,name\n1,alice\n".to_owned()),
    ] {
        fs::write(old.file(), bad).unwrap();
        let error = import(&new, &old.file(), &old.key()).failed(1);
        assert!(error.contains("is refused") && error.contains("nothing was written"), "{what}: {error}");
        assert!(!error.contains("$argon2"), "{what}: {error}");
        assert!(!new.data("").exists(), "{what}");
    }
}

#[test]
fn another_transfer_key_is_refused_in_one_line() {
    let old = Old::new();
    old.export();
    let other = Installation::made();
    let key = other.root().join("other.key");
    export(&other, "other.jsonl", &key, &[]).ok();
    let new = Installation::new();
    let error = import(&new, &old.file(), &key).failed(1);
    let expected = format!(
        "error: the export {} is refused: it was made with another transfer key\n  help: name the key that it was made \
         with: --transfer-key\n",
        old.file().display()
    );
    assert_eq!(error, expected);
    let error = import(&new, &old.file(), &new.root().join("none.key")).failed(1);
    assert!(error.contains("the transfer key") && error.contains("cannot be read"), "{error}");
    assert!(!new.data("").exists());
}

#[test]
fn passwords_with_a_pepper_do_not_move_without_it() {
    let old = Installation::new();
    let pepper = old.root().join("pepper");
    fs::write(&pepper, [7; 32]).unwrap();
    fs::set_permissions(&pepper, fs::Permissions::from_mode(0o600)).unwrap();
    let with_pepper = format!("passwords.pepper_file={}", pepper.display());
    let server = old.serve(&["--public-url", PUBLIC_URL, "--set", &with_pepper]);
    server.sign_up("alice");
    server.stop();
    let (file, key) = (old.root().join("move.jsonl"), old.root().join("transfer.key"));
    export(&old, "move.jsonl", &key, &[]).ok();

    let new = Installation::new();
    let error = import(&new, &file, &key).failed(1);
    assert!(error.contains("hashed with a pepper") && !new.data("").exists(), "{error}");
    let (file, key) = (file.to_str().unwrap(), key.to_str().unwrap());
    new.run(&["import", file, "--transfer-key", key, "--set", &with_pepper]).ok();
    let server = new.serve(&["--public-url", PUBLIC_URL, "--set", &with_pepper]);
    assert_eq!(server.login("alice").status, 200);
}

#[test]
fn an_installation_that_is_in_use_takes_no_import() {
    let old = Old::new();
    old.export();
    let used = Installation::new();
    let server = used.serve(&["--public-url", PUBLIC_URL]);
    server.sign_up("erin");
    let error = import(&used, &old.file(), &old.key()).failed(1);
    assert!(error.contains("another server"), "{error}");
    server.stop();
    let before = used.run(&["user", "list", "--json"]).ok();
    let error = import(&used, &old.file(), &old.key()).failed(1);
    assert!(error.contains("is not new") && error.contains("nothing was written"), "{error}");
    assert_eq!(used.run(&["user", "list", "--json"]).ok(), before);

    let new = Installation::new();
    import(&new, &old.file(), &old.key()).ok();
    let said = import(&new, &old.file(), &old.key()).ok();
    assert_eq!(said, "this export was imported before; nothing was written\n");
}

#[test]
fn an_export_beside_a_running_server_must_be_asked_for() {
    let installation = Installation::new();
    let server = installation.serve(&["--public-url", PUBLIC_URL]);
    let key = installation.root().join("transfer.key");
    let error = export(&installation, "a.jsonl", &key, &[]).failed(1);
    assert!(error.contains("another server") && error.contains("--while-running"), "{error}");
    assert!(!installation.root().join("a.jsonl").exists());
    export(&installation, "a.jsonl", &key, &["--while-running"]).ok();
    server.stop();
    export(&installation, "b.jsonl", &key, &[]).ok();
    let left: Vec<_> = fs::read_dir(installation.root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("new-"))
        .collect();
    assert!(left.is_empty(), "{left:?} is left behind");
}

#[test]
fn an_import_under_another_name_says_which_it_was() {
    let old = Old::new();
    old.export();
    let new = Installation::new();
    let (file, key) = (old.file(), old.key());
    let arguments = ["import", file.to_str().unwrap(), "--transfer-key", key.to_str().unwrap()];
    let said = new.run(&arguments).ok();
    assert!(
        said.contains(&format!("issued by {PUBLIC_URL},")) && said.contains("server.public_url"),
        "{said}"
    );
}

#[test]
fn an_instant_that_is_none_or_is_to_come_is_refused() {
    let installation = Installation::made();
    let key = installation.root().join("transfer.key");
    for instant in ["yesterday", "2999-01-01T00:00:00Z", "1969-01-01T00:00:00Z"] {
        let error = export(&installation, "a.jsonl", &key, &["--as-of", instant]).failed(1);
        assert!(error.contains("no instant of the past"), "{error}");
    }
}
