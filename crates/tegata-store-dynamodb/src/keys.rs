//! The key set and the wrapped master key, in tables of their own.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure as OnFailure;
use tegata_core::identifier::TenantId;
use tegata_core::key_set::KeySet;
use tegata_core::store::{KeyStore, StoreError};

use crate::error::{Fault, Unreadable};
use crate::item::{self, Item, bytes, number, text};
use crate::mark::Mark;
use crate::retry::{Reply, Step};
use crate::table;
use crate::transaction::{self, Condition};
use crate::{DynamoDbStore, KeyAccess, Options, Tables};

/// The key set, as JSON.
const DOCUMENT: &str = "d";
/// Its version.
const VERSION: &str = "v";
/// The wrapped master key.
const WRAPPED: &str = "w";

#[async_trait]
impl KeyStore for DynamoDbStore {
    async fn find_key_set(&self) -> Result<Option<KeySet>, StoreError> {
        let table = match self.shared.key_access {
            KeyAccess::Sign => &self.shared.tables.keys,
            KeyAccess::Verify => &self.shared.tables.public_keys,
        };
        let request = self
            .client()
            .get_item()
            .table_name(table)
            .set_key(Some(table::key_set(&self.tenant).attributes()))
            .consistent_read(true);
        let Some(found) = self.step().read(table, || request.clone().send()).await?.item else {
            return Ok(None);
        };
        let document = item::need_text(&found, DOCUMENT)?;
        // The parser's own text quotes from the document.
        Ok(Some(serde_json::from_str(document).map_err(|_| Unreadable(DOCUMENT))?))
    }

    /// Both tables in one transaction: no verifier misses a key that signs.
    async fn replace_key_set(&self, expected: Option<u64>, key_set: &KeySet) -> Result<bool, StoreError> {
        if self.shared.key_access == KeyAccess::Verify {
            return Err(Fault::OnlyVerifies.into());
        }
        let condition = expected.map_or(Condition::ABSENT, Condition::version);
        let (tables, own) = (&self.shared.tables, Mark::random()?);
        let public = key_set.without_private_keys();
        let parts = vec![
            transaction::put(&tables.keys, self.key_set_item(key_set, own)?, condition)?,
            transaction::put(&tables.public_keys, self.key_set_item(&public, own)?, Condition::ANY)?,
        ];
        let names = format!("{} or {}", tables.keys, tables.public_keys);
        match self.transact(&self.step(), &names, parts).await? {
            Reply::Done(()) => Ok(true),
            // The first try was done and its answer lost.
            Reply::Refused(refusal) => crate::change::left_by(&refusal, own),
        }
    }
}

impl DynamoDbStore {
    fn key_set_item(&self, key_set: &KeySet, mark: Mark) -> Result<Item, StoreError> {
        let document = serde_json::to_string(key_set).map_err(|_| Unreadable(DOCUMENT))?;
        let mut item = table::key_set(&self.tenant).attributes();
        item.insert(item::MARK.to_owned(), bytes(mark.as_bytes()));
        item.insert(VERSION.to_owned(), number(key_set.version));
        item.insert(DOCUMENT.to_owned(), text(document));
        Ok(item)
    }
}

/// The master key of a tenant, as a key service has wrapped it.
///
/// # Errors
/// [`StoreError`].
pub async fn find_wrapped_master_key(
    client: &Client,
    tables: &Tables,
    tenant: &TenantId,
) -> Result<Option<Vec<u8>>, StoreError> {
    let request = client
        .get_item()
        .table_name(&tables.public_keys)
        .set_key(Some(table::master_key(tenant).attributes()))
        .consistent_read(true);
    let step = Step::begin(Options::STEP_TIMEOUT);
    let found = step.read(&tables.public_keys, || request.clone().send()).await?.item;
    Ok(found.map(|found| item::need_blob(&found, WRAPPED).map(<[u8]>::to_vec)).transpose()?)
}

/// Stores the wrapped master key of a tenant, if there is none; whether it was.
///
/// # Errors
/// [`StoreError`].
pub async fn put_wrapped_master_key(
    client: &Client,
    tables: &Tables,
    tenant: &TenantId,
    wrapped: &[u8],
) -> Result<bool, StoreError> {
    let mut item = table::master_key(tenant).attributes();
    item.insert(WRAPPED.to_owned(), bytes(wrapped));
    let request = client
        .put_item()
        .table_name(&tables.public_keys)
        .set_item(Some(item))
        .condition_expression("attribute_not_exists(pk)")
        .return_values_on_condition_check_failure(OnFailure::AllOld);
    let step = Step::begin(Options::STEP_TIMEOUT);
    match step.send(&tables.public_keys, || request.clone().send()).await? {
        Reply::Done(_) => Ok(true),
        // Wrapping is never the same twice: what is equal is our own, from a first try whose answer was lost.
        Reply::Refused(refusal) => match refusal.item(0) {
            Some(found) => Ok(item::need_blob(found, WRAPPED)? == wrapped),
            None => Ok(false),
        },
    }
}
