//! What operators and housekeeping need.

use async_trait::async_trait;
use tegata_core::store::{Maintenance, StoreError};
use tegata_core::timestamp::Timestamp;

use crate::DynamoDbStore;
use crate::error::Fault;
use crate::item::{self, Item, text};
use crate::retry::{Reply, Step};
use crate::table::{self, Key};

/// A session that has expired.
const EXPIRED_SESSION: &str = "begins_with(sk, :sessions) AND (ix < :before OR ax < :before)";
/// A counter, a transient or a notice that has.
const EXPIRED_COUNTER: &str = "x < :before";
/// A transient that has.
const EXPIRED_TRANSIENT: &str = "begins_with(pk, :transients) AND x < :before";

#[async_trait]
impl Maintenance for DynamoDbStore {
    /// Asks for a write that is always refused, since it changes an item that is never there: one write unit shows that the
    /// table is there, that it takes writes and that we may write.
    async fn check_ready(&self) -> Result<(), StoreError> {
        let request = self
            .client()
            .update_item()
            .table_name(self.data())
            .set_key(Some(table::nothing(&self.tenant).attributes()))
            .update_expression("SET n = :none")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":none", text(""));
        match self.step().send(self.data(), || request.clone().send()).await? {
            Reply::Refused(_) => Ok(()),
            Reply::Done(_) => Err(Fault::Unknown.into()),
        }
    }

    /// In production the table's time to live does this, for nothing; here it is for emulators, and for the suite that all
    /// stores pass. It reads the whole table.
    async fn purge_expired(&self, before: Timestamp, limit: usize) -> Result<u64, StoreError> {
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        let sessions = self.purge(EXPIRED_SESSION, before, limit).await?;
        Ok(sessions + self.purge(EXPIRED_COUNTER, before, limit).await?)
    }

    async fn purge_transients(&self, before: Timestamp, limit: usize) -> Result<u64, StoreError> {
        self.purge(EXPIRED_TRANSIENT, before, u64::try_from(limit).unwrap_or(u64::MAX)).await
    }
}

impl DynamoDbStore {
    /// Deletes what this condition says is expired, at most so much.
    async fn purge(&self, expired: &str, before: Timestamp, limit: u64) -> Result<u64, StoreError> {
        let mut values = Item::from([(":before".to_owned(), item::time(before))]);
        if expired == EXPIRED_SESSION {
            values.insert(":sessions".to_owned(), text(table::SESSIONS));
        }
        if expired == EXPIRED_TRANSIENT {
            values.insert(":transients".to_owned(), text(table::transients_prefix(&self.tenant)));
        }
        let (mut purged, mut start) = (0, None);
        loop {
            // Each page is a step of its own: no rule depends on the whole.
            let step = self.step();
            let scan = self
                .client()
                .scan()
                .table_name(self.data())
                .filter_expression(format!("begins_with(pk, :tenant) AND {expired}"))
                .projection_expression("pk, sk")
                .set_expression_attribute_values(Some(values.clone()))
                .expression_attribute_values(":tenant", text(table::tenant_prefix(&self.tenant)))
                .consistent_read(true)
                .set_exclusive_start_key(start);
            let page = step.read(self.data(), || scan.clone().send()).await?;
            for found in page.items() {
                if purged >= limit {
                    return Ok(purged);
                }
                let key = item::key(found)?;
                purged += u64::from(self.delete_if(&step, &key, expired, &values).await?);
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(purged);
            }
        }
    }

    /// Deletes an item that is still expired; whether it was.
    async fn delete_if(
        &self,
        step: &Step,
        key: &Key,
        expired: &str,
        values: &Item,
    ) -> Result<bool, StoreError> {
        let request = self
            .client()
            .delete_item()
            .table_name(self.data())
            .set_key(Some(key.attributes()))
            .condition_expression(expired)
            .set_expression_attribute_values(Some(values.clone()));
        Ok(matches!(step.send(self.data(), || request.clone().send()).await?, Reply::Done(_)))
    }
}
