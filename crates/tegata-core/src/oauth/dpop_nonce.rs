use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::identifier::TenantId;
use crate::secret::ServerSecrets;
use crate::timestamp::Timestamp;

/// How long a nonce is the newest. The one before it is good as well, so each is good for twice as long at most.
const STEP: Duration = Duration::from_mins(2);
/// The length of a nonce, in bytes, before it becomes text.
const LEN: usize = 16;

/// A nonce for DPoP proofs (RFC 9449 §8): what time it is here, written so that nobody else can write it.
///
/// Nothing of it is kept. Every server of an installation works it out from the root secret and its own clock, so what one
/// has given out is good at all of them, and only there.
#[derive(Clone, PartialEq, Eq)]
pub struct DpopNonce(String);

impl DpopNonce {
    /// The nonces of a tenant that are good now, the newest first.
    pub(crate) fn good_at(now: Timestamp, tenant: &TenantId, secrets: &ServerSecrets) -> [Self; 2] {
        let length = i64::try_from(STEP.as_millis()).unwrap_or(i64::MAX);
        let step = now.as_millis().div_euclid(length);
        [step, step.saturating_sub(1)].map(|step| {
            let mac = secrets.dpop_nonce.mac(&[tenant.as_str().as_bytes(), &step.to_be_bytes()]);
            Self(URL_SAFE_NO_PAD.encode(&mac[..LEN]))
        })
    }

    /// As it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A nonce of the next minutes would let proofs be made in advance, so none is where it can be read by chance.
impl fmt::Debug for DpopNonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DpopNonce(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_700_000_040);

    fn good_at(now: Timestamp) -> [DpopNonce; 2] {
        DpopNonce::good_at(now, &TenantId::default(), &ServerSecrets::derive(&[7; 32]))
    }

    #[test]
    fn r32_a_nonce_is_good_for_two_steps_at_every_server_and_no_longer() {
        let [nonce, _] = good_at(NOW);
        assert_eq!(NOW.as_secs() % 120, 0, "a step begins");
        let is_good = |now| good_at(now).contains(&nonce);
        for secs in [0, 1, 119, 120, 239] {
            assert!(is_good(NOW + Duration::from_secs(secs)), "{secs}");
        }
        assert!(!is_good(NOW + STEP + STEP));
        assert!(!is_good(NOW - Duration::from_millis(1)), "nobody has it in advance");
        assert_eq!(good_at(NOW + STEP)[1], nonce);
    }

    #[test]
    fn r32_a_nonce_of_another_tenant_or_installation_is_none() {
        let ours = good_at(NOW);
        let tenant: TenantId = "other".parse().unwrap();
        for theirs in [
            DpopNonce::good_at(NOW, &tenant, &ServerSecrets::derive(&[7; 32])),
            DpopNonce::good_at(NOW, &TenantId::default(), &ServerSecrets::derive(&[8; 32])),
        ] {
            assert!(theirs.iter().all(|nonce| !ours.contains(nonce)));
        }
    }

    #[test]
    fn r32_a_nonce_is_of_the_characters_of_rfc_9449() {
        // NQCHAR, RFC 6749 appendix A.
        for nonce in good_at(NOW) {
            assert_eq!(nonce.as_str().len(), 22);
            let is_nqchar = |c| matches!(c, '\x21' | '\x23'..='\x5b' | '\x5d'..='\x7e');
            assert!(nonce.as_str().chars().all(is_nqchar));
            assert!(!format!("{nonce:?}").contains(nonce.as_str()));
        }
    }
}
