use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;
use crate::audit::AuditAction;

#[tokio::test]
async fn v5_a_code_of_another_client_is_refused_and_not_spent() {
    let world = world().await;
    let (app, other) = (world.party("app", |_| {}).await, world.party("other", |_| {}).await);
    let browser = world.log_in_browser("alice").await;
    let code = world.code(&app, SCOPE, &browser).await;
    assert_eq!(refusal(world.redeem_code(&other, &code).await), ErrorCode::InvalidGrant);
    assert!(world.redeem_code(&app, &code).await.is_ok());
}

#[tokio::test]
async fn r2_v41_nothing_is_spent_by_whoever_lacks_the_verifier_or_the_address() {
    let world = world().await;
    let app = world.party("app", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let code = world.code(&app, SCOPE, &browser).await;
    let right = redemption(&code);
    let with = |name: &str, value: &'static str| {
        let mut form = redemption(&code);
        for pair in form.iter_mut().filter(|(known, _)| *known == name) {
            pair.1 = value;
        }
        form
    };
    for bad in [
        with("code_verifier", ""),
        with("code_verifier", CHALLENGE),
        with("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjX"),
        with("redirect_uri", ""),
        with("redirect_uri", "https://app.example/cb?"),
    ] {
        assert_eq!(refusal(world.ask(&app, &bad).await), ErrorCode::InvalidGrant, "{bad:?}");
    }
    assert!(world.ask(&app, &right).await.is_ok());
}

#[tokio::test]
async fn r4_an_address_that_was_in_the_request_is_in_its_redemption_and_only_then() {
    let world = world().await;
    let app = world.party("app", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let named = request(&app, &[("scope", "orders:read")]);
    let implied = request(&app, &[("scope", "orders:read"), ("redirect_uri", "")]);
    for (asked, shown, is_good) in [
        (&named, "https://app.example/cb", true),
        (&named, "", false),
        (&implied, "https://app.example/cb", true),
        (&implied, "", true),
        (&implied, "https://other.example/cb", false),
    ] {
        let code = world.allowed_code(asked, &browser).await;
        let mut form = redemption(&code).to_vec();
        form.retain(|(name, _)| *name != "redirect_uri");
        form.push(("redirect_uri", shown));
        let answer = world.ask(&app, &form).await;
        assert_eq!(answer.is_ok(), is_good, "{shown:?}");
    }
}

#[tokio::test]
async fn a_login_in_between_keeps_a_code_good_and_a_logout_does_not() {
    let world = world().await;
    let app = world.party("app", |_| {}).await;
    let first = world.log_in_browser("alice").await;
    let (code, late) = (world.code(&app, "openid", &first).await, world.code(&app, "openid", &first).await);
    let second = world.log_in_browser_again(&first).await;
    let third = world.log_in_browser_again(&second).await;
    let tokens = world.redeem_code(&app, &code).await.unwrap();
    // What it gave hangs on the browser session as it is now, and so does the code that is still under way.
    world.provider.end_browser_session(&third, &world.ctx()).await.unwrap();
    let refresh = world.refresh_at(&app, refresh_token(&tokens)).await;
    assert_eq!(refusal(refresh), ErrorCode::InvalidGrant);
    assert_eq!(refusal(world.redeem_code(&app, &late).await), ErrorCode::InvalidGrant);
    assert_eq!(world.grants_of("alice").await, 0);
    // A login of its own, in another browser, brings nothing back.
    world.log_in_browser("alice").await;
    assert_eq!(refusal(world.redeem_code(&app, &late).await), ErrorCode::InvalidGrant);
}

#[tokio::test]
async fn a4_8_r2_a_challenge_that_was_stripped_from_the_request_is_noticed() {
    let world = world().await;
    let app = world.party("app", |metadata| metadata.require_pkce = false).await;
    let browser = world.log_in_browser("alice").await;
    let stripped = request(&app, &[("code_challenge", ""), ("code_challenge_method", "")]);
    let code = world.allowed_code(&stripped, &browser).await;
    assert_eq!(refusal(world.redeem_code(&app, &code).await), ErrorCode::InvalidGrant);
    assert!(world.ask(&app, &redemption(&code)[..3]).await.is_ok());
}

#[tokio::test]
async fn r4_v41_a_code_that_comes_again_ends_what_it_gave() {
    let world = world().await;
    let app = world.party("app", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let other = world.tokens(&app, SCOPE, &browser).await;
    let code = world.code(&app, SCOPE, &browser).await;
    let tokens = world.redeem_code(&app, &code).await.unwrap();
    assert_eq!(refusal(world.redeem_code(&app, &code).await), ErrorCode::InvalidGrant);
    assert_eq!(world.audit.last().action, AuditAction::CodeReplayed);
    assert!(!world.is_active(&app, &tokens.access_token).await);
    assert_eq!(refusal(world.refresh_at(&app, refresh_token(&tokens)).await), ErrorCode::InvalidGrant);
    assert!(world.refresh_at(&app, refresh_token(&other)).await.is_ok(), "that grant and no other");
}

#[tokio::test]
async fn r4_v41_a_code_that_is_shown_many_times_is_served_once_and_leaves_no_grant() {
    let world = world().await;
    let app = world.party("app", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let code = world.code(&app, SCOPE, &browser).await;
    let (a, b, c, d) = tokio::join!(
        world.redeem_code(&app, &code),
        world.redeem_code(&app, &code),
        world.redeem_code(&app, &code),
        world.redeem_code(&app, &code),
    );
    assert_eq!([a, b, c, d].into_iter().flatten().count(), 1);
    assert_eq!(world.grants_of("alice").await, 0);
}

#[tokio::test]
async fn r4_a_code_lives_for_a_minute_and_is_no_refresh_token() {
    let mut world = world().await;
    let app = world.party("app", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let code = world.code(&app, SCOPE, &browser).await;
    assert_eq!(refusal(world.refresh_at(&app, &code).await), ErrorCode::InvalidGrant, "V6");
    assert_eq!(refusal(world.poll(&app, &code).await), ErrorCode::InvalidGrant, "V6");
    world.pass(60);
    assert_eq!(refusal(world.redeem_code(&app, &code).await), ErrorCode::InvalidGrant);
}

#[tokio::test]
async fn r4_v41_a_code_that_comes_again_when_it_has_expired_ends_what_it_gave() {
    let mut world = world().await;
    let app = world.party("app", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let code = world.code(&app, SCOPE, &browser).await;
    let tokens = world.redeem_code(&app, &code).await.unwrap();
    world.pass(90);
    assert_eq!(refusal(world.ask(&app, &redemption(&code)[..3]).await), ErrorCode::InvalidGrant);
    assert!(world.is_active(&app, &tokens.access_token).await, "whoever lacks the verifier ends nothing");
    assert_eq!(refusal(world.redeem_code(&app, &code).await), ErrorCode::InvalidGrant);
    assert_eq!(world.audit.last().action, AuditAction::CodeReplayed);
    assert!(!world.is_active(&app, &tokens.access_token).await);
}

#[tokio::test]
async fn v49_a_code_for_more_than_is_allowed_by_now_is_refused() {
    let world = world().await;
    let app = world.party("app", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let asked = request(&app, &[("scope", "orders:read"), ("resource", ORDERS)]);
    let code = world.allowed_code(&asked, &browser).await;
    let (user_id, client_id) = (browser.user.user_id, &app.client.client_id);
    world.provider.revoke_consent(user_id, client_id, &world.ctx()).await.unwrap();
    let same_scope = world.allowed_code(&request(&app, &[("scope", "orders:read")]), &browser).await;
    assert_eq!(
        refusal(world.redeem_code(&app, &code).await),
        ErrorCode::InvalidGrant,
        "not at that resource"
    );
    assert!(world.redeem_code(&app, &same_scope).await.is_ok());
}

#[tokio::test]
async fn r32_a_code_that_is_bound_to_a_key_asks_for_its_proof() {
    let world = world().await;
    let app = world.party("app", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let code = world.allowed_code(&request(&app, &[("dpop_jkt", KEY)]), &browser).await;
    for other in [None, Some(OTHER_KEY)] {
        let refused = world.ask_with(&app, other, &redemption(&code)).await;
        assert_eq!(refusal(refused), ErrorCode::InvalidGrant);
    }
    let tokens = world.ask_with(&app, Some(KEY), &redemption(&code)).await.unwrap();
    assert_eq!(tokens.token_type, "DPoP");
    assert_eq!(claims(&tokens.access_token)["cnf"], json!({"jkt": KEY}));
}

#[tokio::test]
async fn a4_9_2_r33_a_token_is_for_the_resources_that_were_granted_or_fewer() {
    let world = world().await;
    let app = world.party("app", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let asked = request(&app, &[("scope", "orders:read"), ("resource", ORDERS), ("resource", BILLING)]);
    let code = world.allowed_code(&asked, &browser).await;
    let more = [&redemption(&code)[..], &[("resource", API)]].concat();
    assert_eq!(refusal(world.ask(&app, &more).await), ErrorCode::InvalidTarget);
    let fewer = [&redemption(&code)[..], &[("resource", BILLING)]].concat();
    let tokens = world.ask(&app, &fewer).await.unwrap();
    assert_eq!(claims(&tokens.access_token)["aud"], json!(BILLING));
    let next = world.refresh_at(&app, refresh_token(&tokens)).await.unwrap();
    assert_eq!(claims(&next.access_token)["aud"], json!([ORDERS, BILLING]));
}

#[tokio::test]
async fn v6_only_what_this_server_has_sealed_is_a_code() {
    let world = world().await;
    let app = world.party("app", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let code = world.code(&app, SCOPE, &browser).await;
    for at in 0..code.len() {
        let other = if code.as_bytes()[at] == b'A' { "B" } else { "A" };
        let changed = format!("{}{other}{}", &code[..at], &code[at + 1..]);
        assert_eq!(refusal(world.redeem_code(&app, &changed).await), ErrorCode::InvalidGrant, "at {at}");
    }
    for part in [&code[..code.len() - 1], &code[1..], &format!("{code}="), "tga_", "tga_AAAA"] {
        assert_eq!(refusal(world.redeem_code(&app, part).await), ErrorCode::InvalidGrant, "{part}");
    }
    assert!(world.redeem_code(&app, &code).await.is_ok(), "none of them has spent it");
}

#[tokio::test]
async fn r4_a_code_tells_nothing_of_what_it_carries() {
    let world = world().await;
    let app = world.party("app", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let (one, other) = (world.code(&app, SCOPE, &browser).await, world.code(&app, SCOPE, &browser).await);
    let bytes = |code: &str| URL_SAFE_NO_PAD.decode(code.strip_prefix("tga_").unwrap()).unwrap();
    assert!(!bytes(&one).windows(3).any(|window| window == b"app"));
    let alike = bytes(&one).iter().zip(bytes(&other)).filter(|(a, b)| *a == b).count();
    assert!(alike < bytes(&one).len() / 8, "two codes for the same are two texts: {alike} bytes are alike");
}

#[tokio::test]
async fn r69_a_request_whose_code_would_fit_into_no_address_is_refused() {
    let world = world().await;
    let app = world.party("app", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let claims = format!(r#"{{"userinfo":{{"name":{{"value":"{}"}}}}}}"#, "x".repeat(3000));
    let long = request(&app, &[("claims", &claims), ("nonce", &"n".repeat(100))]);
    let refused = world.authorize(&long, Some(&browser), &world.flow()).await;
    let Err(AuthorizationError::Client { error, .. }) = refused else { panic!("it was accepted") };
    assert_eq!(refusal::<()>(Err(error)), ErrorCode::InvalidRequest);
    // As it stands in the code, where each of these takes six bytes.
    let escaped = request(&app, &[("nonce", &"\u{1}".repeat(600))]);
    let refused = world.authorize(&escaped, Some(&browser), &world.flow()).await;
    let Err(AuthorizationError::Client { error, .. }) = refused else { panic!("it was accepted") };
    assert_eq!(refusal::<()>(Err(error)), ErrorCode::InvalidRequest);
    // And what is left of the room is not the request's alone.
    let long_name = world.party(&"\\".repeat(255), |_| {}).await;
    let claims = format!(r#"{{"userinfo":{{"name":{{"value":"{}"}}}}}}"#, "x".repeat(940));
    let long =
        request(&long_name, &[("claims", &claims), ("nonce", &"n".repeat(2048)), ("prompt", "consent")]);
    let flow = world.flow();
    let flow = match world.authorize(&long, Some(&browser), &flow).await {
        Ok(Authorization::Question(Question::Consent(question))) => {
            world.provider.consent(&question, &browser, &world.ctx()).await.unwrap();
            flow.answered(Answer::Allow, browser.session.session_id)
        }
        _ => panic!("it is short enough to be asked about"),
    };
    let refused = world.authorize(&long, Some(&browser), &flow).await;
    let Err(AuthorizationError::Client { error, .. }) = refused else { panic!("it was accepted") };
    assert_eq!(refusal::<()>(Err(error)), ErrorCode::InvalidRequest);
    let longest = request(&app, &[("scope", SCOPE), ("nonce", &"n".repeat(2048))]);
    let code = world.allowed_code(&longest, &browser).await;
    assert!(code.len() < 5 * 1024, "{}", code.len());
    assert!(world.redeem_code(&app, &code).await.is_ok());
}

#[tokio::test]
async fn r67_r4_a_replay_is_noted_also_when_the_session_of_the_code_has_ended() {
    let world = world().await;
    let app = world.party("app", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let code = world.code(&app, SCOPE, &browser).await;
    let tokens = world.redeem_code(&app, &code).await.unwrap();
    world.revoke_token(&app, refresh_token(&tokens)).await.unwrap();
    assert_eq!(refusal(world.redeem_code(&app, &code).await), ErrorCode::InvalidGrant);
    let noted = world.audit.last();
    assert_eq!((noted.action, noted.user_id), (AuditAction::CodeReplayed, Some(browser.user.user_id)));
    assert_eq!(json!(noted.session_id.map(|id| id.to_string())), claims(&tokens.access_token)["sid"]);
}

#[tokio::test]
async fn r67_r42_the_log_says_which_client_was_allowed_what() {
    let world = world().await;
    let app = world.party("app", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    world.audit.take();
    world.tokens(&app, SCOPE, &browser).await;
    let (user_id, client_id) = (browser.user.user_id, &app.client.client_id);
    world.provider.revoke_consent(user_id, client_id, &world.ctx()).await.unwrap();
    let of_clients: Vec<_> = world.audit.take().into_iter().filter(|(_, client)| client.is_some()).collect();
    let expected = [
        AuditAction::ConsentGiven,
        AuditAction::Authorized,
        AuditAction::GrantBegun,
        AuditAction::SessionEnded,
        AuditAction::ConsentRevoked,
    ];
    assert_eq!(of_clients, expected.map(|action| (action, Some("app".to_owned()))));
}

#[tokio::test]
async fn r76_a_proof_leaves_nothing_behind_with_a_request_that_is_refused() {
    let world = world().await;
    let app = world.party("app", |metadata| metadata.skip_consent = true).await;
    let browser = world.log_in_browser("alice").await;
    let code = world.code(&app, SCOPE, &browser).await;
    let proof = new_proof(KEY);
    let ask = async |form: &[(&str, &str)]| {
        let client = world.prove(&app).await.unwrap();
        world.provider.token(&client, &parameters(form), Some(&proof), &world.ctx()).await
    };
    let good = redemption(&code);
    let with = |name: &'static str, value: &'static str| {
        let mut form = good.to_vec();
        form.retain(|(known, _)| *known != name);
        form.push((name, value));
        form
    };
    for form in [
        with("grant_type", "x"),
        with("code", "x"),
        with("code_verifier", "x"),
        with("resource", "https://evil.example/"),
        vec![("grant_type", "refresh_token"), ("refresh_token", "x")],
        vec![("grant_type", "client_credentials"), ("scope", "x y \\")],
        vec![("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("device_code", "x")],
        vec![("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), ("subject_token", "x")],
    ] {
        assert_ne!(refusal(ask(&form).await), ErrorCode::InvalidDpopProof, "{form:?}");
    }
    assert!(ask(&good).await.is_ok(), "it was not used up");
    let own_name = [("grant_type", "client_credentials")];
    assert_eq!(refusal(ask(&own_name).await), ErrorCode::InvalidDpopProof, "now it is");
}
