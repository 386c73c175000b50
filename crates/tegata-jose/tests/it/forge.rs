//! Tokens that no honest issuer writes, signed with the right key all the same where that is the attack.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tegata_jose::{Algorithm, SigningKey};

use crate::support::{CLIENT, ISSUER, NOW, RESOURCE, key};

pub(crate) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The `kid` of the key that the profiles know.
pub(crate) fn kid() -> &'static str {
    key(Algorithm::Es256).kid()
}

/// The header Tegata writes, with `more` members behind the usual ones.
pub(crate) fn header_with(more: &str) -> String {
    let comma = if more.is_empty() { "" } else { "," };
    format!(r#"{{"typ":"at+jwt","alg":"ES256","kid":"{}"{comma}{more}}}"#, kid())
}

/// The claims of a good access token, as names and raw JSON.
pub(crate) fn good_claims() -> Vec<(&'static str, String)> {
    let now = NOW.as_secs();
    vec![
        ("iss", format!("\"{ISSUER}\"")),
        ("sub", "\"usr_1\"".into()),
        ("aud", format!("\"{RESOURCE}\"")),
        ("client_id", format!("\"{CLIENT}\"")),
        ("scope", "\"profile:read\"".into()),
        ("iat", now.to_string()),
        ("exp", (now + 900).to_string()),
        ("jti", "\"jti_1\"".into()),
    ]
}

pub(crate) fn object(members: &[(&str, String)]) -> String {
    let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}

pub(crate) fn good_payload() -> String {
    object(&good_claims())
}

/// The good claims, with one replaced or added.
pub(crate) fn payload_with(name: &'static str, value: impl Into<String>) -> String {
    let mut claims = good_claims();
    claims.retain(|(known, _)| *known != name);
    claims.push((name, value.into()));
    object(&claims)
}

pub(crate) fn payload_without(name: &str) -> String {
    let mut claims = good_claims();
    claims.retain(|(known, _)| *known != name);
    object(&claims)
}

/// Signs two segments, whatever they are, with the key that the profiles know.
pub(crate) fn sign_segments(header: &str, payload: &str) -> String {
    sign_segments_with(key(Algorithm::Es256), header, payload)
}

/// Signs two segments, whatever they are, with an ES256 key.
pub(crate) fn sign_segments_with(key: &SigningKey, header: &str, payload: &str) -> String {
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key.to_pkcs8().unwrap()).unwrap();
    let signing_input = format!("{header}.{payload}");
    let signature = pair.sign(&SystemRandom::new(), signing_input.as_bytes()).unwrap();
    format!("{signing_input}.{}", base64url(signature))
}

/// Signs a header and a payload, whatever they say, with the key that the profiles know.
pub(crate) fn sign(header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
    sign_segments(&base64url(header), &base64url(payload))
}

/// A good header over this payload, well signed.
pub(crate) fn sign_payload(payload: impl AsRef<[u8]>) -> String {
    sign(header_with(""), payload)
}

/// This header over a good payload, well signed.
pub(crate) fn sign_header(header: impl AsRef<[u8]>) -> String {
    sign(header, good_payload())
}
