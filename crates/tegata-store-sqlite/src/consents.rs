//! What users have allowed clients.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension as _, params};
use tegata_core::client::ClientId;
use tegata_core::consent::Consent;
use tegata_core::identifier::UserId;
use tegata_core::store::{ConsentStore, StoreError};

use crate::error::store_error;
use crate::users::execute;
use crate::{SqliteStore, document, rows};

#[async_trait]
impl ConsentStore for SqliteStore {
    async fn put_consent(&self, expected: Option<&Consent>, consent: &Consent) -> Result<bool, StoreError> {
        let (user_id, client_id) = (consent.user_id, consent.client_id.clone());
        let (given, expected) = (document::write(&consent.given)?, expected.cloned());
        self.write(move |c, tenant| {
            if find(c, tenant, user_id, &client_id)? != expected {
                return Ok(false);
            }
            execute(
                c,
                "INSERT OR REPLACE INTO consents (tenant, user_id, client_id, document) VALUES (?1, ?2, ?3, ?4)",
                params![tenant, user_id.as_bytes(), client_id.as_str(), given],
            )?;
            Ok(true)
        })
        .await
    }

    async fn find_consent(
        &self,
        user_id: UserId,
        client_id: &ClientId,
    ) -> Result<Option<Consent>, StoreError> {
        let client_id = client_id.clone();
        self.look_up(move |c, tenant| find(c, tenant, user_id, &client_id)).await
    }

    async fn list_consents(&self, user_id: UserId) -> Result<Vec<Consent>, StoreError> {
        self.read(move |c, tenant| {
            let sql = "SELECT client_id, document FROM consents WHERE tenant = ?1 AND user_id = ?2";
            let mut statement = c.prepare_cached(sql).map_err(store_error)?;
            rows::collect(&mut statement, params![tenant, user_id.as_bytes()], |row| {
                Ok(Consent {
                    user_id,
                    client_id: rows::parse(0, row.get_ref(0)?.as_str()?)?,
                    given: document::column(1, row.get_ref(1)?.as_str()?)?,
                })
            })
        })
        .await
    }

    async fn remove_consent(&self, user_id: UserId, client_id: &ClientId) -> Result<bool, StoreError> {
        let client_id = client_id.to_string();
        self.write(move |c, tenant| {
            let removed = execute(
                c,
                "DELETE FROM consents WHERE tenant = ?1 AND user_id = ?2 AND client_id = ?3",
                params![tenant, user_id.as_bytes(), client_id],
            )?;
            Ok(removed > 0)
        })
        .await
    }
}

/// Finds a consent, as a part of a step.
pub(crate) fn find(
    c: &Connection,
    tenant: &str,
    user_id: UserId,
    client_id: &ClientId,
) -> Result<Option<Consent>, StoreError> {
    let sql = "SELECT document FROM consents WHERE tenant = ?1 AND user_id = ?2 AND client_id = ?3";
    let mut statement = c.prepare_cached(sql).map_err(store_error)?;
    let parameters = params![tenant, user_id.as_bytes(), client_id.as_str()];
    let found = statement.query_row(parameters, |row| document::column(0, row.get_ref(0)?.as_str()?));
    let given = found.optional().map_err(store_error)?;
    Ok(given.map(|given| Consent { user_id, client_id: client_id.clone(), given }))
}
