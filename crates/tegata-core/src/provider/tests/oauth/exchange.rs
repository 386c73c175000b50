use super::*;

/// A client of alice's that calls `service`, which stands for [`ORDERS`] and may call [`BILLING`].
struct Scene {
    world: World,
    app: Party,
    service: Party,
    /// For [`ORDERS`].
    token: String,
}

async fn scene() -> Scene {
    let world = world().await;
    let app = world.party("app", |_| {}).await;
    let service = world.service("service", &[ORDERS, BILLING]).await;
    let browser = world.log_in_browser("alice").await;
    let asked = request(&app, &[("scope", "orders:read orders:write"), ("resource", ORDERS)]);
    let code = world.allowed_code(&asked, &browser).await;
    let token = world.redeem_code(&app, &code).await.unwrap().access_token;
    Scene { world, app, service, token }
}

#[tokio::test]
async fn r29_a_service_calls_another_one_for_the_user_who_called_it() {
    let Scene { mut world, service, token, .. } = scene().await;
    world.pass(60);
    let tokens = world.exchange(&service, &token, &[("resource", BILLING)]).await.unwrap();
    let (old, new) = (claims(&token), claims(&tokens.access_token));
    assert_eq!((&new["sub"], &new["sid"], &new["exp"]), (&old["sub"], &old["sid"], &old["exp"]));
    assert_eq!((&new["aud"], &new["client_id"]), (&json!(BILLING), &json!("service")));
    assert_eq!((&new["act"], &new["scope"]), (&json!({"sub": "service"}), &old["scope"]));
    assert_eq!(tokens.expires_in, Duration::from_mins(14), "no longer than the first one");
    assert_eq!(tokens.issued_token_type, Some(ACCESS_TOKEN));
    assert!(tokens.refresh_token.is_none() && tokens.id_token.is_none());
}

#[tokio::test]
async fn r29_each_who_acts_is_named_with_those_before() {
    let Scene { world, service, token, .. } = scene().await;
    let billing = world.service("billing", &[BILLING, API]).await;
    let first = world.exchange(&service, &token, &[("resource", BILLING)]).await.unwrap();
    let second = world.exchange(&billing, &first.access_token, &[]).await.unwrap();
    let act = json!({"sub": "billing", "act": {"sub": "service"}});
    assert_eq!(claims(&second.access_token)["act"], act);
    assert_eq!(world.introspect(&billing, &second.access_token).await.unwrap()["act"], act);
    let own = world.ask(&billing, &[("grant_type", "client_credentials")]).await.unwrap().access_token;
    let more = [("actor_token", own.as_str()), ("actor_token_type", ACCESS_TOKEN)];
    let third = world.exchange(&billing, &first.access_token, &more).await.unwrap();
    assert_eq!(claims(&third.access_token)["act"], act);
}

#[tokio::test]
async fn r29_r69_a_token_is_passed_on_so_often_and_no_further() {
    let Scene { world, service, token, .. } = scene().await;
    let first = world.exchange(&service, &token, &[("resource", ORDERS)]).await.unwrap();
    let mut token = first.access_token;
    for _ in 1..5 {
        token = world.exchange(&service, &token, &[]).await.unwrap().access_token;
    }
    assert!(world.is_active(&service, &token).await, "it can still be read");
    assert_eq!(refusal(world.exchange(&service, &token, &[]).await), ErrorCode::InvalidRequest);
}

#[tokio::test]
async fn v29_r29_a_client_exchanges_only_what_was_meant_for_it() {
    let Scene { world, token, .. } = scene().await;
    for (name, resources) in [("stranger", &[][..]), ("billing", &[BILLING]), ("api", &[API])] {
        let other = world.service(name, resources).await;
        let refused = world.exchange(&other, &token, &[]).await;
        assert_eq!(refusal(refused), ErrorCode::InvalidRequest, "{name}");
    }
}

#[tokio::test]
async fn v29_r29_a_token_goes_only_where_its_new_client_may_go() {
    let Scene { world, service, token, .. } = scene().await;
    for (name, target) in [("resource", API), ("audience", API), ("audience", "https://evil.example/")] {
        let refused = world.exchange(&service, &token, &[(name, target)]).await;
        assert_eq!(refusal(refused), ErrorCode::InvalidTarget, "{target}");
    }
    let both = [("audience", BILLING), ("resource", API)];
    assert_eq!(refusal(world.exchange(&service, &token, &both).await), ErrorCode::InvalidTarget);
    // Naming nothing is no way to the default resource either.
    assert_eq!(refusal(world.exchange(&service, &token, &[]).await), ErrorCode::InvalidTarget);
}

#[tokio::test]
async fn v22_r29_a_client_reaches_nothing_with_its_own_token_that_its_user_has_not_granted() {
    let Scene { world, app, token, .. } = scene().await;
    let refused = world.exchange(&app, &token, &[("resource", BILLING)]).await;
    assert_eq!(refusal(refused), ErrorCode::InvalidTarget);
    let same = world.exchange(&app, &token, &[]).await.unwrap();
    assert_eq!(claims(&same.access_token)["aud"], json!(ORDERS));
    let again = world.exchange(&app, &same.access_token, &[("resource", API)]).await;
    assert_eq!(refusal(again), ErrorCode::InvalidTarget);
}

#[tokio::test]
async fn r29_r8_a_new_token_allows_what_the_old_one_did_and_its_client_may() {
    let Scene { world, service, token, .. } = scene().await;
    let to_billing = |scope| [("resource", BILLING), ("scope", scope)];
    let less = world.exchange(&service, &token, &to_billing("orders:read")).await.unwrap();
    assert_eq!(less.scope.as_str(), "orders:read");
    for more in ["orders:read profile", "openid", "users:read", "\"", " "] {
        let refused = world.exchange(&service, &token, &to_billing(more)).await;
        assert_eq!(refusal(refused), ErrorCode::InvalidScope, "{more:?}");
    }
    let reader = world
        .party("reader", |metadata| {
            metadata.resources = vec![ORDERS.to_owned()];
            metadata.scope = "orders:read".parse().unwrap();
        })
        .await;
    let read = world.exchange(&reader, &token, &[("resource", ORDERS)]).await.unwrap();
    assert_eq!(read.scope.as_str(), "orders:read");
    let write = [("resource", ORDERS), ("scope", "orders:write")];
    assert_eq!(refusal(world.exchange(&reader, &token, &write).await), ErrorCode::InvalidScope);
}

#[tokio::test]
async fn r29_an_exchange_logs_nobody_in() {
    let world = world().await;
    let (app, service) = (world.party("app", |_| {}).await, world.service("service", &[API, BILLING]).await);
    let browser = world.log_in_browser("alice").await;
    let token = world.tokens(&app, "openid profile offline_access", &browser).await.access_token;
    let tokens = world.exchange(&service, &token, &[("resource", BILLING)]).await.unwrap();
    assert_eq!(tokens.scope.as_str(), "profile");
    assert_eq!(claims(&tokens.access_token)["aud"], json!(BILLING), "and not our own API");
    let tokens = world.exchange(&service, &token, &[]).await.unwrap();
    assert_eq!(refusal(world.user_info(&tokens.access_token).await), ErrorCode::InsufficientScope);
}

#[tokio::test]
async fn r29_r32_a_token_that_is_bound_to_a_key_is_exchanged_by_whoever_has_it() {
    let world = world().await;
    let service = world.service("service", &[API]).await;
    let own = [("grant_type", "client_credentials")];
    let bound = world.ask_with(&service, Some(KEY), &own).await.unwrap().access_token;
    let bearer = world.ask(&service, &own).await.unwrap().access_token;
    let actor = [("actor_token", bound.as_str()), ("actor_token_type", ACCESS_TOKEN)];
    for form in [exchange(&bound, &[]), exchange(&bearer, &actor)] {
        for other in [None, Some(OTHER_KEY)] {
            let refused = world.ask_with(&service, other, &form).await;
            assert_eq!(refusal(refused), ErrorCode::InvalidRequest);
        }
        let tokens = world.ask_with(&service, Some(KEY), &form).await.unwrap();
        assert_eq!(claims(&tokens.access_token)["cnf"], json!({"jkt": KEY}), "and stays bound");
    }
}

#[tokio::test]
async fn r29_only_active_access_tokens_of_ours_are_exchanged() {
    let world = world().await;
    let service = world.service("service", &[API]).await;
    let browser = world.log_in_browser("alice").await;
    let tokens = world.tokens(&service, SCOPE, &browser).await;
    let id_token = tokens.id_token.as_deref().unwrap();
    for bad in [id_token, refresh_token(&tokens), "x", "a.b.c"] {
        assert_eq!(refusal(world.exchange(&service, bad, &[]).await), ErrorCode::InvalidRequest, "{bad}");
        let actor = [("actor_token", bad), ("actor_token_type", ACCESS_TOKEN)];
        let refused = world.exchange(&service, &tokens.access_token, &actor).await;
        assert_eq!(refusal(refused), ErrorCode::InvalidRequest, "{bad}");
    }
    let jwt = "urn:ietf:params:oauth:token-type:jwt";
    for more in [
        ("requested_token_type", jwt),
        ("actor_token_type", ACCESS_TOKEN),
        ("actor_token", tokens.access_token.as_str()),
    ] {
        let refused = world.exchange(&service, &tokens.access_token, &[more]).await;
        assert_eq!(refusal(refused), ErrorCode::InvalidRequest, "{more:?}");
    }
    let mut form = exchange(&tokens.access_token, &[]);
    form[2].1 = jwt;
    assert_eq!(refusal(world.ask(&service, &form).await), ErrorCode::InvalidRequest);
    form.pop();
    assert_eq!(refusal(world.ask(&service, &form).await), ErrorCode::InvalidRequest);
    world.revoke_token(&service, &tokens.access_token).await.unwrap();
    let ended = world.exchange(&service, &tokens.access_token, &[]).await;
    assert_eq!(refusal(ended), ErrorCode::InvalidRequest);
}

#[tokio::test]
async fn r29_a_login_of_our_own_application_is_passed_on_and_ends_with_it() {
    let world = world().await;
    let service = world.service("service", &[API]).await;
    let own = world.login("alice").await.tokens;
    let tokens = world.exchange(&service, &own.access_token, &[("scope", "profile")]).await.unwrap();
    assert!(world.is_active(&service, &tokens.access_token).await);
    let token = world.provider.verify_access_token(&tokens.access_token, world.now).unwrap();
    let as_user = world.provider.authenticate(&token, world.now).await;
    assert!(matches!(as_user, Err(ProviderError::InsufficientScope { .. })), "it is no right to the account");
    let refresh = world.provider.parse_refresh_token(own.refresh_token.expose()).unwrap();
    world.provider.logout(&refresh, &world.ctx()).await.unwrap();
    assert!(!world.is_active(&service, &tokens.access_token).await);
}

#[tokio::test]
async fn r29_r39_a_name_of_one_sector_is_passed_on_to_nobody() {
    let world = world().await;
    let app =
        world.party("app", |metadata| metadata.subject_type = crate::client::SubjectType::Pairwise).await;
    let service = world.service("service", &[API]).await;
    let browser = world.log_in_browser("alice").await;
    let token = world.tokens(&app, SCOPE, &browser).await.access_token;
    assert!(world.is_active(&service, &token).await);
    assert_eq!(refusal(world.exchange(&service, &token, &[]).await), ErrorCode::InvalidRequest);
}
