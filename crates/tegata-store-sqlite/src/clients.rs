//! OAuth clients.

use async_trait::async_trait;
use rusqlite::{OptionalExtension as _, params};
use tegata_core::client::{Client, ClientId};
use tegata_core::store::{ClientStore, StoreError};

use crate::error::store_error;
use crate::users::execute;
use crate::{SqliteStore, document, rows};

#[async_trait]
impl ClientStore for SqliteStore {
    async fn create_client(&self, client: &Client) -> Result<bool, StoreError> {
        let (client_id, version, text) = columns(client)?;
        self.write(move |c, tenant| {
            let created = execute(
                c,
                "INSERT INTO clients (tenant, client_id, version, document) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (tenant, client_id) DO NOTHING",
                params![tenant, client_id, version, text],
            )?;
            Ok(created > 0)
        })
        .await
    }

    async fn find_client(&self, client_id: &ClientId) -> Result<Option<Client>, StoreError> {
        let client_id = client_id.clone();
        self.look_up(move |c, tenant| {
            let mut statement = c
                .prepare_cached("SELECT document FROM clients WHERE tenant = ?1 AND client_id = ?2")
                .map_err(store_error)?;
            let found: Option<String> = statement
                .query_row(params![tenant, client_id.as_str()], |row| row.get(0))
                .optional()
                .map_err(store_error)?;
            found.map(|text| document::read(&text)).transpose()
        })
        .await
    }

    async fn list_clients(&self, after: Option<&ClientId>, limit: usize) -> Result<Vec<Client>, StoreError> {
        // No name is empty, so all come after that.
        let after = after.map(ToString::to_string).unwrap_or_default();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(move |c, tenant| {
            let mut statement = c
                .prepare_cached(
                    "SELECT document FROM clients WHERE tenant = ?1 AND client_id > ?2
                     ORDER BY client_id LIMIT ?3",
                )
                .map_err(store_error)?;
            let texts: Vec<String> =
                rows::collect(&mut statement, params![tenant, after, limit], |row| row.get(0))?;
            texts.iter().map(|text| document::read(text)).collect()
        })
        .await
    }

    async fn replace_client(&self, expected: u64, client: &Client) -> Result<bool, StoreError> {
        let (client_id, version, text) = columns(client)?;
        let expected = expected.cast_signed();
        self.write(move |c, tenant| {
            let replaced = execute(
                c,
                "UPDATE clients SET version = ?3, document = ?4
                 WHERE tenant = ?1 AND client_id = ?2 AND version = ?5",
                params![tenant, client_id, version, text, expected],
            )?;
            Ok(replaced > 0)
        })
        .await
    }

    async fn delete_client(&self, expected: u64, client_id: &ClientId) -> Result<bool, StoreError> {
        let (client_id, expected) = (client_id.to_string(), expected.cast_signed());
        self.write(move |c, tenant| {
            let deleted = execute(
                c,
                "DELETE FROM clients WHERE tenant = ?1 AND client_id = ?2 AND version = ?3",
                params![tenant, client_id, expected],
            )?;
            Ok(deleted > 0)
        })
        .await
    }
}

/// SQLite has signed integers only; versions are only ever compared for being equal.
fn columns(client: &Client) -> Result<(String, i64, String), StoreError> {
    Ok((client.client_id.to_string(), client.version.cast_signed(), document::write(client)?))
}
