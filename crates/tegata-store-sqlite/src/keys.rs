//! The key set.

use async_trait::async_trait;
use rusqlite::{OptionalExtension as _, params};
use tegata_core::key_set::KeySet;
use tegata_core::store::{KeyStore, StoreError};

use crate::error::store_error;
use crate::users::execute;
use crate::{SqliteStore, document};

#[async_trait]
impl KeyStore for SqliteStore {
    async fn find_key_set(&self) -> Result<Option<KeySet>, StoreError> {
        self.look_up(|c, tenant| {
            let mut statement =
                c.prepare_cached("SELECT document FROM key_sets WHERE tenant = ?1").map_err(store_error)?;
            let found: Option<String> =
                statement.query_row([tenant], |row| row.get(0)).optional().map_err(store_error)?;
            found.map(|json| document::read(&json)).transpose()
        })
        .await
    }

    async fn replace_key_set(&self, expected: Option<u64>, key_set: &KeySet) -> Result<bool, StoreError> {
        let document = document::write(key_set)?;
        // SQLite has signed integers only; versions are only ever compared for being equal.
        let version = key_set.version.cast_signed();
        let expected = expected.map(u64::cast_signed);
        self.write(move |c, tenant| {
            let changed = match expected {
                None => execute(
                    c,
                    "INSERT INTO key_sets (tenant, version, document) VALUES (?1, ?2, ?3)
                     ON CONFLICT (tenant) DO NOTHING",
                    params![tenant, version, document],
                )?,
                Some(expected) => execute(
                    c,
                    "UPDATE key_sets SET version = ?2, document = ?3 WHERE tenant = ?1 AND version = ?4",
                    params![tenant, version, document, expected],
                )?,
            };
            Ok(changed > 0)
        })
        .await
    }
}
