//! Documents: records that the core alone looks into, kept as JSON.

use rusqlite::types::{FromSqlError, Type};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tegata_core::store::StoreError;

/// A document is no JSON of what it should be. Says where and not what: the parser's own text quotes from it.
#[derive(Debug, thiserror::Error)]
#[error("a document cannot be read at line {line}, column {column}")]
struct Unreadable {
    line: usize,
    column: usize,
}

fn unreadable(error: &serde_json::Error) -> StoreError {
    StoreError::Corrupt(Unreadable { line: error.line(), column: error.column() }.into())
}

pub(crate) fn write(document: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(document).map_err(|error| unreadable(&error))
}

pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| unreadable(&error))
}

/// The document of a column.
pub(crate) fn column<T: DeserializeOwned>(column: usize, text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text).map_err(|_| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, FromSqlError::InvalidType.into())
    })
}
