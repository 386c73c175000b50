//! Devices without a keyboard.

use serde_json::json;
use tegata_core::client::GrantType;

use super::relying_party::{RelyingParty, allow_device, form_action, open, submit, text};
use crate::world::{PASSWORD, World};

async fn television(world: &World) -> RelyingParty<'_> {
    RelyingParty::with(world, "tv", |client| client.metadata.grant_types = GrantType::ALL.to_vec()).await
}

fn question(code: &str) -> [(&'static str, &str); 2] {
    [("grant_type", GrantType::DeviceCode.as_str()), ("device_code", code)]
}

#[tokio::test]
async fn r28_a_device_waits_and_is_told_to_wait_longer_when_it_does_not() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let tv = television(&world).await;
    let device = tv.post("/oauth2/device_authorization", &[("scope", "openid")]).await.body;
    assert_eq!((&device["interval"], &device["expires_in"]), (&json!(5), &json!(600)));
    let code = device["device_code"].as_str().unwrap();
    let mut errors = Vec::new();
    for wait in [0, 5, 1, 9, 10] {
        world.pass(wait);
        errors.push(tv.post("/oauth2/token", &question(code)).await.body["error"].clone());
    }
    let (pending, slow) = ("authorization_pending", "slow_down");
    assert_eq!(errors, [pending, pending, slow, slow, slow]);
    let browser = world.browser();
    allow_device(&browser, &device, "alice").await;
    let tokens = tv.post("/oauth2/token", &question(code)).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    assert_eq!(tv.post("/oauth2/token", &question(code)).await.body["error"], "invalid_grant", "used once");
}

#[tokio::test]
async fn v5_a_device_code_is_its_clients() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let (tv, other) = (
        television(&world).await,
        RelyingParty::with(&world, "x", |client| {
            client.metadata.grant_types = GrantType::ALL.to_vec();
        })
        .await,
    );
    let device = tv.post("/oauth2/device_authorization", &[]).await.body;
    let code = device["device_code"].as_str().unwrap();
    assert_eq!(other.post("/oauth2/token", &question(code)).await.body["error"], "invalid_grant");
    world.pass(600);
    assert_eq!(tv.post("/oauth2/token", &question(code)).await.body["error"], "expired_token");
}

#[tokio::test]
async fn v40_only_whoever_is_logged_in_and_asked_can_allow_a_device() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let tv = television(&world).await;
    let device = tv.post("/oauth2/device_authorization", &[]).await.body;
    let link = device["verification_uri_complete"].as_str().unwrap().replace(crate::world::ISSUER, "");
    let browser = world.browser();
    let login = open(&browser, &link).await;
    assert_eq!(form_action(&login).as_deref(), Some("/oauth2/login"), "nobody is asked before");
    let asked = submit(&browser, &login, &[("identifier", "alice"), ("password", PASSWORD)]).await;
    assert!(text(&asked).contains("id=\"consent-allow\"") && text(&asked).contains("An application"));
    let denied = submit(&browser, &asked, &[("decision", "deny")]).await;
    assert_eq!(denied.status, 200, "{}", text(&denied));
    let code = device["device_code"].as_str().unwrap();
    assert_eq!(tv.post("/oauth2/token", &question(code)).await.body["error"], "access_denied");
}

#[tokio::test]
async fn r28_v15_codes_cannot_be_guessed_by_asking() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let browser = world.browser();
    let login = open(&browser, "/oauth2/device").await;
    let mut page = submit(&browser, &login, &[("identifier", "alice"), ("password", PASSWORD)]).await;
    for guess in 0..=world.provider.settings().throttle.address.free {
        assert!(!text(&page).contains("Too many"), "{guess}");
        page = submit(&browser, &page, &[("user_code", "BCDF-GHJK")]).await;
    }
    let page = submit(&browser, &page, &[("user_code", "BCDF-GHJZ")]).await;
    assert!(text(&page).contains("Too many"), "{}", text(&page));
}

#[tokio::test]
async fn r42_the_page_says_how_long_a_device_really_has_access() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let once = RelyingParty::with(&world, "printer", |client| {
        client.metadata.grant_types = vec![GrantType::DeviceCode];
    });
    for (device, said) in [
        (television(&world).await, "It stays allowed while you are away, for up to 30 days."),
        (once.await, "It cannot be renewed."),
    ] {
        let device = device.post("/oauth2/device_authorization", &[("scope", "openid")]).await.body;
        let link = device["verification_uri_complete"].as_str().unwrap().replace(crate::world::ISSUER, "");
        let browser = world.browser();
        let login = open(&browser, &link).await;
        let asked = submit(&browser, &login, &[("identifier", "alice"), ("password", PASSWORD)]).await;
        assert!(text(&asked).contains(said), "{}", text(&asked));
        // It is another session than the browser's.
        assert!(!text(&asked).contains("until you log out"));
    }
}
