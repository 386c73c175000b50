//! AWS behind the ports: thin, and proved where the services are, in the end-to-end test.

mod key_service;
mod publisher;
mod tables;

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};

pub(crate) use key_service::Kms;
pub(crate) use publisher::Publisher;
pub(crate) use tables::KeysTable;

/// What all clients share: region, credentials, connections. Read once, since each reading asks several sources.
pub(crate) async fn load_config() -> SdkConfig {
    // A function has 10 s to start, and a client less patience than that.
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(8))
        .build();
    aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts).load().await
}
