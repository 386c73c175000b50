//! Verifying an access token, against the bare signature verification of the same bytes.

use std::hint::black_box;
use std::sync::Arc;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tegata_jose::{
    AccessTokenClaims, Algorithm, JwkSet, NumericDate, Profile, SigningKey, VerifiedTokens, VerifyingKeys,
    verify,
};

use crate::client::Error;
use crate::cpu::side_by_side;
use crate::report::{Row, Target};

pub(crate) fn run() -> Result<Vec<Row>, Error> {
    let now = NumericDate::new(1_800_000_000);
    let key = SigningKey::generate(Algorithm::Es256)?;
    let token = key.sign_access_token(&AccessTokenClaims {
        issuer: "https://id.example.com",
        subject: "5vJ0wZ1mQ0a1mB9s0r6b1A",
        audience: &["https://api.example.com"],
        client_id: "tegata-spa",
        scope: "openid profile",
        issued_at: now,
        expires_at: NumericDate::new(now.as_secs() + 900),
        jwt_id: "q3m0wZ1mQ0a1mB9s0r6b1A",
        session_id: Some("x9m0wZ1mQ0a1mB9s0r6b1A"),
        username: Some("alice"),
        auth_time: None,
        acr: None,
        confirmation: None,
        actor: None,
    })?;
    let keys = Arc::new(VerifyingKeys::from_jwks(&JwkSet::new(vec![key.public_jwk()])?));
    let profile = Profile::access_token("https://id.example.com", "https://api.example.com", keys);

    let (signed, signature) = token.rsplit_once('.').ok_or("not a JWT")?;
    let signature = URL_SAFE_NO_PAD.decode(signature)?;
    let raw_key = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public_point(&key)?)?;
    let cache = VerifiedTokens::new(1024);
    cache.verify(&profile, &token, now)?;

    let [raw, full, hit] = side_by_side(
        101,
        200,
        [
            &mut || assert!(raw_key.verify_sig(black_box(signed).as_bytes(), &signature).is_ok()),
            &mut || assert!(verify(&profile, black_box(&token), now).is_ok()),
            &mut || assert!(cache.verify(&profile, black_box(&token), now).is_ok()),
        ],
    );
    let bytes = token.len();
    Ok(vec![
        Row {
            measure: "full verification of an ES256 at+jwt ÷ raw signature verification",
            target: Target::AtMost(1.03, ""),
            result: full / raw,
            figures: format!("{:.2} µs ÷ {:.2} µs, {bytes} bytes", full / 1e3, raw / 1e3),
        },
        Row {
            measure: "a token seen before ÷ raw signature verification",
            target: Target::AtMost(0.01, ""),
            result: hit / raw,
            figures: format!("{hit:.0} ns ÷ {:.2} µs", raw / 1e3),
        },
    ])
}

/// The public key as an uncompressed point (SEC 1 §2.3.3).
pub(crate) fn public_point(key: &SigningKey) -> Result<Vec<u8>, Error> {
    let jwk: serde_json::Value = serde_json::from_str(&key.public_jwk().to_json())?;
    let mut point = vec![4];
    for coordinate in ["x", "y"] {
        point.extend(URL_SAFE_NO_PAD.decode(jwk[coordinate].as_str().ok_or("not an EC key")?)?);
    }
    Ok(point)
}
