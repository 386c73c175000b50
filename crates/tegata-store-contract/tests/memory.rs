//! The reference store passes the suite that it gives the meaning to.

#![expect(clippy::unwrap_used, reason = "these are tests")]

use std::sync::Arc;

use tegata_core::store::Store;
use tegata_core::store::memory::MemoryStore;
use tegata_store_contract::TestedStore;

struct Memory(MemoryStore);

impl TestedStore for Memory {
    fn fresh() -> Self {
        Self(MemoryStore::default())
    }

    fn tenant(&self, tenant: &str) -> Arc<dyn Store> {
        Arc::new(self.0.for_tenant(tenant.parse().unwrap()))
    }

    fn reopened(self) -> Option<Self> {
        None
    }
}

tegata_store_contract::store_contract!(Memory);
