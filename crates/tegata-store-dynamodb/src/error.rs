//! What DynamoDB says, in the words of the store. No text holds a value or a key.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use tegata_core::store::StoreError;

/// Why a request gave nothing to go on with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// The table is not there, or not in this region or account.
    #[error("there is no table {table}")]
    NoTable {
        /// Its name, or those of a transaction.
        table: String,
    },
    /// The credentials do not allow it.
    #[error("the credentials do not allow this on {table}: {message}")]
    AccessDenied {
        /// The table.
        table: String,
        /// What DynamoDB says, which names the action.
        message: String,
    },
    /// It answered with an error.
    #[error("DynamoDB answered {code} for {table}")]
    Answer {
        /// The table.
        table: String,
        /// The error's code.
        code: String,
    },
    /// It did not answer in time.
    #[error("DynamoDB did not answer in time")]
    Timeout,
    /// No request was made or no answer was understood.
    #[error("DynamoDB cannot be reached: {0}")]
    Connection(String),
    /// The write of an earlier try, whose answer was lost, may be what this one met; whichever it was, others have gone on.
    #[error("the outcome of a write is not known")]
    Unknown,
    /// Others wrote so often that the step's time ran out.
    #[error("too many others write the same item")]
    Contended,
    /// Keys are replaced by a store with [`crate::KeyAccess::Sign`].
    #[error("this store only reads the public keys")]
    OnlyVerifies,
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        Self::Unavailable(fault.into())
    }
}

/// An error that is not worth another try, or no longer.
pub(crate) fn fault<E: ProvideErrorMetadata>(error: &SdkError<E>, table: &str) -> Fault {
    let table = table.to_owned();
    match error {
        SdkError::ServiceError(service) => match service.err().code() {
            Some("ResourceNotFoundException" | "TableNotFoundException") => Fault::NoTable { table },
            Some("AccessDeniedException") => {
                let message = service.err().message().unwrap_or("access denied").to_owned();
                Fault::AccessDenied { table, message }
            }
            code => Fault::Answer { table, code: code.unwrap_or("an unknown error").to_owned() },
        },
        SdkError::TimeoutError(_) => Fault::Timeout,
        SdkError::DispatchFailure(failure) if failure.is_timeout() => Fault::Timeout,
        SdkError::DispatchFailure(failure) => {
            Fault::Connection(failure.as_connector_error().map_or_else(String::new, |error| causes(error)))
        }
        SdkError::ConstructionFailure(_) => Fault::Connection("no request could be made".to_owned()),
        _ => Fault::Connection("its answer cannot be read".to_owned()),
    }
}

/// An error and what it says of its cause, on one line. A connector knows addresses and no contents.
fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// An item that cannot be read. It names the attribute and not what is in it.
#[derive(Debug, thiserror::Error)]
#[error("attribute {0} cannot be read")]
pub(crate) struct Unreadable(pub(crate) &'static str);

impl From<Unreadable> for StoreError {
    fn from(unreadable: Unreadable) -> Self {
        Self::Corrupt(unreadable.into())
    }
}
