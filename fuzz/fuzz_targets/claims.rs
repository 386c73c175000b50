//! Any payload under a right signature: what passes means the same to another JSON reader.

#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tegata_jose::{
    AccessToken, Algorithm, NumericDate, Profile, SigningKey, VerifyingKey, VerifyingKeys, verify,
};

static ISSUER: LazyLock<(SigningKey, Profile<AccessToken>)> = LazyLock::new(|| {
    let key = SigningKey::generate(Algorithm::Es256).expect("a key");
    let verifying = VerifyingKey::from_jwk(&key.public_jwk()).expect("a sound key");
    let keys = VerifyingKeys::new(vec![verifying]).expect("one key");
    // Short, so that the fuzzer finds them.
    let profile = Profile::access_token("i", "a", Arc::new(keys));
    (key, profile)
});

fuzz_target!(|data: &[u8]| {
    let (key, profile) = &*ISSUER;
    let Ok(token) = key.sign("at+jwt", data) else { return };
    let Ok(verified) = verify(profile, &token, NumericDate::new(5)) else { return };
    let claims: Value = serde_json::from_slice(data).expect("what we read is JSON");
    assert_eq!(claims["iss"], "i");
    assert_eq!(claims["sub"], verified.subject());
    assert_eq!(claims["client_id"], verified.client_id());
    assert_eq!(claims["jti"], verified.jwt_id());
    assert_eq!(claims.get("scope").and_then(Value::as_str).unwrap_or_default(), verified.scope());
    assert_eq!(claims.get("sid").and_then(Value::as_str), verified.session_id());
    assert_eq!(claims.get("username").and_then(Value::as_str), verified.username());
    assert_eq!(claims["exp"].as_i64(), Some(verified.expires_at().as_secs()));
    assert!(claims["exp"].as_i64() > Some(5));
    assert_eq!(claims["iat"].as_i64(), Some(verified.issued_at().as_secs()));
    assert!(verified.audiences().iter().any(|audience| audience == "a"));
    for name in claims.as_object().expect("an object").keys() {
        assert!(verified.claim(name).is_some());
    }
});
