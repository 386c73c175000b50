//! The transfer key: what the two ends of a move share, and the file does not hold.

use std::path::Path;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tegata_core::entropy::Entropy;
use tegata_core::master_key::MasterKey;
use tegata_core::seal::TransferSealingKey;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::key_file::{KEY_LENGTH, KeyFile};

const FILE: KeyFile = KeyFile {
    name: "transfer key",
    comment: "# A transfer key of Tegata. It opens the signing keys in an export. Carry it by another way than the export,\n\
              # and delete it after the move.\n",
    when_missing: "it is the file that `tegata export` made with --transfer-key, or was given",
};

/// The key of a move: it seals the signing keys in the file, and authenticates the whole of it.
pub(crate) struct TransferKey {
    pub(super) sealing: TransferSealingKey,
    pub(super) mac: hmac::Key,
    /// Tells two keys apart, and says nothing of either.
    pub(super) id: String,
}

impl TransferKey {
    /// The key in a file.
    ///
    /// # Errors
    /// When it is absent, open to others, or no key.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        FILE.read(path).map(Self::from_bytes)
    }

    /// The key in a file, which is made where it is absent.
    ///
    /// # Errors
    /// When it cannot be made, is open to others, or no key.
    pub(crate) fn make(path: &Path, entropy: &dyn Entropy) -> Result<Self, Failure> {
        FILE.make(path, entropy).map(Self::from_bytes)
    }

    /// Each purpose has a key of its own, derived as those of an installation are.
    pub(super) fn from_bytes(bytes: Zeroizing<[u8; KEY_LENGTH]>) -> Self {
        let root = MasterKey::new(bytes);
        let id = root.purpose_key("tegata transfer key id");
        Self {
            sealing: TransferSealingKey::new(&root.purpose_key("tegata transfer sealing")),
            mac: hmac::Key::new(hmac::HMAC_SHA256, root.purpose_key("tegata transfer mac").as_slice()),
            id: URL_SAFE_NO_PAD.encode(&id[..12]),
        }
    }
}
