//! From a link of an application to its tokens.

use serde_json::json;

use super::relying_party::{
    CALLBACK, RelyingParty, claims, form_action, open, parameter, submit, text, visit,
};
use crate::world::{ISSUER, PASSWORD, World};

#[tokio::test]
async fn a4_4_r5_r38_a_user_logs_in_to_an_application_and_it_knows_who_they_are() {
    for world in World::over_each_store().await {
        world.sign_up("alice").await;
        let app = RelyingParty::new(&world).await;
        let browser = world.browser();
        let login = open(&browser, &app.request(&[])).await;
        assert_eq!((login.status, form_action(&login).as_deref()), (200, Some("/oauth2/login")));
        let consent = submit(&browser, &login, &[("identifier", "alice"), ("password", PASSWORD)]).await;
        assert_eq!(form_action(&consent).as_deref(), Some("/oauth2/consent"), "{}", text(&consent));
        let answer = submit(&browser, &consent, &[("decision", "allow")]).await;
        assert!(answer.header("location").unwrap().starts_with(&format!("{CALLBACK}?code=")));
        assert_eq!(
            (parameter(&answer, "state"), parameter(&answer, "iss")),
            ("xyz".to_owned(), ISSUER.to_owned())
        );

        let tokens = app.redeem(&parameter(&answer, "code")).await;
        assert_eq!(tokens.status, 200, "{}", tokens.body);
        assert_eq!(
            (&tokens.body["token_type"], &tokens.body["scope"]),
            (&json!("Bearer"), &json!("openid profile"))
        );
        let id_token = claims(&tokens.body["id_token"]);
        assert_eq!(
            (&id_token["iss"], &id_token["aud"], &id_token["nonce"], &id_token["azp"]),
            (&json!(ISSUER), &json!("app"), &json!("n-1"), &json!("app"))
        );
        let access = claims(&tokens.body["access_token"]);
        assert_eq!((&access["client_id"], &access["sub"]), (&json!("app"), &id_token["sub"]));

        let token = tokens.body["access_token"].as_str().unwrap();
        let info = world.get("/oauth2/userinfo").bearer(token).send().await;
        assert_eq!(info.status, 200, "{}", info.body);
        let updated_at = world.now().as_secs();
        assert_eq!(
            info.body,
            json!({"sub": id_token["sub"], "preferred_username": "alice", "updated_at": updated_at})
        );

        let next = app.refresh(tokens.body["refresh_token"].as_str().unwrap()).await;
        assert_eq!(next.status, 200, "{}", next.body);
        assert_eq!(claims(&next.body["id_token"])["sub"], id_token["sub"]);
        assert_eq!(claims(&next.body["id_token"])["nonce"], json!(null));
    }
}

#[tokio::test]
async fn whoever_is_logged_in_and_has_allowed_it_is_not_asked_again() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = RelyingParty::new(&world).await;
    let browser = world.browser();
    app.sign_in(&browser, "alice").await;
    let answer = open(&browser, &app.request(&[])).await;
    assert_eq!(answer.status, 303);
    assert_eq!(app.redeem(&parameter(&answer, "code")).await.status, 200);
    let silent = open(&browser, &app.request(&[("prompt", "none")])).await;
    assert_eq!(app.redeem(&parameter(&silent, "code")).await.status, 200);
}

#[tokio::test]
async fn r37_v50_prompt_none_answers_the_client_and_never_asks() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = RelyingParty::new(&world).await;
    let browser = world.browser();
    let nobody = open(&browser, &app.request(&[("prompt", "none")])).await;
    assert_eq!(parameter(&nobody, "error"), "login_required");
    assert_eq!(parameter(&nobody, "iss"), ISSUER);
    app.sign_in(&browser, "alice").await;
    let more = open(&browser, &app.request(&[("prompt", "none"), ("scope", "openid email")])).await;
    assert_eq!(parameter(&more, "error"), "consent_required");
    // Checked before anything is sent anywhere.
    let elsewhere = [("prompt", "none"), ("redirect_uri", "https://evil.example/")];
    let refused = open(&browser, &app.request(&elsewhere)).await;
    assert_eq!((refused.status, refused.header("location")), (400, None));
    assert!(text(&refused).contains("id=\"error-page\""));
}

#[tokio::test]
async fn r37_a_login_that_is_too_long_ago_is_asked_for_again_and_once() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = RelyingParty::new(&world).await;
    let browser = world.browser();
    app.sign_in(&browser, "alice").await;
    world.pass(100);
    for more in [("prompt", "login"), ("max_age", "60"), ("max_age", "0")] {
        let page = open(&browser, &app.request(&[more])).await;
        assert_eq!(form_action(&page).as_deref(), Some("/oauth2/login"), "{more:?}");
        let answer = submit(&browser, &page, &[("identifier", "alice"), ("password", PASSWORD)]).await;
        let tokens = app.redeem(&parameter(&answer, "code")).await.body;
        assert_eq!(claims(&tokens["id_token"])["auth_time"], json!(world.now().as_secs()), "{more:?}");
        world.pass(100);
    }
    let recent = open(&browser, &app.request(&[("max_age", "1000")])).await;
    assert_eq!(recent.status, 303);
}

#[tokio::test]
async fn r42_what_is_not_allowed_is_not_granted() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = RelyingParty::new(&world).await;
    let browser = world.browser();
    let login = open(&browser, &app.request(&[])).await;
    let consent = submit(&browser, &login, &[("identifier", "alice"), ("password", PASSWORD)]).await;
    assert!(text(&consent).contains("An application"));
    let denied = submit(&browser, &consent, &[("decision", "deny")]).await;
    assert_eq!(parameter(&denied, "error"), "access_denied");
}

#[tokio::test]
async fn a4_3_1_a_request_can_be_sent_as_a_form_and_answered_with_one() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = RelyingParty::new(&world).await;
    let browser = world.browser();
    let link = app.request(&[("response_mode", "form_post")]);
    let query = link.split_once('?').unwrap().1.to_owned();
    let sent = browser
        .send(
            browser
                .bare("POST", "/oauth2/authorize")
                .header("sec-fetch-site", "cross-site")
                .header("origin", "https://app.example")
                .header("content-type", "application/x-www-form-urlencoded")
                .raw(query),
        )
        .await;
    assert_eq!(sent.status, 303);
    let link = sent.header("location").unwrap().to_owned();
    let answer = visit(&browser, &link, "alice").await;
    assert_eq!((answer.status, form_action(&answer).as_deref()), (200, Some(CALLBACK)));
    let policy = answer.header("content-security-policy").unwrap();
    assert!(
        !policy.contains("form-action"),
        "where the application sends its user on is not known here: {policy}"
    );
    let hidden = super::relying_party::hidden(&answer);
    let code = &hidden.iter().find(|(name, _)| name == "code").unwrap().1;
    assert_eq!(app.redeem(code).await.status, 200);
}

#[tokio::test]
async fn r30_a_pushed_request_is_one_visitors_and_answered_once() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = RelyingParty::new(&world).await;
    let link = app.request(&[]);
    let form: Vec<(String, String)> =
        tegata_core::oauth::Parameters::parse(link.split_once('?').unwrap().1.as_bytes())
            .unwrap()
            .pairs()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let pushed = app.post("/oauth2/par", &form).await;
    assert_eq!(pushed.status, 201, "{}", pushed.body);
    assert!(pushed.body["expires_in"].as_u64().unwrap() <= 90);
    let uri = pushed.body["request_uri"].as_str().unwrap();
    let link = format!("/oauth2/authorize?client_id=app&request_uri={uri}");
    // Whatever looks at links before people do.
    assert_eq!(open(&world.browser(), &link).await.status, 200);
    let browser = world.browser();
    let first = open(&browser, &link).await;
    assert_eq!(form_action(&first).as_deref(), Some("/oauth2/login"));
    world.pass(60);
    assert_eq!(
        open(&world.browser(), &link).await.status,
        400,
        "somebody has begun with it, and it is not fresh"
    );
    let consent = submit(&browser, &first, &[("identifier", "alice"), ("password", PASSWORD)]).await;
    let answer = submit(&browser, &consent, &[("decision", "allow")]).await;
    assert_eq!(app.redeem(&parameter(&answer, "code")).await.status, 200);
    assert_eq!(open(&browser, &link).await.status, 400, "it was answered");
}

#[tokio::test]
async fn the_pages_of_a_pushed_request_speak_the_language_that_it_names() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = RelyingParty::new(&world).await;
    let link = app.request(&[("ui_locales", "ja"), ("response_mode", "form_post"), ("prompt", "consent")]);
    let asked = tegata_core::oauth::Parameters::parse(link.split_once('?').unwrap().1.as_bytes()).unwrap();
    let form: Vec<(&str, &str)> = asked.pairs().collect();
    let pushed = app.post("/oauth2/par", &form).await;
    let uri = pushed.body["request_uri"].as_str().unwrap();
    let browser = world.browser();
    // What stands beside it does not count.
    let link = format!("/oauth2/authorize?client_id=app&request_uri={uri}&ui_locales=en");
    let login = open(&browser, &link).await;
    let consent = submit(&browser, &login, &[("identifier", "alice"), ("password", PASSWORD)]).await;
    let answer = submit(&browser, &consent, &[("decision", "allow")]).await;
    assert_eq!(form_action(&answer).as_deref(), Some(CALLBACK));
    for page in [&login, &consent, &answer] {
        assert!(text(page).contains("<html lang=\"ja\">"), "{}", text(page));
    }
}

#[tokio::test]
async fn r3_v11_v20_no_tokens_come_from_the_authorization_endpoint_or_for_a_password() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = RelyingParty::new(&world).await;
    let browser = world.browser();
    for kind in ["token", "id_token", "code token", "code id_token token", "none"] {
        let answer = open(&browser, &app.request(&[("response_type", kind)])).await;
        assert_eq!(parameter(&answer, "error"), "unsupported_response_type", "{kind}");
    }
    // Nor by what a page's form brings back.
    let page = open(&browser, &app.request(&[])).await;
    let mut changed = page;
    changed.bytes = text(&changed).replace("response_type=code", "response_type=token").into();
    let typed = [("identifier", "alice"), ("password", PASSWORD)];
    let sent = super::relying_party::send_form(&browser, &changed, &typed, "/oauth2/login");
    assert_eq!(browser.send(sent).await.status, 303);
    assert_eq!(browser.cookie("tegata_session"), None);
    let form = [("grant_type", "password"), ("username", "alice"), ("password", PASSWORD)];
    assert_eq!(app.post("/oauth2/token", &form).await.body["error"], "unsupported_grant_type");
}

#[tokio::test]
async fn v19_a_scope_of_thousands_of_words_is_refused_unread() {
    let world = World::new().await;
    let app = RelyingParty::new(&world).await;
    let scope = (0..2000).fold(String::from("openid"), |scope, n| format!("{scope} s{n}"));
    let form = [("grant_type", "client_credentials"), ("scope", scope.as_str())];
    assert_eq!(app.post("/oauth2/token", &form).await.body["error"], "invalid_scope");
    // Read, it would be the one word that it repeats, and granted: what is too long is not looked into.
    let granted = |times: usize| {
        let scope = vec!["users:read"; times].join(" ");
        let app = &app;
        async move {
            let form = [("grant_type", "client_credentials"), ("scope", scope.as_str())];
            app.post("/oauth2/token", &form).await.body
        }
    };
    assert_eq!(granted(90).await["scope"], "users:read");
    assert_eq!(granted(100).await["error"], "invalid_scope");
}

#[tokio::test]
async fn v51_whoever_asks_for_more_than_a_password_is_not_served_with_a_fresh_one() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = RelyingParty::new(&world).await;
    let browser = world.browser();
    let claims = r#"{"id_token":{"acr":{"essential":true,"values":["urn:example:two-factors"]}}}"#;
    let answer = visit(&browser, &app.request(&[("claims", claims), ("max_age", "0")]), "alice").await;
    assert_eq!(parameter(&answer, "error"), "unmet_authentication_requirements");
}

#[tokio::test]
async fn v29_a_token_is_exchanged_for_whom_it_concerns_only() {
    use tegata_core::client::GrantType;
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = RelyingParty::new(&world).await;
    let stranger = RelyingParty::with(&world, "stranger", |client| {
        client.metadata.grant_types = GrantType::ALL.to_vec();
    })
    .await;
    let browser = world.browser();
    let tokens = app.sign_in(&browser, "alice").await;
    let form = |token: &'static str| {
        [
            ("grant_type", GrantType::TokenExchange.as_str()),
            ("subject_token", token),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ]
    };
    let access: &'static str = tokens["access_token"].as_str().unwrap().to_owned().leak();
    assert_eq!(stranger.post("/oauth2/token", &form(access)).await.body["error"], "invalid_request");
    assert_eq!(app.post("/oauth2/token", &form(access)).await.body["error"], "unauthorized_client");
}
