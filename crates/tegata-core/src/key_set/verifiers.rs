//! What a verifier of access tokens has to know, and no more.

use tegata_jose::{Jwk, JwkSet};

use super::{KeyError, KeyPolicy, KeySet, KeyState, StoredKey};
use crate::timestamp::Timestamp;

impl KeySet {
    /// The public keys, as a JWK set (RFC 7517 §5), that an access token alive at `now` can be signed with. Those that sign
    /// ID tokens only are left out: a verifier that is handed its keys has little room, and RSA keys are large.
    ///
    /// # Errors
    /// [`KeyError::Jose`] for a record that is no JWK.
    pub fn access_token_jwks(&self, policy: &KeyPolicy, now: Timestamp) -> Result<String, KeyError> {
        let keys = self.keys.iter().filter(|key| self.signs_access_tokens(key, policy, now));
        let keys = keys.map(|key| Jwk::parse(key.public_jwk.as_bytes())).collect::<Result<_, _>>()?;
        Ok(JwkSet::new(keys)?.to_json())
    }

    /// Whether a key signs access tokens, will, or has signed some that are alive.
    fn signs_access_tokens(&self, key: &StoredKey, policy: &KeyPolicy, now: Timestamp) -> bool {
        let alg = policy.algorithm.as_str();
        if key.alg == alg {
            return true;
        }
        // While the wanted algorithm has no key that signs, another one does instead.
        let Some(since) = self.active(alg) else { return true };
        // Once it has, the tokens of the one before live on, if that was of another algorithm.
        let is_successor =
            self.keys.iter().any(|key| key.alg == alg && matches!(key.state, KeyState::Retired { .. }));
        !is_successor && key.created_at < since && now < since + policy.keep_retired
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tegata_jose::Algorithm::{self, EdDsa, Es256, Rs256};

    use super::*;
    use crate::seal::SealingKey;
    use crate::testing::SeededEntropy;

    struct Case {
        policy: KeyPolicy,
        set: KeySet,
        now: Timestamp,
    }

    impl Case {
        /// ES256 signs access tokens; ID tokens are signed with RS256, too.
        fn new() -> Self {
            let policy = KeyPolicy {
                algorithm: Es256,
                others: vec![Rs256, Es256],
                active_for: Duration::from_hours(24),
                publish_ahead: Duration::from_mins(15),
                keep_retired: Duration::from_mins(16),
            };
            let now = Timestamp::from_secs(1_000_000);
            let set =
                KeySet::first(&policy, &SealingKey::new(&[3; 32]), &SeededEntropy::new(1), now).unwrap();
            let mut case = Self { policy, set, now };
            case.plan();
            case
        }

        fn plan(&mut self) {
            let (sealing, entropy) = (SealingKey::new(&[3; 32]), SeededEntropy::new(2));
            if let Some(next) = self.set.plan(&self.policy, &sealing, &entropy, self.now).unwrap() {
                self.set = next;
            }
        }

        fn rotate(&mut self, at_once: bool) {
            let (sealing, entropy) = (SealingKey::new(&[3; 32]), SeededEntropy::new(3));
            self.set = self.set.rotate(at_once, &self.policy, &sealing, &entropy, self.now).unwrap();
        }

        fn pass(&mut self, time: Duration) {
            self.now = self.now + time;
            self.plan();
        }

        /// The algorithms of the keys that a verifier is given.
        fn given(&self) -> Vec<Algorithm> {
            let jwks = self.set.access_token_jwks(&self.policy, self.now).unwrap();
            let is_given = |key: &&StoredKey| jwks.contains(&key.kid);
            self.set.keys.iter().filter(is_given).map(|key| key.alg.parse().unwrap()).collect()
        }
    }

    #[test]
    fn r22_keys_of_id_tokens_alone_are_no_business_of_a_verifier_of_access_tokens() {
        let mut case = Case::new();
        assert_eq!(case.set.keys.len(), 2);
        assert_eq!(case.given(), [Es256]);
        case.rotate(false);
        assert_eq!(case.given(), [Es256, Es256], "the next one is known before it signs");
        case.pass(case.policy.publish_ahead);
        assert_eq!(case.set.keys.len(), 4, "the old ones are retired");
        assert_eq!(case.given(), [Es256, Es256]);
        case.rotate(true);
        assert_eq!(case.given(), [Es256, Es256, Es256]);
    }

    #[test]
    fn r22_a_change_of_the_algorithm_leaves_no_token_without_its_key() {
        let mut case = Case::new();
        case.policy.algorithm = EdDsa;
        case.plan();
        assert_eq!(case.given(), [Es256, Rs256, EdDsa], "the others sign until everybody knows the new one");
        // The job comes late.
        case.pass(Duration::from_hours(1));
        assert_eq!(case.set.signing_algorithms().unwrap(), [Es256, Rs256, EdDsa]);
        assert_eq!(case.given(), [Es256, Rs256, EdDsa], "their tokens are alive");
        case.pass(case.policy.keep_retired);
        assert_eq!(case.given(), [EdDsa]);
    }
}
