//! Changes of a user, and what they end.
//!
//! A user is read, changed and written back if nobody has written in between; else it is decided anew. Where the change
//! ends sessions, those that are there go in the same transaction. One that began beside it has either been seen by the
//! query after the change, or itself sees the change (`begin_session` reads the user *after* its own write) and ends.

use aws_sdk_dynamodb::types::{
    AttributeValue, ReturnValuesOnConditionCheckFailure as OnFailure, TransactWriteItem,
};
use tegata_core::identifier::{SessionId, UserId};
use tegata_core::store::StoreError;
use tegata_core::user::{EmailAddress, User};
use tokio::task::JoinSet;

use crate::DynamoDbStore;
use crate::error::Fault;
use crate::item::{self, Item};
use crate::mark::Mark;
use crate::retry::{Refusal, Reply, Step};
use crate::table::{self, Key};
use crate::transaction::{self, Condition, MOST_PARTS};

/// So many sessions end in one transaction with the change of the user, their name and their address.
const MOST_SESSIONS: usize = MOST_PARTS - 3;

/// So many deletions are under way at once.
const AT_ONCE: usize = 16;

/// What a change of a user means for their sessions.
pub(crate) enum Sessions {
    Stay,
    End {
        /// But this one.
        keep: Option<SessionId>,
    },
}

/// What came of writing a user back.
pub(crate) enum Replaced {
    Now,
    /// Somebody else wrote in between.
    Overtaken,
    /// Another part of the transaction was refused.
    Refused,
}

impl DynamoDbStore {
    pub(crate) fn user_key(&self, user_id: UserId) -> Key {
        table::user(&self.tenant, user_id)
    }

    pub(crate) fn email_key(&self, address: &EmailAddress) -> Key {
        table::email(&self.tenant, &self.shared.email_index, address)
    }

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

    /// A user as they are now, and the mark of their last write.
    pub(crate) async fn read_user(
        &self,
        step: &Step,
        user_id: UserId,
    ) -> Result<Option<(User, Mark)>, StoreError> {
        let found = self.get(step, &self.user_key(user_id), true).await?;
        found.map(|found| Ok((item::user(&found)?, item::mark(&found)?))).transpose()
    }

    /// Changes a user as `decide` says, which is asked again when it was overtaken; `None` from it changes nothing.
    pub(crate) async fn change_user(
        &self,
        step: &Step,
        user_id: UserId,
        decide: impl Fn(&User) -> Option<(User, Sessions)>,
    ) -> Result<Option<User>, StoreError> {
        for n in 1.. {
            let Some((user, mark)) = self.read_user(step, user_id).await? else { break };
            let Some((next, sessions)) = decide(&user) else { break };
            let mut others = Vec::new();
            if let Some(address) = proved(&user)
                && proved(&next) != Some(address)
            {
                others.push(transaction::delete(self.data(), &self.email_key(address), Condition::ANY)?);
            }
            if let Sessions::End { keep } = sessions {
                others.extend(self.ends_of_sessions(step, user_id, keep).await?);
            }
            match self.replace_user(step, mark, &next, others).await? {
                Replaced::Now => {
                    if let Sessions::End { keep } = sessions {
                        self.sweep_sessions(step, user_id, keep).await?;
                    }
                    return Ok(Some(next));
                }
                Replaced::Overtaken | Replaced::Refused => step.after_overtaken(n).await?,
            }
        }
        Ok(None)
    }

    /// Writes a user back, if nobody has written since `mark`, and does the other parts with it.
    pub(crate) async fn replace_user(
        &self,
        step: &Step,
        mark: Mark,
        user: &User,
        others: Vec<TransactWriteItem>,
    ) -> Result<Replaced, StoreError> {
        let own = Mark::random()?;
        let item = item::user_item(&self.user_key(user.user_id), user, own);
        let reply = if others.is_empty() {
            self.put(step, item, Condition::unchanged(mark)).await?
        } else {
            let mut parts = vec![transaction::put(self.data(), item, Condition::unchanged(mark))?];
            parts.extend(others);
            self.transact(step, self.data(), parts).await?
        };
        match reply {
            Reply::Done(()) => Ok(Replaced::Now),
            Reply::Refused(refusal) if !refusal.has_failed(0) => Ok(Replaced::Refused),
            // The first try was done and its answer lost.
            Reply::Refused(refusal) if left_by(&refusal, own)? => Ok(Replaced::Now),
            Reply::Refused(_) => Ok(Replaced::Overtaken),
        }
    }

    /// Deletes a user with their names and sessions. Of a user that is gone it ends what a crash may have left.
    pub(crate) async fn remove_user(&self, step: &Step, user_id: UserId) -> Result<Option<User>, StoreError> {
        let mut removed = None;
        for n in 1.. {
            let Some((user, mark)) = self.read_user(step, user_id).await? else { break };
            let key = self.user_key(user_id);
            let name = table::username(&self.tenant, &user.username);
            let mut parts = vec![
                transaction::delete(self.data(), &key, Condition::unchanged(mark))?,
                transaction::delete(self.data(), &name, Condition::ANY)?,
            ];
            if let Some(address) = proved(&user) {
                parts.push(transaction::delete(self.data(), &self.email_key(address), Condition::ANY)?);
            }
            parts.extend(self.ends_of_sessions(step, user_id, None).await?);
            match self.transact(step, self.data(), parts).await? {
                Reply::Done(()) => {}
                // The first try was done and its answer lost.
                Reply::Refused(refusal) if refusal.after_doubt && refusal.item(0).is_none() => {}
                Reply::Refused(_) => {
                    step.after_overtaken(n).await?;
                    continue;
                }
            }
            removed = Some(user);
            break;
        }
        self.sweep_sessions(step, user_id, None).await?;
        Ok(removed)
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

    /// Deletes an item of the data table, on the condition that it is there; whether it was. Absent after a lost answer,
    /// it was we who deleted it.
    pub(crate) async fn delete(&self, step: &Step, key: &Key) -> Result<bool, StoreError> {
        let request = self
            .client()
            .delete_item()
            .table_name(self.data())
            .set_key(Some(key.attributes()))
            .condition_expression("attribute_exists(pk)");
        match step.send(self.data(), || request.clone().send()).await? {
            Reply::Done(_) => Ok(true),
            Reply::Refused(refusal) => Ok(refusal.after_doubt),
        }
    }

    /// The parts that end the sessions of a user. Those that no transaction has room for end at once: if the change is
    /// refused after all, somebody logs in once more than needed.
    async fn ends_of_sessions(
        &self,
        step: &Step,
        user_id: UserId,
        keep: Option<SessionId>,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let mut keys = self.session_keys(step, user_id, keep).await?;
        if keys.len() > MOST_SESSIONS {
            self.delete_all(step, keys.split_off(MOST_SESSIONS)).await?;
        }
        keys.iter().map(|key| transaction::delete(self.data(), key, Condition::ANY)).collect()
    }

    /// Ends what began beside a change, until there is nothing.
    async fn sweep_sessions(
        &self,
        step: &Step,
        user_id: UserId,
        keep: Option<SessionId>,
    ) -> Result<(), StoreError> {
        loop {
            let keys = self.session_keys(step, user_id, keep).await?;
            if keys.is_empty() {
                return Ok(());
            }
            self.delete_all(step, keys).await?;
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
            let key = Key {
                pk: item::need_text(&found, table::PK)?.to_owned(),
                sk: item::need_text(&found, table::SK)?.to_owned(),
            };
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
        let text = |text: String| AttributeValue::S(text);
        let (mut found, mut start) = (Vec::new(), None);
        loop {
            let query = self
                .client()
                .query()
                .table_name(self.data())
                .key_condition_expression("pk = :pk AND begins_with(sk, :sessions)")
                .expression_attribute_values(":pk", text(table::shard(&self.tenant, table::digit(user_id))))
                .expression_attribute_values(":sessions", text(table::sessions_prefix(user_id)))
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

/// Whether what stands in the place of the first part was left there by this write.
pub(crate) fn left_by(refusal: &Refusal, own: Mark) -> Result<bool, StoreError> {
    Ok(match refusal.item(0) {
        Some(found) => item::mark(found)? == own,
        None => false,
    })
}

/// The address that a user has proved.
fn proved(user: &User) -> Option<&EmailAddress> {
    user.email.as_ref().filter(|email| email.verified).map(|email| &email.address)
}
