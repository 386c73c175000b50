//! The master key: made and wrapped by a key service, its wrapped form kept beside the public keys.

use async_trait::async_trait;
use tegata_core::identifier::TenantId;
use tegata_core::master_key::MasterKey;
use zeroize::Zeroizing;

/// The bytes of a master key.
pub type KeyBytes = Zeroizing<[u8; MasterKey::LENGTH]>;

/// What went wrong outside.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Wraps keys with one that never leaves it. A wrapped key opens for its tenant only.
#[async_trait]
pub trait KeyService: Send + Sync {
    /// A new random key, and its wrapped form.
    async fn generate(&self, tenant: &TenantId) -> Result<(KeyBytes, Vec<u8>), BoxError>;

    /// The key from its wrapped form.
    async fn unwrap(&self, wrapped: &[u8], tenant: &TenantId) -> Result<KeyBytes, BoxError>;
}

/// Where the wrapped key is kept.
#[async_trait]
pub trait WrappedKeys: Send + Sync {
    /// The wrapped key, if there is one.
    async fn find(&self) -> Result<Option<Vec<u8>>, BoxError>;

    /// Keeps a wrapped key if there is none; whether it was kept.
    async fn put_first(&self, wrapped: &[u8]) -> Result<bool, BoxError>;
}

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// The place of the wrapped key cannot be read or written.
    #[error("the wrapped master key cannot be read from or written to its table")]
    Table(#[source] BoxError),
    /// Nobody has made one.
    #[error("there is no master key yet: invoke the function rotate-keys once, which makes it")]
    Missing,
    /// The key service did not make or unwrap it.
    #[error("the key service does not give out the master key")]
    Service(#[source] BoxError),
}

/// Unwraps the master key.
///
/// # Errors
/// [`MasterKeyError`].
pub async fn unseal(
    service: &dyn KeyService,
    wrapped_keys: &dyn WrappedKeys,
    tenant: &TenantId,
) -> Result<MasterKey, MasterKeyError> {
    let wrapped = wrapped_keys.find().await.map_err(MasterKeyError::Table)?.ok_or(MasterKeyError::Missing)?;
    let bytes = service.unwrap(&wrapped, tenant).await.map_err(MasterKeyError::Service)?;
    Ok(MasterKey::new(bytes))
}

/// Unwraps the master key, or makes it where there is none. Of any number of processes that do so at a time, all get the
/// same.
///
/// # Errors
/// [`MasterKeyError`].
pub async fn unseal_or_make(
    service: &dyn KeyService,
    wrapped_keys: &dyn WrappedKeys,
    tenant: &TenantId,
) -> Result<MasterKey, MasterKeyError> {
    match unseal(service, wrapped_keys, tenant).await {
        Err(MasterKeyError::Missing) => {}
        outcome => return outcome,
    }
    let (bytes, wrapped) = service.generate(tenant).await.map_err(MasterKeyError::Service)?;
    if wrapped_keys.put_first(&wrapped).await.map_err(MasterKeyError::Table)? {
        return Ok(MasterKey::new(bytes));
    }
    // Another process was first; theirs is the key.
    unseal(service, wrapped_keys, tenant).await
}
