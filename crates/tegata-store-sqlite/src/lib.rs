//! The embedded store: SQLite with grouped commits.
//!
//! One thread writes. It takes whatever is waiting, does it in one transaction and answers after the commit, so that any
//! number of concurrent steps share one flush of the disk. Reads stand beside it, on connections of their own.

mod attempts;
mod busy;
mod clients;
mod consents;
mod document;
mod error;
mod keys;
mod maintenance;
mod notices;
mod reader;
mod rows;
mod schema;
mod sessions;
mod transients;
mod users;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use tegata_core::identifier::TenantId;
use tegata_core::store::StoreError;

pub use error::OpenError;

use reader::Readers;
use writer::Writer;

/// What a commit promises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// What was answered survives a loss of power (`synchronous=FULL`).
    #[default]
    Full,
    /// It survives the end of the process, and may lose the last moments with the power (`synchronous=NORMAL`).
    Normal,
}

/// How a store is opened.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// What a commit promises.
    pub durability: Durability,
    /// How long a write waits for another process, such as a command beside the server.
    pub busy_timeout: Duration,
    /// How many threads read.
    pub readers: usize,
    /// How many look-ups by key may be done at one time on the threads of whoever asks. With fewer than those are, a
    /// disk that does not answer leaves some of them.
    pub direct_readers: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            durability: Durability::Full,
            busy_timeout: Duration::from_secs(5),
            readers: 2,
            direct_readers: 1,
        }
    }
}

/// The view that one tenant has of a database. Clones share its threads.
///
/// Dropping the last of them closes the database: what waits is still done, and the file then stands alone, without a
/// log beside it.
#[derive(Clone)]
pub struct SqliteStore {
    database: Arc<Database>,
    tenant: TenantId,
}

struct Database {
    path: PathBuf,
    // Before the writer: the last connection to close must be one that can write, or the log stays beside the file and
    // a copy of the file alone would be an old one.
    readers: Readers,
    writer: Writer,
}

impl SqliteStore {
    /// Opens a database, makes it and its directory if they are not there, and brings its schema up to date. The tenant
    /// is the default one. What it makes, nobody but its owner can read.
    ///
    /// It may be open in other processes: their writes take turns.
    ///
    /// # Errors
    /// [`OpenError`]: what is wrong with the file, and never what is in it.
    pub fn open(path: &Path, options: &Options) -> Result<Self, OpenError> {
        let connection = schema::open(path, options)?;
        // The first reader finds the schema in place; a file that cannot be read is noticed here.
        let readers = Readers::start(path, options)?;
        let writer = Writer::start(connection, options.busy_timeout)?;
        let database = Database { path: path.to_owned(), writer, readers };
        Ok(Self { database: Arc::new(database), tenant: TenantId::default() })
    }

    /// The same database, seen by another tenant.
    #[must_use]
    pub fn for_tenant(&self, tenant: TenantId) -> Self {
        Self { database: Arc::clone(&self.database), tenant }
    }

    /// Does a step on the writing thread, whole or not at all; returns once it is durable.
    async fn write<T: Send + 'static>(
        &self,
        step: impl FnOnce(&Connection, &str) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let tenant = self.tenant.clone();
        self.database.writer.run(move |c| step(c, tenant.as_str())).await
    }

    /// Looks a record up by its key; sees every step that has returned.
    async fn look_up<T: Send + 'static>(
        &self,
        step: impl FnOnce(&Connection, &str) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let tenant = self.tenant.clone();
        self.database.readers.look_up(move |c| step(c, tenant.as_str())).await
    }

    /// Reads what may take long, beside the writer; sees every step that has returned.
    async fn read<T: Send + 'static>(
        &self,
        step: impl FnOnce(&Connection, &str) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let tenant = self.tenant.clone();
        self.database.readers.run(move |c| step(c, tenant.as_str())).await
    }
}
