//! Documents: records that the core alone looks into, kept as JSON under a key, some with a version.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tegata_core::store::StoreError;

use crate::DynamoDbStore;
use crate::error::{Fault, Unreadable};
use crate::item::{self, Item};
use crate::mark::Mark;
use crate::retry::{Refusal, Reply};
use crate::table::Key;
use crate::transaction::Condition;

/// The document.
pub(crate) const DOCUMENT: &str = "d";
/// Its version.
pub(crate) const VERSION: &str = "v";

pub(crate) fn write(document: &impl Serialize) -> Result<AttributeValue, StoreError> {
    let text = serde_json::to_string(document).map_err(|_| Unreadable(DOCUMENT))?;
    Ok(item::text(text))
}

/// The error names the attribute; the parser's own text would quote from it.
pub(crate) fn read<T: DeserializeOwned>(item: &Item) -> Result<T, Unreadable> {
    serde_json::from_str(item::need_text(item, DOCUMENT)?).map_err(|_| Unreadable(DOCUMENT))
}

impl DynamoDbStore {
    /// Puts an item with a version where there is none; whether it was.
    pub(crate) async fn put_new(&self, item: &Item) -> Result<bool, StoreError> {
        self.put_version(item, Condition::ABSENT).await
    }

    /// Puts an item in the place of the one with this version; whether it was.
    pub(crate) async fn put_after(&self, expected: u64, item: &Item) -> Result<bool, StoreError> {
        self.put_version(item, Condition::version(expected)).await
    }

    async fn put_version(&self, item: &Item, condition: Condition) -> Result<bool, StoreError> {
        let own = Mark::random()?;
        match self.put(&self.step(), item::marked(item, own), condition).await? {
            Reply::Done(()) => Ok(true),
            Reply::Refused(refusal) => was_ours(&refusal, own, VERSION, item.get(VERSION)),
        }
    }

    /// Deletes an item; whether it was there.
    pub(crate) async fn delete_one(&self, key: &Key) -> Result<bool, StoreError> {
        self.delete(&self.step(), key).await
    }
}

/// Whether what refused a write is that very write: its first try was done, and the answer was lost.
///
/// `left` is the version, in the attribute `version`, that the write leaves. Versions only grow: where somebody else has left the
/// same one, ours was not done. Where another one stands, or nothing, ours may have been done and changed since, and nothing
/// follows: it must not look as if somebody else had been first.
pub(crate) fn was_ours(
    refusal: &Refusal,
    own: Mark,
    version: &str,
    left: Option<&AttributeValue>,
) -> Result<bool, StoreError> {
    if refusal.is_by(own)? {
        return Ok(true);
    }
    let is_verdict = refusal.item(0).is_some_and(|found| found.get(version) == left);
    if refusal.after_doubt && !is_verdict { Err(Fault::Unknown.into()) } else { Ok(false) }
}
