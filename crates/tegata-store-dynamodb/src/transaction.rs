//! Several writes as one.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, Put, ReturnValuesOnConditionCheckFailure as OnFailure, TransactWriteItem,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tegata_core::identifier::UserId;
use tegata_core::store::StoreError;

use crate::DynamoDbStore;
use crate::error::Fault;
use crate::item::{Item, bytes, number, text};
use crate::mark::{Mark, random};
use crate::retry::{Reply, Step};
use crate::table::Key;

/// No transaction has more parts.
pub(crate) const MOST_PARTS: usize = 100;

/// What must hold of the item that is there before a write.
pub(crate) struct Condition {
    pub(crate) expression: Option<&'static str>,
    pub(crate) value: Option<(&'static str, AttributeValue)>,
}

impl Condition {
    pub(crate) const ANY: Self = Self { expression: None, value: None };
    pub(crate) const ABSENT: Self = Self { expression: Some("attribute_not_exists(pk)"), value: None };
    pub(crate) const PRESENT: Self = Self { expression: Some("attribute_exists(pk)"), value: None };

    /// Nobody has written since it was read.
    pub(crate) fn unchanged(since: Mark) -> Self {
        Self { expression: Some("m = :old"), value: Some((":old", bytes(since.as_bytes()))) }
    }

    /// Nobody has this name, or this user has.
    pub(crate) fn free_for(user_id: UserId) -> Self {
        let expression = Some("attribute_not_exists(pk) OR u = :owner");
        Self { expression, value: Some((":owner", bytes(user_id.as_bytes()))) }
    }

    /// It has this document.
    pub(crate) fn document(document: &str) -> Self {
        Self { expression: Some("d = :document"), value: Some((":document", text(document))) }
    }

    /// The document has this version.
    pub(crate) fn version(version: u64) -> Self {
        Self { expression: Some("v = :version"), value: Some((":version", number(version))) }
    }
}

/// A part that puts an item; refused, it says what is there.
pub(crate) fn put(table: &str, item: Item, condition: Condition) -> Result<TransactWriteItem, StoreError> {
    let mut put = Put::builder().table_name(table).set_item(Some(item));
    put = put.set_condition_expression(condition.expression.map(str::to_owned));
    put = put.return_values_on_condition_check_failure(OnFailure::AllOld);
    if let Some((name, value)) = condition.value {
        put = put.expression_attribute_values(name, value);
    }
    Ok(TransactWriteItem::builder().put(put.build().map_err(|e| unbuilt(&e))?).build())
}

/// A part that deletes an item.
pub(crate) fn delete(table: &str, key: &Key, condition: Condition) -> Result<TransactWriteItem, StoreError> {
    let mut delete = Delete::builder().table_name(table).set_key(Some(key.attributes()));
    delete = delete.set_condition_expression(condition.expression.map(str::to_owned));
    delete = delete.return_values_on_condition_check_failure(OnFailure::AllOld);
    if let Some((name, value)) = condition.value {
        delete = delete.expression_attribute_values(name, value);
    }
    Ok(TransactWriteItem::builder().delete(delete.build().map_err(|e| unbuilt(&e))?).build())
}

impl DynamoDbStore {
    /// Does all parts or none.
    ///
    /// The request carries a token, by which DynamoDB knows a repetition for ten minutes: done twice, it is done once.
    pub(crate) async fn transact(
        &self,
        step: &Step,
        tables: &str,
        parts: Vec<TransactWriteItem>,
    ) -> Result<Reply<()>, StoreError> {
        let token = URL_SAFE_NO_PAD.encode(random::<16>()?);
        let request =
            self.client().transact_write_items().set_transact_items(Some(parts)).client_request_token(token);
        match step.send(tables, || request.clone().send()).await? {
            Reply::Done(_) => Ok(Reply::Done(())),
            Reply::Refused(refusal) => Ok(Reply::Refused(refusal)),
        }
    }
}

fn unbuilt(error: &BuildError) -> StoreError {
    Fault::Connection(error.to_string()).into()
}
