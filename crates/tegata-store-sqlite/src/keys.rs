//! The key set.

use async_trait::async_trait;
use rusqlite::{OptionalExtension as _, params};
use tegata_core::key_set::KeySet;
use tegata_core::store::{KeyStore, StoreError};

use crate::SqliteStore;
use crate::error::store_error;
use crate::users::execute;

#[async_trait]
impl KeyStore for SqliteStore {
    async fn find_key_set(&self) -> Result<Option<KeySet>, StoreError> {
        self.read(|c, tenant| {
            let mut statement =
                c.prepare_cached("SELECT document FROM key_sets WHERE tenant = ?1").map_err(store_error)?;
            let document: Option<String> =
                statement.query_row([tenant], |row| row.get(0)).optional().map_err(store_error)?;
            document.map(|json| serde_json::from_str(&json).map_err(unreadable)).transpose()
        })
        .await
    }

    async fn replace_key_set(&self, expected: Option<u64>, key_set: &KeySet) -> Result<bool, StoreError> {
        let document = serde_json::to_string(key_set).map_err(unreadable)?;
        let version = i64::try_from(key_set.version).map_err(unreadable)?;
        let expected = expected.map(i64::try_from).transpose().map_err(unreadable)?;
        self.write_one(move |c, tenant| {
            let changed = match expected {
                None => execute(
                    c,
                    "INSERT OR IGNORE INTO key_sets (tenant, version, document) VALUES (?1, ?2, ?3)",
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

fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Corrupt(error.into())
}
