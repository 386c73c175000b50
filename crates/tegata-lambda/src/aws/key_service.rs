//! AWS KMS.

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use tegata_core::identifier::TenantId;
use tegata_core::master_key::MasterKey;
use zeroize::{Zeroize as _, Zeroizing};

use crate::master_key::{BoxError, KeyBytes, KeyService};

/// What a wrapped key is bound to: KMS unwraps it only for who names the same, and logs it.
const CONTEXT: &str = "tegata";

/// One key of KMS.
pub(crate) struct Kms {
    client: Client,
    /// To unwrap, any key will do that the wrapped form names and we may use, unless one is given.
    key_id: Option<String>,
}

impl Kms {
    pub(crate) fn new(config: &SdkConfig, key_id: Option<String>) -> Self {
        Self { client: Client::new(config), key_id }
    }
}

#[async_trait]
impl KeyService for Kms {
    async fn generate(&self, tenant: &TenantId) -> Result<(KeyBytes, Vec<u8>), BoxError> {
        let key_id = self.key_id.as_deref().ok_or("TEGATA_KMS_KEY_ID is not set")?;
        let length = i32::try_from(MasterKey::LENGTH)?;
        let made = self
            .client
            .generate_data_key()
            .key_id(key_id)
            .number_of_bytes(length)
            .encryption_context(CONTEXT, tenant.as_str())
            .send()
            .await?;
        let wrapped = made.ciphertext_blob.ok_or("KMS gave no wrapped key")?.into_inner();
        Ok((key_bytes(made.plaintext)?, wrapped))
    }

    async fn unwrap(&self, wrapped: &[u8], tenant: &TenantId) -> Result<KeyBytes, BoxError> {
        let opened = self
            .client
            .decrypt()
            .ciphertext_blob(Blob::new(wrapped))
            .encryption_context(CONTEXT, tenant.as_str())
            .set_key_id(self.key_id.clone())
            .send()
            .await?;
        key_bytes(opened.plaintext)
    }
}

fn key_bytes(plaintext: Option<Blob>) -> Result<KeyBytes, BoxError> {
    let mut bytes = plaintext.ok_or("KMS gave no key")?.into_inner();
    let key = <[u8; MasterKey::LENGTH]>::try_from(bytes.as_slice()).map(Zeroizing::new);
    bytes.zeroize();
    key.map_err(|_| "the master key has another length".into())
}
