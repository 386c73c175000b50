//! The server's own secret and the keys that are derived from it.

use std::fmt;

use aws_lc_rs::{constant_time, digest, hmac};
use zeroize::Zeroizing;

/// The SHA-256 of a text or of bytes.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}

/// Whether two secrets are equal, in a time that does not tell where they differ.
pub(crate) fn equal(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}

/// One key of the server, good for one purpose.
pub(crate) struct ServerKey(hmac::Key);

impl ServerKey {
    /// HMAC-SHA-256 over the parts. Every part is preceded by its length, so no two lists of parts read alike.
    pub(crate) fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut mac = [0; 32];
        mac.copy_from_slice(context.sign().as_ref());
        mac
    }
}

/// The server's keys, each derived from one root secret for one purpose (RFC 5869 §3.2: distinct `info`, distinct key).
pub struct ServerSecrets {
    /// Authenticates refresh tokens.
    pub(crate) refresh_mac: ServerKey,
    /// Derives the secret of the next refresh token.
    pub(crate) refresh_successor: ServerKey,
    /// Makes CSRF tokens.
    pub(crate) csrf: ServerKey,
    /// Makes device tokens.
    pub(crate) device: ServerKey,
    /// Hides names and addresses in the keys of counters.
    pub(crate) attempts: ServerKey,
    /// Authenticates the cookies of browser sessions.
    pub(crate) browser: ServerKey,
    /// Signs where a visitor stands on the way to an answer.
    pub(crate) flow: ServerKey,
    /// Makes the names by which sectors know users.
    pub(crate) pairwise: ServerKey,
    /// Makes the keys that authorization codes are sealed with.
    pub(crate) code: ServerKey,
    /// Makes the nonces of DPoP proofs.
    pub(crate) dpop_nonce: ServerKey,
}

impl ServerSecrets {
    /// The length of the root secret, in bytes.
    pub const ROOT_LENGTH: usize = 32;

    /// Derives all keys from the root secret.
    pub fn derive(root: &[u8; Self::ROOT_LENGTH]) -> Self {
        let root = ServerKey(hmac::Key::new(hmac::HMAC_SHA256, root));
        let key = |purpose: &str| {
            let bytes = Zeroizing::new(root.mac(&[b"tegata server key", purpose.as_bytes()]));
            ServerKey(hmac::Key::new(hmac::HMAC_SHA256, bytes.as_slice()))
        };
        Self {
            refresh_mac: key("refresh token mac"),
            refresh_successor: key("refresh token successor"),
            csrf: key("csrf token"),
            device: key("device token"),
            attempts: key("attempt counter"),
            browser: key("browser session"),
            flow: key("flow"),
            pairwise: key("pairwise subject"),
            code: key("authorization code"),
            dpop_nonce: key("dpop nonce"),
        }
    }
}

impl fmt::Debug for ServerSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerSecrets(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_purpose_has_a_key_of_its_own() {
        let secrets = ServerSecrets::derive(&[7; 32]);
        let macs = [
            &secrets.refresh_mac,
            &secrets.refresh_successor,
            &secrets.csrf,
            &secrets.device,
            &secrets.attempts,
            &secrets.browser,
            &secrets.flow,
            &secrets.pairwise,
            &secrets.code,
            &secrets.dpop_nonce,
        ]
        .map(|key| key.mac(&[b"same"]));
        for (i, mac) in macs.iter().enumerate() {
            assert!(!macs[..i].contains(mac));
        }
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        let key = ServerSecrets::derive(&[7; 32]).csrf;
        assert_ne!(key.mac(&[b"ab", b"c"]), key.mac(&[b"a", b"bc"]));
    }
}
