//! SQLite passes the suite that every store passes.

#![expect(clippy::unwrap_used, reason = "these are tests")]

use std::sync::Arc;

use tegata_core::store::Store;
use tegata_store_contract::TestedStore;
use tegata_store_sqlite::{Options, SqliteStore};
use tempfile::TempDir;

struct Sqlite {
    // Before the folder it lives in: it is closed first.
    store: SqliteStore,
    folder: TempDir,
}

impl Sqlite {
    fn open(folder: TempDir) -> Self {
        let store = SqliteStore::open(&folder.path().join("tegata.db"), &Options::default()).unwrap();
        Self { store, folder }
    }
}

impl TestedStore for Sqlite {
    fn fresh() -> Self {
        Self::open(tempfile::tempdir().unwrap())
    }

    fn tenant(&self, tenant: &str) -> Arc<dyn Store> {
        Arc::new(self.store.for_tenant(tenant.parse().unwrap()))
    }

    fn reopened(self) -> Option<Self> {
        drop(self.store);
        Some(Self::open(self.folder))
    }
}

tegata_store_contract::store_contract!(Sqlite);
