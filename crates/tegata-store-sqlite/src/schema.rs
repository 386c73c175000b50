//! Opening a database and bringing its schema up to date.

use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::busy::while_busy;
use crate::error::OpenError;
use crate::{Durability, Options};

/// "Tegt": marks a database as ours.
const APPLICATION_ID: i32 = 0x5465_6774;

/// Forward only. What has been released is never changed; a new step is a new file.
const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_first.sql"),
    include_str!("../migrations/0002_oauth.sql"),
    include_str!("../migrations/0003_attributes.sql"),
    include_str!("../migrations/0004_sessions_by_row.sql"),
];

/// How large the log may get before its pages go into the database. Rare enough not to be felt by rotations, small
/// enough for a start after a crash to be quick.
const CHECKPOINT_PAGES: u32 = 4_000;

/// What of the log's file is kept for the next pages, in bytes. A long read, such as a backup, lets it grow past that.
const LOG_BYTES: u32 = 64 << 20;

/// What the writer keeps of the database in memory, in KiB, once it has read that much.
const CACHE_KIB: i32 = 8 << 10;

/// Opens the connection that writes.
pub(crate) fn open(path: &Path, options: &Options) -> Result<Connection, OpenError> {
    make_file(path).map_err(|source| OpenError::file(path, source))?;
    let fail = |source| OpenError::new(path, source);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(fail)?;
    connection.busy_timeout(options.busy_timeout).map_err(fail)?;
    check_ours(&mut connection, path)?;
    while_busy(options.busy_timeout, || connection.pragma_update(None, "journal_mode", "WAL"))
        .map_err(fail)?;
    migrate(&mut connection, path, MIGRATIONS)?;
    let synchronous = match options.durability {
        Durability::Full => "FULL",
        Durability::Normal => "NORMAL",
    };
    connection.pragma_update(None, "synchronous", synchronous).map_err(fail)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES).map_err(fail)?;
    connection.pragma_update_and_check(None, "journal_size_limit", LOG_BYTES, |_| Ok(())).map_err(fail)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB).map_err(fail)?;
    // From here on the writer does its own waiting.
    connection.busy_timeout(Duration::ZERO).map_err(fail)?;
    Ok(connection)
}

/// Made by us, not by SQLite: nobody but its owner reads it from its first byte on. The log gets the same mode.
fn make_file(path: &Path) -> std::io::Result<()> {
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    }
    OpenOptions::new().create(true).truncate(false).read(true).write(true).mode(0o600).open(path).map(drop)
}

/// Opens a connection that reads.
pub(crate) fn open_reader(path: &Path, options: &Options) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let fail = |source| OpenError::new(path, source);
    let connection = Connection::open_with_flags(path, flags).map_err(fail)?;
    connection.busy_timeout(options.busy_timeout).map_err(fail)?;
    Ok(connection)
}

/// Refuses another program's database, and a newer program's, before anything is written to it.
fn check_ours(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let fail = |source| OpenError::new(path, source);
    // One moment for all: another process may be making the database just now.
    let moment = connection.transaction().map_err(fail)?;
    let application_id: i32 =
        moment.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(fail)?;
    let tables: u32 =
        moment.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(fail)?;
    if application_id != APPLICATION_ID && (application_id != 0 || tables != 0) {
        return Err(OpenError::ForeignDatabase { path: path.to_owned() });
    }
    check_version(&moment, path, MIGRATIONS).map(drop)
}

fn check_version(connection: &Connection, path: &Path, migrations: &[&str]) -> Result<u32, OpenError> {
    let found: u32 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(|source| OpenError::new(path, source))?;
    let known = u32::try_from(migrations.len()).unwrap_or(u32::MAX);
    if found > known {
        return Err(OpenError::NewerSchema { path: path.to_owned(), found, known });
    }
    Ok(found)
}

/// Each step in a transaction of its own, version and all: a process that dies in the middle leaves the step before it.
fn migrate(connection: &mut Connection, path: &Path, migrations: &[&str]) -> Result<(), OpenError> {
    let fail = |source| OpenError::new(path, source);
    // Nothing to do needs no lock, so a database can be opened while others write.
    while (check_version(connection, path, migrations)? as usize) < migrations.len() {
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(fail)?;
        // Read inside: another process may have been first.
        let done = check_version(&transaction, path, migrations)?;
        let Some(step) = migrations.get(done as usize) else { break };
        transaction.execute_batch(step).map_err(fail)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(fail)?;
        transaction.pragma_update(None, "user_version", done + 1).map_err(fail)?;
        transaction.commit().map_err(fail)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
