//! What operators and housekeeping need.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::backup::Backup;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, params, params_from_iter};
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
        let mut purged = 0;
        for expired in &EXPIRED {
            purged += self.purge(expired, before, limit).await?;
        }
        Ok(purged)
    }

    async fn purge_transients(&self, before: Timestamp, limit: usize) -> Result<u64, StoreError> {
        self.purge(&TRANSIENTS, before, i64::try_from(limit).unwrap_or(i64::MAX)).await
    }
}

/// A table whose rows expire.
struct Expired {
    table: &'static str,
    /// Its key, after the tenant.
    key: &'static str,
    /// When a row expires.
    at: &'static str,
}

const TRANSIENTS: Expired = Expired { table: "transients", key: "kind, hash", at: "expires_at" };

static EXPIRED: [Expired; 4] = [
    Expired {
        table: "sessions",
        key: "user_id, session_id",
        at: "min(idle_expires_at, absolute_expires_at)",
    },
    Expired { table: "attempts", key: "attempt_key", at: "expires_at" },
    TRANSIENTS,
    Expired { table: "notices", key: "notice_id", at: "expires_at" },
];

impl SqliteStore {
    async fn purge(
        &self,
        expired: &'static Expired,
        before: Timestamp,
        limit: i64,
    ) -> Result<u64, StoreError> {
        let Expired { table, key, at } = expired;
        // Looked for beside the writer, since no index leads there; it only gets the keys.
        let columns = key.split(',').count();
        let keys: Vec<Vec<Value>> = self
            .read(move |c, tenant| {
                let sql = format!("SELECT {key} FROM {table} WHERE tenant = ?1 AND {at} < ?2 LIMIT ?3");
                let mut statement = c.prepare_cached(&sql).map_err(store_error)?;
                rows::collect(&mut statement, params![tenant, before.as_millis(), limit], |row| {
                    (0..columns).map(|column| row.get(column)).collect()
                })
            })
            .await?;
        if keys.is_empty() {
            return Ok(0);
        }
        self.write(move |c, tenant| {
            let places: Vec<String> = (0..columns).map(|column| format!("?{}", column + 3)).collect();
            let places = places.join(", ");
            // Asked again: it may have been refreshed in between.
            let sql = format!("DELETE FROM {table} WHERE tenant = ?1 AND {at} < ?2 AND ({key}) = ({places})");
            let mut purged = 0;
            for key in keys {
                let fixed = [Value::from(tenant.to_owned()), Value::from(before.as_millis())];
                purged += execute(c, &sql, params_from_iter(fixed.into_iter().chain(key)))? as u64;
            }
            Ok(purged)
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
