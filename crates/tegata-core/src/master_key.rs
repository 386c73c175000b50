//! The master key: what everything secret of an installation hangs on.

use std::fmt;

use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use crate::seal::SealingKey;

/// 32 random bytes that are kept outside of the store: in a file of an installation, or sealed by a key service. A copy
/// of the store alone is then worth nothing.
pub struct MasterKey(Zeroizing<[u8; Self::LENGTH]>);

impl MasterKey {
    /// The length of the key, in bytes.
    pub const LENGTH: usize = SealingKey::LENGTH;

    /// The key from its bytes.
    pub const fn new(bytes: Zeroizing<[u8; Self::LENGTH]>) -> Self {
        Self(bytes)
    }

    /// The key that seals the signing keys.
    pub fn sealing_key(&self) -> SealingKey {
        SealingKey::new(&self.0)
    }

    /// A key for one other purpose, which nobody can trace back to this one or to another purpose's.
    pub fn purpose_key(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        let master = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_slice());
        let mut key = Zeroizing::new([0; 32]);
        key.copy_from_slice(hmac::sign(&master, purpose.as_bytes()).as_ref());
        key
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r68_each_purpose_has_a_key_of_its_own_and_none_is_shown() {
        let master = MasterKey::new(Zeroizing::new([7; 32]));
        assert_ne!(master.purpose_key("a").as_slice(), master.purpose_key("b").as_slice());
        assert_eq!(master.purpose_key("a").as_slice(), master.purpose_key("a").as_slice());
        assert_eq!(format!("{master:?}"), "MasterKey(…)");
    }
}
