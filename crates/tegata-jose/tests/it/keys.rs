//! JWKs and sets of them.

use tegata_jose::{
    Algorithm, JoseError, Jwk, JwkSet, MAX_JWKS_KEYS, MAX_JWKS_LEN, SigningKey, VerifyingKey, VerifyingKeys,
};

use crate::forge::base64url;
use crate::support::{access_claims, key};

fn parse(json: &str) -> Result<Jwk, JoseError> {
    Jwk::parse(json.as_bytes())
}

fn verifying(json: &str) -> Result<VerifyingKey, JoseError> {
    VerifyingKey::from_jwk(&parse(json).unwrap())
}

/// The public key of `algorithm` as JSON, changed.
fn changed(
    algorithm: Algorithm,
    change: impl FnOnce(&mut serde_json::Map<String, serde_json::Value>),
) -> String {
    let mut jwk: serde_json::Value = serde_json::from_str(&key(algorithm).public_jwk().to_json()).unwrap();
    change(jwk.as_object_mut().unwrap());
    jwk.to_string()
}

fn with(algorithm: Algorithm, name: &str, value: impl Into<serde_json::Value>) -> String {
    changed(algorithm, |jwk| {
        jwk.insert(name.into(), value.into());
    })
}

fn without(algorithm: Algorithm, name: &str) -> String {
    changed(algorithm, |jwk| {
        jwk.remove(name);
    })
}

const INVALID: fn(&'static str) -> JoseError = |reason| JoseError::InvalidKey { reason };

#[test]
fn a_public_key_survives_json() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256] {
        let jwk = key(algorithm).public_jwk();
        let read = parse(&jwk.to_json()).unwrap();
        assert_eq!(read, jwk);
        assert_eq!(read.kid(), Some(key(algorithm).kid()));
        assert_eq!(read.alg(), Some(algorithm.as_str()));
        assert_eq!(read.thumbprint(), key(algorithm).kid());
        assert_eq!(VerifyingKey::from_jwk(&read).unwrap().algorithm(), algorithm);
    }
}

#[test]
fn r23_a_public_key_shows_no_private_member() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256] {
        let jwk: serde_json::Value = serde_json::from_str(&key(algorithm).public_jwk().to_json()).unwrap();
        let allowed = ["kty", "crv", "x", "y", "n", "e", "kid", "use", "alg"];
        for name in jwk.as_object().unwrap().keys() {
            assert!(allowed.contains(&name.as_str()), "{name}");
        }
    }
}

#[test]
fn r68_a_private_key_is_not_printed() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256] {
        let key = key(algorithm);
        let printed = format!("{key:?}");
        let expected = format!("SigningKey {{ algorithm: {algorithm:?}, kid: {:?}, .. }}", key.kid());
        assert_eq!(printed, expected);
    }
    let secret = VerifyingKey::hs256(None, &[b'g'; 32]).unwrap();
    assert_eq!(format!("{secret:?}"), "VerifyingKey { kid: None, algorithm: Hs256, .. }");
}

#[test]
fn a_key_that_shows_private_members_is_refused() {
    for member in ["d", "p", "q", "dp", "dq", "qi", "k"] {
        assert_eq!(
            parse(&with(Algorithm::Rs256, member, "AQ")).unwrap_err(),
            JoseError::PrivateKey,
            "{member}"
        );
    }
    assert_eq!(parse(&with(Algorithm::Rs256, "oth", Vec::<u8>::new())).unwrap_err(), JoseError::PrivateKey);
    assert_eq!(parse(r#"{"kty":"oct","k":"AAAA"}"#).unwrap_err(), JoseError::PrivateKey);
}

#[test]
fn a_set_with_one_private_key_is_refused_whole() {
    let set = format!(
        r#"{{"keys":[{},{}]}}"#,
        key(Algorithm::EdDsa).public_jwk().to_json(),
        with(Algorithm::Es256, "d", "AQ")
    );
    assert_eq!(JwkSet::parse(set.as_bytes()).unwrap_err(), JoseError::PrivateKey);
}

#[test]
fn an_incomplete_or_odd_key_is_refused() {
    let long = "A".repeat(9000);
    for (json, reason) in [
        (without(Algorithm::Es256, "kty"), "no key type"),
        (without(Algorithm::Es256, "x"), "a required member is missing"),
        (without(Algorithm::Rs256, "e"), "a required member is missing"),
        (without(Algorithm::EdDsa, "crv"), "curve is not supported"),
        (with(Algorithm::Es256, "crv", "secp256k1"), "curve is not supported"),
        (with(Algorithm::Es256, "crv", "P-384"), "a coordinate has the wrong length"),
        (with(Algorithm::Es256, "x", base64url([1; 31])), "a coordinate has the wrong length"),
        (with(Algorithm::Es256, "x", base64url([1; 33])), "a coordinate has the wrong length"),
        (with(Algorithm::Es256, "x", "A=="), "a member is not base64url"),
        (with(Algorithm::Es256, "x", 1), "a member is not a string"),
        (with(Algorithm::Es256, "kid", 1), "a member is not a string"),
        (with(Algorithm::Es256, "use", ["sig"].as_slice()), "a member is not a string"),
        (with(Algorithm::Es256, "kty", "oct"), "key type is not supported"),
        (with(Algorithm::Es256, "kty", "ec"), "key type is not supported"),
        (with(Algorithm::Rs256, "e", "AAEAAQ"), "a number is not in its shortest form"),
        (with(Algorithm::Rs256, "e", ""), "a number is not in its shortest form"),
        (with(Algorithm::Es256, "key_ops", "verify"), "`key_ops` is not an array of distinct strings"),
        (
            with(Algorithm::Es256, "key_ops", ["verify", "verify"].as_slice()),
            "`key_ops` is not an array of distinct strings",
        ),
        ("[]".into(), "not a JSON object"),
        (r#"{"kty":"EC","kty":"EC"}"#.into(), "not a JSON object"),
        (with(Algorithm::Es256, "x5c", long.as_str()), "too long"),
    ] {
        assert_eq!(parse(&json).unwrap_err(), INVALID(reason), "{json}");
    }
}

#[test]
fn r17_a_key_verifies_only_what_it_is_meant_for() {
    for json in [
        with(Algorithm::Es256, "use", "enc"),
        with(Algorithm::Es256, "use", "SIG"),
        with(Algorithm::Es256, "key_ops", ["encrypt"].as_slice()),
        with(Algorithm::Es256, "key_ops", ["sign"].as_slice()),
        with(Algorithm::Es256, "key_ops", Vec::<u8>::new()),
    ] {
        assert_eq!(verifying(&json).unwrap_err(), JoseError::KeyUse, "{json}");
    }
    let both = changed(Algorithm::Es256, |jwk| {
        jwk.remove("use");
        jwk.insert("key_ops".into(), ["sign", "verify"].as_slice().into());
    });
    assert!(verifying(&both).is_ok());
    let neither = without(Algorithm::Es256, "use");
    assert!(verifying(&neither).is_ok());
}

#[test]
fn a_key_is_of_one_algorithm() {
    assert_eq!(verifying(&without(Algorithm::Es256, "alg")).unwrap().algorithm(), Algorithm::Es256);
    assert_eq!(verifying(&without(Algorithm::EdDsa, "alg")).unwrap().algorithm(), Algorithm::EdDsa);
    assert_eq!(verifying(&without(Algorithm::Rs256, "alg")).unwrap_err(), JoseError::AmbiguousAlgorithm);
    for alg in ["none", "ES521", "es256", "RSA-OAEP", ""] {
        assert_eq!(
            verifying(&with(Algorithm::Es256, "alg", alg)).unwrap_err(),
            JoseError::UnsupportedAlgorithm
        );
    }
    for alg in ["RS256", "ES384", "EdDSA", "HS256", "PS256"] {
        let error = verifying(&with(Algorithm::Es256, "alg", alg)).unwrap_err();
        assert_eq!(error, INVALID("algorithm does not fit the key type"), "{alg}");
    }
    for alg in ["ES256", "HS256", "EdDSA"] {
        let error = verifying(&with(Algorithm::Rs256, "alg", alg)).unwrap_err();
        assert_eq!(error, INVALID("algorithm does not fit the key type"), "{alg}");
    }

    let unnamed = parse(&without(Algorithm::Rs256, "alg")).unwrap();
    assert_eq!(VerifyingKey::from_jwk_as(&unnamed, Algorithm::Ps256).unwrap().algorithm(), Algorithm::Ps256);
    let named = key(Algorithm::Rs256).public_jwk();
    assert_eq!(
        VerifyingKey::from_jwk_as(&named, Algorithm::Ps256).unwrap_err(),
        JoseError::AlgorithmMismatch
    );
}

#[test]
fn a_point_is_on_its_curve() {
    for (x, y) in [([0; 32], [0; 32]), ([1; 32], [1; 32]), ([255; 32], [255; 32])] {
        let json = changed(Algorithm::Es256, |jwk| {
            jwk.insert("x".into(), base64url(x).into());
            jwk.insert("y".into(), base64url(y).into());
        });
        assert_eq!(verifying(&json).unwrap_err(), INVALID("not a sound public key"));
    }
}

#[test]
fn r72_a_weak_rsa_key_is_refused() {
    let rsa = |n: &[u8], e: &[u8]| {
        verifying(&format!(r#"{{"kty":"RSA","alg":"RS256","n":"{}","e":"{}"}}"#, base64url(n), base64url(e)))
    };
    let odd = |len: usize, first: u8| {
        let mut n = vec![0x5a; len];
        n[0] = first;
        n[len - 1] = 0xf1;
        n
    };
    let f4 = &[1, 0, 1][..];
    assert!(rsa(&odd(256, 0x80), f4).is_ok());
    assert!(rsa(&odd(512, 0xff), f4).is_ok());
    for (n, e, reason) in [
        (odd(256, 0x7f), f4, "modulus is shorter than 2048 bits"),
        (odd(128, 0xff), f4, "modulus is shorter than 2048 bits"),
        (odd(513, 0x01), f4, "modulus is longer than 4096 bits"),
        (vec![0xf0; 256], f4, "modulus is even"),
        (odd(256, 0x80), &[1], "public exponent is not an odd number from 3 to 2^32"),
        (odd(256, 0x80), &[2], "public exponent is not an odd number from 3 to 2^32"),
        (odd(256, 0x80), &[1, 0, 0, 0, 1], "public exponent is not an odd number from 3 to 2^32"),
    ] {
        assert_eq!(rsa(&n, e).unwrap_err(), INVALID(reason));
    }
}

#[test]
fn a_short_secret_is_refused() {
    assert_eq!(VerifyingKey::hs256(None, &[0; 31]).unwrap_err(), INVALID("shorter than 256 bits"));
    assert!(VerifyingKey::hs256(None, &[0; 32]).is_ok());
}

#[test]
fn a_signing_key_is_of_an_algorithm_that_signs() {
    let pkcs8 = key(Algorithm::Es256).to_pkcs8().unwrap();
    for alg in ["RS384", "RS512", "PS256", "PS384", "PS512", "ES384", "ES512", "HS256"] {
        let algorithm: Algorithm = alg.parse().unwrap();
        assert!(!algorithm.can_sign());
        assert_eq!(SigningKey::generate(algorithm).unwrap_err(), JoseError::VerifyOnly);
        assert_eq!(SigningKey::from_pkcs8(algorithm, &pkcs8).unwrap_err(), JoseError::VerifyOnly);
    }
    for algorithm in [Algorithm::Rs256, Algorithm::EdDsa] {
        assert!(algorithm.can_sign());
        let error = SigningKey::from_pkcs8(algorithm, &pkcs8).unwrap_err();
        assert_eq!(error, INVALID("not a private key of this algorithm"));
    }
    let error = SigningKey::from_pkcs8(Algorithm::Es256, b"").unwrap_err();
    assert_eq!(error, INVALID("not a private key of this algorithm"));
}

#[test]
fn a_token_that_no_verifier_reads_is_not_issued() {
    let long = "s".repeat(8000);
    let claims = tegata_jose::AccessTokenClaims { scope: &long, ..access_claims() };
    assert_eq!(key(Algorithm::Es256).sign_access_token(&claims).unwrap_err(), JoseError::TokenTooLarge);
}

#[test]
fn a_set_finds_keys_by_kid() {
    let keys = vec![key(Algorithm::Es256).public_jwk(), key(Algorithm::EdDsa).public_jwk()];
    let set = JwkSet::new(keys.clone()).unwrap();
    assert_eq!(set.find(key(Algorithm::EdDsa).kid()), Some(&keys[1]));
    assert_eq!(set.find("other"), None);
    assert_eq!(JwkSet::parse(set.to_json().as_bytes()).unwrap(), set);
    assert_eq!(JwkSet::default().to_json(), r#"{"keys":[]}"#);
}

#[test]
fn r23_a_kid_names_one_key() {
    let jwk = key(Algorithm::Es256).public_jwk();
    assert_eq!(JwkSet::new(vec![jwk.clone(), jwk.clone()]).unwrap_err(), JoseError::DuplicateKeyId);
    let set = format!(r#"{{"keys":[{0},{0}]}}"#, jwk.to_json());
    assert_eq!(JwkSet::parse(set.as_bytes()).unwrap_err(), JoseError::DuplicateKeyId);
    let key = VerifyingKey::from_jwk(&jwk).unwrap();
    assert_eq!(VerifyingKeys::new(vec![key.clone(), key]).unwrap_err(), JoseError::DuplicateKeyId);
}

#[test]
fn a_set_leaves_out_keys_it_does_not_understand() {
    let set = format!(
        r#"{{"keys":[{{"kty":"AKP","alg":"ML-DSA-44","pub":"AA"}},{{"kty":"EC","crv":"P-256"}},{},{}],"more":1}}"#,
        with(Algorithm::EdDsa, "use", "enc"),
        key(Algorithm::Es256).public_jwk().to_json()
    );
    let set = JwkSet::parse(set.as_bytes()).unwrap();
    assert_eq!(set.keys().len(), 2);
    let keys = VerifyingKeys::from_jwks(&set);
    assert_eq!(keys.keys().len(), 1);
    assert_eq!(keys.keys()[0].kid(), Some(key(Algorithm::Es256).kid()));
}

#[test]
fn r69_what_is_no_set_of_reasonable_size_is_refused() {
    let many = |count: usize| format!(r#"{{"keys":[{}]}}"#, vec!["{}"; count].join(","));
    let padded = |len: usize| format!("{}{}", r#"{"keys":[]}"#, " ".repeat(len - 11));
    assert!(JwkSet::parse(many(MAX_JWKS_KEYS).as_bytes()).is_ok());
    assert!(JwkSet::parse(padded(MAX_JWKS_LEN).as_bytes()).is_ok());
    for json in [
        String::new(),
        "[]".into(),
        "{}".into(),
        r#"{"keys":{}}"#.into(),
        r#"{"keys":null}"#.into(),
        r#"{"keys":[1]}"#.into(),
        r#"{"keys":[],"keys":[]}"#.into(),
        r#"{"keys":[]}x"#.into(),
        many(MAX_JWKS_KEYS + 1),
        padded(MAX_JWKS_LEN + 1),
    ] {
        assert_eq!(JwkSet::parse(json.as_bytes()).unwrap_err(), JoseError::InvalidKeySet, "{json:.40}");
    }
    assert_eq!(JwkSet::parse(b"{\"keys\":[],\"x\":\"\xff\"}").unwrap_err(), JoseError::InvalidKeySet);
}
