//! Less than was granted: by the client that asks for less, and by the operator who allows its client less than before.

use super::*;

const ALL: &str = "openid profile email offline_access orders:read";

async fn world_with_claims() -> World {
    let world = world().await;
    let user = world.provider.find_user("alice").await.unwrap();
    let claims = json!({"name": "Alice", "email": "alice@b.example"});
    world.provider.set_claims(&user, claims.as_object().unwrap(), &world.ctx()).await.unwrap();
    world
}

impl World {
    /// A refresh with more parameters.
    async fn refresh_for(
        &self,
        party: &Party,
        tokens: &ClientTokens,
        more: &[(&str, &str)],
    ) -> Result<ClientTokens, OAuthError> {
        let own = [("grant_type", "refresh_token"), ("refresh_token", refresh_token(tokens))];
        self.ask(party, &[&own[..], more].concat()).await
    }

    async fn change(&self, party: &Party, change: impl Fn(&mut ClientMetadata) + Send + Sync) {
        let change = |client: &mut Client| change(&mut client.metadata);
        self.provider.change_client(&party.client.client_id, change, &self.ctx()).await.unwrap();
    }

    async fn register_scope(&self, party: &Party, scope: &str) {
        self.change(party, |metadata| metadata.scope = scope.parse().unwrap()).await;
    }

    async fn register_resources(&self, party: &Party, resources: &[&str]) {
        let resources: Vec<_> = resources.iter().map(|&one| one.to_owned()).collect();
        self.change(party, |metadata| metadata.resources.clone_from(&resources)).await;
    }

    /// The names of the claims in the user info, but for `sub`.
    async fn told(&self, tokens: &ClientTokens) -> Vec<String> {
        let info = self.user_info(&tokens.access_token).await.unwrap();
        info.as_object().unwrap().keys().filter(|name| *name != "sub").cloned().collect()
    }
}

const OF_PROFILE: [&str; 3] = ["name", "preferred_username", "updated_at"];

#[tokio::test]
async fn r38_r7_a_token_for_less_tells_less_of_its_user() {
    let world = world_with_claims().await;
    let app = world.party("app", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let tokens = world.tokens(&app, "openid profile email", &browser).await;
    assert!(world.told(&tokens).await.contains(&"email".to_owned()));
    let weak = world.refresh_for(&app, &tokens, &[("scope", "openid")]).await.unwrap();
    assert_eq!(world.told(&weak).await, [""; 0]);
    assert_eq!(claims(weak.id_token.as_ref().unwrap()).get("preferred_username"), None);
    let some = world.refresh_for(&app, &weak, &[("scope", "openid profile")]).await.unwrap();
    assert_eq!(world.told(&some).await, OF_PROFILE);
    let none = world.refresh_for(&app, &some, &[("scope", "profile")]).await.unwrap();
    assert!(none.id_token.is_none(), "no part of OpenID Connect");
    assert_eq!(refusal(world.user_info(&none.access_token).await), ErrorCode::InsufficientScope);
    let all = world.refresh_for(&app, &none, &[]).await.unwrap();
    assert!(world.told(&all).await.contains(&"email".to_owned()), "nothing was lost");
}

#[tokio::test]
async fn r37_r7_a_token_for_less_tells_by_name_what_its_scope_would_give() {
    let world = world_with_claims().await;
    let app = world.party("app", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let by_name = r#"{"userinfo":{"name":null,"email":null},"id_token":{"email":null}}"#;
    let asked = request(&app, &[("scope", "openid email orders:read"), ("claims", by_name)]);
    let code = world.allowed_code(&asked, &browser).await;
    let tokens = world.redeem_code(&app, &code).await.unwrap();
    assert_eq!(world.told(&tokens).await, ["email", "email_verified", "name"]);
    let weak = world.refresh_for(&app, &tokens, &[("scope", "openid")]).await.unwrap();
    assert_eq!(world.told(&weak).await, [""; 0]);
    assert_eq!(claims(weak.id_token.as_ref().unwrap()).get("email"), None);
    let some = world.refresh_for(&app, &weak, &[("scope", "openid email")]).await.unwrap();
    assert_eq!(world.told(&some).await, ["email", "email_verified"]);
    assert_eq!(claims(some.id_token.as_ref().unwrap())["email"], json!("alice@b.example"));
}

#[tokio::test]
async fn v23_v49_what_its_operator_takes_from_a_client_its_grants_lose() {
    let world = world_with_claims().await;
    let app = world.party("app", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let by_name = r#"{"userinfo":{"email":null}}"#;
    let code = world.allowed_code(&request(&app, &[("scope", ALL), ("claims", by_name)]), &browser).await;
    let tokens = world.redeem_code(&app, &code).await.unwrap();
    assert_eq!(tokens.scope.as_str(), ALL);
    let late = world.code(&app, ALL, &browser).await;
    world.register_scope(&app, "openid profile").await;
    assert_eq!(world.told(&tokens).await, OF_PROFILE, "at once, though the token says more");
    let known = world.introspect(&app, refresh_token(&tokens)).await.unwrap();
    assert_eq!(known["scope"], json!("openid profile"));
    let redeemed = world.redeem_code(&app, &late).await.unwrap();
    assert_eq!(redeemed.scope.as_str(), "openid profile");
    let more = world.refresh_for(&app, &tokens, &[("scope", "openid orders:read")]).await;
    assert_eq!(refusal(more), ErrorCode::InvalidScope);
    let next = world.refresh_for(&app, &tokens, &[]).await.unwrap();
    assert_eq!(next.scope.as_str(), "openid profile");
    assert_eq!(claims(&next.access_token)["scope"], json!("openid profile"));
    assert_eq!(world.told(&next).await, OF_PROFILE);
    world.register_scope(&app, "orders:read").await;
    assert_eq!(refusal(world.user_info(&next.access_token).await), ErrorCode::InsufficientScope);
    let next = world.refresh_for(&app, &next, &[]).await.unwrap();
    assert!(next.id_token.is_none());
    world.register_scope(&app, ALL).await;
    let next = world.refresh_for(&app, &next, &[]).await.unwrap();
    assert_eq!(next.scope.as_str(), ALL, "what the user has granted is as it was");
}

#[tokio::test]
async fn v23_v49_a_device_gets_no_more_than_its_client_may_have_by_now() {
    let world = world().await;
    let tv = world.party("tv", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let device = world.device(&tv, "openid orders:read orders:write").await;
    world.decide_device(&device.user_code, true, &browser).await;
    world.register_scope(&tv, "openid orders:read").await;
    let tokens = world.poll(&tv, &device.device_code).await.unwrap();
    assert_eq!(tokens.scope.as_str(), "openid orders:read");
}

#[tokio::test]
async fn v23_r33_no_token_is_for_a_resource_that_its_client_may_not_ask_for_any_more() {
    let world = world().await;
    let app = world.party("app", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let asked = request(&app, &[("scope", "orders:read"), ("resource", ORDERS), ("resource", BILLING)]);
    let code = world.allowed_code(&asked, &browser).await;
    let late = world.allowed_code(&asked, &browser).await;
    let tokens = world.redeem_code(&app, &code).await.unwrap();
    world.register_resources(&app, &[BILLING]).await;
    let next = world.refresh_for(&app, &tokens, &[]).await.unwrap();
    assert_eq!(claims(&next.access_token)["aud"], json!(BILLING));
    let lost = world.refresh_for(&app, &next, &[("resource", ORDERS)]).await;
    assert_eq!(refusal(lost), ErrorCode::InvalidTarget);
    // Of what was granted nothing is left; the default resource was not granted.
    world.register_resources(&app, &[API]).await;
    assert_eq!(refusal(world.redeem_code(&app, &late).await), ErrorCode::InvalidTarget);
    assert_eq!(refusal(world.refresh_for(&app, &next, &[]).await), ErrorCode::InvalidGrant);
    assert_eq!(world.grants_of("alice").await, 0, "a grant of nothing ends");
}

#[tokio::test]
async fn v23_what_goes_on_offline_ends_when_its_client_may_not_have_that_any_more() {
    let world = world().await;
    let app = world.party("app", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let tokens = world.tokens(&app, "openid offline_access", &browser).await;
    world.register_scope(&app, "openid").await;
    let tokens = world.refresh_for(&app, &tokens, &[]).await.unwrap();
    let again = Login { username: "alice", password: PASSWORD };
    let browser = world.provider.log_in_browser(again, Some(&browser), &world.ctx()).await.unwrap().0;
    let tokens = world.refresh_for(&app, &tokens, &[]).await.unwrap();
    assert!(world.is_active(&app, &tokens.access_token).await, "its user is still logged in");
    world.provider.end_browser_session(&browser, &world.ctx()).await.unwrap();
    assert!(!world.is_active(&app, &tokens.access_token).await);
    assert_eq!(refusal(world.refresh_for(&app, &tokens, &[]).await), ErrorCode::InvalidGrant);
    assert_eq!(world.grants_of("alice").await, 0);
}

#[tokio::test]
async fn r7_v23_naming_no_resource_is_no_way_to_the_default_one() {
    let world = world().await;
    let browser = world.log_in_browser("alice").await;
    let billing = world.service("billing-front", &[BILLING]).await;
    let own_name = [("grant_type", "client_credentials"), ("scope", "orders:read")];
    let tokens = world.ask(&billing, &own_name).await.unwrap();
    assert_eq!(claims(&tokens.access_token)["aud"], json!(BILLING));
    let named = [&own_name[..], &[("resource", API)]].concat();
    assert_eq!(refusal(world.ask(&billing, &named).await), ErrorCode::InvalidTarget);
    let tokens = world.tokens(&billing, "openid", &browser).await;
    assert_eq!(claims(&tokens.access_token)["aud"], json!(BILLING), "OpenID Connect needs no other");
    assert!(world.user_info(&tokens.access_token).await.is_ok());

    let app = world.party("app", |_| {}).await;
    let tokens = world.tokens(&app, "openid offline_access orders:read", &browser).await;
    assert_eq!(claims(&tokens.access_token)["aud"], json!(API));
    world.register_resources(&app, &[BILLING]).await;
    assert_eq!(refusal(world.refresh_for(&app, &tokens, &[]).await), ErrorCode::InvalidGrant);
}

#[tokio::test]
async fn r7_a_token_for_one_resource_is_for_no_other_and_tells_of_its_user() {
    let world = world().await;
    let app = world.party("app", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let asked = request(&app, &[("scope", "openid orders:read"), ("resource", ORDERS)]);
    let code = world.allowed_code(&asked, &browser).await;
    let tokens = world.redeem_code(&app, &code).await.unwrap();
    assert_eq!(claims(&tokens.access_token)["aud"], json!(ORDERS));
    assert!(world.user_info(&tokens.access_token).await.is_ok(), "OIDC Core section 5.3");
    assert!(world.provider.verify_access_token(&tokens.access_token, world.now).is_err());
}
