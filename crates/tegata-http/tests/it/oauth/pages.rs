//! The pages, as browsers and those who would trick them meet them.

use super::relying_party::{RelyingParty, form_action, hidden, open, send_form, submit, text};
use crate::world::{PASSWORD, World};

#[tokio::test]
async fn r60_v18_a_login_that_fails_looks_the_same_for_everybody() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = RelyingParty::new(&world).await;
    let mut pages = Vec::new();
    for (name, password) in [("alice", "not the password at all"), ("nobody", PASSWORD), ("", "")] {
        let browser = world.browser();
        let login = open(&browser, &app.request(&[])).await;
        let page = submit(&browser, &login, &[("identifier", name), ("password", password)]).await;
        assert_eq!(form_action(&page).as_deref(), Some("/oauth2/login"));
        let mut shown = text(&page);
        for (_, value) in hidden(&page) {
            shown = shown.replace(&value.replace('&', "&amp;"), "…");
        }
        pages.push(shown);
    }
    assert!(pages[0].contains("role=\"alert\""));
    assert!(pages.windows(2).all(|pair| pair[0] == pair[1]));
}

#[tokio::test]
async fn v9_v10_a_form_is_good_in_the_browser_and_for_the_request_that_it_was_made_for() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = RelyingParty::new(&world).await;
    let (thief, victim) = (world.browser(), world.browser());
    let page = open(&thief, &app.request(&[])).await;
    let typed = [("identifier", "alice"), ("password", PASSWORD)];
    // The victim's browser has no cookie of this flow, or that of another.
    let sent = victim.send(send_form(&victim, &page, &typed, "/oauth2/login")).await;
    assert_eq!((sent.status, victim.cookie("tegata_session")), (400, None));
    open(&victim, &app.request(&[])).await;
    let sent = victim.send(send_form(&victim, &page, &typed, "/oauth2/login")).await;
    assert_eq!((sent.status, victim.cookie("tegata_session")), (303, None), "back to the beginning");
    // Nor for another request.
    let other = text(&page).replace("state=xyz", "state=abc");
    let mut changed = page;
    changed.bytes = other.into();
    let sent = thief.send(send_form(&thief, &changed, &typed, "/oauth2/login")).await;
    assert_eq!((sent.status, thief.cookie("tegata_session")), (303, None));
}

#[tokio::test]
async fn a4_7_r46_no_page_of_a_stranger_sends_our_forms() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = RelyingParty::new(&world).await;
    let browser = world.browser();
    let page = open(&browser, &app.request(&[])).await;
    let fields = hidden(&page)
        .into_iter()
        .chain([("identifier".to_owned(), "alice".to_owned()), ("password".to_owned(), PASSWORD.to_owned())]);
    let body = tegata_core::oauth::Parameters::new(fields).unwrap().encode();
    let sent = browser
        .send(
            browser
                .bare("POST", "/oauth2/login")
                .header("origin", "https://evil.example")
                .header("sec-fetch-site", "cross-site")
                .header("content-type", "application/x-www-form-urlencoded")
                .raw(body),
        )
        .await;
    sent.is_problem(403, "origin_refused");
}

#[tokio::test]
async fn a4_16_r48_r49_pages_are_framed_by_nobody_and_a_login_makes_a_new_session() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = RelyingParty::new(&world).await;
    let browser = world.browser();
    let page = open(&browser, &app.request(&[])).await;
    let policy = page.header("content-security-policy").unwrap();
    for part in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(
        !policy.contains("form-action"),
        "where the application sends its user on is not known here: {policy}"
    );
    let own = open(&browser, "/oauth2/apps").await;
    assert!(own.header("content-security-policy").unwrap().contains("form-action 'self';"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let typed = [("identifier", "alice"), ("password", PASSWORD)];
    let sent = browser.send(send_form(&browser, &page, &typed, "/oauth2/login")).await;
    let (_, attributes) = &sent.set_cookies()["__Host-tegata_session"];
    assert!(attributes.starts_with("Path=/; Secure; HttpOnly; SameSite=Lax"), "{attributes}");
    let first = browser.cookie("tegata_session").unwrap();
    world.pass(1);
    let again = open(&browser, &app.request(&[("prompt", "login")])).await;
    submit(&browser, &again, &typed).await;
    assert_ne!(browser.cookie("tegata_session").unwrap(), first);
}

#[tokio::test]
async fn a4_1_a4_11_2_r1_v53_whoever_asks_for_another_address_gets_the_error_page_and_nobody_is_sent_there() {
    let world = World::new().await;
    let app = RelyingParty::new(&world).await;
    let browser = world.browser();
    for more in [
        ("redirect_uri", "https://evil.example/"),
        ("redirect_uri", "https://app.example/callback?x"),
        ("redirect_uri", "javascript:alert(1)"),
        ("client_id", "nobody"),
        ("client_id", ""),
        ("redirect_uri", ""),
    ] {
        let answer = open(&browser, &app.request(&[more])).await;
        assert!(matches!(answer.status, 400 | 404), "{more:?}: {}", answer.status);
        assert!(text(&answer).contains("id=\"error-page\"") && answer.header("location").is_none());
    }
}

#[tokio::test]
async fn whoever_has_no_account_makes_one_on_the_way() {
    let world = World::new().await;
    let app = RelyingParty::new(&world).await;
    let browser = world.browser();
    let login = open(&browser, &app.request(&[])).await;
    let html = text(&login);
    let (_, rest) = html.split_once("href=\"/oauth2/signup?").unwrap();
    let link = format!("/oauth2/signup?{}", rest.split('"').next().unwrap().replace("&amp;", "&"));
    let page = open(&browser, &link).await;
    let short = submit(&browser, &page, &[("username", "al"), ("password", "short")]).await;
    assert!(text(&short).contains("id=\"username-error\"") && text(&short).contains("id=\"password-error\""));
    let consent = submit(&browser, &short, &[("username", "alice"), ("password", PASSWORD)]).await;
    assert_eq!(form_action(&consent).as_deref(), Some("/oauth2/consent"), "{}", text(&consent));
}

#[tokio::test]
async fn whoever_was_sent_to_sign_up_and_has_an_account_gets_to_the_login_page() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = RelyingParty::new(&world).await;
    let browser = world.browser();
    let signup = open(&browser, &app.request(&[("prompt", "create")])).await;
    assert_eq!(form_action(&signup).as_deref(), Some("/oauth2/signup"));
    let html = text(&signup);
    let (_, rest) = html.split_once("href=\"/oauth2/authorize?").unwrap();
    let link = format!("/oauth2/authorize?{}", rest.split('"').next().unwrap().replace("&amp;", "&"));
    let login = open(&browser, &link).await;
    assert_eq!(form_action(&login).as_deref(), Some("/oauth2/login"), "{}", text(&login));
    let typed = [("identifier", "alice"), ("password", PASSWORD)];
    let consent = submit(&browser, &login, &typed).await;
    assert_eq!(form_action(&consent).as_deref(), Some("/oauth2/consent"), "{}", text(&consent));
}

#[tokio::test]
async fn the_error_page_names_its_request_and_speaks_the_language_that_was_asked_for() {
    let world = World::new().await;
    let app = RelyingParty::new(&world).await;
    let address = app.request(&[("client_id", "nobody"), ("ui_locales", "ja")]);
    let browser = world.browser();
    let page = browser.send(browser.bare("GET", &address).header("x-request-id", "of-a-stranger")).await;
    let html = text(&page);
    assert!(html.contains("<html lang=\"ja\">"), "{html}");
    let id = page.header("x-request-id").unwrap();
    assert!(id != "of-a-stranger" && html.contains(&format!("<code>{id}</code>")), "{html}");
}

#[tokio::test]
async fn r42_a_user_sees_what_they_allowed_and_takes_it_back() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = RelyingParty::new(&world).await;
    let browser = world.browser();
    let tokens = app.sign_in(&browser, "alice").await;
    let apps = open(&browser, "/oauth2/apps").await;
    assert!(text(&apps).contains("An application") && text(&apps).contains("id=\"revoke-1\""));
    let after = submit(&browser, &apps, &[]).await;
    assert!(!text(&after).contains("An application"), "{}", text(&after));
    let refresh = app.refresh(tokens["refresh_token"].as_str().unwrap()).await;
    assert_eq!(refresh.body["error"], "invalid_grant");
}
