use super::*;

#[tokio::test]
async fn r27_an_active_token_is_told_of_in_full() {
    let world = world().await;
    let app = world.party("app", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let code = world.code(&app, SCOPE, &browser).await;
    let tokens = world.ask_with(&app, Some(KEY), &redemption(&code)).await.unwrap();
    let answer = world.introspect(&app, &tokens.access_token).await.unwrap();
    let claims = claims(&tokens.access_token);
    for name in [
        "iss",
        "sub",
        "aud",
        "client_id",
        "scope",
        "exp",
        "iat",
        "jti",
        "cnf",
        "username",
        "sid",
        "auth_time",
        "acr",
    ] {
        assert!(!claims[name].is_null() && answer[name] == claims[name], "{name}");
    }
    assert_eq!((&answer["active"], &answer["token_type"]), (&json!(true), &json!("DPoP")));
    let refresh = world.introspect(&app, refresh_token(&tokens)).await.unwrap();
    assert_eq!((&refresh["active"], &refresh["sid"]), (&json!(true), &claims["sid"]));
}

#[tokio::test]
async fn v17_r27_a_token_concerns_its_client_and_its_resource_and_nobody_else() {
    let world = world().await;
    let app = world.party("app", |_| {}).await;
    let (orders, billing) =
        (world.service("orders", &[ORDERS]).await, world.service("billing", &[BILLING, API]).await);
    let stranger = world.party("stranger", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let asked = request(&app, &[("scope", "orders:read"), ("resource", ORDERS)]);
    let code = world.allowed_code(&asked, &browser).await;
    let of_user = world.redeem_code(&app, &code).await.unwrap();
    let own = [("grant_type", "client_credentials"), ("resource", ORDERS)];
    let of_client = world.ask(&app, &own).await.unwrap();
    for token in [&of_user.access_token, &of_client.access_token] {
        for (party, is_concerned) in [(&app, true), (&orders, true), (&billing, false), (&stranger, false)] {
            let answer = world.introspect(party, token).await.unwrap();
            assert_eq!(answer != json!({"active": false}), is_concerned, "{}", party.id());
        }
    }
    for (party, is_concerned) in [(&app, true), (&orders, false), (&stranger, false)] {
        assert_eq!(world.is_active(party, refresh_token(&of_user)).await, is_concerned, "{}", party.id());
    }
}

#[tokio::test]
async fn r27_r9_a_public_client_is_told_nothing() {
    let world = world().await;
    let app = world.party("app", |_| {}).await;
    world.register("public", |_| {}).await;
    let token = world.ask(&app, &[("grant_type", "client_credentials")]).await.unwrap().access_token;
    let presented = PresentedClient::Public { client_id: "public".to_owned() };
    let public = world.provider.authenticate_client(presented, &world.ctx()).await.unwrap();
    let request = parameters(&[("token", &token)]);
    let refused = world.provider.introspect(&public, &request, &world.ctx()).await;
    assert_eq!(refusal(refused), ErrorCode::InvalidClient);
}

#[tokio::test]
async fn r27_what_has_expired_or_was_exchanged_is_not_active() {
    let mut world = world().await;
    let app = world.party("app", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let tokens = world.tokens(&app, SCOPE, &browser).await;
    let next = world.refresh_at(&app, refresh_token(&tokens)).await.unwrap();
    assert!(!world.is_active(&app, refresh_token(&tokens)).await);
    assert!(world.is_active(&app, refresh_token(&next)).await);
    world.pass(15 * 60);
    assert!(!world.is_active(&app, &next.access_token).await);
    assert!(!world.is_active(&app, next.id_token.as_deref().unwrap()).await, "an ID token is none");
}

#[tokio::test]
async fn r27_a_token_of_our_own_application_is_active_while_its_session_is() {
    let world = world().await;
    let api = world.service("api", &[API]).await;
    let own = world.login("alice").await.tokens;
    assert!(world.is_active(&api, &own.access_token).await);
    let refresh = world.provider.parse_refresh_token(own.refresh_token.expose()).unwrap();
    world.provider.logout(&refresh, &world.ctx()).await.unwrap();
    assert!(!world.is_active(&api, &own.access_token).await);
}

#[tokio::test]
async fn r26_r27_a_token_of_a_key_that_another_node_replaced_at_once_is_known() {
    let world = world().await;
    let app = world.party("app", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let store = Arc::clone(world.provider.store());
    let node = async || {
        let ports =
            Ports { store: Arc::clone(&store), ..ports(MemoryStore::default(), &world.hashed, &world.audit) };
        Provider::open(world.provider.settings().clone(), ports, world.now).await.unwrap()
    };
    let (asked, revoking) = (node().await, node().await);
    world.provider.rotate_keys(true, world.now).await.unwrap();
    let token = world.tokens(&app, SCOPE, &browser).await.access_token;
    let (client, request) = (world.prove(&app).await.unwrap(), parameters(&[("token", &token)]));
    let answer = asked.introspect(&client, &request, &world.ctx()).await.unwrap();
    assert_eq!(answer["active"], json!(true));
    revoking.revoke(&client, &request, &world.ctx()).await.unwrap();
    assert_eq!(world.grants_of("alice").await, 0);
}

#[tokio::test]
async fn r26_either_token_ends_the_grant_whatever_it_is_for() {
    let world = world().await;
    let app = world.party("app", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    for is_refresh in [false, true] {
        let asked = request(&app, &[("scope", "orders:read"), ("resource", ORDERS)]);
        let code = world.allowed_code(&asked, &browser).await;
        let tokens = world.redeem_code(&app, &code).await.unwrap();
        let token = if is_refresh { refresh_token(&tokens) } else { &tokens.access_token };
        for _ in 0..2 {
            world.revoke_token(&app, token).await.unwrap();
        }
        assert_eq!(world.grants_of("alice").await, 0);
        assert!(!world.is_active(&app, &tokens.access_token).await);
    }
    world.revoke_token(&app, "garbage").await.unwrap();
    let own = world.ask(&app, &[("grant_type", "client_credentials")]).await.unwrap();
    world.revoke_token(&app, &own.access_token).await.unwrap();
}

#[tokio::test]
async fn r26_nothing_of_another_client_ends() {
    let world = world().await;
    let (app, service) = (world.party("app", |_| {}).await, world.service("service", &[API]).await);
    let browser = world.log_in_browser("alice").await;
    let tokens = world.tokens(&app, SCOPE, &browser).await;
    let own = world.login("alice").await.tokens;
    for token in [
        tokens.access_token.as_str(),
        refresh_token(&tokens),
        own.access_token.as_str(),
        own.refresh_token.expose(),
    ] {
        assert_eq!(refusal(world.revoke_token(&service, token).await), ErrorCode::UnauthorizedClient);
    }
    // Its own token, but the session behind it is not.
    let exchanged = world.exchange(&service, &tokens.access_token, &[]).await.unwrap();
    world.revoke_token(&service, &exchanged.access_token).await.unwrap();
    assert!(world.refresh_at(&app, refresh_token(&tokens)).await.is_ok());
    assert!(world.refresh(own.refresh_token.expose()).await.is_ok());
}
