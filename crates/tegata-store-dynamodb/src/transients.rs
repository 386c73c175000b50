//! What lives for minutes and ends once.

use async_trait::async_trait;
use tegata_core::store::{StoreError, TransientStore};
use tegata_core::transient::{Transient, TransientKey};

use crate::DynamoDbStore;
use crate::documents::{DOCUMENT, VERSION};
use crate::item::{self, FORGOTTEN, Item, number, text, time, ttl};
use crate::table::{self, TTL};

#[async_trait]
impl TransientStore for DynamoDbStore {
    async fn create_transient(&self, transient: &Transient) -> Result<bool, StoreError> {
        let item = self.transient_item(transient);
        self.put_new(|mark| item::marked(&item, mark)).await
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
        let item = self.transient_item(transient);
        self.put_after(u64::from(expected), |mark| item::marked(&item, mark)).await
    }

    async fn remove_transient(&self, key: TransientKey) -> Result<bool, StoreError> {
        self.delete_one(&table::transient(&self.tenant, key)).await
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
