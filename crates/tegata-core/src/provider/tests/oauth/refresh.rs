use super::*;

#[tokio::test]
async fn v42_v5_a_refresh_token_of_another_client_is_refused_and_not_spent() {
    let world = world().await;
    let (app, other) = (world.party("app", |_| {}).await, world.party("other", |_| {}).await);
    let browser = world.log_in_browser("alice").await;
    let tokens = world.tokens(&app, SCOPE, &browser).await;
    for _ in 0..2 {
        let refused = world.refresh_at(&other, refresh_token(&tokens)).await;
        assert_eq!(refusal(refused), ErrorCode::InvalidGrant);
    }
    assert!(world.refresh_at(&app, refresh_token(&tokens)).await.is_ok());
    let own = world.login("alice").await.tokens;
    assert_eq!(refusal(world.refresh_at(&app, own.refresh_token.expose()).await), ErrorCode::InvalidGrant);
    assert!(world.refresh(own.refresh_token.expose()).await.is_ok());
}

#[tokio::test]
async fn r6_r67_the_log_says_whose_refresh_token_was_shown_again() {
    let mut world = world().await;
    let app = world.party("app", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let tokens = world.tokens(&app, SCOPE, &browser).await;
    world.refresh_at(&app, refresh_token(&tokens)).await.unwrap();
    world.pass(60);
    assert_eq!(refusal(world.refresh_at(&app, refresh_token(&tokens)).await), ErrorCode::InvalidGrant);
    let event = world.audit.last();
    assert!(matches!(event.action, AuditAction::RefreshTokenReplayed { .. }), "{:?}", event.action);
    assert_eq!(event.client_id, Some(app.client.client_id));
}

#[tokio::test]
async fn r67_the_log_says_whose_session_has_ended_with_its_login() {
    let world = world().await;
    let app = world.party("app", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    world.tokens(&app, SCOPE, &browser).await;
    world.audit.take();
    world.provider.end_browser_session(&browser, &world.ctx()).await.unwrap();
    let expected = [(AuditAction::SessionEnded, Some("app".to_owned())), (AuditAction::Logout, None)];
    assert_eq!(world.audit.take(), expected);
}

#[tokio::test]
async fn r7_a_refresh_asks_for_no_more_than_was_granted_and_loses_nothing_by_less() {
    let world = world().await;
    let app = world.party("app", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let tokens = world.tokens(&app, SCOPE, &browser).await;
    let mut token = refresh_token(&tokens).to_owned();
    for (scope, given) in [("openid email", None), ("openid", Some("openid")), (SCOPE, Some(SCOPE))] {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str()), ("scope", scope)];
        match (world.ask(&app, &form).await, given) {
            (Ok(next), Some(given)) => {
                assert_eq!(next.scope.as_str(), given);
                refresh_token(&next).clone_into(&mut token);
            }
            (refused, None) => assert_eq!(refusal(refused), ErrorCode::InvalidScope),
            (refused, _) => panic!("{scope}: {:?}", refusal(refused)),
        }
    }
}

#[tokio::test]
async fn r7_refreshing_moves_no_absolute_end() {
    let mut world = world().await;
    let app = world.party("app", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let tokens = world.tokens(&app, SCOPE, &browser).await;
    let ends_at = browser.session.expires_at();
    let mut token = refresh_token(&tokens).to_owned();
    for _ in 0..6 {
        world.pass(86_400);
        let next = world.refresh_at(&app, &token).await.unwrap();
        refresh_token(&next).clone_into(&mut token);
    }
    world.now = ends_at;
    assert_eq!(refusal(world.refresh_at(&app, &token).await), ErrorCode::InvalidGrant);
}

#[tokio::test]
async fn r7_r50_what_goes_on_offline_still_ends_after_thirty_days() {
    let mut world = world().await;
    let app = world.party("app", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let tokens = world.tokens(&app, "openid offline_access", &browser).await;
    world.provider.end_browser_session(&browser, &world.ctx()).await.unwrap();
    let mut token = refresh_token(&tokens).to_owned();
    for _ in 0..5 {
        world.pass(6 * 86_400 - 1);
        let next = world.refresh_at(&app, &token).await.unwrap();
        refresh_token(&next).clone_into(&mut token);
    }
    world.pass(5);
    assert_eq!(refusal(world.refresh_at(&app, &token).await), ErrorCode::InvalidGrant);
}

#[tokio::test]
async fn v16_what_an_earlier_client_of_the_name_was_granted_ends_when_it_is_shown() {
    let mut world = world().await;
    let app = world.party("app", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let tokens = world.tokens(&app, SCOPE, &browser).await;
    world.provider.delete_client(&app.client.client_id, &world.ctx()).await.unwrap();
    world.pass(1);
    let app = world.party("app", |_| {}).await;
    assert_eq!(refusal(world.refresh_at(&app, refresh_token(&tokens)).await), ErrorCode::InvalidGrant);
    assert_eq!(world.grants_of("alice").await, 0);
}

#[tokio::test]
async fn r32_the_refresh_token_of_a_public_client_is_bound_to_its_key() {
    let world = world().await;
    let app = world.register("public", |metadata| metadata.skip_consent = true).await;
    let browser = world.log_in_browser("alice").await;
    let pairs = [
        ("client_id", "public"),
        ("response_type", "code"),
        ("redirect_uri", REDIRECT_URI),
        ("scope", "openid"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let code = world.allowed_code(&parameters(&pairs), &browser).await;
    let presented = || PresentedClient::Public { client_id: app.client_id.to_string() };
    let client = world.provider.authenticate_client(presented(), &world.ctx()).await.unwrap();
    let ask = async |form: &Parameters, key: Option<&str>| {
        world.provider.token(&client, form, key.map(new_proof).as_ref(), &world.ctx()).await
    };
    let tokens = ask(&parameters(&redemption(&code)), Some(KEY)).await.unwrap();
    let form = parameters(&[("grant_type", "refresh_token"), ("refresh_token", refresh_token(&tokens))]);
    for other in [None, Some(OTHER_KEY)] {
        assert_eq!(refusal(ask(&form, other).await), ErrorCode::InvalidDpopProof);
    }
    assert!(ask(&form, Some(KEY)).await.is_ok(), "nothing was spent");
}

/// RFC 9700 §4.14.2 has either: a token that changes, or one that is bound to its holder.
#[tokio::test]
async fn r78_r6_the_refresh_token_of_a_fapi_client_stays_and_is_bound_to_it() {
    let mut world = world().await;
    let key = client_keys::key();
    let fapi = |metadata: &mut ClientMetadata| {
        metadata.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
        metadata.jwks = Some(client_keys::jwks(&[&key]));
        metadata.grant_types.push(GrantType::RefreshToken);
        metadata.require_pushed_authorization_requests = true;
        metadata.dpop_bound_access_tokens = true;
        metadata.scope = "openid offline_access".parse().unwrap();
        metadata.skip_consent = true;
    };
    let app = world.register("app", fapi).await;
    let proved = async |world: &World| {
        let jti = new_proof(KEY).jwt_id().to_owned();
        let assertion = client_keys::assertion(world, &app.client_id, &key, API, &jti).into();
        let presented = PresentedClient::Assertion { client_id: None, assertion };
        world.provider.authenticate_client(presented, &world.ctx()).await.unwrap()
    };
    let ask = async |world: &World, form: &Parameters, key: Option<&str>| {
        let client = proved(world).await;
        world.provider.token(&client, form, key.map(new_proof).as_ref(), &world.ctx()).await
    };
    let browser = world.log_in_browser("alice").await;
    let asked = parameters(&[
        ("client_id", "app"),
        ("response_type", "code"),
        ("redirect_uri", REDIRECT_URI),
        ("scope", "openid offline_access"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]);
    let client = proved(&world).await;
    let (uri, _) = world.provider.push_request(&client, &asked, None, &world.ctx()).await.unwrap();
    let code = world
        .allowed_code(&parameters(&[("client_id", "app"), ("request_uri", uri.as_str())]), &browser)
        .await;
    let tokens = ask(&world, &parameters(&redemption(&code)), Some(KEY)).await.unwrap();
    let text = refresh_token(&tokens).to_owned();
    let form = parameters(&[("grant_type", "refresh_token"), ("refresh_token", text.as_str())]);
    for _ in 0..3 {
        world.pass(60);
        let next = ask(&world, &form, Some(OTHER_KEY)).await.unwrap();
        assert!(next.refresh_token.is_none() && next.token_type == "DPoP", "the one before goes on");
    }
    assert_eq!(refusal(ask(&world, &form, None).await), ErrorCode::InvalidRequest);
    // Each use is one, so the session goes on; and it ends as any other.
    world.pass(6 * 24 * 60 * 60);
    ask(&world, &form, Some(KEY)).await.unwrap();
    world.pass(6 * 24 * 60 * 60);
    ask(&world, &form, Some(KEY)).await.unwrap();
    world.provider.revoke_consent(browser.user.user_id, &app.client_id, &world.ctx()).await.unwrap();
    assert_eq!(refusal(ask(&world, &form, Some(KEY)).await), ErrorCode::InvalidGrant);
}
