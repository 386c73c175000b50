use super::*;

#[tokio::test]
async fn r28_the_codes_of_a_device_are_long_enough_and_only_their_hashes_are_kept() {
    let world = world().await;
    let tv = world.party("tv", |_| {}).await;
    let device = world.device(&tv, SCOPE).await;
    assert_eq!(device.device_code.len(), "tgd_".len() + 43);
    let is_code = |part: &str| part.len() == 4 && part.bytes().all(|b| b"BCDFGHJKLMNPQRSTVWXZ".contains(&b));
    assert!(device.user_code.split_once('-').is_some_and(|(a, b)| is_code(a) && is_code(b)));
    assert_eq!(device.verification_uri, "https://id.example/oauth2/device");
    assert!(device.verification_uri_complete.ends_with(&format!("?user_code={}", device.user_code)));
    assert_eq!((device.expires_in, device.interval), (600, 5));
}

#[tokio::test]
async fn r28_a_device_that_asks_too_often_is_told_to_ask_less_often() {
    let mut world = world().await;
    let tv = world.party("tv", |_| {}).await;
    let device = world.device(&tv, SCOPE).await;
    let mut told = Vec::new();
    for wait in [0, 5, 1, 9, 15] {
        world.pass(wait);
        told.push(refusal(world.poll(&tv, &device.device_code).await));
    }
    let (pending, slow) = (ErrorCode::AuthorizationPending, ErrorCode::SlowDown);
    assert_eq!(told, [pending, pending, slow, slow, pending]);
    world.pass(600);
    assert_eq!(refusal(world.poll(&tv, &device.device_code).await), ErrorCode::ExpiredToken);
}

#[tokio::test]
async fn r28_v41_a_device_code_gives_tokens_once() {
    let world = world().await;
    let tv = world.party("tv", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let device = world.device(&tv, SCOPE).await;
    world.decide_device(&device.user_code, true, &browser).await;
    let code = &device.device_code;
    let (a, b, c) = tokio::join!(world.poll(&tv, code), world.poll(&tv, code), world.poll(&tv, code));
    assert_eq!([a, b, c].into_iter().flatten().count(), 1);
    assert_eq!(world.grants_of("alice").await, 1);
}

#[tokio::test]
async fn v5_a_device_code_of_another_client_is_refused_and_not_spent() {
    let world = world().await;
    let (tv, other) = (world.party("tv", |_| {}).await, world.party("other", |_| {}).await);
    let browser = world.log_in_browser("alice").await;
    let device = world.device(&tv, SCOPE).await;
    for _ in 0..2 {
        // It learns nothing of the user's answer, and makes nobody wait.
        assert_eq!(refusal(world.poll(&other, &device.device_code).await), ErrorCode::InvalidGrant);
    }
    assert_eq!(refusal(world.poll(&tv, &device.device_code).await), ErrorCode::AuthorizationPending);
    world.decide_device(&device.user_code, true, &browser).await;
    assert_eq!(refusal(world.poll(&other, &device.device_code).await), ErrorCode::InvalidGrant);
    assert!(world.poll(&tv, &device.device_code).await.is_ok());
}

#[tokio::test]
async fn v40_the_user_who_answers_first_is_the_one_whose_device_it_is() {
    let world = world().await;
    world.sign_up("mallory").await;
    let tv = world.party("tv", |_| {}).await;
    let (alice, mallory) = (world.log_in_browser("alice").await, world.log_in_browser("mallory").await);
    let device = world.device(&tv, SCOPE).await;
    let (provider, ctx) = (&world.provider, world.ctx());
    let asked = provider.find_device(&device.user_code, &alice, &ctx).await.unwrap();
    let also_asked = provider.find_device(&device.user_code, &mallory, &ctx).await.unwrap();
    provider.decide_device(&asked, true, &alice, &ctx).await.unwrap();
    for allow in [true, false] {
        let late = provider.decide_device(&also_asked, allow, &mallory, &ctx).await;
        assert!(matches!(late, Err(ProviderError::NotFound)));
    }
    let again = provider.find_device(&device.user_code, &mallory, &ctx).await;
    assert!(matches!(again, Err(ProviderError::NotFound)), "it is no longer asked about");
    let tokens = world.poll(&tv, &device.device_code).await.unwrap();
    assert_eq!(claims(&tokens.access_token)["sub"], json!(alice.user.user_id.to_string()));
}

#[tokio::test]
async fn r28_a_device_that_was_denied_hears_so() {
    let world = world().await;
    let tv = world.party("tv", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let device = world.device(&tv, SCOPE).await;
    world.decide_device(&device.user_code, false, &browser).await;
    assert_eq!(refusal(world.poll(&tv, &device.device_code).await), ErrorCode::AccessDenied);
    assert!(world.provider.allowed(browser.user.user_id).await.unwrap().is_empty());
}

#[tokio::test]
async fn r28_a_user_code_is_read_however_it_is_typed() {
    let world = world().await;
    let tv = world.party("tv", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let device = world.device(&tv, SCOPE).await;
    let code = device.user_code.replace('-', "");
    for typed in [device.user_code.to_lowercase(), code.clone(), format!(" {} {} ", &code[..4], &code[4..])] {
        assert!(world.provider.find_device(&typed, &browser, &world.ctx()).await.is_ok(), "{typed:?}");
    }
    for typed in ["", "BCDF", &format!("{code}B"), &device.device_code] {
        let unknown = world.provider.find_device(typed, &browser, &world.ctx()).await;
        assert!(matches!(unknown, Err(ProviderError::NotFound)), "{typed:?}");
    }
}

#[tokio::test]
async fn v28_r28_v15_right_codes_of_ones_own_buy_no_more_guesses() {
    let world = world().await;
    let tv = world.party("tv", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let own = world.device(&tv, SCOPE).await;
    // From everywhere at once: no address asks twice.
    let asked = async |number: u8, typed: &str| {
        let address = format!("198.51.100.{number}").parse().ok();
        let ctx = RequestContext { address, ..world.ctx() };
        world.provider.find_device(typed, &browser, &ctx).await
    };
    let mut blocked_at = None;
    for number in 0..100 {
        let typed = if number % 2 == 0 { "BCDF-GHJK" } else { own.user_code.as_str() };
        if let Err(ProviderError::TooManyAttempts { .. }) = asked(number, typed).await {
            blocked_at = Some(number);
            break;
        }
    }
    assert_eq!(blocked_at, Some(51));
}

#[tokio::test]
async fn r28_r76_many_users_at_one_address_guess_no_faster() {
    let world = world().await;
    let schedule = &world.provider.settings().throttle.address;
    let mut blocked_at = None;
    for number in 0..100 {
        if number % 10 == 0 {
            world.sign_up(&format!("user{number}")).await;
        }
        let browser = world.log_in_browser(&format!("user{}", number / 10 * 10)).await;
        let asked = world.provider.find_device("BCDF-GHJK", &browser, &world.ctx()).await;
        if matches!(asked, Err(ProviderError::TooManyAttempts { .. })) {
            blocked_at = Some(number);
            break;
        }
    }
    assert_eq!(blocked_at, Some(schedule.free + 1));
}

#[tokio::test]
async fn a_device_goes_on_when_the_browser_logs_out_and_ends_with_its_consent() {
    let world = world().await;
    let tv = world.party("tv", |metadata| metadata.skip_consent = true).await;
    let browser = world.log_in_browser("alice").await;
    let device = world.device(&tv, SCOPE).await;
    world.decide_device(&device.user_code, true, &browser).await;
    let tokens = world.poll(&tv, &device.device_code).await.unwrap();
    world.provider.end_browser_session(&browser, &world.ctx()).await.unwrap();
    let tokens = world.refresh_at(&tv, refresh_token(&tokens)).await.unwrap();
    let user_id = browser.user.user_id;
    // In the operator's own house, too: how else would its owner end it?
    assert_eq!(world.provider.allowed(user_id).await.unwrap().len(), 1);
    world.provider.revoke_consent(user_id, &tv.client.client_id, &world.ctx()).await.unwrap();
    assert_eq!(refusal(world.refresh_at(&tv, refresh_token(&tokens)).await), ErrorCode::InvalidGrant);
}

#[tokio::test]
async fn r8_a_client_without_the_grant_begins_and_gets_nothing() {
    let world = world().await;
    let app = world.party("app", |metadata| metadata.grant_types = vec![GrantType::ClientCredentials]).await;
    let client = world.prove(&app).await.unwrap();
    let begun =
        world.provider.begin_device_authorization(&client, &parameters(&[]), &world.ctx()).await.map(drop);
    assert_eq!(refusal(begun), ErrorCode::UnauthorizedClient);
    assert_eq!(refusal(world.poll(&app, "tgd_x").await), ErrorCode::UnauthorizedClient);
}

#[tokio::test]
async fn r28_r76_strangers_cannot_fill_the_store_with_devices() {
    let world = world().await;
    let client = world.public_client("tv").await;
    let (ctx, request) = (world.ctx(), parameters(&[]));
    let begin = || world.provider.begin_device_authorization(&client, &request, &ctx);
    for _ in 0..=world.provider.settings().throttle.requests.free {
        begin().await.unwrap();
    }
    assert!(matches!(begin().await, Err(OAuthError::Failed(ProviderError::TooManyAttempts { .. }))));
}
