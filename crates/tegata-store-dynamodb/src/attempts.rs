//! Counters of attempts.
//!
//! Nearly every attempt is the first one since the last right password, so that is what is written, unseen, on the
//! condition that there is no record. Refused, the write says which record there is; the rule of the core makes the next
//! one from it, and it is put in its place unless somebody else was quicker.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use tegata_core::attempt::{Attempt, AttemptKey, AttemptRecord, Blocked, DelaySchedule};
use tegata_core::store::{AttemptStore, StoreError};
use tegata_core::timestamp::Timestamp;

use crate::DynamoDbStore;
use crate::change::left_by;
use crate::item;
use crate::mark::Mark;
use crate::retry::{Reply, Step};
use crate::table;
use crate::transaction::Condition;

#[async_trait]
impl AttemptStore for DynamoDbStore {
    /// The address is asked with the cheaper read, which may be some milliseconds old: its limit is a coarse one, and the
    /// failures of an address that guesses are counted in any case.
    async fn begin_attempt(&self, attempt: &Attempt) -> Result<Result<(), Blocked>, StoreError> {
        let step = self.step();
        if let Some(address) = attempt.address {
            let found = self.get(&step, &table::attempts(&self.tenant, address), false).await?;
            let record = found.as_ref().map(item::attempts).transpose()?;
            if let Err(blocked) = AttemptRecord::check(record, &attempt.address_schedule, attempt.now) {
                return Ok(Err(blocked));
            }
        }
        let next = |record| AttemptRecord::count(record, &attempt.account_schedule, attempt.now);
        self.count_as(&step, attempt.account, attempt.now, next).await
    }

    async fn count(
        &self,
        key: AttemptKey,
        schedule: &DelaySchedule,
        now: Timestamp,
    ) -> Result<Result<(), Blocked>, StoreError> {
        self.count_as(&self.step(), key, now, |record| AttemptRecord::count(record, schedule, now)).await
    }

    async fn count_failure(
        &self,
        key: AttemptKey,
        schedule: &DelaySchedule,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let next = |record| Ok(AttemptRecord::add(record, schedule, now));
        // Nothing is refused.
        self.count_as(&self.step(), key, now, next).await.map(drop)
    }

    async fn forget_attempts(&self, key: AttemptKey) -> Result<(), StoreError> {
        self.delete(&self.step(), &table::attempts(&self.tenant, key)).await.map(drop)
    }
}

impl DynamoDbStore {
    async fn count_as(
        &self,
        step: &Step,
        key: AttemptKey,
        now: Timestamp,
        next: impl Fn(Option<AttemptRecord>) -> Result<AttemptRecord, Blocked>,
    ) -> Result<Result<(), Blocked>, StoreError> {
        let key = table::attempts(&self.tenant, key);
        let (mut record, mut condition) = (None, absent(now));
        for n in 1.. {
            let record_after = match next(record) {
                Ok(after) => after,
                Err(blocked) => return Ok(Err(blocked)),
            };
            let own = Mark::random()?;
            let Reply::Refused(refusal) =
                self.put(step, item::attempts_item(&key, record_after, own), condition).await?
            else {
                break;
            };
            // The first try was done and its answer lost: it counts once.
            if left_by(&refusal, own)? {
                break;
            }
            (record, condition) = match refusal.item(0) {
                None => (None, absent(now)),
                Some(found) => (Some(item::attempts(found)?), Condition::unchanged(item::mark(found)?)),
            };
            // The first refusal only said which record there is.
            if n > 1 {
                step.after_overtaken(n).await?;
            }
        }
        Ok(Ok(()))
    }
}

/// There is no record, or one that counts as absent.
fn absent(now: Timestamp) -> Condition {
    let value: AttributeValue = item::time(now);
    Condition { expression: Some("attribute_not_exists(pk) OR x <= :now"), value: Some((":now", value)) }
}
