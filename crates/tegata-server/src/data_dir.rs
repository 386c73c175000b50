//! The directory of an installation: nobody but its owner may look inside.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Access by the owner alone.
pub(crate) const PRIVATE_FILE: u32 = 0o600;
const PRIVATE_DIR: u32 = 0o700;
/// Any access by the group or by others.
const ANYBODY_ELSE: u32 = 0o077;

/// Makes the directory if it is absent; refuses one that others can look into.
pub(crate) fn prepare(path: &Path) -> Result<(), Failure> {
    if !path.exists() {
        DirBuilder::new().recursive(true).mode(PRIVATE_DIR).create(path).map_err(|error| {
            Failure::new(format_args!("the data directory {} cannot be made: {error}", path.display()))
                .advise("choose another place with --data-dir")
        })?;
    }
    check(path)
}

/// Refuses a directory that is absent or that others can look into.
pub(crate) fn check(path: &Path) -> Result<(), Failure> {
    let metadata = fs::metadata(path).map_err(|error| {
        Failure::new(format_args!("there is no data directory {}: {error}", path.display()))
            .advise("`tegata serve` makes one; name another with --data-dir")
    })?;
    if !metadata.is_dir() {
        return Err(Failure::new(format_args!("{} is not a directory", path.display())));
    }
    check_private(path, metadata.mode(), "the data directory")
}

/// Refuses what others have access to.
pub(crate) fn check_private(path: &Path, mode: u32, what: &str) -> Result<(), Failure> {
    let path = path.display();
    if mode & ANYBODY_ELSE == 0 {
        return Ok(());
    }
    Err(Failure::new(format_args!("{what} {path} is open to others (mode {:03o})", mode & 0o777))
        .advise(format_args!("it holds what tokens are signed with; close it: chmod go= {path}")))
}

/// The right to be the one server of a data directory; given back when dropped, or when the process ends in any way.
pub(crate) struct ServeLock(#[expect(dead_code, reason = "held, not read")] File);

impl ServeLock {
    /// Takes it.
    ///
    /// Two servers would each count their own load and write their own audit log. Commands such as `tegata user` need no
    /// lock: the store and the audit log are made for it.
    pub(crate) fn take(data_dir: &Path) -> Result<Self, Failure> {
        Self::take_or(data_dir, "stop it first, or give this one a data directory of its own with --data-dir")
    }

    /// Takes it for a command that must be alone; what to do about a server that runs is `otherwise`.
    pub(crate) fn take_or(data_dir: &Path, otherwise: &str) -> Result<Self, Failure> {
        let path = Self::path(data_dir);
        let failed = |error| Failure::new(format_args!("{} cannot be locked: {error}", path.display()));
        let mut options = File::options();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(PRIVATE_FILE)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::Error(error)) => return Err(failed(error)),
            Err(TryLockError::WouldBlock) => {
                let mut process = String::new();
                // Only to be helpful: the lock speaks for itself.
                let _ = file.read_to_string(&mut process);
                let message =
                    format!("another server (process {}) uses {}", process.trim(), data_dir.display());
                return Err(Failure::new(message).advise(otherwise));
            }
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(failed)?;
        Ok(Self(file))
    }

    fn path(data_dir: &Path) -> PathBuf {
        data_dir.join("serve.lock")
    }
}
