//! The port for randomness.

/// A source of randomness that is good enough for secrets.
pub trait Entropy: Send + Sync {
    /// Fills the whole of `buffer`.
    ///
    /// # Errors
    /// [`EntropyError`] when the source cannot answer; nothing may then be issued.
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyError>;
}

/// The source of randomness did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no randomness to be had")]
pub struct EntropyError;

/// `N` random bytes.
///
/// # Errors
/// As [`Entropy::fill`].
pub(crate) fn random<const N: usize>(entropy: &dyn Entropy) -> Result<[u8; N], EntropyError> {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes)?;
    Ok(bytes)
}
