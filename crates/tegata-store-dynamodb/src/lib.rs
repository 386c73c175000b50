//! The store on Amazon DynamoDB, or whatever speaks its API: one table for what is remembered, two small ones for keys.
//!
//! Nothing here rests on a secondary index: what is unique is so through lock items, what is listed is listed by its key.
//! Reads that decide anything are strongly consistent, conditions stand in the writes, and expiry is compared wherever a
//! record is used: the table's time to live only cleans up.

mod attempts;
mod change;
mod client;
mod clients;
mod consents;
mod documents;
mod error;
mod item;
mod keys;
mod maintenance;
mod mark;
mod notices;
mod requests;
mod retry;
mod sessions;
mod setup;
mod table;
mod transaction;
mod transients;
mod users;

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use aws_sdk_dynamodb::Client;
use tegata_core::identifier::TenantId;
use zeroize::Zeroizing;

pub use client::client;
pub use keys::{find_wrapped_master_key, put_wrapped_master_key};
pub use setup::{TableError, check_tables, create_tables};

use retry::Step;

/// The names of the tables. All have the string keys `pk` and `sk`; the first has the time-to-live attribute `ttl`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tables {
    /// Users, their names, sessions and counters; clients, consents, and what is used once.
    pub data: String,
    /// The whole key set, private halves sealed.
    pub keys: String,
    /// The key set without private halves, and the wrapped master key.
    pub public_keys: String,
}

impl Default for Tables {
    fn default() -> Self {
        Self {
            data: "tegata".to_owned(),
            keys: "tegata-keys".to_owned(),
            public_keys: "tegata-public-keys".to_owned(),
        }
    }
}

/// Which of the two tables of keys a store reads, so that a process's rights can end at a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyAccess {
    /// The whole key set.
    Sign,
    /// The one without private halves; such a store also replaces none.
    Verify,
}

/// The purpose of the master key's key that hides e-mail addresses ([`Options::index_key`]). It must never change: addresses
/// that are proved would be free again.
pub const EMAIL_INDEX: &str = "tegata e-mail index";

/// How a store is opened.
#[derive(Clone)]
pub struct Options {
    /// The names of the tables.
    pub tables: Tables,
    /// Which keys it reads.
    pub key_access: KeyAccess,
    /// Hides e-mail addresses in keys (`MasterKey::purpose_key(EMAIL_INDEX)`): keys show up in logs and metrics.
    pub index_key: Zeroizing<[u8; 32]>,
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// How long one request may take.
    pub attempt_timeout: Duration,
    /// How long a step of the store may take, with all its requests and repetitions.
    pub step_timeout: Duration,
}

impl Options {
    pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
    pub(crate) const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);
    pub(crate) const STEP_TIMEOUT: Duration = Duration::from_secs(5);

    /// The time-outs of one region, where an answer takes milliseconds: what waits for seconds has been lost.
    pub const fn new(tables: Tables, key_access: KeyAccess, index_key: Zeroizing<[u8; 32]>) -> Self {
        Self {
            tables,
            key_access,
            index_key,
            connect_timeout: Self::CONNECT_TIMEOUT,
            attempt_timeout: Self::ATTEMPT_TIMEOUT,
            step_timeout: Self::STEP_TIMEOUT,
        }
    }
}

/// The view that one tenant has of the tables. Clones share their connections.
#[derive(Clone)]
pub struct DynamoDbStore {
    shared: Arc<Shared>,
    tenant: TenantId,
}

struct Shared {
    client: Client,
    tables: Tables,
    key_access: KeyAccess,
    email_index: hmac::Key,
    step_timeout: Duration,
}

impl DynamoDbStore {
    /// A store over these tables; asks nothing yet. The tenant is the default one.
    ///
    /// The client's own retries are switched off: only a step knows which of its writes are safe to repeat.
    pub fn new(client: Client, options: Options) -> Self {
        let shared = Shared {
            client: client::with_own_rules(client, options.connect_timeout, options.attempt_timeout),
            tables: options.tables,
            key_access: options.key_access,
            email_index: hmac::Key::new(hmac::HMAC_SHA256, options.index_key.as_slice()),
            step_timeout: options.step_timeout,
        };
        Self { shared: Arc::new(shared), tenant: TenantId::default() }
    }

    /// The same tables, seen by another tenant.
    #[must_use]
    pub fn for_tenant(&self, tenant: TenantId) -> Self {
        Self { shared: Arc::clone(&self.shared), tenant }
    }

    fn client(&self) -> &Client {
        &self.shared.client
    }

    fn data(&self) -> &str {
        &self.shared.tables.data
    }

    /// Begins a step: from now on its time runs.
    fn step(&self) -> Step {
        Step::begin(self.shared.step_timeout)
    }
}
