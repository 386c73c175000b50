//! The store that several servers share is another program's.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use super::PROGRAM;

#[test]
fn the_program_becomes_the_one_beside_it_for_dynamodb_with_the_same_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let (tegata, other) = (folder.path().join("tegata"), folder.path().join("tegata-dynamodb"));
    fs::copy(PROGRAM, &tegata).unwrap();
    fs::write(&other, "#!/bin/sh\necho \"$$ $*\"\n").unwrap();
    fs::set_permissions(&other, fs::Permissions::from_mode(0o755)).unwrap();
    for arguments in
        [&["serve", "--store", "dynamodb"][..], &["user", "list", "--set", "store.kind=dynamodb"]]
    {
        let mut command = Command::new(&tegata);
        command.args(arguments).current_dir(folder.path()).stdout(Stdio::piped());
        let child = command.spawn().unwrap();
        let expected = format!("{} {}\n", child.id(), arguments.join(" "));
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected, "it is the same process");
    }
}

#[test]
fn the_program_alone_says_what_it_needs_for_dynamodb() {
    let folder = tempfile::tempdir().unwrap();
    let alone = folder.path().join("tegata");
    fs::copy(PROGRAM, &alone).unwrap();
    let output = Command::new(&alone)
        .args(["serve", "--store", "dynamodb"])
        .current_dir(folder.path())
        .env_clear()
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(
        error.contains("tegata-dynamodb") && error.contains("install it in the folder of `tegata`"),
        "{error}"
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is made");
}
