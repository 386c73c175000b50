//! Clients that register themselves.

use serde_json::{Value, json};
use tegata_core::client::{Client, ClientStatus};
use tegata_core::provider::RequestContext;
use tegata_core::settings::RegistrationMode;

use super::relying_party::{CALLBACK, RelyingParty, form_action, open, submit, text};
use crate::world::{PASSWORD, World};

async fn open_world() -> World {
    World::with(|plan| plan.rules.oauth.registration = RegistrationMode::Open).await
}

#[tokio::test]
async fn v43_nobody_registers_where_the_operator_does_not_want_it() {
    let world = World::new().await;
    let body = json!({"redirect_uris": [CALLBACK]});
    let refused = world.post("/oauth2/register", &body).send().await;
    assert_eq!((refused.status, &refused.body["error"]), (400, &json!("access_denied")));
    let metadata = world.get("/.well-known/openid-configuration").send().await.body;
    assert_eq!(metadata.get("registration_endpoint"), None);
    let world = World::with(|plan| {
        plan.rules.oauth.registration = RegistrationMode::Token;
        plan.rules.oauth.registration_token = "t".repeat(32).parse().ok();
    })
    .await;
    assert_eq!(world.post("/oauth2/register", &body).send().await.status, 401);
    assert_eq!(world.post("/oauth2/register", &body).bearer("t").send().await.status, 401);
    assert_eq!(world.post("/oauth2/register", &body).bearer(&"t".repeat(32)).send().await.status, 201);
}

#[tokio::test]
async fn v58_a_sector_that_cannot_be_asked_now_is_503_and_no_fault_of_its_client() {
    // No other server can be reached from this world.
    let world = open_world().await;
    let body =
        json!({"redirect_uris": [CALLBACK], "sector_identifier_uri": "https://sector.example/uris.json"});
    let answer = world.post("/oauth2/register", &body).send().await;
    assert_eq!((answer.status, &answer.body["error"]), (503, &json!("temporarily_unavailable")));
}

#[tokio::test]
async fn v43_r43_a_client_that_registers_itself_is_trusted_with_nothing() {
    let world = open_world().await;
    world.sign_up("alice").await;
    let body = json!({
        "redirect_uris": [CALLBACK], "client_name": "A stranger", "scope": "openid profile users:read admin",
        "skip_consent": true, "require_pkce": false, "resources": ["https://other.example/"], "unknown": 1,
        "id_token_signed_response_alg": "ES256", "grant_types": ["authorization_code", "refresh_token"],
    });
    let answer = world.post("/oauth2/register", &body).send().await;
    assert_eq!((answer.status, &answer.body["scope"]), (201, &json!("openid profile")), "{}", answer.body);
    assert_eq!(answer.body.get("skip_consent"), None);
    let id = answer.body["client_id"].as_str().unwrap();
    let client = world.provider.client(&id.parse().unwrap()).await.unwrap();
    assert!(
        client.metadata.require_pkce && !client.metadata.skip_consent && client.metadata.resources.is_empty()
    );
    let secret = answer.body["client_secret"].as_str().unwrap().to_owned();
    let app = RelyingParty { world: &world, client, secret };
    let browser = world.browser();
    for round in 0..2 {
        let mut page = open(&browser, &app.request(&[])).await;
        if round == 0 {
            page = submit(&browser, &page, &[("identifier", "alice"), ("password", PASSWORD)]).await;
        }
        // Every time: anyone can copy its name.
        assert_eq!(form_action(&page).as_deref(), Some("/oauth2/consent"), "{round}");
        assert!(text(&page).contains("class=\"warning\""), "it is marked: {}", text(&page));
        let answer = submit(&browser, &page, &[("decision", "allow")]).await;
        let code = super::relying_party::parameter(&answer, "code");
        assert_eq!(app.redeem(&code).await.status, 200);
    }
    for bad in [
        json!({"redirect_uris": [CALLBACK], "grant_types": ["client_credentials"]}),
        json!({"redirect_uris": ["http://app.example/cb"]}),
        json!({"redirect_uris": [CALLBACK], "response_types": ["token"]}),
        json!({"redirect_uris": [CALLBACK], "jwks_uri": "http://127.0.0.1/keys"}),
        json!({"redirect_uris": "x"}),
        json!([]),
        json!({}),
    ] {
        let refused = world.post("/oauth2/register", &bad).send().await;
        assert_eq!(refused.status, 400, "{bad}: {}", refused.body);
    }
}

#[tokio::test]
async fn v43_r42_a_stranger_may_have_the_scope_that_is_left_to_strangers_and_no_other() {
    let world = World::with(|plan| {
        let oauth = &mut plan.rules.oauth;
        oauth.registration = RegistrationMode::Open;
        oauth.scope = "notes directory".parse().unwrap();
        oauth.registration_scope = "notes".parse().unwrap();
    })
    .await;
    world.sign_up("alice").await;
    let register = |scope: Value| {
        let body = json!({
            "redirect_uris": [CALLBACK], "scope": scope, "token_endpoint_auth_method": "client_secret_basic",
            "id_token_signed_response_alg": "ES256", "grant_types": ["authorization_code", "refresh_token"],
        });
        world.post("/oauth2/register", &body).send()
    };
    let by_default = register(Value::Null).await.body["scope"].as_str().unwrap().to_owned();
    assert!(by_default.contains("notes") && !by_default.contains("directory"), "{by_default}");
    let answer = register(json!("openid notes directory")).await;
    assert_eq!(answer.body["scope"], json!("openid notes"), "{}", answer.body);
    let client_id = answer.body["client_id"].as_str().unwrap().parse().unwrap();
    let client = world.provider.client(&client_id).await.unwrap();
    let secret = answer.body["client_secret"].as_str().unwrap().to_owned();
    let app = RelyingParty { world: &world, client, secret };
    let browser = world.browser();
    // It asks for all that the metadata of the server lists, and gets what it may have.
    let login = open(&browser, &app.request(&[("scope", "openid notes directory")])).await;
    let consent = submit(&browser, &login, &[("identifier", "alice"), ("password", PASSWORD)]).await;
    assert_eq!(form_action(&consent).as_deref(), Some("/oauth2/consent"), "{}", text(&consent));
    assert!(text(&consent).contains("notes"));
    let answer = submit(&browser, &consent, &[("decision", "allow")]).await;
    let tokens = app.redeem(&super::relying_party::parameter(&answer, "code")).await;
    assert_eq!((tokens.status, &tokens.body["scope"]), (200, &json!("openid notes")), "{}", tokens.body);
}

#[tokio::test]
async fn a_client_that_somebody_knows_is_told_of_scope_that_is_not_its_own() {
    let world = World::with(|plan| plan.rules.oauth.scope = "notes".parse().unwrap()).await;
    let app = RelyingParty::new(&world).await;
    let answer = open(&world.browser(), &app.request(&[("scope", "openid notes")])).await;
    assert_eq!(super::relying_party::parameter(&answer, "error"), "invalid_scope");
}

#[tokio::test]
async fn v43_r46_no_page_of_a_stranger_registers_clients_through_its_visitors() {
    let world = open_world().await;
    let body = json!({"redirect_uris": [CALLBACK]});
    let bare = || world.call("POST", "/oauth2/register").raw(body.to_string());
    for sent in [
        bare(),
        bare().header("content-type", "text/plain"),
        bare().header("content-type", "application/x-www-form-urlencoded"),
    ] {
        let refused = sent.send().await;
        assert_eq!((refused.status, &refused.body["error"]), (415, &json!("invalid_request")));
    }
}

#[tokio::test]
async fn a_registration_is_its_clients_to_manage() {
    let world = open_world().await;
    let body = json!({"redirect_uris": [CALLBACK]});
    let made = world.post("/oauth2/register", &body).send().await.body;
    let path = made["registration_client_uri"].as_str().unwrap().replace(crate::world::ISSUER, "");
    let token = made["registration_access_token"].as_str().unwrap();
    let get = world.get(&path).bearer(token).send().await;
    assert_eq!((get.status, get.body.get("client_secret")), (200, None));
    for wrong in ["", "tgm_x", made["client_secret"].as_str().unwrap()] {
        assert_eq!(world.get(&path).bearer(wrong).send().await.status, 401);
    }
    let other = world.post("/oauth2/register", &body).send().await.body;
    let others = other["registration_access_token"].as_str().unwrap();
    assert_eq!(world.get(&path).bearer(others).send().await.status, 401);
    let change = json!({
        "client_id": made["client_id"], "redirect_uris": ["https://app.example/new"], "client_name": "New",
    });
    let put = world.call("PUT", &path).bearer(token).json(&change).send().await;
    assert_eq!((put.status, &put.body["client_name"]), (200, &json!("New")), "{}", put.body);
    let nameless = json!({"redirect_uris": [CALLBACK]});
    assert_eq!(world.call("PUT", &path).bearer(token).json(&nameless).send().await.status, 400);
    assert_eq!(world.call("DELETE", &path).bearer(token).send().await.status, 204);
    assert_eq!(world.get(&path).bearer(token).send().await.status, 401);
}

#[tokio::test]
async fn v16_no_registration_token_opens_a_closed_client() {
    let world = open_world().await;
    let made = world.post("/oauth2/register", &json!({"redirect_uris": [CALLBACK]})).send().await.body;
    let id = made["client_id"].as_str().unwrap();
    let ctx = RequestContext { now: world.now(), address: None, user_agent: None, device_token: None };
    let close = |client: &mut Client| client.status = ClientStatus::Disabled;
    world.provider.change_client(&id.parse().unwrap(), close, &ctx).await.unwrap();
    let path = format!("/oauth2/register/{id}");
    let token = made["registration_access_token"].as_str().unwrap();
    let body: Value = json!({"client_id": id, "redirect_uris": [CALLBACK]});
    assert_eq!(world.call("PUT", &path).bearer(token).json(&body).send().await.status, 401);
    let client = world.provider.client(&id.parse().unwrap()).await.unwrap();
    assert_eq!(client.status, ClientStatus::Disabled);
}
