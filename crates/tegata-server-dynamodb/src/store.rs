//! An installation whose records are in DynamoDB, where other servers work on them as well.

use std::sync::Arc;

use async_trait::async_trait;
use tegata::{Chain, Failure, SharedStore, StoreSettings};
use tegata_core::identifier::TenantId;
use tegata_core::master_key::MasterKey;
use tegata_core::store::{KeyStore as _, Store};
use tegata_store_dynamodb::{
    DynamoDbStore, EMAIL_INDEX, KeyAccess, Options, TableError, Tables, check_tables, create_tables,
};
use zeroize::Zeroizing;

/// The store on DynamoDB.
pub(crate) struct DynamoDb;

#[async_trait]
impl SharedStore for DynamoDb {
    async fn check(&self, settings: &StoreSettings) -> Result<String, Failure> {
        check(settings).await
    }

    async fn prepare(&self, settings: &StoreSettings) -> Result<bool, Failure> {
        prepare(settings).await
    }

    async fn open(&self, settings: &StoreSettings, master_key: &MasterKey) -> Arc<dyn Store> {
        let options = Options::new(tables(settings), KeyAccess::Sign, master_key.purpose_key(EMAIL_INDEX));
        Arc::new(DynamoDbStore::new(client(settings).await, options).for_tenant(TenantId::default()))
    }

    async fn open_without_keys(&self, settings: &StoreSettings) -> Arc<dyn Store> {
        let options = Options::new(tables(settings), KeyAccess::Verify, no_address());
        Arc::new(DynamoDbStore::new(client(settings).await, options).for_tenant(TenantId::default()))
    }
}

/// For who asks for nothing that an e-mail address is a part of.
fn no_address() -> Zeroizing<[u8; 32]> {
    Zeroizing::new([0; 32])
}

/// The names of the tables.
fn tables(settings: &StoreSettings) -> Tables {
    Tables {
        data: settings.dynamodb_table.clone(),
        keys: settings.dynamodb_keys_table.clone(),
        public_keys: settings.dynamodb_public_keys_table.clone(),
    }
}

async fn check(settings: &StoreSettings) -> Result<String, Failure> {
    let (client, tables) = (client(settings).await, tables(settings));
    check_tables(&client, &tables).await.map_err(|error| failure(settings, &error))?;
    Ok(format!("tables {}, {} and {}", tables.data, tables.keys, tables.public_keys))
}

async fn prepare(settings: &StoreSettings) -> Result<bool, Failure> {
    let (client, tables) = (client(settings).await, tables(settings));
    match check_tables(&client, &tables).await {
        Err(TableError::Missing(_)) if settings.is_own_dynamodb() => {
            let failed = |error| Failure::new(format_args!("the tables cannot be made: {}", Chain(&error)));
            create_tables(&client, &tables).await.map_err(failed)?;
        }
        checked => checked.map_err(|error| failure(settings, &error))?,
    }
    let store = DynamoDbStore::new(client, Options::new(tables, KeyAccess::Sign, no_address()));
    let key_set = store.find_key_set().await.map_err(|error| Failure::new(Chain(&error)))?;
    Ok(key_set.is_none())
}

async fn client(settings: &StoreSettings) -> aws_sdk_dynamodb::Client {
    tegata_store_dynamodb::client(settings.dynamodb_endpoint.as_deref()).await
}

fn failure(settings: &StoreSettings, error: &TableError) -> Failure {
    let failure = Failure::new(Chain(error));
    match error {
        TableError::Missing(_) if settings.is_own_dynamodb() => failure.advise("`tegata serve` makes it"),
        TableError::Missing(_) => failure.advise(
            "make it with the string keys pk and sk, and ttl as the time-to-live attribute of the first; or name another \
             region, account or table (AWS_REGION, store.dynamodb_table and its kin)",
        ),
        TableError::Unavailable(_) => {
            failure.advise("look at the network, the region and the credentials (AWS_REGION, AWS_PROFILE and the like)")
        }
    }
}
