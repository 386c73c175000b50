//! What lives for minutes and ends once.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension as _, params};
use tegata_core::store::{StoreError, TransientStore};
use tegata_core::transient::{Transient, TransientKey};

use crate::error::store_error;
use crate::users::execute;
use crate::{SqliteStore, rows};

#[async_trait]
impl TransientStore for SqliteStore {
    async fn create_transient(&self, transient: &Transient) -> Result<bool, StoreError> {
        let transient = transient.clone();
        self.write(move |c, tenant| create(c, tenant, &transient)).await
    }

    async fn find_transient(&self, key: TransientKey) -> Result<Option<Transient>, StoreError> {
        self.look_up(move |c, tenant| find(c, tenant, key)).await
    }

    async fn replace_transient(&self, expected: u32, transient: &Transient) -> Result<bool, StoreError> {
        let transient = transient.clone();
        self.write(move |c, tenant| {
            let replaced = execute(
                c,
                "UPDATE transients SET version = ?4, expires_at = ?5, document = ?6
                 WHERE tenant = ?1 AND kind = ?2 AND hash = ?3 AND version = ?7",
                params![
                    tenant,
                    kind(transient.key),
                    transient.key.hash,
                    transient.version,
                    transient.expires_at.as_millis(),
                    transient.document,
                    expected,
                ],
            )?;
            Ok(replaced > 0)
        })
        .await
    }

    async fn remove_transient(&self, key: TransientKey) -> Result<bool, StoreError> {
        self.write(move |c, tenant| remove(c, tenant, key)).await
    }
}

/// Creates a transient, as a part of a step; whether there was none.
pub(crate) fn create(c: &Connection, tenant: &str, transient: &Transient) -> Result<bool, StoreError> {
    let created = execute(
        c,
        "INSERT INTO transients (tenant, kind, hash, version, expires_at, document)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (tenant, kind, hash) DO NOTHING",
        params![
            tenant,
            kind(transient.key),
            transient.key.hash,
            transient.version,
            transient.expires_at.as_millis(),
            transient.document,
        ],
    )?;
    Ok(created > 0)
}

/// Finds a transient, as a part of a step.
pub(crate) fn find(c: &Connection, tenant: &str, key: TransientKey) -> Result<Option<Transient>, StoreError> {
    let sql = "SELECT version, expires_at, document FROM transients
               WHERE tenant = ?1 AND kind = ?2 AND hash = ?3";
    let mut statement = c.prepare_cached(sql).map_err(store_error)?;
    let found = statement.query_row(params![tenant, kind(key), key.hash], |row| {
        Ok(Transient { key, version: row.get(0)?, expires_at: rows::time(row, 1)?, document: row.get(2)? })
    });
    found.optional().map_err(store_error)
}

fn remove(c: &Connection, tenant: &str, key: TransientKey) -> Result<bool, StoreError> {
    let removed = execute(
        c,
        "DELETE FROM transients WHERE tenant = ?1 AND kind = ?2 AND hash = ?3",
        params![tenant, kind(key), key.hash],
    )?;
    Ok(removed > 0)
}

fn kind(key: TransientKey) -> String {
    key.kind.letter().to_string()
}
