//! What verifying costs beside the bare signature check, in CPU time of this thread:
//! `cargo run --release -p tegata-jose --example cost`.
//!
//! Every round measures all candidates one after the other, and the ratio is the median over the rounds: wall time, and
//! even CPU time, drifts on shared machines, but it drifts for neighbours alike. The tokens differ, as in real life;
//! with a single one the processor learns the branches of its signature by heart.

#![expect(clippy::expect_used, clippy::print_stdout, reason = "a measurement on a desk")]

use std::hint::black_box;
use std::sync::Arc;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustix::time::{ClockId, clock_gettime};
use tegata_jose::{
    AccessTokenClaims, Algorithm, NumericDate, Profile, SigningKey, VerifiedTokens, VerifyingKey,
    VerifyingKeys, verify,
};

const ROUNDS: usize = 201;
const TOKENS: u16 = 64;

/// A token as the bare check wants it.
struct Signed {
    token: String,
    signing_input_len: usize,
    signature: Vec<u8>,
}

fn main() {
    let now = NumericDate::new(1_800_000_000);
    let key = SigningKey::generate(Algorithm::Es256).expect("a key");
    let claims = AccessTokenClaims {
        issuer: "https://auth.example.com",
        subject: "usr_01J8ZQ4D8M5T0X9V6E3R2W1Y7K",
        audience: &["https://api.example.com"],
        client_id: "web",
        scope: "openid profile email",
        issued_at: now,
        expires_at: now.saturating_add(900),
        jwt_id: "01J8ZQ4D8M5T0X9V6E3R2W1Y7K",
        session_id: Some("ses_01J8ZQ4D8M5T0X9V6E3R2W1Y7K"),
        username: Some("hanako"),
        auth_time: None,
        acr: None,
        confirmation: None,
        actor: None,
    };
    let tokens: Vec<_> = (0..TOKENS).map(|index| sign(&key, &claims, index)).collect();

    let jwk = key.public_jwk();
    let raw = raw_key(&jwk.to_json());
    let keys = VerifyingKeys::new(vec![VerifyingKey::from_jwk(&jwk).expect("a sound key")]).expect("one key");
    let profile = Profile::access_token(claims.issuer, claims.audience[0], Arc::new(keys));
    let cache = VerifiedTokens::new(1024);

    let mut full = Vec::new();
    let mut hit = Vec::new();
    let mut bare_nanos = Vec::new();
    let mut sign_nanos = Vec::new();
    for _ in 0..ROUNDS {
        let bare = measure(&tokens, 1, |signed| {
            let message = &signed.token.as_bytes()[..signed.signing_input_len];
            raw.verify_sig(message, &signed.signature).is_ok()
        });
        let verified = measure(&tokens, 1, |signed| verify(&profile, &signed.token, now).is_ok());
        let cached = measure(&tokens, 20, |signed| cache.verify(&profile, &signed.token, now).is_ok());
        let issued = measure(&tokens, 1, |_| key.sign_access_token(black_box(&claims)).is_ok());
        bare_nanos.push(bare);
        full.push(verified / bare);
        hit.push(cached / bare);
        sign_nanos.push(issued);
    }
    println!("tokens of {} bytes", tokens[0].token.len());
    println!("bare ES256 verification: {:.2} µs", median(&mut bare_nanos) / 1000.0);
    println!("full verification / bare: {:.4}", median(&mut full));
    println!("cache hit / bare: {:.5} = 1/{:.0}", median(&mut hit), 1.0 / median(&mut hit));
    println!("issuing an access token: {:.2} µs", median(&mut sign_nanos) / 1000.0);
}

fn sign(key: &SigningKey, claims: &AccessTokenClaims<'_>, index: u16) -> Signed {
    let jwt_id = format!("{}{index:02}", claims.jwt_id);
    let token = key.sign_access_token(&AccessTokenClaims { jwt_id: &jwt_id, ..*claims }).expect("a token");
    let (signing_input, signature) = token.rsplit_once('.').expect("a compact JWS");
    let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    Signed { signing_input_len: signing_input.len(), signature, token }
}

fn raw_key(jwk: &str) -> ParsedPublicKey {
    let jwk: serde_json::Value = serde_json::from_str(jwk).expect("JSON");
    let coordinate =
        |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().expect("a string")).expect("base64url");
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).expect("a point")
}

/// Nanoseconds of CPU time per token, over `passes` through all of them.
fn measure(tokens: &[Signed], passes: u16, mut call: impl FnMut(&Signed) -> bool) -> f64 {
    let start = cpu_nanos();
    for _ in 0..passes {
        for token in tokens {
            assert!(black_box(call(black_box(token))));
        }
    }
    (cpu_nanos() - start) / f64::from(passes) / f64::from(TOKENS)
}

#[expect(clippy::cast_precision_loss, reason = "a few seconds in nanoseconds fit")]
fn cpu_nanos() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
