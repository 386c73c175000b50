//! What SQLite says, in the words of the store. No text holds a bound value.

use std::path::PathBuf;

use rusqlite::ErrorCode;
use tegata_core::store::StoreError;

use crate::busy::is_busy;

/// Why a database was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file belongs to something else.
    #[error("{} is a database of another program", path.display())]
    ForeignDatabase {
        /// The file.
        path: PathBuf,
    },
    /// A newer Tegata has written it; migrations go forward only.
    #[error("{} has schema version {found}, and this program knows versions up to {known}: use the newer program", path.display())]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest one that this program knows.
        known: u32,
    },
    /// The file is damaged, or no database at all.
    #[error("{} is not a database that can be read", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// Another process holds it and does not let go.
    #[error("{} is locked by another process", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// It or the directory around it, where its log goes, cannot be written.
    #[error("{} or its directory is read-only", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// What SQLite or the operating system says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It cannot be opened, read or written.
    #[error("{} cannot be opened for reading and writing", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What SQLite or the operating system says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The operating system gave no thread.
    #[error("no thread for the database")]
    Thread(#[from] std::io::Error),
}

impl OpenError {
    /// The file could not even be made or opened.
    pub(crate) fn file(path: &std::path::Path, source: std::io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            std::io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path, source: source.into() },
            _ => Self::Unusable { path, source: source.into() },
        }
    }

    /// SQLite could not work with it.
    pub(crate) fn new(path: &std::path::Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            _ if is_damage(&source) => Self::Damaged { path, source },
            _ if is_busy(&source) => Self::Locked { path, source },
            // The file itself could be opened before: what cannot be is the log beside it.
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen) => {
                Self::ReadOnly { path, source: source.into() }
            }
            _ => Self::Unusable { path, source: source.into() },
        }
    }
}

/// What a statement's failure means for the step that it was part of.
pub(crate) fn store_error(error: rusqlite::Error) -> StoreError {
    use rusqlite::Error as E;
    match &error {
        E::FromSqlConversionFailure(..)
        | E::InvalidColumnType(..)
        | E::IntegralValueOutOfRange(..)
        | E::Utf8Error(..) => StoreError::Corrupt(error.into()),
        other if is_damage(other) => StoreError::Corrupt(error.into()),
        _ => StoreError::Unavailable(error.into()),
    }
}

/// Whether SQLite says that the file is damaged.
pub(crate) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt))
}

/// The thread that serves the database has ended.
#[derive(Debug, thiserror::Error)]
#[error("the database is closed")]
pub(crate) struct Closed;

pub(crate) fn closed() -> StoreError {
    StoreError::Unavailable(Closed.into())
}
