//! `tegata doctor`: whether an installation is in order, and what to do where it is not.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use tegata_core::key_set::{KeySet, KeyState};
use tegata_core::timestamp::Timestamp;
use tegata_http::{Clock as _, SystemClock};

use super::{print, settings};
use crate::cli::Common;
use crate::data_dir;
use crate::failure::{Chain, Failure};
use crate::installation::{Installation, block_on};
use crate::master_key;
use crate::settings::{NAME_THE_PROXY, Settings, StoreKind, UNNAMED_PROXY};
use crate::shared_store;

/// Below this much space left a database is in danger, below ten times as much it is worth a look.
const LITTLE_SPACE: u64 = 100 * 1024 * 1024;
/// Before this no clock of a running Tegata can be: 2026-01-01.
const EARLIEST: Timestamp = Timestamp::from_secs(1_767_225_600);
/// Beyond this a clock is more likely wrong than the program old: 2126-01-01.
const LATEST: Timestamp = Timestamp::from_secs(4_922_899_200);

/// Looks at everything, says it line by line, and fails if anything is wrong.
pub(super) fn run(common: Common) -> Result<(), Failure> {
    let mut report = Report::default();
    match settings(common, None) {
        Err(failure) => report.fail("settings", &failure.to_string(), ""),
        Ok(settings) => {
            report.ok("settings", "read, and none is unsafe");
            if settings.has_unnamed_proxy() {
                report.warn("proxy", UNNAMED_PROXY, NAME_THE_PROXY);
            }
            examine(&settings, &mut report);
        }
    }
    print(&report.text)?;
    match report.failures {
        0 => Ok(()),
        1 => Err(Failure::check_failed("1 thing is wrong")),
        n => Err(Failure::check_failed(format_args!("{n} things are wrong"))),
    }
}

/// What was found.
#[derive(Default)]
struct Report {
    text: String,
    failures: u32,
}

impl Report {
    fn line(&mut self, level: &str, what: &str, text: &str, advice: &str) {
        self.text += &format!(
            "{level:<5} {what:<15} {}\n",
            text.trim_start_matches("error: ").replace('\n', "\n      ")
        );
        if !advice.is_empty() {
            self.text += &format!("      {:<15} -> {advice}\n", "");
        }
    }

    fn ok(&mut self, what: &str, text: &str) {
        self.line("ok", what, text, "");
    }

    fn warn(&mut self, what: &str, text: &str, advice: &str) {
        self.line("warn", what, text, advice);
    }

    fn fail(&mut self, what: &str, text: &str, advice: &str) {
        self.failures += 1;
        self.line("FAIL", what, text, advice);
    }

    /// A check that has an outcome or a failure with its advice.
    fn check(&mut self, what: &str, outcome: &Result<String, Failure>) -> bool {
        match outcome {
            Ok(text) => self.ok(what, text),
            Err(failure) => self.fail(what, &failure.to_string(), ""),
        }
        outcome.is_ok()
    }
}

fn examine(settings: &Settings, report: &mut Report) {
    let directory = &settings.server.data_dir;
    let is_there =
        data_dir::check(directory).map(|()| format!("{}, open to its owner only", directory.display()));
    if !report.check("data directory", &is_there) {
        return;
    }
    space(directory, report);
    let now = SystemClock.now();
    clock(now, report);
    let key_file = settings.master_key_file();
    let key = master_key::read(&key_file).map(|_| format!("{}, open to its owner only", key_file.display()));
    let has_key = report.check("master key", &key);
    let is_usable = match settings.store.kind {
        StoreKind::Sqlite => database(&settings.database(), report),
        StoreKind::DynamoDb => report.check("tables", &tables(settings)),
    };
    if is_usable && has_key {
        store(settings, now, report);
    }
    audit_file(&settings.audit_file(), report);
}

fn tables(settings: &Settings) -> Result<String, Failure> {
    block_on(shared_store::linked()?.check(&settings.store))
}

fn space(directory: &Path, report: &mut Report) {
    match rustix::fs::statvfs(directory) {
        Err(error) => report.fail("disk", &format!("cannot be asked: {error}"), ""),
        Ok(disk) => {
            let left = disk.f_bavail.saturating_mul(disk.f_frsize);
            let text = format!("{} MiB left", left / (1024 * 1024));
            let advice = "make room: on a full disk nobody can log in or refresh";
            match left {
                0..LITTLE_SPACE => report.fail("disk", &text, advice),
                _ if left < 10 * LITTLE_SPACE => report.warn("disk", &text, advice),
                _ => report.ok("disk", &text),
            }
        }
    }
}

fn clock(now: Timestamp, report: &mut Report) {
    let text = format!("it is {}", now.to_rfc3339());
    if (EARLIEST..LATEST).contains(&now) {
        report.ok("clock", &text);
    } else {
        report.fail("clock", &text, "set the clock: tokens expire by it, and others check them by theirs");
    }
}

/// Whether the file can be trusted.
fn database(path: &Path, report: &mut Report) -> bool {
    let shown = path.display();
    let Ok(metadata) = fs::metadata(path) else {
        report.warn(
            "database",
            &format!("{shown} is not there yet"),
            "the first start of `tegata serve` makes it",
        );
        return false;
    };
    if let Err(failure) = data_dir::check_private(path, metadata.mode(), "the database") {
        report.fail("database", &failure.to_string(), "");
    }
    match quick_check(path) {
        Ok((version, problems)) if problems == ["ok"] => {
            report.ok("database", &format!("{shown}, sound, schema version {version}"));
            true
        }
        Ok((_, problems)) => {
            let text = format!("{shown} is damaged: {}", problems.join("; "));
            report.fail("database", &text, "stop the server, keep the file, and restore the last backup");
            false
        }
        Err(error) => {
            let text = format!("{shown} cannot be read: {error}");
            report.fail("database", &text, "stop the server, keep the file, and restore the last backup");
            false
        }
    }
}

fn quick_check(path: &Path) -> rusqlite::Result<(u32, Vec<String>)> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    let version = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let mut statement = connection.prepare("PRAGMA quick_check(5)")?;
    let problems = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok((version, problems))
}

fn store(settings: &Settings, now: Timestamp, report: &mut Report) {
    let installation = match Installation::of_command(settings) {
        Ok(installation) => installation,
        Err(failure) => return report.fail("store", &failure.to_string(), ""),
    };
    match block_on(installation.store().check_ready()) {
        Ok(()) => report.ok("store", "answers, and can write"),
        Err(error) => report.fail(
            "store",
            &Chain(&error).to_string(),
            match settings.store.kind {
                StoreKind::Sqlite => {
                    "look at the disk and at who owns the files: verifying goes on, but nobody can log in or refresh"
                }
                StoreKind::DynamoDb => "look at the credentials and at the rights they have on the tables",
            },
        ),
    }
    match block_on(installation.store().find_key_set()) {
        Err(error) => report.fail("signing keys", &Chain(&error).to_string(), ""),
        Ok(None) => {
            report.warn("signing keys", "there are none yet", "the first start of `tegata serve` makes them");
        }
        Ok(Some(key_set)) => signing_keys(&installation, &key_set, now, report),
    }
}

fn signing_keys(installation: &Installation, key_set: &KeySet, now: Timestamp, report: &mut Report) {
    let sealing = installation.sealing_key();
    let unsealed =
        key_set.signing_keys(&sealing).and_then(|keys| key_set.server_secrets(&sealing).map(|_| keys));
    match unsealed {
        Err(error) => report.fail(
            "signing keys",
            &Chain(&error).to_string(),
            "put back the master key that belongs to this database; no other opens it",
        ),
        Ok(keys) => {
            let signing: Vec<_> =
                keys.iter().map(|key| format!("{} {}", key.algorithm(), key.kid())).collect();
            let text = format!("{} published, signing with {}", key_set.keys.len(), signing.join(", "));
            report.ok("signing keys", &text);
        }
    }
    let newest = key_set.keys.iter().map(|key| key.created_at).max();
    if newest.is_some_and(|made| made > now) {
        report.fail(
            "clock",
            "a key was made in the future",
            "set the clock: it was ahead then, or is behind now",
        );
    }
    let active = key_set.keys.iter().find_map(|key| match key.state {
        KeyState::Active { since } => Some(since),
        KeyState::Next | KeyState::Retired { .. } => None,
    });
    if active.is_some_and(|since| now.since(since) > Duration::from_hours(24 * 91)) {
        let text = "the active key has been signing for more than 90 days";
        report.warn("signing keys", text, "a running server rotates keys by itself: is one running?");
    }
}

fn audit_file(path: &Path, report: &mut Report) {
    match fs::metadata(path) {
        Err(_) => report.warn(
            "audit log",
            &format!("{} is not there yet", path.display()),
            "the first event makes it",
        ),
        Ok(metadata) => {
            let outcome = data_dir::check_private(path, metadata.mode(), "the audit log")
                .map(|()| format!("{}; `tegata audit verify` checks it", path.display()));
            report.check("audit log", &outcome);
        }
    }
}
