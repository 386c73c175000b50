//! Any text, and any header over a signature that cannot be right: nothing passes, nothing panics.

#![no_main]

use std::sync::{Arc, LazyLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use libfuzzer_sys::fuzz_target;
use tegata_jose::{
    AccessToken, Algorithm, IdToken, NumericDate, Profile, SigningKey, VerifyingKey, VerifyingKeys, verify,
};

const NOW: NumericDate = NumericDate::new(1_800_000_000);

static PROFILES: LazyLock<(Profile<AccessToken>, Profile<IdToken>)> = LazyLock::new(|| {
    let jwk = SigningKey::generate(Algorithm::Es256).expect("a key").public_jwk();
    let keys = VerifyingKeys::new(vec![VerifyingKey::from_jwk(&jwk).expect("a sound key")]).expect("one key");
    let keys = Arc::new(keys);
    (
        Profile::access_token("https://auth.example", "https://api.example", Arc::clone(&keys)),
        Profile::id_token("https://auth.example", "web", keys),
    )
});

fuzz_target!(|data: &[u8]| {
    if let Ok(token) = std::str::from_utf8(data) {
        refuse(token);
    }
    refuse(&format!("{}.e30.{}", URL_SAFE_NO_PAD.encode(data), URL_SAFE_NO_PAD.encode([1; 64])));
});

fn refuse(token: &str) {
    let (access, id) = &*PROFILES;
    assert!(verify(access, token, NOW).is_err());
    assert!(verify(id, token, NOW).is_err());
}
