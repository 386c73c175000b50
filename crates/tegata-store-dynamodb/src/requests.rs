//! Single requests to the data table.

use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure as OnFailure;
use tegata_core::identifier::{SessionId, UserId};
use tegata_core::store::StoreError;
use tokio::task::JoinSet;

use crate::DynamoDbStore;
use crate::error::Fault;
use crate::item::{self, Item, text};
use crate::retry::{Reply, Step};
use crate::table::{self, Key};
use crate::transaction::Condition;

/// So many deletions are under way at once.
const AT_ONCE: usize = 16;

impl DynamoDbStore {
    /// An item of the data table.
    pub(crate) async fn get(
        &self,
        step: &Step,
        key: &Key,
        consistent: bool,
    ) -> Result<Option<Item>, StoreError> {
        let request = self
            .client()
            .get_item()
            .table_name(self.data())
            .set_key(Some(key.attributes()))
            .consistent_read(consistent);
        Ok(step.read(self.data(), || request.clone().send()).await?.item)
    }

    /// Puts an item of the data table on a condition; refused, it says what is there.
    pub(crate) async fn put(
        &self,
        step: &Step,
        item: Item,
        condition: Condition,
    ) -> Result<Reply<()>, StoreError> {
        let values = condition.value.map(|(name, value)| Item::from([(name.to_owned(), value)]));
        let request = self
            .client()
            .put_item()
            .table_name(self.data())
            .set_item(Some(item))
            .set_condition_expression(condition.expression.map(str::to_owned))
            .set_expression_attribute_values(values)
            .return_values_on_condition_check_failure(OnFailure::AllOld);
        match step.send(self.data(), || request.clone().send()).await? {
            Reply::Done(_) => Ok(Reply::Done(())),
            Reply::Refused(refusal) => Ok(Reply::Refused(refusal)),
        }
    }

    /// Deletes an item of the data table, on the condition that it is there; whether it was.
    pub(crate) async fn delete(&self, step: &Step, key: &Key) -> Result<bool, StoreError> {
        self.delete_where(step, key, Condition::PRESENT).await
    }

    /// Deletes an item of the data table if it is there and this holds of it; whether it was so. Absent after a lost answer, it
    /// was we who deleted it.
    pub(crate) async fn delete_where(
        &self,
        step: &Step,
        key: &Key,
        condition: Condition,
    ) -> Result<bool, StoreError> {
        let values = condition.value.map(|(name, value)| Item::from([(name.to_owned(), value)]));
        let request = self
            .client()
            .delete_item()
            .table_name(self.data())
            .set_key(Some(key.attributes()))
            .set_condition_expression(condition.expression.map(str::to_owned))
            .set_expression_attribute_values(values)
            .return_values_on_condition_check_failure(OnFailure::AllOld);
        match step.send(self.data(), || request.clone().send()).await? {
            Reply::Done(_) => Ok(true),
            Reply::Refused(refusal) => Ok(refusal.after_doubt && refusal.item(0).is_none()),
        }
    }

    /// Deletes items, several at once; how many were there.
    pub(crate) async fn delete_all(&self, step: &Step, keys: Vec<Key>) -> Result<u64, StoreError> {
        let mut deleted = 0;
        for some in keys.chunks(AT_ONCE) {
            let mut tasks = JoinSet::new();
            for key in some {
                let (store, step, key) = (self.clone(), *step, key.clone());
                tasks.spawn(async move { store.delete(&step, &key).await });
            }
            while let Some(outcome) = tasks.join_next().await {
                let was_there = outcome.map_err(|_| Fault::Connection("a task has ended".to_owned()))??;
                deleted += u64::from(was_there);
            }
        }
        Ok(deleted)
    }

    /// The keys of the sessions of a user but `keep`, as they are now.
    pub(crate) async fn session_keys(
        &self,
        step: &Step,
        user_id: UserId,
        keep: Option<SessionId>,
    ) -> Result<Vec<Key>, StoreError> {
        let kept = keep.map(|id| table::session(&self.tenant, user_id, id));
        let mut keys = Vec::new();
        for found in self.query_sessions(step, user_id, Some("pk, sk")).await? {
            let key = item::key(&found)?;
            if kept.as_ref() != Some(&key) {
                keys.push(key);
            }
        }
        Ok(keys)
    }

    /// The sessions of a user, or some attributes of them, as they are now.
    pub(crate) async fn query_sessions(
        &self,
        step: &Step,
        user_id: UserId,
        attributes: Option<&str>,
    ) -> Result<Vec<Item>, StoreError> {
        self.query_of_user(step, user_id, &table::sessions_prefix(user_id), attributes).await
    }

    /// The items beside a user whose sort keys begin like this, as they are now.
    pub(crate) async fn query_of_user(
        &self,
        step: &Step,
        user_id: UserId,
        prefix: &str,
        attributes: Option<&str>,
    ) -> Result<Vec<Item>, StoreError> {
        let (mut found, mut start) = (Vec::new(), None);
        loop {
            let query = self
                .client()
                .query()
                .table_name(self.data())
                .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
                .expression_attribute_values(":pk", text(table::shard(&self.tenant, table::digit(user_id))))
                .expression_attribute_values(":prefix", text(prefix))
                .set_projection_expression(attributes.map(str::to_owned))
                .consistent_read(true)
                .set_exclusive_start_key(start);
            let page = step.read(self.data(), || query.clone().send()).await?;
            found.extend(page.items.unwrap_or_default());
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(found);
            }
        }
    }
}
