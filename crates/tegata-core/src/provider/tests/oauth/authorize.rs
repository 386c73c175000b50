use super::*;
use crate::client::{ApplicationType, ClientOrigin};

/// What became of a request.
#[derive(Debug, PartialEq, Eq)]
enum Decision {
    Login,
    Select,
    Consent,
    Code,
    Refused(ErrorCode),
}

async fn decide(
    world: &World,
    request: &Parameters,
    browser: Option<&BrowserSession>,
    flow: &Flow,
) -> Decision {
    match world.authorize(request, browser, flow).await {
        Ok(Authorization::Question(Question::Login { .. })) => Decision::Login,
        Ok(Authorization::Question(Question::SelectAccount(_))) => Decision::Select,
        Ok(Authorization::Question(Question::Consent(_))) => Decision::Consent,
        Ok(Authorization::Answer(answer)) => {
            assert!(answer.parameters.contains(&("iss", "https://id.example".to_owned())), "R5");
            Decision::Code
        }
        Err(AuthorizationError::Client { error, .. }) => Decision::Refused(refusal::<()>(Err(error))),
        Err(AuthorizationError::Page(error)) => panic!("a page: {error}"),
    }
}

/// A client of the operator's own house, and alice at her browser.
async fn house() -> (World, Party, BrowserSession) {
    let world = world().await;
    let app = world.party("app", |metadata| metadata.skip_consent = true).await;
    let browser = world.log_in_browser("alice").await;
    (world, app, browser)
}

#[tokio::test]
async fn r37_prompt_says_what_is_asked() {
    let (mut world, app, browser) = house().await;
    world.pass(60);
    let nobody = [
        ("", Decision::Login),
        ("none", Decision::Refused(ErrorCode::LoginRequired)),
        ("select_account", Decision::Login),
    ];
    for (prompt, decision) in nobody {
        let request = request(&app, &[("prompt", prompt)]);
        assert_eq!(decide(&world, &request, None, &world.flow()).await, decision, "{prompt}");
    }
    let alice = [
        ("", Decision::Code),
        ("none", Decision::Code),
        ("login", Decision::Login),
        ("create", Decision::Login),
        ("select_account", Decision::Select),
        ("consent", Decision::Consent),
        ("none login", Decision::Refused(ErrorCode::InvalidRequest)),
        ("hurry", Decision::Refused(ErrorCode::InvalidRequest)),
    ];
    for (prompt, decision) in alice {
        let request = request(&app, &[("prompt", prompt)]);
        assert_eq!(decide(&world, &request, Some(&browser), &world.flow()).await, decision, "{prompt}");
    }
}

#[tokio::test]
async fn r37_a_login_on_the_way_is_asked_for_once() {
    let (mut world, app, browser) = house().await;
    world.pass(60);
    let flow = world.flow();
    let request = request(&app, &[("prompt", "login select_account"), ("max_age", "0")]);
    assert_eq!(decide(&world, &request, Some(&browser), &flow).await, Decision::Login);
    world.pass(10);
    let again = world.log_in_browser("alice").await;
    assert_eq!(decide(&world, &request, Some(&again), &flow).await, Decision::Code);
    world.pass(1);
    let next = world.flow();
    assert_eq!(decide(&world, &request, Some(&again), &next).await, Decision::Login, "not for the next one");
}

#[tokio::test]
async fn r37_a_login_may_be_so_old_and_no_older() {
    let (mut world, app, browser) = house().await;
    world.pass(100);
    for (max_age, decision) in [("100", Decision::Code), ("99", Decision::Login), ("0", Decision::Login)] {
        let request = request(&app, &[("max_age", max_age)]);
        assert_eq!(decide(&world, &request, Some(&browser), &world.flow()).await, decision, "{max_age}");
    }
    let silent = request(&app, &[("max_age", "99"), ("prompt", "none")]);
    let refused = Decision::Refused(ErrorCode::LoginRequired);
    assert_eq!(decide(&world, &silent, Some(&browser), &world.flow()).await, refused);
    let strict = world
        .party("strict", |metadata| {
            metadata.skip_consent = true;
            metadata.default_max_age = Some(50);
        })
        .await;
    let bare = request(&strict, &[]);
    assert_eq!(decide(&world, &bare, Some(&browser), &world.flow()).await, Decision::Login);
}

#[tokio::test]
async fn r37_a_request_for_one_user_is_answered_for_no_other() {
    let (world, app, alice) = house().await;
    world.sign_up("mallory").await;
    let mallory = world.log_in_browser("mallory").await;
    let id_token = world.tokens(&app, SCOPE, &alice).await.id_token.unwrap();
    let sub = alice.user.user_id.to_string();
    let claims = json!({"id_token": {"sub": {"value": sub}}}).to_string();
    for (name, value) in [("id_token_hint", id_token.as_str()), ("claims", claims.as_str())] {
        let open = request(&app, &[(name, value)]);
        let silent = request(&app, &[(name, value), ("prompt", "none")]);
        assert_eq!(decide(&world, &open, Some(&alice), &world.flow()).await, Decision::Code, "{name}");
        assert_eq!(decide(&world, &silent, Some(&alice), &world.flow()).await, Decision::Code, "{name}");
        assert_eq!(decide(&world, &open, Some(&mallory), &world.flow()).await, Decision::Login, "{name}");
        let refused = Decision::Refused(ErrorCode::LoginRequired);
        assert_eq!(decide(&world, &silent, Some(&mallory), &world.flow()).await, refused, "{name}");
    }
    let garbage = request(&app, &[("id_token_hint", "a.b.c")]);
    let refused = Decision::Refused(ErrorCode::InvalidRequest);
    assert_eq!(decide(&world, &garbage, Some(&alice), &world.flow()).await, refused);
}

#[tokio::test]
async fn v51_r37_what_is_essential_and_not_offered_is_refused() {
    let (world, app, browser) = house().await;
    let claims = json!({"id_token": {"acr": {"essential": true, "values": ["urn:mfa"]}}}).to_string();
    let essential = request(&app, &[("claims", &claims)]);
    let refused = Decision::Refused(ErrorCode::UnmetAuthenticationRequirements);
    assert_eq!(decide(&world, &essential, Some(&browser), &world.flow()).await, refused);
    let liked = request(&app, &[("acr_values", "urn:mfa")]);
    assert_eq!(decide(&world, &liked, Some(&browser), &world.flow()).await, Decision::Code);
}

#[tokio::test]
async fn r42_consent_is_asked_for_what_is_new_and_counts_as_long_as_it_is_kept() {
    let world = world().await;
    let app = world.party("app", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let asked = |scope: &str| request(&app, &[("scope", scope)]);
    let silent = request(&app, &[("prompt", "none")]);
    let refused = Decision::Refused(ErrorCode::ConsentRequired);
    assert_eq!(decide(&world, &silent, Some(&browser), &world.flow()).await, refused);
    world.allowed_code(&asked("openid profile"), &browser).await;
    for (scope, decision) in [("openid", Decision::Code), ("openid profile email", Decision::Consent)] {
        assert_eq!(decide(&world, &asked(scope), Some(&browser), &world.flow()).await, decision, "{scope}");
    }
    let resource = request(&app, &[("resource", ORDERS)]);
    assert_eq!(decide(&world, &resource, Some(&browser), &world.flow()).await, Decision::Consent);
    // Allowed on the page, and then taken back in another window: the record decides.
    let flow = world.flow().answered(Answer::Allow, browser.session.session_id);
    world.provider.revoke_consent(browser.user.user_id, &app.client.client_id, &world.ctx()).await.unwrap();
    assert_eq!(decide(&world, &asked("openid"), Some(&browser), &flow).await, Decision::Consent);
}

#[tokio::test]
async fn r43_a_client_that_nobody_vouches_for_is_asked_about_every_time() {
    let world = world().await;
    let app = world.party("app", |metadata| metadata.skip_consent = true).await;
    let make = |client: &mut Client| client.origin = ClientOrigin::Registration;
    world.provider.change_client(&app.client.client_id, make, &world.ctx()).await.unwrap();
    let browser = world.log_in_browser("alice").await;
    for _ in 0..2 {
        let asked = decide(&world, &request(&app, &[]), Some(&browser), &world.flow()).await;
        assert_eq!(asked, Decision::Consent);
        world.allowed_code(&request(&app, &[]), &browser).await;
    }
    let silent = request(&app, &[("prompt", "none")]);
    let refused = Decision::Refused(ErrorCode::ConsentRequired);
    assert_eq!(decide(&world, &silent, Some(&browser), &world.flow()).await, refused);
    let client = world.provider.client(&app.client.client_id).await.unwrap();
    world.provider.vouch_for_client(&client.client_id, client.version, &world.ctx()).await.unwrap();
    assert_eq!(decide(&world, &silent, Some(&browser), &world.flow()).await, Decision::Code);
}

#[tokio::test]
async fn v9_v10_an_answer_is_the_users_who_gave_it() {
    let world = world().await;
    world.sign_up("mallory").await;
    let app = world.party("app", |_| {}).await;
    let (alice, mallory) = (world.log_in_browser("alice").await, world.log_in_browser("mallory").await);
    let asked = request(&app, &[]);
    world.allowed_code(&asked, &alice).await;
    for answer in [Answer::Allow, Answer::Deny] {
        let flow = world.flow().answered(answer, mallory.session.session_id);
        let of_alice = decide(&world, &asked, Some(&alice), &flow).await;
        assert_eq!(of_alice, Decision::Code, "hers is on record, and {answer:?} was not hers");
    }
    let flow = world.flow().answered(Answer::Allow, alice.session.session_id);
    assert_eq!(decide(&world, &asked, Some(&mallory), &flow).await, Decision::Consent);
    let flow = world.flow().answered(Answer::Deny, alice.session.session_id);
    let denied = Decision::Refused(ErrorCode::AccessDenied);
    assert_eq!(decide(&world, &asked, Some(&alice), &flow).await, denied);
}

#[tokio::test]
async fn v9_v10_a_flow_is_good_in_its_browser_and_at_its_place_only() {
    let mut world = world().await;
    let flow = world.flow();
    let text = world.provider.sign_flow(&flow, "browser", "/authorize?a");
    let read =
        |text: &str, browser: &str, place: &str, now| world.provider.read_flow(text, browser, place, now);
    assert_eq!(read(&text, "browser", "/authorize?a", world.now), Some(flow));
    assert_eq!(read(&text, "other", "/authorize?a", world.now), None);
    assert_eq!(read(&text, "browser", "/authorize?b", world.now), None);
    for (at, _) in text.char_indices() {
        let other = if &text[at..=at] == "A" { "B" } else { "A" };
        let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
        assert_eq!(read(&changed, "browser", "/authorize?a", world.now), None, "{at}");
    }
    world.pass(3600);
    assert_eq!(world.provider.read_flow(&text, "browser", "/authorize?a", world.now), None);
}

#[tokio::test]
async fn r1_v53_who_asks_and_where_the_answer_goes_are_known_before_anything_is_sent() {
    let (world, app, browser) = house().await;
    for more in [
        ("client_id", "unknown"),
        ("redirect_uri", "https://evil.example/"),
        ("redirect_uri", "https://app.example/cb/"),
        ("redirect_uri", "https://app.example/cb#"),
        ("redirect_uri", "https://app.example/cb@evil.example"),
        ("redirect_uri", ""),
    ] {
        let outcome = world.authorize(&request(&app, &[more]), Some(&browser), &world.flow()).await;
        assert!(matches!(outcome, Err(AuthorizationError::Page(_))), "{more:?}");
    }
}

#[tokio::test]
async fn r3_r8_r2_nothing_but_a_code_with_a_challenge_is_asked_for_here() {
    let (world, app, browser) = house().await;
    for (more, code) in [
        (("response_type", "token"), ErrorCode::UnsupportedResponseType),
        (("response_type", "code id_token"), ErrorCode::UnsupportedResponseType),
        (("response_mode", "fragment"), ErrorCode::InvalidRequest),
        (("code_challenge_method", "plain"), ErrorCode::InvalidRequest),
        (("code_challenge_method", ""), ErrorCode::InvalidRequest),
        (("code_challenge", ""), ErrorCode::InvalidRequest),
        (("code_challenge", "short"), ErrorCode::InvalidRequest),
        (("registration", "{}"), ErrorCode::RegistrationNotSupported),
        (("resource", "https://evil.example/"), ErrorCode::InvalidTarget),
        (("scope", "openid address"), ErrorCode::InvalidScope),
    ] {
        let decision = decide(&world, &request(&app, &[more]), Some(&browser), &world.flow()).await;
        assert_eq!(decision, Decision::Refused(code), "{more:?}");
    }
}

#[tokio::test]
async fn r8_r42_a_program_that_any_other_on_the_device_can_stand_in_for_is_asked_about_every_time() {
    let world = world().await;
    let browser = world.log_in_browser("alice").await;
    let uris = ["http://127.0.0.1:49152/cb", "com.example.app:/cb", "https://app.example/cb"];
    for (name, is_own_house) in [("own", true), ("other", false)] {
        let native = |metadata: &mut ClientMetadata| {
            metadata.application_type = ApplicationType::Native;
            metadata.redirect_uris = uris.map(|uri| uri.parse().unwrap()).to_vec();
            metadata.skip_consent = is_own_house;
        };
        let app = world.register(name, native).await;
        for uri in uris {
            let asked = |prompt| {
                parameters(&[
                    ("client_id", app.client_id.as_str()),
                    ("response_type", "code"),
                    ("redirect_uri", uri),
                    ("scope", "openid"),
                    ("code_challenge", CHALLENGE),
                    ("code_challenge_method", "S256"),
                    ("prompt", prompt),
                ])
            };
            world.allowed_code(&asked(""), &browser).await;
            let again = decide(&world, &asked(""), Some(&browser), &world.flow()).await;
            let silent = decide(&world, &asked("none"), Some(&browser), &world.flow()).await;
            let expected = if uri.starts_with("https") {
                (Decision::Code, Decision::Code)
            } else {
                (Decision::Consent, Decision::Refused(ErrorCode::ConsentRequired))
            };
            assert_eq!((again, silent), expected, "{name} {uri}: RFC 8252 section 8.6");
        }
    }
}

#[tokio::test]
async fn v22_what_is_allowed_at_one_resource_is_asked_about_at_another() {
    let world = world().await;
    let app = world.party("app", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let asked = |scope, resource| request(&app, &[("scope", scope), ("resource", resource)]);
    world.allowed_code(&asked("orders:write", ORDERS), &browser).await;
    world.allowed_code(&asked("orders:read", BILLING), &browser).await;
    for (scope, resource, decision) in [
        ("orders:write", ORDERS, Decision::Code),
        ("orders:write", BILLING, Decision::Consent),
        ("orders:read", ORDERS, Decision::Consent),
        ("orders:write", "", Decision::Consent),
        ("orders:write", API, Decision::Consent),
    ] {
        let request = asked(scope, resource);
        assert_eq!(
            decide(&world, &request, Some(&browser), &world.flow()).await,
            decision,
            "{scope} {resource}"
        );
    }
}

#[tokio::test]
async fn a4_11_2_nobody_is_sent_anywhere_by_a_client_that_nobody_vouches_for_before_they_have_logged_in() {
    let world = world().await;
    let app = world.party("app", |_| {}).await;
    let wrong = |prompt| request(&app, &[("max_age", "soon"), ("prompt", prompt)]);
    let told = Decision::Refused(ErrorCode::InvalidRequest);
    assert_eq!(decide(&world, &wrong(""), None, &world.flow()).await, told);
    let unknown = |client: &mut Client| client.origin = ClientOrigin::Registration;
    world.provider.change_client(&app.client.client_id, unknown, &world.ctx()).await.unwrap();
    for prompt in ["", "none"] {
        let refused = world.authorize(&wrong(prompt), None, &world.flow()).await;
        assert!(matches!(refused, Err(AuthorizationError::Page(_))), "{prompt}");
    }
    let silent = decide(&world, &request(&app, &[("prompt", "none")]), None, &world.flow()).await;
    assert_eq!(silent, Decision::Refused(ErrorCode::LoginRequired), "RFC 9700 section 4.11.2 lets that be");
    let browser = world.log_in_browser("alice").await;
    assert_eq!(decide(&world, &wrong(""), Some(&browser), &world.flow()).await, told);
}
