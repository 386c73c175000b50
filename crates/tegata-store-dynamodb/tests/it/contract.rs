//! DynamoDB passes the suite that every store passes.

use std::sync::Arc;
use std::time::Duration;

use tegata_core::store::Store;
use tegata_store_contract::TestedStore;
use tegata_store_dynamodb::{DynamoDbStore, KeyAccess, Tables};

use crate::{local, tables};

struct DynamoDb {
    tables: Tables,
    store: DynamoDbStore,
}

impl DynamoDb {
    fn open(names: Tables) -> Self {
        let client = tables::client(local::endpoint());
        let mut options = tables::options(names.clone(), KeyAccess::Sign);
        // What a step does is the matter here, and not how soon: an emulator on a busy machine takes its time.
        options.attempt_timeout = Duration::from_secs(20);
        options.step_timeout = Duration::from_mins(1);
        let store = DynamoDbStore::new(client, options);
        Self { tables: names, store }
    }
}

impl TestedStore for DynamoDb {
    fn fresh() -> Self {
        let names = tables::names();
        // The suite asks for a store from wherever it is; the tables are made beside it.
        std::thread::scope(|scope| {
            let make = scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let client = tables::client(local::endpoint());
                runtime.block_on(tegata_store_dynamodb::create_tables(&client, &names)).unwrap();
            });
            make.join().unwrap();
        });
        Self::open(names)
    }

    fn tenant(&self, tenant: &str) -> Arc<dyn Store> {
        Arc::new(self.store.for_tenant(tenant.parse().unwrap()))
    }

    fn reopened(self) -> Option<Self> {
        Some(Self::open(self.tables))
    }
}

tegata_store_contract::store_contract!(DynamoDb);
