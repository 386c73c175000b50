//! An ID token of ours that comes back as a hint (OIDC Core §3.1.2.1, RP-Initiated Logout §2).

use tegata_jose::{VerifiedIdTokenHint, verify_id_token_hint};

use crate::provider::Provider;
use crate::timestamp::Timestamp;

impl Provider {
    /// Reads a hint: any ID token that this issuer has signed, however old.
    pub(super) fn read_id_token_hint(&self, text: &str, now: Timestamp) -> Option<VerifiedIdTokenHint> {
        let key_ring = self.key_ring();
        verify_id_token_hint(&self.settings.issuer, &key_ring.verifying, text, now.numeric_date()).ok()
    }
}
