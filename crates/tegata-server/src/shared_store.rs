//! The port to a store that several servers share.
//!
//! What opens one links the SDK of a cloud, which is as large as all the rest. Only `tegata-dynamodb` does, the program of
//! another package; `tegata` becomes it where the settings ask for such a store.

use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use tegata_core::master_key::MasterKey;
use tegata_core::store::Store;

use crate::failure::Failure;
use crate::settings::{Settings, StoreKind, StoreSettings};

/// The program that has one, and the package that it is built from.
const PROGRAM: &str = "tegata-dynamodb";
const PACKAGE: &str = "tegata-server-dynamodb";

/// A store that several servers share.
#[async_trait]
pub trait SharedStore: Send + Sync {
    /// Whether it is there and can be read, and what it is called.
    ///
    /// # Errors
    /// With what is wrong, and what to do about it.
    async fn check(&self, settings: &StoreSettings) -> Result<String, Failure>;

    /// Looks for it, and makes it in an emulator on this machine. Whether it is new: nobody has made keys yet.
    ///
    /// # Errors
    /// With what is wrong, and what to do about it.
    async fn prepare(&self, settings: &StoreSettings) -> Result<bool, Failure>;

    /// Opens it; asks nothing yet.
    async fn open(&self, settings: &StoreSettings, master_key: &MasterKey) -> Arc<dyn Store>;

    /// Opens it for who has no business with users and keys: it reads no private key, and knows no user by an e-mail address.
    async fn open_without_keys(&self, settings: &StoreSettings) -> Arc<dyn Store>;
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
    Err(failed(error).advise(format_args!(
        "install it in the folder of `tegata`; `cargo build --release --package {PACKAGE}` makes it"
    )))
}
