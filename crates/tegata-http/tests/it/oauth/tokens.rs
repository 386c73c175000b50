//! What clients are given, and what not.

use serde_json::json;

use super::relying_party::{RelyingParty, claims, parameter, redemption, visit};
use crate::world::World;

#[tokio::test]
async fn a4_3_1_r4_a_code_is_used_once_and_what_it_gave_ends_when_it_comes_again() {
    for world in World::over_each_store().await {
        world.sign_up("alice").await;
        let app = RelyingParty::new(&world).await;
        let browser = world.browser();
        let code = parameter(&visit(&browser, &app.request(&[]), "alice").await, "code");
        let tokens = app.redeem(&code).await.body;
        let again = app.redeem(&code).await;
        assert_eq!((again.status, &again.body["error"]), (400, &json!("invalid_grant")));
        let refresh = app.refresh(tokens["refresh_token"].as_str().unwrap()).await;
        assert_eq!(refresh.body["error"], "invalid_grant");
        let info =
            world.get("/oauth2/userinfo").bearer(tokens["access_token"].as_str().unwrap()).send().await;
        assert_eq!((info.status, &info.body["error"]), (401, &json!("invalid_token")));
        assert!(info.header("www-authenticate").unwrap().starts_with("Bearer error=\"invalid_token\""));
    }
}

#[tokio::test]
async fn a4_5_r4_v5_a_code_is_good_for_who_asked_for_it_and_is_not_spent_by_others() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = RelyingParty::new(&world).await;
    let other = RelyingParty::with(&world, "other", |_| {}).await;
    let browser = world.browser();
    let code = parameter(&visit(&browser, &app.request(&[]), "alice").await, "code");
    assert_eq!(other.redeem(&code).await.body["error"], "invalid_grant");
    let mut form = redemption(&code);
    form[3].1 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    assert_eq!(app.post("/oauth2/token", &form).await.body["error"], "invalid_grant");
    let mut form = redemption(&code);
    form[2].1 = "https://app.example/callback/";
    assert_eq!(app.post("/oauth2/token", &form).await.body["error"], "invalid_grant");
    assert_eq!(app.post("/oauth2/token", &redemption(&code)[..3]).await.body["error"], "invalid_grant");
    assert_eq!(app.redeem(&code).await.status, 200, "nothing was spent");
}

#[tokio::test]
async fn r4_a_code_lives_for_a_minute() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = RelyingParty::new(&world).await;
    let browser = world.browser();
    let code = parameter(&visit(&browser, &app.request(&[]), "alice").await, "code");
    world.pass(60);
    assert_eq!(app.redeem(&code).await.body["error"], "invalid_grant");
}

#[tokio::test]
async fn a4_8_r2_a_challenge_is_needed_and_cannot_be_left_out_on_the_way() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = RelyingParty::new(&world).await;
    let browser = world.browser();
    let without = [("code_challenge", ""), ("code_challenge_method", "")];
    let refused = visit(&browser, &app.request(&without), "alice").await;
    assert_eq!(parameter(&refused, "error"), "invalid_request");
    let plain = visit(&browser, &app.request(&[("code_challenge_method", "plain")]), "alice").await;
    assert_eq!(parameter(&plain, "error"), "invalid_request");
    let old = RelyingParty::with(&world, "old", |client| client.metadata.require_pkce = false).await;
    let code = parameter(&visit(&browser, &old.request(&without), "alice").await, "code");
    assert_eq!(old.redeem(&code).await.body["error"], "invalid_grant", "a verifier without a challenge");
    assert_eq!(old.post("/oauth2/token", &redemption(&code)[..3]).await.status, 200);
}

#[tokio::test]
async fn a4_14_v42_a_refresh_token_is_nobody_elses_and_not_our_own_applications() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = RelyingParty::new(&world).await;
    let public = RelyingParty::public(&world, "public").await;
    let browser = world.browser();
    let tokens = app.sign_in(&browser, "alice").await;
    let refresh = tokens["refresh_token"].as_str().unwrap();
    assert_eq!(public.refresh(refresh).await.body["error"], "invalid_grant");
    world.refresh(refresh).await.is_problem(401, "invalid_grant");
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh), ("client_id", "app")];
    let body = tegata_core::oauth::Parameters::new(form.map(|(n, v)| (n.to_owned(), v.to_owned()))).unwrap();
    let bare = world
        .call("POST", "/oauth2/token")
        .header("content-type", "application/x-www-form-urlencoded")
        .raw(body.encode())
        .send()
        .await;
    assert_eq!((bare.status, &bare.body["error"]), (401, &json!("invalid_client")));
    assert_eq!(app.refresh(refresh).await.status, 200, "nothing was spent");
    let own = world.login("alice").await;
    assert_eq!(app.refresh(&own.refresh).await.body["error"], "invalid_grant");
    assert_eq!(world.refresh(&own.refresh).await.status, 200);
}

#[tokio::test]
async fn a4_14_r6_a_refresh_token_that_comes_again_ends_its_grant() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = RelyingParty::public(&world, "public").await;
    let browser = world.browser();
    let first = app.sign_in(&browser, "alice").await["refresh_token"].as_str().unwrap().to_owned();
    let second = app.refresh(&first).await.body["refresh_token"].as_str().unwrap().to_owned();
    let third = app.refresh(&second).await.body["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(app.refresh(&first).await.body["error"], "invalid_grant");
    assert_eq!(app.refresh(&third).await.body["error"], "invalid_grant");
    assert_eq!(world.audit.replays(), 1);
}

#[tokio::test]
async fn r7_a_refresh_gives_no_more_than_was_granted() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = RelyingParty::new(&world).await;
    let browser = world.browser();
    let tokens = app.sign_in(&browser, "alice").await;
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let with_scope =
        |scope: &'static str| [("grant_type", "refresh_token"), ("refresh_token", refresh), ("scope", scope)];
    let more = app.post("/oauth2/token", &with_scope("openid email")).await;
    assert_eq!(more.body["error"], "invalid_scope");
    let less = app.post("/oauth2/token", &with_scope("openid")).await;
    assert_eq!((less.status, &less.body["scope"]), (200, &json!("openid")), "nothing was spent");
}

#[tokio::test]
async fn a4_15_a_client_acts_in_its_own_name_and_in_nobody_elses() {
    let world = World::new().await;
    let app = RelyingParty::new(&world).await;
    let tokens = app.post("/oauth2/token", &[("grant_type", "client_credentials")]).await;
    assert_eq!((tokens.status, &tokens.body["scope"]), (200, &json!("users:read")), "{}", tokens.body);
    let access = claims(&tokens.body["access_token"]);
    assert_eq!((&access["sub"], &access["sid"]), (&json!("app"), &json!(null)));
    assert_eq!((&tokens.body["id_token"], &tokens.body["refresh_token"]), (&json!(null), &json!(null)));
    let token = tokens.body["access_token"].as_str().unwrap();
    assert_eq!(world.get("/oauth2/userinfo").bearer(token).send().await.status, 403);
    let account = world.get("/users/me").bearer(token).send().await;
    account.is_problem(403, "insufficient_scope");
}

#[tokio::test]
async fn v36_a_client_has_no_right_to_the_account_itself() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = RelyingParty::new(&world).await;
    let browser = world.browser();
    let tokens = app.sign_in(&browser, "alice").await;
    let token = tokens["access_token"].as_str().unwrap();
    for (method, path) in [("GET", "/users/me"), ("GET", "/users/me/sessions"), ("POST", "/auth/logout-all")]
    {
        world.call(method, path).bearer(token).send().await.is_problem(403, "insufficient_scope");
    }
}

#[tokio::test]
async fn r9_r12_a_client_that_does_not_prove_itself_gets_nothing_and_learns_nothing() {
    let world = World::new().await;
    let app = RelyingParty::new(&world).await;
    let mut wrong =
        RelyingParty { world: &world, client: app.client.clone(), secret: "tgc_wrong".to_owned() };
    let form = [("grant_type", "client_credentials")];
    let secret = wrong.post("/oauth2/token", &form).await;
    wrong.client.client_id = "nobody".parse().unwrap();
    let unknown = wrong.post("/oauth2/token", &form).await;
    assert_eq!((secret.status, unknown.status), (401, 401));
    assert_eq!(secret.body, unknown.body);
    assert!(secret.header("www-authenticate").unwrap().starts_with("Basic"));
    assert_eq!(secret.header("cache-control"), Some("no-store"));
}
