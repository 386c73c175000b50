//! The JWS and JWK vectors of C2SP/wycheproof (`testvectors_v1`). They are read from the folder that
//! `TEGATA_WYCHEPROOF` names, or else from `shared/vectors` beside the workspace, and are not part of this repository.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use tegata_jose::{JoseError, Jwk, JwkSet, VerifyingKey, VerifyingKeys, verify_signature};

/// Equal to the valid case 357 byte by byte, although they claim to be spoilt.
const COPIES_OF_A_VALID_CASE: [u64; 2] = [367, 370];

/// Marked valid, and refused: a character outside base64url (372, 373), a PS384 signature under a key that says PS256
/// (346, 350), ES512 under a key whose `alg` is misspelt (347, 351).
const STRICTER_THAN_THE_VECTORS: [u64; 6] = [346, 347, 350, 351, 372, 373];

/// The file's content; `None`, said aloud, if nobody has asked for it and it is not there.
fn read(file: &str) -> Option<Value> {
    #[expect(clippy::disallowed_methods, reason = "the vectors are not part of the repository")]
    let wanted = std::env::var_os("TEGATA_WYCHEPROOF");
    let folder = wanted
        .clone()
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"), PathBuf::from);
    match std::fs::read_to_string(folder.join(file)) {
        Ok(text) => Some(serde_json::from_str(&text).unwrap()),
        Err(error) if wanted.is_some() => {
            panic!("TEGATA_WYCHEPROOF is set, but {file} cannot be read: {error}")
        }
        Err(_) => {
            // Past the harness, which would keep it to itself.
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED: {file} is not there; set TEGATA_WYCHEPROOF to the folder of the vectors"
            );
            None
        }
    }
}

fn groups(vectors: &Value) -> &Vec<Value> {
    vectors["testGroups"].as_array().unwrap()
}

fn cases(group: &Value) -> impl Iterator<Item = (u64, &str, bool)> {
    group["tests"].as_array().unwrap().iter().map(|case| {
        // One case is the JSON serialization, given as an object; no compact token looks like that.
        let token = case["jws"].as_str().unwrap_or("{\"payload\":\"\",\"signatures\":[]}");
        (case["tcId"].as_u64().unwrap(), token, case["result"] == "valid")
    })
}

/// A symmetric key is configured, never read from a JWK; so here the test reads it.
fn symmetric(jwk: &Value) -> Result<VerifyingKey, JoseError> {
    if jwk["alg"] != "HS256" {
        return Err(JoseError::UnsupportedAlgorithm);
    }
    let secret = URL_SAFE_NO_PAD.decode(jwk["k"].as_str().unwrap());
    let secret = secret.map_err(|_| JoseError::InvalidKey { reason: "not base64url" })?;
    VerifyingKey::hs256(jwk["kid"].as_str(), &secret)
}

fn only_key(group: &Value) -> Result<VerifyingKeys, JoseError> {
    let key = match group.get("public") {
        Some(jwk) => VerifyingKey::from_jwk(&Jwk::parse(jwk.to_string().as_bytes())?)?,
        None => symmetric(&group["private"])?,
    };
    VerifyingKeys::new(vec![key])
}

#[test]
fn jws_vectors_are_accepted_and_refused_as_they_say() {
    let Some(vectors) = read("json_web_signature_test.json") else { return };
    let (mut accepted, mut refused) = (0, 0);
    for group in groups(&vectors) {
        let keys = only_key(group);
        for (id, token, valid) in cases(group).filter(|(id, ..)| !COPIES_OF_A_VALID_CASE.contains(id)) {
            let result = keys.clone().and_then(|keys| verify_signature(&keys, token));
            let expected = valid && !STRICTER_THAN_THE_VECTORS.contains(&id);
            assert_eq!(result.is_ok(), expected, "tc{id}: {result:?}");
            if result.is_ok() { accepted += 1 } else { refused += 1 }
        }
    }
    assert_eq!((accepted, refused), (40, 359));
}

#[test]
fn jwk_vectors_are_accepted_and_refused_as_they_say() {
    let Some(vectors) = read("json_web_key_test.json") else { return };
    let (mut accepted, mut refused) = (0, 0);
    for group in groups(&vectors) {
        let name = group["comment"].as_str().unwrap();
        for (id, token, valid) in cases(group) {
            let result = key_set(group).and_then(|keys| verify_signature(&keys, token));
            // Tegata has no HS384 and no HS512.
            let expected = valid && !["HS384", "HS512"].contains(&name);
            assert_eq!(result.is_ok(), expected, "{name} tc{id}: {result:?}");
            if result.is_ok() { accepted += 1 } else { refused += 1 }
        }
    }
    assert_eq!((accepted, refused), (3, 23));
}

fn key_set(group: &Value) -> Result<VerifyingKeys, JoseError> {
    if let Some(jwks) = group.get("public") {
        return Ok(VerifyingKeys::from_jwks(&JwkSet::parse(jwks.to_string().as_bytes())?));
    }
    let keys = group["private"]["keys"].as_array().unwrap();
    // A set of public and secret keys cannot be read from anywhere.
    if keys.iter().any(|key| key["kty"] != "oct") {
        return Err(JwkSet::parse(group["private"].to_string().as_bytes()).unwrap_err());
    }
    VerifyingKeys::new(keys.iter().map(symmetric).collect::<Result<_, _>>()?)
}
