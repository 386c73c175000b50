//! Any JWK and JWK Set: what is read survives being written, and shows no secret.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tegata_jose::{Jwk, JwkSet, VerifyingKeys};

fuzz_target!(|data: &[u8]| {
    if let Ok(jwk) = Jwk::parse(data) {
        let json = jwk.to_json();
        assert_eq!(Jwk::parse(json.as_bytes()).as_ref(), Ok(&jwk));
        let members: serde_json::Value = serde_json::from_str(&json).expect("what we write is JSON");
        assert!(["d", "p", "q", "dp", "dq", "qi", "oth", "k"].iter().all(|name| members.get(name).is_none()));
    }
    if let Ok(set) = JwkSet::parse(data) {
        assert_eq!(JwkSet::parse(set.to_json().as_bytes()).as_ref(), Ok(&set));
        let _ = VerifyingKeys::from_jwks(&set);
    }
});
