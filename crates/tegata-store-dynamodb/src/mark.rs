//! The mark that every write leaves on its item.

use tegata_core::entropy::EntropyError;
use tegata_core::store::StoreError;

/// A random mark, new with every write of an item.
///
/// A write that rests on what was read asks for the mark that was read: it fails when anybody wrote in between. And a
/// write whose answer was lost finds its own mark when it is repeated, so it is not taken for somebody else's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark([u8; Self::LENGTH]);

impl Mark {
    /// Enough that no two writes of one item ever share a mark.
    pub(crate) const LENGTH: usize = 8;

    pub(crate) fn random() -> Result<Self, StoreError> {
        random().map(Self)
    }

    pub(crate) const fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

/// Random bytes for marks, request tokens and pauses; no secret is made of them.
#[expect(
    clippy::disallowed_methods,
    reason = "an edge: the machine's own randomness, and no rule depends on it"
)]
pub(crate) fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| StoreError::Unavailable(EntropyError.into()))?;
    Ok(bytes)
}
