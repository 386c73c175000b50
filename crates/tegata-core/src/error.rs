//! Why a request was not granted.

use std::time::Duration;

use crate::entropy::EntropyError;
use crate::key_set::KeyError;
use crate::password::HashError;
use crate::store::StoreError;
use crate::user::InvalidField;
use tegata_jose::JoseError;

/// What went wrong, for the layer that knows which status that is.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// One entry for each bad field.
    #[error("the request has fields that are not valid")]
    InvalidFields(Vec<FieldError>),
    /// Nobody may make an account here.
    #[error("sign-up is closed")]
    SignupDisabled,
    /// Somebody has this user name.
    #[error("the user name is taken")]
    UsernameTaken,
    /// Unknown user, wrong password, closed account: one and the same for all.
    #[error("the credentials are not valid")]
    InvalidCredentials,
    /// The password that was asked for again is wrong.
    #[error("the password does not match")]
    PasswordMismatch,
    /// Too many attempts; the next one may be made after this time.
    #[error("too many attempts")]
    TooManyAttempts {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The refresh token is not ours, is spent, or its session has ended (RFC 6749 §5.2).
    #[error("the refresh token is not valid")]
    InvalidGrant,
    /// A spent refresh token was shown again, and its session has ended (RFC 9700 §4.14.2). To the caller this is no
    /// different from [`ProviderError::InvalidGrant`]; operators count it.
    #[error("the refresh token was exchanged before")]
    RefreshTokenReplayed,
    /// The CSRF token is missing or belongs to another session.
    #[error("the CSRF token is not valid")]
    Csrf,
    /// The access token is not valid, or what it speaks of is gone (RFC 6750 §3.1).
    #[error("the access token is not valid")]
    InvalidToken,
    /// The access token lacks the scope (RFC 6750 §3.1).
    #[error("the access token lacks a scope")]
    InsufficientScope {
        /// The scope that is needed.
        scope: &'static str,
    },
    /// There is no such thing, or it is not the caller's.
    #[error("not found")]
    NotFound,
    /// Too many passwords are waiting to be hashed.
    #[error("overloaded")]
    Overloaded {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something that must not happen.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A bad field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Its name on the wire.
    pub field: &'static str,
    /// What is wrong with it.
    pub error: InvalidField,
}

impl ProviderError {
    /// One bad field.
    pub fn field(field: &'static str, error: InvalidField) -> Self {
        Self::fields([(field, Some(error))])
    }

    /// All fields that have something wrong with them.
    pub(crate) fn fields<const N: usize>(errors: [(&'static str, Option<InvalidField>); N]) -> Self {
        let bad = |(field, error): (_, Option<_>)| Some(FieldError { field, error: error? });
        Self::InvalidFields(errors.into_iter().filter_map(bad).collect())
    }
}

impl From<HashError> for ProviderError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Overloaded { retry_after } => Self::Overloaded { retry_after },
            HashError::Failed => Self::Internal(error.into()),
        }
    }
}

impl From<EntropyError> for ProviderError {
    fn from(error: EntropyError) -> Self {
        Self::Internal(error.into())
    }
}

impl From<KeyError> for ProviderError {
    fn from(error: KeyError) -> Self {
        Self::Internal(error.into())
    }
}

/// Only issuing turns a `JoseError` into this; verifying gives [`ProviderError::InvalidToken`].
impl From<JoseError> for ProviderError {
    fn from(error: JoseError) -> Self {
        Self::Internal(error.into())
    }
}
