//! The tables, by way of the store, over the configuration that all clients share.

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;
use tegata_core::identifier::TenantId;
use tegata_core::master_key::MasterKey;
use tegata_store_dynamodb::{
    DynamoDbStore, EMAIL_INDEX, KeyAccess, Options, Tables, find_wrapped_master_key, put_wrapped_master_key,
};

use crate::master_key::{BoxError, WrappedKeys};

/// The table of public keys, before there is a master key to open a store with.
pub(crate) struct KeysTable {
    client: Client,
    tables: Tables,
    tenant: TenantId,
}

impl KeysTable {
    pub(crate) fn new(config: &SdkConfig, tables: Tables, tenant: TenantId) -> Self {
        // The store's own rules, so that it takes over this very client with its open connection.
        let rules = Options::new(tables.clone(), KeyAccess::Verify, [0; 32].into());
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(rules.connect_timeout)
            .operation_attempt_timeout(rules.attempt_timeout)
            .build();
        let config = Builder::from(config).retry_config(RetryConfig::disabled()).timeout_config(timeouts);
        Self { client: Client::from_conf(config.build()), tables, tenant }
    }

    /// The store, now that there is a master key.
    pub(crate) fn into_store(self, key_access: KeyAccess, master_key: &MasterKey) -> DynamoDbStore {
        let options = Options::new(self.tables, key_access, master_key.purpose_key(EMAIL_INDEX));
        DynamoDbStore::new(self.client, options).for_tenant(self.tenant)
    }
}

#[async_trait]
impl WrappedKeys for KeysTable {
    async fn find(&self) -> Result<Option<Vec<u8>>, BoxError> {
        Ok(find_wrapped_master_key(&self.client, &self.tables, &self.tenant).await?)
    }

    async fn put_first(&self, wrapped: &[u8]) -> Result<bool, BoxError> {
        Ok(put_wrapped_master_key(&self.client, &self.tables, &self.tenant, wrapped).await?)
    }
}
