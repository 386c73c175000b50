//! The port to a store that several servers share.
//!
//! What opens one links the SDK of a cloud, which is as large as all the rest. Of the two programs only `tegata-dynamodb`
//! does; `tegata` becomes it where the settings ask for such a store.

use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use tegata_core::master_key::MasterKey;
use tegata_core::store::Store;

use crate::failure::Failure;
use crate::settings::{Settings, StoreKind};

/// The program that has it.
const PROGRAM: &str = "tegata-dynamodb";

/// A store that several servers share.
#[async_trait]
pub(crate) trait SharedStore: Send + Sync {
    /// Whether it is there and can be read, and what it is called.
    async fn check(&self, settings: &Settings) -> Result<String, Failure>;

    /// Looks for it, and makes it in an emulator on this machine. Whether it is new: nobody has made keys yet.
    async fn prepare(&self, settings: &Settings) -> Result<bool, Failure>;

    /// Opens it; asks nothing yet.
    async fn open(&self, settings: &Settings, master_key: &MasterKey) -> Arc<dyn Store>;
}

static LINKED: OnceLock<&'static dyn SharedStore> = OnceLock::new();

/// Says at the very start that this program has a shared store.
pub(crate) fn link(store: &'static dyn SharedStore) {
    LINKED.get_or_init(|| store);
}

/// The shared store of this program.
///
/// # Errors
/// Where it has none.
pub(crate) fn linked() -> Result<&'static dyn SharedStore, Failure> {
    LINKED.get().copied().ok_or_else(|| Failure::new(format_args!("only {PROGRAM} has such a store")))
}

/// Becomes the program that has the store of the settings, with the same command line, unless this one has it.
///
/// # Errors
/// Where that program is not beside this one.
pub(crate) fn require(settings: &Settings) -> Result<(), Failure> {
    if settings.store.kind == StoreKind::Sqlite || LINKED.get().is_some() {
        return Ok(());
    }
    let failed =
        |error| Failure::new(format_args!("the store is one for {PROGRAM}, which cannot be run: {error}"));
    let other = std::env::current_exe().map_err(failed)?.with_file_name(PROGRAM);
    let error = Command::new(other).args(std::env::args_os().skip(1)).exec();
    Err(failed(error).advise("install it in the folder of `tegata`; the two are built together"))
}
