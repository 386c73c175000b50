//! OAuth clients. They lie in one partition, in the order of their names, so that they can be listed without an index.

use async_trait::async_trait;
use tegata_core::client::{Client, ClientId};
use tegata_core::store::{ClientStore, StoreError};

use crate::DynamoDbStore;
use crate::documents::{self, DOCUMENT, VERSION};
use crate::item::{Item, number, text};
use crate::table;
use crate::transaction::Condition;

#[async_trait]
impl ClientStore for DynamoDbStore {
    async fn create_client(&self, client: &Client) -> Result<bool, StoreError> {
        self.put_new(&self.client_item(client)?).await
    }

    async fn find_client(&self, client_id: &ClientId) -> Result<Option<Client>, StoreError> {
        let key = table::client(&self.tenant, client_id);
        let found = self.get(&self.step(), &key, true).await?;
        Ok(found.as_ref().map(documents::read).transpose()?)
    }

    async fn list_clients(&self, after: Option<&ClientId>, limit: usize) -> Result<Vec<Client>, StoreError> {
        let (step, mut clients) = (self.step(), Vec::new());
        // The name right after it: a name has no byte below `!`.
        let first = after.map_or_else(|| "!".to_owned(), |after| format!("{after} "));
        let mut start = None;
        while clients.len() < limit {
            let query = self
                .client()
                .query()
                .table_name(self.data())
                .key_condition_expression("pk = :pk AND sk >= :first")
                .expression_attribute_values(":pk", text(table::clients(&self.tenant)))
                .expression_attribute_values(":first", text(&first))
                .consistent_read(true)
                .limit(i32::try_from(limit - clients.len()).unwrap_or(i32::MAX).min(1000))
                .set_exclusive_start_key(start.take());
            let page = step.read(self.data(), || query.clone().send()).await?;
            for found in page.items() {
                clients.push(documents::read(found)?);
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        Ok(clients)
    }

    async fn replace_client(&self, expected: u64, client: &Client) -> Result<bool, StoreError> {
        self.put_after(expected, &self.client_item(client)?).await
    }

    async fn delete_client(&self, expected: u64, client_id: &ClientId) -> Result<bool, StoreError> {
        let key = table::client(&self.tenant, client_id);
        self.delete_where(&self.step(), &key, Condition::version(expected)).await
    }
}

impl DynamoDbStore {
    fn client_item(&self, client: &Client) -> Result<Item, StoreError> {
        let mut item = table::client(&self.tenant, &client.client_id).attributes();
        item.insert(VERSION.to_owned(), number(client.version));
        item.insert(DOCUMENT.to_owned(), documents::write(client)?);
        Ok(item)
    }
}
