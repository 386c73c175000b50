//! What operators and housekeeping need.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags, params};
use tegata_core::store::{Maintenance, StoreError};
use tegata_core::timestamp::Timestamp;

use crate::error::store_error;
use crate::users::execute;
use crate::{SqliteStore, rows};

/// How many pages a backup copies at once; between two lots, others get the disk.
const BACKUP_PAGES: i32 = 256;

#[async_trait]
impl Maintenance for SqliteStore {
    async fn check_ready(&self) -> Result<(), StoreError> {
        // A write that changes nothing but needs the disk to take it: on a full one, reads alone would look ready.
        self.write(|c, _| {
            let version: u32 =
                c.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(store_error)?;
            c.pragma_update(None, "user_version", version).map_err(store_error)
        })
        .await
    }

    async fn purge_expired(&self, before: Timestamp, limit: usize) -> Result<u64, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        // Looked for beside the writer, since no index leads there; it only gets the keys.
        let (sessions, attempts): (Vec<([u8; 16], [u8; 16])>, Vec<[u8; 32]>) = self
            .read(move |c, tenant| {
                let mut statement = c
                    .prepare_cached(
                        "SELECT user_id, session_id FROM sessions
                         WHERE tenant = ?1 AND min(idle_expires_at, absolute_expires_at) < ?2 LIMIT ?3",
                    )
                    .map_err(store_error)?;
                let parameters = params![tenant, before.as_millis(), limit];
                let sessions =
                    rows::collect(&mut statement, parameters, |row| Ok((row.get(0)?, row.get(1)?)))?;
                let sql = "SELECT attempt_key FROM attempts WHERE tenant = ?1 AND expires_at < ?2 LIMIT ?3";
                let mut statement = c.prepare_cached(sql).map_err(store_error)?;
                let attempts = rows::collect(&mut statement, parameters, |row| row.get(0))?;
                Ok((sessions, attempts))
            })
            .await?;
        if sessions.is_empty() && attempts.is_empty() {
            return Ok(0);
        }
        self.write(move |c, tenant| {
            let mut purged = 0;
            for (user_id, session_id) in &sessions {
                // Asked again: it may have been refreshed in between.
                purged += execute(
                    c,
                    "DELETE FROM sessions WHERE tenant = ?1 AND user_id = ?2 AND session_id = ?3
                         AND min(idle_expires_at, absolute_expires_at) < ?4",
                    params![tenant, user_id, session_id, before.as_millis()],
                )?;
            }
            for key in &attempts {
                purged += execute(
                    c,
                    "DELETE FROM attempts WHERE tenant = ?1 AND attempt_key = ?2 AND expires_at < ?3",
                    params![tenant, key, before.as_millis()],
                )?;
            }
            Ok(purged as u64)
        })
        .await
    }
}

impl SqliteStore {
    /// Copies the whole database, all tenants, to a new file while it is in use. The copy is of one moment and readable by
    /// its owner only. It holds the sealed keys; what unseals them is not in it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when `to` exists or cannot be written; nothing is left behind then.
    pub async fn backup(&self, to: &Path) -> Result<(), StoreError> {
        let (from, to) = (self.database.path.clone(), to.to_owned());
        // A thread of its own: a large copy must not hold up those who read.
        tokio::task::spawn_blocking(move || copy(&from, &to))
            .await
            .map_err(|error| StoreError::Unavailable(error.into()))?
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    let io = |error: std::io::Error| StoreError::Unavailable(error.into());
    if to.exists() {
        return Err(io(ErrorKind::AlreadyExists.into()));
    }
    let mut partial = to.as_os_str().to_owned();
    partial.push(".partial");
    let partial = Path::new(&partial);
    let file = make_partial(partial).map_err(io)?;
    let published =
        fill(from, partial).map_err(store_error).and_then(|()| publish(&file, partial, to).map_err(io));
    if published.is_err() {
        let _ = std::fs::remove_file(partial);
    }
    published
}

/// Makes the file to copy to, new and ours, whatever has been left or planted at its place. It is locked while it is
/// written.
fn make_partial(partial: &Path) -> std::io::Result<File> {
    let make = || OpenOptions::new().create_new(true).write(true).mode(0o600).open(partial);
    let file = match make() {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            // A copy that was cut off holds no lock any longer; one that is still being made does.
            let left = File::open(partial)?;
            left.try_lock()?;
            std::fs::remove_file(partial)?;
            make()?
        }
        new => new?,
    };
    file.try_lock()?;
    // Between making and locking it, another copy may have taken it for a left one.
    if std::fs::metadata(partial)?.ino() == file.metadata()?.ino() {
        Ok(file)
    } else {
        Err(ErrorKind::AlreadyExists.into())
    }
}

fn fill(from: &Path, partial: &Path) -> rusqlite::Result<()> {
    let source = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    // One read transaction, so that writers do not make the copy begin anew.
    source.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema;")?;
    let mut target = Connection::open(partial)?;
    Backup::new(&source, &mut target)?.run_to_completion(BACKUP_PAGES, Duration::ZERO, None)
}

/// Gives the copy its name once it is on the disk, and makes the name durable too.
fn publish(file: &File, partial: &Path, to: &Path) -> std::io::Result<()> {
    file.sync_all()?;
    std::fs::rename(partial, to)?;
    let directory = to.parent().filter(|directory| !directory.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}
