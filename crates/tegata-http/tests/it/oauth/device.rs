//! Devices without a keyboard.

use std::sync::Arc;

use serde_json::json;
use tegata_core::client::GrantType;
use tegata_core::store::{SessionStore as _, Store};
use tegata_core::transient::{Transient, TransientKey, TransientKind};

use super::relying_party::{RelyingParty, allow_device, form_action, open, send_form, submit, text};
use crate::world::{PASSWORD, World};

pub(super) async fn television(world: &World) -> RelyingParty<'_> {
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
async fn v40_nobody_allows_a_device_from_another_browser_or_without_having_seen_the_question() {
    let world = World::new().await;
    world.sign_up("alice").await;
    world.sign_up("bobby").await;
    let tv = television(&world).await;
    let device = tv.post("/oauth2/device_authorization", &[("scope", "openid")]).await.body;
    let link = device["verification_uri_complete"].as_str().unwrap().replace(crate::world::ISSUER, "");
    let (alice, bobby) = (world.browser(), world.browser());
    for (browser, name) in [(&alice, "alice"), (&bobby, "bobby")] {
        let login = open(browser, "/oauth2/device").await;
        submit(browser, &login, &[("identifier", name), ("password", PASSWORD)]).await;
    }
    let asked = open(&alice, &link).await;
    assert!(text(&asked).contains("id=\"consent-allow\""));
    let allow = [("decision", "allow")];
    let code = device["device_code"].as_str().unwrap();
    let mut posts = vec![
        // The page that one was shown, sent by another who is logged in, or by nobody.
        send_form(&bobby, &asked, &allow, "/oauth2/device"),
        send_form(&world.browser(), &asked, &allow, "/oauth2/device"),
    ];
    // The decision alone; and beside what another page of the same user has.
    let form = |fields: &str| {
        alice
            .bare("POST", "/oauth2/device")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .raw(fields.to_owned())
    };
    let user_code = device["user_code"].as_str().unwrap();
    posts.push(form(&format!("decision=allow&user_code={user_code}")));
    let entry = open(&alice, "/oauth2/device").await;
    posts.push(send_form(
        &alice,
        &entry,
        &[("user_code", user_code), ("decision", "allow")],
        "/oauth2/device",
    ));
    for (n, post) in posts.into_iter().enumerate() {
        post.send().await;
        world.pass(5);
        let answer = tv.post("/oauth2/token", &question(code)).await.body;
        assert_eq!(answer["error"], "authorization_pending", "{n}");
    }
    submit(&alice, &asked, &allow).await;
    world.pass(5);
    assert_eq!(tv.post("/oauth2/token", &question(code)).await.status, 200, "by whom it was shown to");
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

/// As a device does that asks: another version of the same.
async fn ask(store: Arc<dyn Store>, key: TransientKey) {
    let found = store.find_transient(key).await.unwrap().unwrap();
    let next = Transient { version: found.version + 1, ..found.clone() };
    assert!(store.replace_transient(found.version, &next).await.unwrap());
}

#[tokio::test]
async fn r28_v41_a_device_that_asks_without_a_pause_undoes_no_answer() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let tv = television(&world).await;
    for (decision, error) in [("deny", "access_denied"), ("allow", "")] {
        let device = tv.post("/oauth2/device_authorization", &[("scope", "openid")]).await.body;
        let code = device["device_code"].as_str().unwrap();
        let link = device["verification_uri_complete"].as_str().unwrap().replace(crate::world::ISSUER, "");
        let browser = world.browser();
        let login = open(&browser, &link).await;
        let asked = submit(&browser, &login, &[("identifier", "alice"), ("password", PASSWORD)]).await;
        let key = TransientKey::new(TransientKind::DeviceCode, &[code]);
        for _ in 0..3 {
            world.store.overtake(move |store| ask(store, key));
        }
        let done = submit(&browser, &asked, &[("decision", decision)]).await;
        assert!(form_action(&done).is_none(), "it is not asked again: {}", text(&done));
        let answer = tv.post("/oauth2/token", &question(code)).await.body;
        assert_eq!(answer["error"].as_str().unwrap_or_default(), error, "{answer}");
    }
}

#[tokio::test]
async fn r28_v58_a_device_that_got_no_tokens_has_no_session() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let tv = television(&world).await;
    let device = tv.post("/oauth2/device_authorization", &[("scope", "openid")]).await.body;
    let code = device["device_code"].as_str().unwrap();
    allow_device(&world.browser(), &device, "alice").await;
    let store = Arc::clone(&world.store);
    world.store.overtake(|_| async move { store.set_down(true) });
    let answer = tv.post("/oauth2/token", &question(code)).await;
    world.store.set_down(false);
    let user = world.provider.find_user("alice").await.unwrap();
    let sessions = world.store.list_sessions(user.user_id).await.unwrap();
    let grants = sessions.iter().filter(|session| session.client_grant().is_some()).count();
    assert_eq!(grants, usize::from(answer.status == 200), "{}", answer.body);
}
