//! Making the tables, and looking whether they are there.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TableStatus,
    TimeToLiveSpecification, TimeToLiveStatus,
};
use tegata_core::store::StoreError;
use tokio::time::sleep;

use crate::Tables;
use crate::error::{Fault, fault};
use crate::table::{PK, SK, TTL};

/// What is wrong with the tables.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// They are not there, or not in this region or account.
    #[error("there is no table {}", .0.join(", "))]
    Missing(Vec<String>),
    /// Nobody answered, or not to us.
    #[error("DynamoDB cannot be asked")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<Fault> for TableError {
    fn from(fault: Fault) -> Self {
        Self::Unavailable(fault.into())
    }
}

/// Looks for the tables, with a read from each that finds nothing: that needs no other right than what a store needs.
///
/// # Errors
/// [`TableError::Missing`] names all that are missing.
pub async fn check_tables(client: &Client, tables: &Tables) -> Result<(), TableError> {
    let mut missing = Vec::new();
    for table in [&tables.data, &tables.keys, &tables.public_keys] {
        let text = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
        let request = client.get_item().table_name(table).key(PK, text("#")).key(SK, text("#"));
        if let Err(error) = request.send().await {
            match fault(&error, table) {
                Fault::NoTable { table } => missing.push(table),
                other => return Err(other.into()),
            }
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(TableError::Missing(missing)) }
}

/// Makes the tables that are missing: for development and tests. In production they are part of the infrastructure, with
/// deletion protection and point-in-time recovery.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn create_tables(client: &Client, tables: &Tables) -> Result<(), StoreError> {
    for table in [&tables.data, &tables.keys, &tables.public_keys] {
        create(client, table).await?;
    }
    expire(client, &tables.data).await
}

async fn create(client: &Client, table: &str) -> Result<(), StoreError> {
    let attribute = |name| {
        AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build()
    };
    let key = |name, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    let unbuilt = |error: aws_sdk_dynamodb::error::BuildError| Fault::Connection(error.to_string());
    let request = client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute(PK).map_err(unbuilt)?)
        .attribute_definitions(attribute(SK).map_err(unbuilt)?)
        .key_schema(key(PK, KeyType::Hash).map_err(unbuilt)?)
        .key_schema(key(SK, KeyType::Range).map_err(unbuilt)?);
    match request.send().await {
        Ok(_) => {}
        Err(error) if has_code(&error, "ResourceInUseException") => {}
        Err(error) => return Err(fault(&error, table).into()),
    }
    // Half a minute, in which a new table is usually there several times over.
    for _ in 0..300 {
        let answer = client.describe_table().table_name(table).send().await;
        let answer = answer.map_err(|error| fault(&error, table))?;
        if answer.table.is_some_and(|table| table.table_status == Some(TableStatus::Active)) {
            return Ok(());
        }
        sleep(Duration::from_millis(100)).await;
    }
    Err(Fault::Timeout.into())
}

/// Lets DynamoDB remove what has expired.
async fn expire(client: &Client, table: &str) -> Result<(), StoreError> {
    let answer = client.describe_time_to_live().table_name(table).send().await;
    let answer = answer.map_err(|error| fault(&error, table))?;
    let status = answer.time_to_live_description.and_then(|ttl| ttl.time_to_live_status);
    if matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)) {
        return Ok(());
    }
    let ttl = TimeToLiveSpecification::builder().attribute_name(TTL).enabled(true).build();
    let ttl = ttl.map_err(|error| Fault::Connection(error.to_string()))?;
    let request = client.update_time_to_live().table_name(table).time_to_live_specification(ttl);
    match request.send().await {
        Ok(_) => Ok(()),
        // Another process was quicker.
        Err(error) if has_code(&error, "ValidationException") => Ok(()),
        Err(error) => Err(fault(&error, table).into()),
    }
}

fn has_code<E: ProvideErrorMetadata>(error: &SdkError<E>, code: &str) -> bool {
    error.as_service_error().and_then(ProvideErrorMetadata::code) == Some(code)
}
