//! What resources may ask, and what ends on request.

use serde_json::json;

use super::relying_party::RelyingParty;
use crate::world::World;

#[tokio::test]
async fn v17_r27_a_token_is_shown_to_whom_it_concerns_and_nobody_else() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = RelyingParty::new(&world).await;
    let stranger = RelyingParty::with(&world, "stranger", |_| {}).await;
    let public = RelyingParty::public(&world, "public").await;
    let api = RelyingParty::with(&world, "api", |client| {
        client.metadata.resources = vec![crate::world::ISSUER.to_owned()];
    })
    .await;
    let browser = world.browser();
    let tokens = app.sign_in(&browser, "alice").await;
    for name in ["access_token", "refresh_token"] {
        let form = [("token", tokens[name].as_str().unwrap())];
        let unknown = stranger.post("/oauth2/introspect", &form).await;
        assert_eq!((unknown.status, unknown.body), (200, json!({"active": false})), "{name}");
        assert_eq!(public.post("/oauth2/introspect", &form).await.status, 401);
        assert_eq!(app.post("/oauth2/introspect", &form).await.body["active"], json!(true));
    }
    let access = [("token", tokens["access_token"].as_str().unwrap())];
    assert_eq!(api.post("/oauth2/introspect", &access).await.body["client_id"], json!("app"));
    for garbage in ["x", "a.b.c", "tgr_x"] {
        let answer = app.post("/oauth2/introspect", &[("token", garbage)]).await;
        assert_eq!(answer.body, json!({"active": false}));
    }
    assert_eq!(app.post("/oauth2/introspect", &[]).await.body["error"], "invalid_request");
    world.pass(16 * 60);
    assert_eq!(app.post("/oauth2/introspect", &access).await.body, json!({"active": false}));
}

#[tokio::test]
async fn r26_a_token_is_ended_by_its_own_client_and_nobody_else() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = RelyingParty::new(&world).await;
    let stranger = RelyingParty::with(&world, "stranger", |_| {}).await;
    let browser = world.browser();
    for name in ["access_token", "refresh_token"] {
        let tokens = app.sign_in(&browser, "alice").await;
        let form = [("token", tokens[name].as_str().unwrap())];
        stranger.post("/oauth2/revoke", &form).await;
        let info = world.get("/oauth2/userinfo").bearer(tokens["access_token"].as_str().unwrap());
        assert_eq!(info.send().await.status, 200, "{name}: a stranger ends nothing");
        assert_eq!(app.post("/oauth2/revoke", &form).await.status, 200);
        assert_eq!(app.post("/oauth2/revoke", &form).await.status, 200, "again changes nothing");
        let info = world.get("/oauth2/userinfo").bearer(tokens["access_token"].as_str().unwrap());
        assert_eq!(info.send().await.status, 401, "{name}");
        let refresh = app.refresh(tokens["refresh_token"].as_str().unwrap()).await;
        assert_eq!(refresh.body["error"], "invalid_grant");
    }
    assert_eq!(app.post("/oauth2/revoke", &[("token", "garbage")]).await.status, 200);
}
