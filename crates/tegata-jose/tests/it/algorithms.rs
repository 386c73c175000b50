//! Signatures of every algorithm, made by the cryptographic library itself, those included that Tegata only verifies.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512,
    RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding,
};
use tegata_jose::{Algorithm, JoseError, Jwk, VerifyingKey, VerifyingKeys, verify_signature};

use crate::forge::base64url;
use crate::support::key;

const ALL: [&str; 11] =
    ["ES256", "RS256", "EdDSA", "RS384", "RS512", "PS256", "PS384", "PS512", "ES384", "ES512", "HS256"];

const RSA: [(&str, &dyn RsaEncoding); 6] = [
    ("RS256", &RSA_PKCS1_SHA256),
    ("RS384", &RSA_PKCS1_SHA384),
    ("RS512", &RSA_PKCS1_SHA512),
    ("PS256", &RSA_PSS_SHA256),
    ("PS384", &RSA_PSS_SHA384),
    ("PS512", &RSA_PSS_SHA512),
];

const EC: [(&str, &str, &EcdsaSigningAlgorithm); 3] = [
    ("ES256", "P-256", &ECDSA_P256_SHA256_FIXED_SIGNING),
    ("ES384", "P-384", &ECDSA_P384_SHA384_FIXED_SIGNING),
    ("ES512", "P-521", &ECDSA_P521_SHA512_FIXED_SIGNING),
];

fn signing_input(alg: &str) -> String {
    format!("{}.{}", base64url(format!(r#"{{"alg":"{alg}"}}"#)), base64url("payload"))
}

fn verify(key: VerifyingKey, token: &str) -> Result<Vec<u8>, JoseError> {
    verify_signature(&VerifyingKeys::new(vec![key]).unwrap(), token)
}

fn rsa_token(alg: &str, encoding: &'static dyn RsaEncoding) -> String {
    let pair = RsaKeyPair::from_pkcs8(&key(Algorithm::Rs256).to_pkcs8().unwrap()).unwrap();
    let message = signing_input(alg);
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(encoding, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    format!("{message}.{}", base64url(signature))
}

/// The RSA key of the tests, saying that it is of another algorithm.
fn rsa_key(alg: &str) -> VerifyingKey {
    let json = key(Algorithm::Rs256).public_jwk().to_json().replace("\"RS256\"", &format!("\"{alg}\""));
    VerifyingKey::from_jwk(&Jwk::parse(json.as_bytes()).unwrap()).unwrap()
}

#[test]
fn an_algorithm_is_named_as_in_the_registry() {
    for alg in ALL {
        let algorithm: Algorithm = alg.parse().unwrap();
        assert_eq!((algorithm.as_str(), algorithm.to_string().as_str()), (alg, alg));
    }
}

#[test]
fn an_rsa_key_verifies_its_own_algorithm_only() {
    for (alg, encoding) in RSA {
        for (other, _) in RSA {
            // The header says what the key is, and the signature is another.
            let result = verify(rsa_key(other), &rsa_token(other, encoding));
            assert_eq!(result.is_ok(), alg == other, "{alg} under {other}");
        }
        let result = verify(rsa_key("RS256"), &rsa_token(alg, encoding));
        assert_eq!(result.is_ok(), alg == "RS256", "{alg}");
    }
}

#[test]
fn an_ec_key_verifies_its_own_algorithm_only() {
    for (alg, curve, algorithm) in EC {
        let pair = EcdsaKeyPair::generate(algorithm).unwrap();
        let (x, y) = pair.public_key().as_ref()[1..].split_at((pair.public_key().as_ref().len() - 1) / 2);
        let jwk = format!(r#"{{"kty":"EC","crv":"{curve}","x":"{}","y":"{}"}}"#, base64url(x), base64url(y));
        let key = VerifyingKey::from_jwk(&Jwk::parse(jwk.as_bytes()).unwrap()).unwrap();
        assert_eq!(key.algorithm().as_str(), alg);
        for (other, ..) in EC {
            let message = signing_input(other);
            let signature = pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
            let result = verify(key.clone(), &format!("{message}.{}", base64url(signature)));
            let expected =
                if alg == other { Ok(b"payload".to_vec()) } else { Err(JoseError::AlgorithmMismatch) };
            assert_eq!(result, expected, "{alg} {other}");
        }
    }
}

#[test]
fn a_secret_verifies_hs256_only() {
    let secret = [9; 64];
    let message = signing_input("HS256");
    for (algorithm, accepted) in
        [(hmac::HMAC_SHA256, true), (hmac::HMAC_SHA384, false), (hmac::HMAC_SHA512, false)]
    {
        let tag = hmac::sign(&hmac::Key::new(algorithm, &secret), message.as_bytes());
        let result =
            verify(VerifyingKey::hs256(None, &secret).unwrap(), &format!("{message}.{}", base64url(tag)));
        assert_eq!(result.is_ok(), accepted);
    }
}
