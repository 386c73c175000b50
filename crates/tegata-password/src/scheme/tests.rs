use tegata_core::entropy::EntropyError;

use super::*;
use crate::stored_hash::Unusable;

/// Randomness that counts.
struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyError> {
        let count = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        buffer.fill(0);
        buffer[..8].copy_from_slice(&count.to_le_bytes());
        Ok(())
    }
}

struct NoEntropy;

impl Entropy for NoEntropy {
    fn fill(&self, _: &mut [u8]) -> Result<(), EntropyError> {
        Err(EntropyError)
    }
}

fn scheme_with(params: Argon2Params, pepper: Option<u8>) -> Scheme {
    let pepper = pepper.map(|byte| Pepper::new(Zeroizing::new(vec![byte; 32])).unwrap());
    Scheme::new(params, pepper, Arc::new(Counting(AtomicU64::new(0)))).unwrap()
}

fn scheme() -> Scheme {
    scheme_with(Argon2Params::unchecked(64, 1), None)
}

fn memory() -> Memory {
    Memory::new(Arc::default())
}

fn password(text: &str) -> Password {
    Password::parse(text).unwrap()
}

fn matches(scheme: &Scheme, text: &str, hash: &PasswordHash) -> bool {
    scheme.verify(&password(text), Some(hash), &mut memory()).unwrap().matches
}

fn unusable(phc: &str) -> Option<Unusable> {
    StoredHash::parse(&PasswordHash::from_phc(phc), Argon2Params::default()).err()
}

/// RFC 9106 §5.3, with its secret value, associated data, three passes and four lanes.
#[test]
fn r58_the_vector_of_rfc_9106_comes_out_of_memory_that_was_used_before() {
    let mut params = ParamsBuilder::new();
    params.m_cost(32).t_cost(3).p_cost(4).output_len(32);
    params.data(argon2::AssociatedData::new(&[4; 12]).unwrap());
    let params = params.build().unwrap();
    let argon2 = Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params).unwrap();
    let mut memory = memory();
    memory.blocks(64).unwrap().fill({
        let mut block = argon2::Block::new();
        block.as_mut().fill(u64::MAX);
        block
    });
    for _ in 0..2 {
        let mut tag = [0; 32];
        argon2
            .hash_password_into_with_memory(&[1; 32], &[2; 16], &mut tag, memory.blocks(32).unwrap())
            .unwrap();
        let expected = [
            0x0d, 0x64, 0x0d, 0xf5, 0x8d, 0x78, 0x76, 0x6c, 0x08, 0xc0, 0x37, 0xa3, 0x4a, 0x8b, 0x53, 0xc9,
            0xd0, 0x1e, 0xf0, 0x45, 0x2d, 0x75, 0xb6, 0x5e, 0xb5, 0x25, 0x20, 0xe9, 0x6b, 0x01, 0xe6, 0x59,
        ];
        assert_eq!(tag, expected);
    }
}

/// What the reference implementation gives for `echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 -e`.
#[test]
fn r58_a_hash_of_the_reference_implementation_verifies() {
    let phc = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    let verified = scheme().verify(&password("password"), Some(&PasswordHash::from_phc(phc)), &mut memory());
    let verified = verified.unwrap();
    assert!(verified.matches);
    assert!(verified.rehashed.is_some(), "other parameters and a short salt");
}

#[test]
fn r58_a_hash_is_a_phc_string_with_todays_parameters_and_a_new_salt() {
    let scheme = scheme_with(Argon2Params::default(), None);
    let mut memory = memory();
    let [a, b] = [0; 2].map(|_| scheme.hash(&password("one and the same"), &mut memory).unwrap());
    for hash in [&a, &b] {
        let stored = StoredHash::parse(hash, Argon2Params::default()).unwrap();
        assert!(hash.as_phc().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_eq!((stored.salt.len(), stored.output.len()), (16, 32));
    }
    assert_ne!(a, b);
}

#[test]
fn r58_a_hash_with_other_parameters_is_made_anew_when_the_password_is_right() {
    let (old, new) = (scheme(), scheme_with(Argon2Params::default(), None));
    let mut memory = memory();
    let hash = old.hash(&password("the right one"), &mut memory).unwrap();
    let wrong = new.verify(&password("the wrong one"), Some(&hash), &mut memory).unwrap();
    assert!(!wrong.matches && wrong.rehashed.is_none());
    let right = new.verify(&password("the right one"), Some(&hash), &mut memory).unwrap();
    let rehashed = right.rehashed.unwrap();
    assert!(rehashed.as_phc().contains("$m=19456,t=2,p=1$"));
    let again = new.verify(&password("the right one"), Some(&rehashed), &mut memory).unwrap();
    assert!(again.matches && again.rehashed.is_none());
}

#[test]
fn r58_a_login_is_right_even_when_no_better_hash_can_be_made() {
    let hash = scheme().hash(&password("the right one"), &mut memory()).unwrap();
    let scheme = Scheme::new(Argon2Params::default(), None, Arc::new(NoEntropy)).unwrap();
    let verified = scheme.verify(&password("the right one"), Some(&hash), &mut memory()).unwrap();
    assert!(verified.matches && verified.rehashed.is_none());
    assert_eq!(scheme.hash(&password("a new one"), &mut memory()), Err(HashError::Failed));
}

#[test]
fn r58_a_pepper_is_named_by_the_hash_and_needed_to_verify_it() {
    let peppered = scheme_with(Argon2Params::unchecked(64, 1), Some(1));
    let hash = peppered.hash(&password("the right one"), &mut memory()).unwrap();
    assert!(hash.as_phc().contains(",keyid="));
    assert!(matches(&peppered, "the right one", &hash));
    assert!(!matches(&peppered, "the wrong one", &hash));
    for other in [scheme(), scheme_with(Argon2Params::unchecked(64, 1), Some(2))] {
        let verified = other.verify(&password("the right one"), Some(&hash), &mut memory());
        assert!(matches!(verified, Err(HashError::Failed)));
    }
    // Only the key makes it right: the same hash without the pepper's name is of another function.
    let phc = hash.as_phc();
    let (start, rest) = phc.split_once(",keyid=").unwrap();
    let (_, salt_and_hash) = rest.split_once('$').unwrap();
    let nameless = PasswordHash::from_phc(format!("{start}${salt_and_hash}"));
    assert!(!matches(&peppered, "the right one", &nameless));
}

#[test]
fn r58_hashes_from_before_there_was_a_pepper_verify_and_get_it() {
    let hash = scheme().hash(&password("the right one"), &mut memory()).unwrap();
    let peppered = scheme_with(Argon2Params::unchecked(64, 1), Some(1));
    let verified = peppered.verify(&password("the right one"), Some(&hash), &mut memory()).unwrap();
    assert!(verified.matches);
    assert!(verified.rehashed.unwrap().as_phc().contains(",keyid="));
}

#[test]
fn r56_the_whole_password_is_checked() {
    let scheme = scheme();
    for long in ["x".repeat(72), "x".repeat(1023), "あ".repeat(341)] {
        let hash = scheme.hash(&password(&format!("{long}y")), &mut memory()).unwrap();
        assert!(matches(&scheme, &format!("{long}y"), &hash));
        assert!(!matches(&scheme, &format!("{long}z"), &hash));
        assert!(!matches(&scheme, &long, &hash));
    }
}

#[test]
fn r56_nul_spaces_and_case_count_and_one_normal_form_does_not() {
    let scheme = scheme();
    let hash = scheme.hash(&password("caf\u{e9}\0 Noir "), &mut memory()).unwrap();
    assert!(matches(&scheme, "cafe\u{301}\0 Noir ", &hash));
    for other in ["café", "café\0 noir ", "café\0 Noir", "café Noir ", "café\0\0 Noir ", "cafe\0 Noir "]
    {
        assert!(!matches(&scheme, other, &hash), "{other:?}");
    }
}

#[test]
fn r60_an_unknown_user_costs_one_hash_of_the_same_parameters_and_never_matches() {
    let scheme = scheme();
    let mut memory = memory();
    let hash = scheme.hash(&password("the right one"), &mut memory).unwrap();
    for (text, hash) in
        [("the right one", Some(&hash)), ("the wrong one", Some(&hash)), ("the right one", None)]
    {
        let before = scheme.runs();
        let verified = scheme.verify(&password(text), hash, &mut memory).unwrap();
        assert_eq!(scheme.runs(), before + 1, "{text}");
        assert_eq!(verified.matches, hash.is_some() && text == "the right one");
        assert!(verified.rehashed.is_none());
    }
}

#[test]
fn memory_used_before_changes_no_result() {
    let scheme = scheme();
    let mut used = memory();
    for n in 0..50 {
        let text = format!("password {n}");
        let hash = scheme.hash(&password(&text), &mut used).unwrap();
        assert!(matches(&scheme, &text, &hash), "fresh memory agrees");
        assert!(scheme.verify(&password(&text), Some(&hash), &mut used).unwrap().matches);
        assert!(!scheme.verify(&password("another"), Some(&hash), &mut used).unwrap().matches);
    }
}

#[test]
fn a_stored_hash_that_cannot_be_used_is_refused_before_any_work() {
    let scheme = scheme();
    let (salt, hash) = ("c29tZXNhbHQ", "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc");
    let argon2id = |params: &str| format!("$argon2id$v=19${params}${salt}${hash}");
    let bcrypt = "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW";
    for (phc, why) in [
        (String::new(), Unusable::NotPhc),
        ("hunter2".into(), Unusable::NotPhc),
        (bcrypt.into(), Unusable::NotPhc),
        (format!("$scrypt$ln=16,r=8,p=1${salt}${hash}"), Unusable::OtherFunction),
        (argon2id("m=19456,t=2,p=1").replace("argon2id", "argon2i"), Unusable::OtherFunction),
        (argon2id("m=19456,t=2,p=1").replace("argon2id", "argon2d"), Unusable::OtherFunction),
        (argon2id("m=19456,t=2,p=1").replace("v=19", "v=20"), Unusable::UnknownVersion),
        (argon2id("m=4,t=2,p=1"), Unusable::Params),
        (argon2id("m=19456,t=0,p=1"), Unusable::Params),
        (argon2id("m=19456,t=2,p=1,x=1"), Unusable::Params),
        (argon2id("m=4194304,t=1,p=1"), Unusable::TooCostly),
        (argon2id("m=4294967295,t=4294967295,p=1"), Unusable::TooCostly),
        (argon2id("m=8,t=4294967295,p=1"), Unusable::TooCostly),
        (argon2id("m=65536,t=5,p=1"), Unusable::TooCostly),
        (argon2id("m=65536,t=1,p=17"), Unusable::TooCostly),
        (format!("$argon2id$v=19$m=19456,t=2,p=1${salt}"), Unusable::TooShort),
        (format!("$argon2id$v=19$m=19456,t=2,p=1${salt}${}", &hash[..16]), Unusable::TooShort),
    ] {
        assert_eq!(unusable(&phc), Some(why), "{phc}");
        let verified =
            scheme.verify(&password("password"), Some(&PasswordHash::from_phc(phc)), &mut memory());
        assert!(matches!(verified, Err(HashError::Failed)));
    }
    assert_eq!(scheme.runs(), 0);
    for params in ["m=65536,t=3,p=4", "m=65536,t=4,p=1", "m=47104,t=1,p=1"] {
        assert_eq!(unusable(&argon2id(params)), None, "{params}");
    }
}

#[test]
fn a_hash_without_a_version_is_of_the_version_before_and_is_made_anew() {
    let old = Argon2::new(Algorithm::Argon2id, Version::V0x10, Params::new(64, 1, 1, None).unwrap());
    let mut output = [0; 32];
    let salt = Salt::new(&[5; 16]).unwrap();
    old.hash_password_into_with_memory(b"the right one", &salt, &mut output, memory().blocks(64).unwrap())
        .unwrap();
    let phc = format!("$argon2id$m=64,t=1,p=1${}${}", salt.to_salt_string(), Output::new(&output).unwrap());
    let verified = scheme()
        .verify(&password("the right one"), Some(&PasswordHash::from_phc(phc)), &mut memory())
        .unwrap();
    assert!(verified.matches);
    assert!(verified.rehashed.unwrap().as_phc().starts_with("$argon2id$v=19$m=64,"));
}
