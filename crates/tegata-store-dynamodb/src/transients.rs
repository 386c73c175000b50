//! What lives for minutes and ends once.

use async_trait::async_trait;
use tegata_core::store::{StoreError, TransientStore};
use tegata_core::transient::{Transient, TransientKey};

use crate::DynamoDbStore;
use crate::documents::{DOCUMENT, VERSION};
use crate::item::{self, FORGOTTEN, Item, number, text, time, ttl};
use crate::retry::Reply;
use crate::table::{self, TTL};
use crate::transaction::{self, Condition};

#[async_trait]
impl TransientStore for DynamoDbStore {
    async fn create_transient(&self, transient: &Transient) -> Result<bool, StoreError> {
        self.put_new(&self.transient_item(transient)).await
    }

    async fn find_transient(&self, key: TransientKey) -> Result<Option<Transient>, StoreError> {
        let Some(found) = self.get(&self.step(), &table::transient(&self.tenant, key), true).await? else {
            return Ok(None);
        };
        Ok(Some(Transient {
            key,
            version: item::need_number(&found, VERSION)?,
            expires_at: item::need_time(&found, FORGOTTEN)?,
            document: item::need_text(&found, DOCUMENT)?.to_owned(),
        }))
    }

    async fn replace_transient(&self, expected: u32, transient: &Transient) -> Result<bool, StoreError> {
        self.put_after(u64::from(expected), &self.transient_item(transient)).await
    }

    /// A transaction, of one part: DynamoDB knows its repetition by the token. A plain deletion leaves no mark to be known by, and
    /// whoever is told that they removed a transient has used it.
    async fn remove_transient(&self, key: TransientKey) -> Result<bool, StoreError> {
        let key = table::transient(&self.tenant, key);
        let parts = vec![transaction::delete(self.data(), &key, Condition::PRESENT)?];
        Ok(matches!(self.transact(&self.step(), self.data(), parts).await?, Reply::Done(())))
    }
}

impl DynamoDbStore {
    fn transient_item(&self, transient: &Transient) -> Item {
        let mut item = table::transient(&self.tenant, transient.key).attributes();
        item.insert(VERSION.to_owned(), number(transient.version));
        item.insert(FORGOTTEN.to_owned(), time(transient.expires_at));
        item.insert(TTL.to_owned(), ttl(transient.expires_at));
        item.insert(DOCUMENT.to_owned(), text(&transient.document));
        item
    }
}
