//! Commands that speak with the person at the terminal.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::json;

use super::support::Installation;

/// A terminal with a command at it.
struct Terminal {
    screen: File,
    shown: String,
    child: Child,
}

impl Terminal {
    fn run(installation: &Installation, arguments: &[&str]) -> Self {
        let screen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&screen).unwrap();
        unlockpt(&screen).unwrap();
        let name = ptsname(&screen, Vec::new()).unwrap().into_string().unwrap();
        let device = || File::options().read(true).write(true).open(&name).unwrap();
        let mut command = Command::new("setsid");
        command.args(["--ctty", "--wait", super::PROGRAM]).args(arguments);
        command
            .current_dir(installation.root())
            .env_clear()
            .stdin(device())
            .stdout(device())
            .stderr(device());
        Self { screen: screen.into(), shown: String::new(), child: command.spawn().unwrap() }
    }

    /// Waits until this is shown.
    #[track_caller]
    fn expect(&mut self, text: &str) {
        let mut bytes = [0; 1024];
        while !self.shown.contains(text) {
            let length = self.screen.read(&mut bytes).unwrap_or(0);
            assert_ne!(length, 0, "{text:?} is not in {:?}", self.shown);
            self.shown += std::str::from_utf8(&bytes[..length]).unwrap();
        }
    }

    fn answer(&mut self, line: &str) {
        self.shown.clear();
        writeln!(self.screen, "{line}").unwrap();
    }

    fn code(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

#[test]
fn a_password_is_asked_for_twice_and_not_shown() {
    let installation = Installation::new();
    let server = installation.serve(&[]);
    let phrase = "a phrase that nobody sees";
    let mut terminal = Terminal::run(&installation, &["user", "create", "alice"]);
    terminal.expect("New password: ");
    terminal.answer(phrase);
    terminal.expect("The same again: ");
    assert!(!terminal.shown.contains(phrase), "{}", terminal.shown);
    terminal.answer(phrase);
    terminal.expect("made alice");
    assert!(!terminal.shown.contains(phrase), "{}", terminal.shown);
    assert_eq!(terminal.code(), Some(0));
    assert_eq!(server.post("/auth/login", &json!({"username": "alice", "password": phrase})).status, 200);
}

#[test]
fn two_different_passwords_change_nothing() {
    let installation = Installation::made();
    let mut terminal = Terminal::run(&installation, &["user", "create", "alice"]);
    terminal.expect("New password: ");
    terminal.answer("a phrase that nobody sees");
    terminal.expect("The same again: ");
    terminal.answer("another that nobody sees");
    terminal.expect("the two passwords differ");
    assert_eq!(terminal.code(), Some(1));
    installation.run(&["user", "show", "alice"]).failed(1);
}

#[test]
fn an_account_is_deleted_only_when_its_name_is_typed() {
    let installation = Installation::new();
    installation.serve(&[]).sign_up("alice");
    let delete = |answer: &str, expected: &str| {
        let mut terminal = Terminal::run(&installation, &["user", "delete", "alice"]);
        terminal.expect("Type alice to delete");
        terminal.answer(answer);
        terminal.expect(expected);
    };
    delete("yes", "nothing was deleted");
    installation.run(&["user", "show", "alice"]).ok();
    delete("alice", "alice is deleted");
}

#[test]
fn at_a_terminal_the_server_logs_in_words() {
    let installation = Installation::new();
    let mut terminal = Terminal::run(&installation, &["serve", "--listen", "127.0.0.1:0"]);
    terminal.expect("Tegata is ready at http://");
    terminal.expect(" INFO tegata::serve: ready");
    // What Ctrl-C does.
    terminal.screen.write_all(&[3]).unwrap();
    terminal.expect("stopped");
    assert_eq!(terminal.code(), Some(0));
}
