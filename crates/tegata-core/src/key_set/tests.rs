use super::*;
use crate::seal::TransferSealingKey;
use crate::testing::SeededEntropy;

const DAY: Duration = Duration::from_hours(24);
const POLICY: KeyPolicy = KeyPolicy {
    algorithm: Algorithm::Es256,
    others: Vec::new(),
    active_for: Duration::from_hours(60 * 24),
    publish_ahead: Duration::from_mins(15),
    keep_retired: Duration::from_mins(16),
};

struct Case {
    sealing: SealingKey,
    entropy: SeededEntropy,
    set: KeySet,
    now: Timestamp,
}

impl Case {
    fn new() -> Self {
        let (sealing, entropy, now) =
            (SealingKey::new(&[3; 32]), SeededEntropy::new(1), Timestamp::from_secs(1_000_000));
        let set = KeySet::first(&POLICY, &sealing, &entropy, now).unwrap();
        Self { sealing, entropy, set, now }
    }

    fn plan(&mut self, policy: &KeyPolicy) -> bool {
        match self.set.plan(policy, &self.sealing, &self.entropy, self.now).unwrap() {
            Some(next) => {
                assert_eq!(next.version, self.set.version + 1);
                self.set = next;
                true
            }
            None => false,
        }
    }

    fn signing_key(&self) -> SigningKey {
        self.set.signing_keys(&self.sealing).unwrap().remove(0)
    }

    fn states(&self) -> String {
        let letter = |key: &StoredKey| match key.state {
            KeyState::Next => 'n',
            KeyState::Active { .. } => 'a',
            KeyState::Retired { .. } => 'r',
        };
        self.set.keys.iter().map(letter).collect()
    }
}

#[test]
fn r22_a_key_is_published_before_it_signs_and_until_its_last_token_has_expired() {
    let mut case = Case::new();
    assert!(!case.plan(&POLICY), "nothing is due at first");
    case.now = case.now + 60 * DAY - Duration::from_mins(15);
    assert!(case.plan(&POLICY));
    assert_eq!(case.states(), "an");
    case.now = case.now + Duration::from_secs(899);
    assert!(!case.plan(&POLICY), "verifiers may not know it yet");
    case.now = case.now + Duration::from_secs(1);
    assert!(case.plan(&POLICY));
    assert_eq!(case.states(), "ra");
    case.now = case.now + Duration::from_secs(959);
    assert!(!case.plan(&POLICY), "its last tokens are alive");
    case.now = case.now + Duration::from_secs(1);
    assert!(case.plan(&POLICY));
    assert_eq!(case.states(), "a");
}

#[test]
fn r22_private_keys_are_sealed_at_rest() {
    let case = Case::new();
    let stored = serde_json::to_string(&case.set).unwrap();
    let key = case.signing_key();
    let private = STANDARD.encode(key.to_pkcs8().unwrap().as_slice());
    assert!(!stored.contains(&private[20..60]));
    assert!(matches!(case.set.signing_keys(&SealingKey::new(&[4; 32])), Err(KeyError::Seal(_))));
    assert_eq!(serde_json::from_str::<KeySet>(&stored).unwrap(), case.set);
}

#[test]
fn a_change_of_algorithm_goes_through_the_same_steps() {
    let mut case = Case::new();
    let policy = KeyPolicy { algorithm: Algorithm::EdDsa, ..POLICY };
    assert!(case.plan(&policy));
    assert_eq!(case.states(), "an");
    case.now = case.now + POLICY.publish_ahead;
    assert!(case.plan(&policy));
    assert_eq!(case.states(), "ra");
    assert_eq!(case.signing_key().algorithm(), Algorithm::EdDsa);
}

#[test]
fn each_further_algorithm_has_a_key_and_a_life_of_its_own() {
    let mut case = Case::new();
    let policy = KeyPolicy { others: vec![Algorithm::EdDsa, Algorithm::Es256], ..POLICY };
    assert!(case.plan(&policy));
    assert_eq!(case.states(), "aa", "nobody could know another key of it");
    assert!(!case.plan(&policy));
    let algorithms = case.set.signing_algorithms().unwrap();
    assert_eq!(algorithms, [Algorithm::Es256, Algorithm::EdDsa]);

    let rotated = case.set.rotate(true, &policy, &case.sealing, &case.entropy, case.now).unwrap();
    assert_eq!(rotated.signing_algorithms().unwrap(), algorithms);
    assert_eq!(rotated.keys.len(), 4, "both were replaced");

    assert!(case.plan(&POLICY));
    assert_eq!(case.states(), "ar", "what is no longer wanted signs no more, and stays known");
}

#[test]
fn a_rotation_on_request_waits_for_verifiers_unless_it_is_at_once() {
    let mut case = Case::new();
    let old = case.signing_key().kid().to_owned();
    let slow = case.set.rotate(false, &POLICY, &case.sealing, &case.entropy, case.now).unwrap();
    assert_eq!(slow.signing_keys(&case.sealing).unwrap()[0].kid(), old);
    case.set = slow;
    case.now = case.now + POLICY.publish_ahead;
    assert!(case.plan(&POLICY));
    assert_ne!(case.signing_key().kid(), old);

    let other = Case::new();
    let fast = other.set.rotate(true, &POLICY, &other.sealing, &other.entropy, other.now).unwrap();
    assert_ne!(fast.signing_keys(&other.sealing).unwrap()[0].kid(), other.set.keys[0].kid);
    assert_eq!(fast.public_keys().unwrap().len(), 2);
}

#[test]
fn a_clock_that_jumps_never_leaves_a_set_without_a_key() {
    let mut case = Case::new();
    for secs in [0, i64::MAX / 1000, 1_000_000, i64::MIN / 1000, 90 * 86_400] {
        case.now = Timestamp::from_secs(secs);
        case.plan(&POLICY);
        assert!(case.set.signing_keys(&case.sealing).is_ok());
    }
}

#[test]
fn a_set_that_is_sealed_anew_is_the_same_set_for_another_key() {
    let (case, transfer) = (Case::new(), TransferSealingKey::new(&[5; 32]));
    let travelling = |set: &KeySet| {
        set.resealed(|sealed, place| transfer.seal(&case.sealing.open(sealed, place)?, place)).unwrap()
    };
    assert_eq!(travelling(&case.set), travelling(&case.set), "two exports differ");

    let other = SealingKey::new(&[6; 32]);
    let arrived = travelling(&case.set)
        .resealed(|sealed, place| other.seal(&transfer.open(sealed, place)?, place, &case.entropy))
        .unwrap();
    let pkcs8 = |set: &KeySet, key| set.signing_keys(key).unwrap()[0].to_pkcs8().unwrap();
    assert_eq!(*pkcs8(&arrived, &other), *pkcs8(&case.set, &case.sealing));
    let mac = |set: &KeySet, key| set.server_secrets(key).unwrap().refresh_mac.mac(&[b"same"]);
    assert_eq!(mac(&arrived, &other), mac(&case.set, &case.sealing));
    assert!(matches!(arrived.signing_keys(&case.sealing), Err(KeyError::Seal(_))));

    let view = case.set.without_private_keys();
    assert!(matches!(view.resealed(|sealed, _| Ok(sealed.clone())), Err(KeyError::NoPrivateKey)));
}
