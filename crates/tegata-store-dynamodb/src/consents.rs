//! What users have allowed clients. It lies beside the user, so that a user's consents are one query.

use async_trait::async_trait;
use tegata_core::client::ClientId;
use tegata_core::consent::Consent;
use tegata_core::identifier::UserId;
use tegata_core::store::{ConsentStore, StoreError};

use crate::DynamoDbStore;
use crate::documents::{self, DOCUMENT};
use crate::error::Unreadable;
use crate::item::{self, Item, need_text};
use crate::mark::Mark;
use crate::retry::{Reply, Step};
use crate::table::{self, SK};
use crate::transaction::{self, Condition};

#[async_trait]
impl ConsentStore for DynamoDbStore {
    /// A transaction, of one part: DynamoDB knows its repetition by the token. A plain write whose answer was lost would, repeated,
    /// not know whether a consent that is gone was withdrawn in between.
    async fn put_consent(&self, expected: Option<&Consent>, consent: &Consent) -> Result<bool, StoreError> {
        let (step, key) = (self.step(), table::consent(&self.tenant, consent.user_id, &consent.client_id));
        let condition = match expected {
            None => Condition::ABSENT,
            Some(expected) => {
                // Compared as it is read, and kept unchanged by the mark: two texts can say the same.
                let Some(found) = self.get(&step, &key, true).await? else { return Ok(false) };
                if read(consent.user_id, &found)? != *expected {
                    return Ok(false);
                }
                Condition::unchanged(item::mark(&found)?)
            }
        };
        let mut item = key.attributes();
        item.insert(DOCUMENT.to_owned(), documents::write(&consent.given)?);
        let parts = vec![transaction::put(self.data(), item::marked(&item, Mark::random()?), condition)?];
        Ok(matches!(self.transact(&step, self.data(), parts).await?, Reply::Done(())))
    }

    async fn find_consent(
        &self,
        user_id: UserId,
        client_id: &ClientId,
    ) -> Result<Option<Consent>, StoreError> {
        let key = table::consent(&self.tenant, user_id, client_id);
        let found = self.get(&self.step(), &key, true).await?;
        Ok(found.as_ref().map(|found| read(user_id, found)).transpose()?)
    }

    async fn list_consents(&self, user_id: UserId) -> Result<Vec<Consent>, StoreError> {
        let found = self.query_consents(&self.step(), user_id).await?;
        Ok(found.iter().map(|found| read(user_id, found)).collect::<Result<_, _>>()?)
    }

    async fn remove_consent(&self, user_id: UserId, client_id: &ClientId) -> Result<bool, StoreError> {
        self.delete_one(&table::consent(&self.tenant, user_id, client_id)).await
    }
}

impl DynamoDbStore {
    async fn query_consents(&self, step: &Step, user_id: UserId) -> Result<Vec<Item>, StoreError> {
        self.query_of_user(step, user_id, &table::consents_prefix(user_id), None).await
    }

    /// Removes the consents of a user who is gone. A consent that is given beside the deletion stays as a record of nobody:
    /// ids are never used again.
    pub(crate) async fn remove_consents(&self, step: &Step, user_id: UserId) -> Result<(), StoreError> {
        let found = self.query_consents(step, user_id).await?;
        let keys = found.iter().map(item::key).collect::<Result<Vec<_>, _>>()?;
        self.delete_all(step, keys).await.map(drop)
    }
}

fn read(user_id: UserId, found: &Item) -> Result<Consent, Unreadable> {
    let client_id = table::parse_consent(need_text(found, SK)?).ok_or(Unreadable(SK))?;
    Ok(Consent { user_id, client_id, given: documents::read(found)? })
}
