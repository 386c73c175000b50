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
    /// Puts an item where there is none; whether it was.
    pub(crate) async fn put_new(&self, item: impl Fn(Mark) -> Item) -> Result<bool, StoreError> {
        let own = Mark::random()?;
        match self.put(&self.step(), item(own), Condition::ABSENT).await? {
            Reply::Done(()) => Ok(true),
            Reply::Refused(refusal) => was_ours(&refusal, own),
        }
    }

    /// Puts an item in the place of the one with this version; whether it was.
    pub(crate) async fn put_after(
        &self,
        expected: u64,
        item: impl Fn(Mark) -> Item,
    ) -> Result<bool, StoreError> {
        let own = Mark::random()?;
        match self.put(&self.step(), item(own), Condition::version(expected)).await? {
            Reply::Done(()) => Ok(true),
            Reply::Refused(refusal) => was_ours(&refusal, own),
        }
    }

    /// Deletes an item; whether it was there.
    pub(crate) async fn delete_one(&self, key: &Key) -> Result<bool, StoreError> {
        self.delete(&self.step(), key).await
    }
}

/// Whether what refused a write is that very write: its first try was done, and the answer was lost. If ours may have been
/// done and changed since, nothing follows from what is there: it must not look as if somebody else had been first.
pub(crate) fn was_ours(refusal: &Refusal, own: Mark) -> Result<bool, StoreError> {
    if refusal.is_by(own)? {
        return Ok(true);
    }
    if refusal.after_doubt { Err(Fault::Unknown.into()) } else { Ok(false) }
}
