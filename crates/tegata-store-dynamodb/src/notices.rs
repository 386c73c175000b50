//! Notices of logouts that wait to be delivered. There are few at a time, so they lie in one partition.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure as OnFailure;
use tegata_core::identifier::{NoticeId, SessionId, UserId};
use tegata_core::logout_notice::LogoutNotice;
use tegata_core::store::{NoticeStore, StoreError};
use tegata_core::timestamp::Timestamp;

use crate::DynamoDbStore;
use crate::documents::was_ours;
use crate::error::Unreadable;
use crate::item::{self, FORGOTTEN, Item, bytes, need_number, need_text, need_time, number, text, time, ttl};
use crate::mark::Mark;
use crate::retry::Reply;
use crate::table::{self, SK, TTL};
use crate::transaction::Condition;

/// Who is to be told.
const CLIENT: &str = "ci";
/// Whose session it was.
const USER: &str = "u";
/// Which one.
const SESSION: &str = "s";
/// How often it was tried.
const ATTEMPTS: &str = "n";
/// When it is to be tried next.
const DUE: &str = "b";

#[async_trait]
impl NoticeStore for DynamoDbStore {
    async fn put_notice(&self, notice: &LogoutNotice) -> Result<(), StoreError> {
        let mut item = table::notice(&self.tenant, notice.notice_id).attributes();
        item.extend(
            [
                (CLIENT, text(notice.client_id.as_str())),
                (USER, bytes(notice.user_id.as_bytes())),
                (SESSION, bytes(notice.session_id.as_bytes())),
                (ATTEMPTS, number(notice.attempts)),
                (DUE, time(notice.due_at)),
                (FORGOTTEN, time(notice.expires_at)),
                (TTL, ttl(notice.expires_at)),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        // Ids are random: what is there is this one, from a first try whose answer was lost. Somebody may have claimed it since.
        let item = item::marked(&item, Mark::random()?);
        self.put(&self.step(), item, Condition::ABSENT).await.map(drop)
    }

    async fn due_notices(&self, now: Timestamp, limit: usize) -> Result<Vec<LogoutNotice>, StoreError> {
        let (step, mut due, mut start) = (self.step(), Vec::new(), None);
        loop {
            let query = self
                .client()
                .query()
                .table_name(self.data())
                .key_condition_expression("pk = :pk")
                .filter_expression("b <= :now")
                .expression_attribute_values(":pk", text(table::notices(&self.tenant)))
                .expression_attribute_values(":now", time(now))
                .consistent_read(true)
                .set_exclusive_start_key(start);
            let page = step.read(self.data(), || query.clone().send()).await?;
            for found in page.items() {
                due.push(read(found)?);
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        due.sort_by_key(|notice| notice.due_at);
        due.truncate(limit);
        Ok(due)
    }

    async fn claim_notice(
        &self,
        notice_id: NoticeId,
        expected: u32,
        due_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let own = Mark::random()?;
        let request = self
            .client()
            .update_item()
            .table_name(self.data())
            .set_key(Some(table::notice(&self.tenant, notice_id).attributes()))
            .update_expression("SET n = n + :one, b = :due, m = :mark")
            .condition_expression("n = :expected")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":due", time(due_at))
            .expression_attribute_values(":expected", number(expected))
            .expression_attribute_values(":mark", bytes(own.as_bytes()))
            .return_values_on_condition_check_failure(OnFailure::AllOld);
        match self.step().send(self.data(), || request.clone().send()).await? {
            Reply::Done(_) => Ok(true),
            Reply::Refused(refusal) => {
                was_ours(&refusal, own, ATTEMPTS, Some(&number(u64::from(expected) + 1)))
            }
        }
    }

    async fn remove_notice(&self, notice_id: NoticeId) -> Result<bool, StoreError> {
        self.delete_one(&table::notice(&self.tenant, notice_id)).await
    }
}

fn read(found: &Item) -> Result<LogoutNotice, Unreadable> {
    Ok(LogoutNotice {
        notice_id: table::parse_notice(need_text(found, SK)?).ok_or(Unreadable(SK))?,
        client_id: need_text(found, CLIENT)?.parse().map_err(|_| Unreadable(CLIENT))?,
        user_id: UserId::from_bytes(item::need_bytes(found, USER)?),
        session_id: SessionId::from_bytes(item::need_bytes(found, SESSION)?),
        attempts: need_number(found, ATTEMPTS)?,
        due_at: need_time(found, DUE)?,
        expires_at: need_time(found, FORGOTTEN)?,
    })
}
