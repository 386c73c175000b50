//! Keys, tokens and events that the tests share.

use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use tegata_jose::{AccessTokenClaims, Algorithm, JwkSet, NumericDate, SigningKey};

use crate::runtime_api::{Function, Posted};

pub(crate) const AUTHORIZER: &str = env!("CARGO_BIN_EXE_authorizer");

pub(crate) const FEDERATED: &str = env!("CARGO_BIN_EXE_authorizer-federated");

pub(crate) const ISSUER: &str = "https://auth.example";
pub(crate) const AUDIENCE: &str = "https://api.example";

/// The time of the binaries under test.
pub(crate) fn now() -> NumericDate {
    #[expect(clippy::disallowed_methods, reason = "the binaries under test have no other clock")]
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    NumericDate::new(since_epoch.as_secs().try_into().unwrap())
}

/// The key that Tegata signs with.
pub(crate) fn own_key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::generate(Algorithm::Es256).unwrap())
}

pub(crate) fn jwks(keys: &[&SigningKey]) -> String {
    JwkSet::new(keys.iter().map(|key| key.public_jwk()).collect()).unwrap().to_json()
}

pub(crate) fn own_claims() -> AccessTokenClaims<'static> {
    AccessTokenClaims {
        issuer: ISSUER,
        subject: "usr_1",
        audience: &[AUDIENCE],
        client_id: "web",
        scope: "orders:read orders:write",
        issued_at: now(),
        expires_at: now().saturating_add(900),
        jwt_id: "jti_1",
        session_id: Some("ses_1"),
        username: Some("hanako"),
        auth_time: None,
        acr: None,
        confirmation: None,
        actor: None,
    }
}

pub(crate) fn own_token() -> String {
    own_key().sign_access_token(&own_claims()).unwrap()
}

/// The authorizer for Tegata's own tokens, with more settings.
pub(crate) fn start_own(more: &[(&str, &str)]) -> Function {
    let jwks = jwks(&[own_key()]);
    let mut environment =
        vec![("TEGATA_ISSUER", ISSUER), ("TEGATA_AUDIENCE", AUDIENCE), ("TEGATA_JWKS", &jwks)];
    environment.extend(more);
    Function::start(AUTHORIZER, &environment)
}

/// The beginning of every ARN of the API in the fixtures.
pub(crate) const STAGE: &str = "arn:aws:execute-api:eu-west-1:123456789012:abcdef1234/prod/";

/// A REST API's event for a TOKEN authorizer.
pub(crate) fn token_event(authorization: &str) -> String {
    fixture(include_str!("../fixtures/rest-token.json"), authorization)
}

/// An event with its placeholder replaced by this value of the `Authorization` header.
pub(crate) fn fixture(event: &str, authorization: &str) -> String {
    assert!(event.contains("\"AUTHORIZATION\""));
    event.replace("\"AUTHORIZATION\"", &serde_json::to_string(authorization).unwrap())
}

pub(crate) fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

/// What API Gateway makes a 401 of.
pub(crate) fn unauthorized() -> Posted {
    Posted::Error(r#"{"errorType":"Unauthorized","errorMessage":"Unauthorized"}"#.to_owned())
}

/// What API Gateway makes a 500 of.
pub(crate) fn internal() -> Posted {
    Posted::Error(r#"{"errorType":"Internal","errorMessage":"Internal"}"#.to_owned())
}
