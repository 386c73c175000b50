//! A disk that is full, that turned read-only, or that fails.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

use serde_json::json;

use super::support::{Installation, PASSWORD, Server};

/// A user who was there before the trouble began.
struct Witness {
    access_token: String,
    refresh_token: String,
}

impl Witness {
    fn new(server: &Server) -> Self {
        server.sign_up("alice");
        let login = server.login("alice");
        Self { access_token: login.text("access_token"), refresh_token: login.text("refresh_token") }
    }

    /// Refreshes; `false` for a 503, and anything else is wrong.
    #[track_caller]
    fn refresh(&mut self, server: &Server) -> bool {
        let answer = server.refresh(&self.refresh_token);
        match answer.status {
            200 => self.refresh_token = answer.text("refresh_token"),
            503 => assert!(answer.header("retry-after").is_some(), "{answer:?}"),
            _ => assert!(answer.status == 503, "{answer:?}"),
        }
        answer.status == 200
    }

    /// What needs no write goes on; what does is refused as it should be.
    fn assert_writes_are_refused_and_the_rest_goes_on(&mut self, server: &Server) {
        for _ in 0..3 {
            let bearer = format!("Bearer {}", self.access_token);
            let answer =
                server.connect().send("GET", "/api/protected", &[("authorization", &bearer)], None).unwrap();
            assert_eq!(answer.status, 200, "{answer:?}");
            assert_eq!(server.get("/.well-known/jwks.json").status, 200);
            assert_eq!(server.get("/healthz").status, 200);
            assert_eq!(server.get("/readyz").status, 503);
            assert!(!self.refresh(server));
            let sign_up = json!({"username": "mallory", "password": PASSWORD});
            assert_eq!(server.post("/auth/signup", &sign_up).status, 503);
            assert_eq!(server.login("alice").status, 503);
        }
    }

    /// Nothing is lost, and everything works again without a restart.
    fn assert_recovered(&mut self, server: &Server) {
        assert!(self.refresh(server), "it did not recover");
        assert_eq!(server.get("/readyz").status, 200);
        assert_eq!(server.login("alice").status, 200);
        server.sign_up("bob");
        assert!(self.refresh(server));
    }
}

/// A small file system of its own, in a namespace where this process may mount one.
struct SmallDisk {
    shell: Child,
    answers: BufReader<std::process::ChildStdout>,
}

impl SmallDisk {
    /// Mounts it at `small`. `None` where the system does not allow it.
    fn mount(installation: &Installation) -> Option<Self> {
        fs::create_dir(installation.root().join("small")).unwrap();
        let mut shell = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh"])
            .current_dir(installation.root())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let answers = BufReader::new(shell.stdout.take().unwrap());
        let mut disk = Self { shell, answers };
        let mounted = disk.run("mount -t tmpfs -o size=2m,mode=0700 tmpfs small && echo yes || echo no")?;
        (mounted == "yes").then_some(disk)
    }

    /// Runs a line of shell inside and gives the line that it prints.
    fn run(&mut self, command: &str) -> Option<String> {
        writeln!(self.shell.stdin.as_ref()?, "{command}").ok()?;
        let mut line = String::new();
        self.answers.read_line(&mut line).ok()?;
        (!line.is_empty()).then(|| line.trim().to_owned())
    }

    /// A command that runs inside.
    fn enter(&self, installation: &Installation, arguments: &[&str]) -> Command {
        let mut command = Command::new("nsenter");
        let shell = self.shell.id().to_string();
        command.args([
            "--target",
            &shell,
            "--user",
            "--mount",
            "--preserve-credentials",
            "--wd=/proc/self/cwd",
        ]);
        command.arg(super::PROGRAM).args(arguments).current_dir(installation.root()).env_clear();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

#[test]
fn on_a_full_disk_verification_goes_on_and_nothing_is_lost() {
    let installation = Installation::new();
    let Some(mut disk) = SmallDisk::mount(&installation) else {
        eprintln!("SKIPPED: this system gives no user namespace in which a small disk could be mounted");
        return;
    };
    let data = installation.root().join("small").to_string_lossy().into_owned();
    let server = Server::start(
        &mut disk.enter(&installation, &["serve", "--listen", "127.0.0.1:0", "--data-dir", &data]),
    );
    let mut witness = Witness::new(&server);
    for round in 0..3 {
        disk.run(&format!("dd if=/dev/zero of={data}/filler bs=4k 2>&- ; echo full")).unwrap();
        // What room the database has left in its own files is used first.
        let refreshed = (0..5000).take_while(|_| witness.refresh(&server)).count();
        assert!(refreshed < 5000, "round {round}: the disk never was full");
        witness.assert_writes_are_refused_and_the_rest_goes_on(&server);
        disk.run(&format!("rm {data}/filler ; echo free")).unwrap();
        assert!(witness.refresh(&server), "round {round}: it did not recover");
    }
    witness.assert_recovered(&server);
    server.stop();
    let verified = disk.enter(&installation, &["audit", "verify", "--data-dir", &data]).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
}

/// Runs the server on a disk that fails while a file is there, with this content.
fn survives_a_failing_disk(content: &str) {
    let installation = Installation::new();
    let shim = installation.root().join("failing_disk.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/survival/failing_disk.c");
    let built =
        Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&shim).args([source, "-ldl"]).output();
    if !built.is_ok_and(|built| built.status.success()) {
        eprintln!("SKIPPED: there is no C compiler to build the failing disk with");
        return;
    }
    let flag = installation.root().join("disk-fails");
    let mut command = installation.command(&["serve", "--listen", "127.0.0.1:0"]);
    let server = Server::start(command.env("LD_PRELOAD", &shim).env("FAILING_DISK", &flag));
    let mut witness = Witness::new(&server);
    assert!(witness.refresh(&server));
    for _ in 0..3 {
        fs::write(&flag, content).unwrap();
        witness.assert_writes_are_refused_and_the_rest_goes_on(&server);
        fs::remove_file(&flag).unwrap();
        assert!(witness.refresh(&server), "it did not recover");
    }
    witness.assert_recovered(&server);
    server.stop();
    installation.run(&["audit", "verify"]).ok();
}

#[test]
fn on_a_disk_that_turned_read_only_verification_goes_on_and_nothing_is_lost() {
    survives_a_failing_disk("");
}

#[test]
fn on_a_disk_that_fails_verification_goes_on_and_nothing_is_lost() {
    survives_a_failing_disk("fails");
}

#[test]
fn r67_events_that_the_audit_log_has_no_room_for_are_logged_and_counted() {
    let installation = Installation::new();
    let Some(mut disk) = SmallDisk::mount(&installation) else {
        eprintln!("SKIPPED: this system gives no user namespace in which a small disk could be mounted");
        return;
    };
    let setting = &format!("audit.file={}", installation.root().join("small/audit.jsonl").display());
    let server = Server::start(
        &mut disk.enter(&installation, &["serve", "--listen", "127.0.0.1:0", "--set", setting]),
    );
    server.sign_up("alice");
    // Its one page has room for more, so it is filled to its end as well.
    disk.run("dd if=/dev/zero of=small/filler bs=4k 2>&- ; echo full").unwrap();
    for _ in 0..60 {
        assert_eq!(server.login("alice").status, 200);
    }
    disk.run("rm small/filler ; echo free").unwrap();
    assert_eq!(server.login("alice").status, 200);
    let log = server.stop();
    let missed: Vec<_> = log.iter().filter(|line| line.contains("missing from the audit log")).collect();
    let missed_logins = missed.iter().filter(|line| line.contains("Login")).count();
    assert!(missed_logins > 0, "{log:#?}");
    let audit = |command: &str| {
        let output = disk.enter(&installation, &["audit", command, "--set", setting]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    audit("verify");
    let events: Vec<serde_json::Value> =
        audit("export").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let counted: u64 = events
        .iter()
        .filter(|event| event["action"] == "events_missed")
        .filter_map(|event| event["count"].as_u64())
        .sum();
    let logins = events.iter().filter(|event| event["action"] == "login").count();
    assert_eq!((counted, logins), (missed.len() as u64, 61 - missed_logins));
}
