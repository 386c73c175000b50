//! Tokens of any shape, signed with the right key all the same where that is the attack.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tegata_jose::{Algorithm, SigningKey};

pub(crate) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Signs a header and a payload, whatever they say.
pub(crate) fn sign(key: &SigningKey, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
    let signing_input = format!("{}.{}", base64url(header), base64url(payload));
    let signature = raw_signature(key, signing_input.as_bytes());
    format!("{signing_input}.{}", base64url(signature))
}

fn raw_signature(key: &SigningKey, message: &[u8]) -> Vec<u8> {
    let pkcs8 = key.to_pkcs8().unwrap();
    if key.algorithm() == Algorithm::Es256 {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8).unwrap();
        pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
    } else {
        let pair = RsaKeyPair::from_pkcs8(&pkcs8).unwrap();
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).unwrap();
        signature
    }
}

/// An object with members replaced; `null` takes one away.
pub(crate) fn with(mut object: Value, changes: Value) -> Value {
    let members = object.as_object_mut().unwrap();
    let Value::Object(changes) = changes else { panic!("changes are an object") };
    for (name, value) in changes {
        if value.is_null() {
            members.remove(&name)
        } else {
            members.insert(name, value)
        };
    }
    object
}

/// As Amazon Cognito does it: `kid` and `alg`, no `typ`.
pub(crate) fn cognito_header(key: &SigningKey) -> Value {
    json!({ "kid": key.kid(), "alg": key.algorithm().as_str() })
}

/// As Auth0 does it.
pub(crate) fn auth0_header(key: &SigningKey) -> Value {
    json!({ "alg": key.algorithm().as_str(), "typ": "JWT", "kid": key.kid() })
}

pub(crate) fn sign_json(key: &SigningKey, header: &Value, payload: &Value) -> String {
    sign(key, header.to_string(), payload.to_string())
}
