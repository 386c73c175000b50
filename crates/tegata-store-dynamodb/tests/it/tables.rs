//! Tables of a test's own.

use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use tegata_store_dynamodb::{DynamoDbStore, KeyAccess, Options, Tables, create_tables};
use zeroize::Zeroizing;

/// A client of this engine or of what stands before it, with connections of its own: each test has a runtime of its own.
pub(crate) fn client(endpoint: &str) -> Client {
    Client::from_conf(
        Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(endpoint)
            .region(Region::from_static("us-east-1"))
            // Those of the emulator's owner; DynamoDB Local takes any.
            .credentials_provider(Credentials::new("test", "test", None, None, "tests"))
            .retry_config(RetryConfig::disabled())
            .build(),
    )
}

/// Names that no other test has, in this run or another over the same engine.
pub(crate) fn names() -> Tables {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let prefix = format!("t{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    Tables {
        data: format!("{prefix}-data"),
        keys: format!("{prefix}-keys"),
        public_keys: format!("{prefix}-public-keys"),
    }
}

pub(crate) fn options(tables: Tables, key_access: KeyAccess) -> Options {
    Options::new(tables, key_access, Zeroizing::new([7; 32]))
}

/// A store over new tables.
pub(crate) async fn store(endpoint: &str) -> (DynamoDbStore, Tables) {
    let tables = names();
    create_tables(&client(super::local::endpoint()), &tables).await.unwrap();
    (DynamoDbStore::new(client(endpoint), options(tables.clone(), KeyAccess::Sign)), tables)
}
