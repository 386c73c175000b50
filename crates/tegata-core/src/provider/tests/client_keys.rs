//! Clients that prove themselves with a signature.

use serde_json::{Value, json};
use tegata_jose::{Algorithm, JwkSet, SigningKey};

use super::World;
use crate::client::{AuthMethod, ClientId, ClientMetadata};
use crate::oauth::{ErrorCode, OAuthError};
use crate::provider::oauth::PresentedClient;

const JWKS_URI: &str = "https://app.example/jwks.json";
const ISSUER: &str = "https://id.example";

pub(super) fn key() -> SigningKey {
    SigningKey::generate(Algorithm::Es256).unwrap()
}

pub(super) fn jwks(keys: &[&SigningKey]) -> Value {
    let set = JwkSet::new(keys.iter().map(|key| key.public_jwk()).collect()).unwrap();
    serde_json::from_str(&set.to_json()).unwrap()
}

/// A world with a client whose keys are with its registration, or at its address.
async fn with_client(inline: Option<Value>) -> (World, ClientId) {
    let world = World::new().await;
    let metadata = ClientMetadata {
        redirect_uris: vec!["https://app.example/cb".parse().unwrap()],
        token_endpoint_auth_method: AuthMethod::PrivateKeyJwt,
        jwks_uri: inline.is_none().then(|| JWKS_URI.to_owned()),
        jwks: inline,
        ..ClientMetadata::default()
    };
    let (client, secret) = world.provider.register_client(None, metadata, &world.ctx()).await.unwrap();
    assert!(secret.is_none());
    (world, client.client_id)
}

pub(super) fn assertion(
    world: &World,
    client_id: &ClientId,
    key: &SigningKey,
    audience: &str,
    jti: &str,
) -> String {
    let now = world.now.as_secs();
    let claims = json!({
        "iss": client_id.as_str(), "sub": client_id.as_str(), "aud": audience, "jti": jti, "iat": now, "exp": now + 60,
    });
    key.sign("JWT", claims.to_string().as_bytes()).unwrap()
}

async fn proves(world: &World, assertion: &str) -> bool {
    let presented = PresentedClient::Assertion { client_id: None, assertion: assertion.to_owned().into() };
    world.provider.authenticate_client(presented, &world.ctx()).await.is_ok()
}

#[tokio::test]
async fn r35_v28_an_assertion_is_good_for_us_and_once() {
    let key = key();
    let (world, client) = with_client(Some(jwks(&[&key]))).await;
    for (jti, audience) in [("a", ISSUER), ("b", "https://id.example/oauth2/token")] {
        let assertion = assertion(&world, &client, &key, audience, jti);
        assert!(proves(&world, &assertion).await, "{audience}");
        assert!(!proves(&world, &assertion).await, "{audience}");
    }
    for audience in ["https://other.example", "https://id.example/", ""] {
        assert!(!proves(&world, &assertion(&world, &client, &key, audience, "c")).await, "{audience}");
    }
    let strangers = SigningKey::generate(Algorithm::Es256).unwrap();
    assert!(!proves(&world, &assertion(&world, &client, &strangers, ISSUER, "d")).await);
}

#[tokio::test]
async fn r35_r78_a_client_that_pushes_and_binds_its_tokens_names_the_issuer_and_nothing_else() {
    let key = key();
    let (world, client) = with_client(Some(jwks(&[&key]))).await;
    let strict = |client: &mut crate::client::Client| {
        client.metadata.require_pushed_authorization_requests = true;
        client.metadata.dpop_bound_access_tokens = true;
    };
    world.provider.change_client(&client, strict, &world.ctx()).await.unwrap();
    for audience in ["https://id.example/oauth2/token", "https://id.example/oauth2/par"] {
        assert!(!proves(&world, &assertion(&world, &client, &key, audience, "a")).await, "{audience}");
    }
    assert!(proves(&world, &assertion(&world, &client, &key, ISSUER, "a")).await);
}

#[tokio::test]
async fn r35_v28_of_two_that_show_one_assertion_at_once_one_gets_through() {
    let key = key();
    let (world, client) = with_client(Some(jwks(&[&key]))).await;
    let assertion = assertion(&world, &client, &key, ISSUER, "a");
    let (a, b) = tokio::join!(proves(&world, &assertion), proves(&world, &assertion));
    assert!(a != b);
}

#[tokio::test]
async fn a_client_can_change_its_keys_at_its_address() {
    let (old, new) = (key(), key());
    let (mut world, client) = with_client(None).await;
    world.clients.serve(JWKS_URI, &jwks(&[&old]), None);
    assert!(proves(&world, &assertion(&world, &client, &old, ISSUER, "a")).await);
    world.clients.serve(JWKS_URI, &jwks(&[&new]), None);
    world.pass(10);
    assert!(proves(&world, &assertion(&world, &client, &new, ISSUER, "b")).await);
    assert!(!proves(&world, &assertion(&world, &client, &old, ISSUER, "c")).await);
    assert_eq!(world.clients.asked(), 2);
}

#[tokio::test]
async fn v46_unknown_keys_make_us_ask_once_in_a_while_and_an_outage_takes_no_key_away() {
    let (known, unknown) = (key(), key());
    let (mut world, client) = with_client(None).await;
    world.clients.serve(JWKS_URI, &jwks(&[&known]), None);
    for i in 0..20 {
        assert!(!proves(&world, &assertion(&world, &client, &unknown, ISSUER, &format!("{i}"))).await);
    }
    assert_eq!(world.clients.asked(), 1);
    world.clients.stop();
    world.pass(10);
    assert!(!proves(&world, &assertion(&world, &client, &unknown, ISSUER, "a")).await);
    assert!(proves(&world, &assertion(&world, &client, &known, ISSUER, "b")).await);
    assert_eq!(world.clients.asked(), 2);
    // Nobody knows whether they are still good.
    world.pass(900);
    assert!(!proves(&world, &assertion(&world, &client, &known, ISSUER, "c")).await);
}

#[tokio::test]
async fn v58_keys_that_cannot_be_had_are_an_outage() {
    let key = key();
    let (mut world, client) = with_client(None).await;
    let outcome = async |world: &World, jti| {
        let assertion = assertion(world, &client, &key, ISSUER, jti).into();
        let presented = PresentedClient::Assertion { client_id: None, assertion };
        world.provider.authenticate_client(presented, &world.ctx()).await.map(drop)
    };
    let is_outage =
        |outcome| matches!(outcome, Err(OAuthError::Refused { code: ErrorCode::TemporarilyUnavailable, .. }));
    assert!(is_outage(outcome(&world, "a").await));
    world.clients.serve(JWKS_URI, &jwks(&[&key]), Some(60));
    world.pass(10);
    assert!(outcome(&world, "b").await.is_ok());
    world.clients.stop();
    world.pass(899);
    assert!(outcome(&world, "c").await.is_ok(), "there is nothing newer");
    world.pass(10);
    assert!(is_outage(outcome(&world, "d").await), "nobody knows whether they are still good");
}
