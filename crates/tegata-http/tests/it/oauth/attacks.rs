//! Attacks of RFC 9700 §4 that no other test is about.

use std::collections::BTreeSet;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::device::television;
use super::relying_party::{
    CALLBACK, RelyingParty, claims, form_action, hidden, open, parameter, send_form, submit, text, visit,
};
use crate::schema::OPENAPI;
use crate::world::{Answer, Browser, HTML, ISSUER, PASSWORD, World};

const ALICE: [(&str, &str); 2] = [("identifier", "alice"), ("password", PASSWORD)];
const DEVICE: &str = "/oauth2/device";

#[tokio::test]
async fn a4_2_a4_16_no_page_tells_its_address_or_is_framed() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let (app, tv) = (RelyingParty::new(&world).await, television(&world).await);
    let browser = world.browser();
    let mut pages = vec![
        open(&browser, &app.request(&[("client_id", "nobody")])).await,
        open(&browser, &app.request(&[("prompt", "create")])).await,
        open(&browser, &app.request(&[])).await,
    ];
    pages.push(submit(&browser, &pages[2], &ALICE).await);
    world.pass(1);
    pages.push(open(&browser, &app.request(&[("prompt", "select_account")])).await);
    let device = tv.post("/oauth2/device_authorization", &[]).await.body;
    let code = device["user_code"].as_str().unwrap();
    pages.push(open(&browser, DEVICE).await);
    pages.push(open(&browser, &format!("{DEVICE}?user_code={code}")).await);
    pages.push(submit(&browser, pages.last().unwrap(), &[("decision", "deny")]).await);
    pages.push(visit(&browser, &app.request(&[("response_mode", "form_post")]), "alice").await);
    pages.push(open(&browser, "/oauth2/apps").await);
    pages.push(open(&browser, "/oauth2/logout").await);
    pages.push(submit(&browser, pages.last().unwrap(), &[("decision", "confirm")]).await);

    let title =
        |page| text(page).split_once("<title>").unwrap().1.split("</title>").next().unwrap().to_owned();
    let titles: BTreeSet<String> = pages.iter().map(title).collect();
    assert_eq!(titles.len(), pages.len(), "each is a page of its own: {titles:?}");
    for page in &pages {
        let html = text(page);
        assert_eq!(page.header("content-type"), Some(HTML), "{html}");
        // To our own pages they may say where a form comes from.
        let policy = page.header("referrer-policy");
        assert!(matches!(policy, Some("no-referrer" | "same-origin")), "{policy:?}: {html}");
        assert!(!html.contains("referrer"), "nothing in the page takes it back: {html}");
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    }
}

#[tokio::test]
async fn a4_3_2_an_access_token_in_an_address_is_none() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = RelyingParty::new(&world).await;
    let tokens = app.sign_in(&world.browser(), "alice").await;
    let of_client = tokens["access_token"].as_str().unwrap();
    let own = world.login("alice").await.access;
    for (method, path, token) in [
        ("GET", "/oauth2/userinfo", of_client),
        ("POST", "/oauth2/userinfo", of_client),
        ("GET", "/users/me", &own),
        ("GET", "/api/protected", &own),
    ] {
        assert_eq!(world.call(method, path).bearer(token).send().await.status, 200, "{path}");
        let answer = world.call(method, &format!("{path}?access_token={token}")).send().await;
        assert_eq!(answer.status, 401, "{method} {path}");
    }
}

#[tokio::test]
async fn a4_4_a4_7_every_answer_brings_the_state_back_and_names_its_issuer() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = RelyingParty::new(&world).await;
    for state in ["xyz", "a b+c&d=e%20;?#/", "\"'<>\\", "手形"] {
        let browser = world.browser();
        let with = |more: &[(&str, &str)]| app.request(&[&[("state", state)], more].concat());
        let silent = open(&browser, &with(&[("prompt", "none")])).await;
        let login = open(&browser, &with(&[("prompt", "consent")])).await;
        let consent = submit(&browser, &login, &ALICE).await;
        let denied = submit(&browser, &consent, &[("decision", "deny")]).await;
        let granted = visit(&browser, &with(&[]), "alice").await;
        for (answer, has) in [(&silent, "error"), (&denied, "error"), (&granted, "code")] {
            assert!(!parameter(answer, has).is_empty());
            assert_eq!(
                (parameter(answer, "state"), parameter(answer, "iss")),
                (state.to_owned(), ISSUER.to_owned())
            );
        }
        let posted = visit(&browser, &with(&[("response_mode", "form_post")]), "alice").await;
        let sent = |name: &str| hidden(&posted).into_iter().find(|(known, _)| known == name).unwrap().1;
        assert_eq!(sent("iss"), ISSUER);
        let written = sent("state").replace("&#39;", "'").replace("&gt;", ">");
        assert_eq!(written, state, "{}", text(&posted));
    }
    // Without one, none is made up.
    let silent = open(&world.browser(), &app.request(&[("prompt", "none"), ("state", "")])).await;
    assert!(!silent.header("location").unwrap().contains("state"));
}

#[tokio::test]
async fn a4_6_an_id_token_names_the_access_token_that_came_with_it() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = RelyingParty::new(&world).await;
    let first = app.sign_in(&world.browser(), "alice").await;
    let refreshed = app.refresh(first["refresh_token"].as_str().unwrap()).await.body;
    let hash = |tokens: &serde_json::Value| {
        // OIDC Core §3.1.3.6, for ES256.
        let hash = digest(&SHA256, tokens["access_token"].as_str().unwrap().as_bytes());
        json!(URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16]))
    };
    for tokens in [&first, &refreshed] {
        assert_eq!(claims(&tokens["id_token"])["at_hash"], hash(tokens));
    }
    assert_ne!(hash(&first), hash(&refreshed), "one put in the place of the other is noticed");
}

/// Sends the form of a page: where to, and the answer.
async fn send(browser: &Browser<'_>, page: &Answer, typed: &[(&str, &str)]) -> (String, Answer) {
    let action = form_action(page).unwrap_or_else(|| panic!("{}", text(page)));
    let answer = browser.send(send_form(browser, page, typed, &action)).await;
    (action, answer)
}

#[tokio::test]
async fn a4_12_no_form_is_answered_by_a_redirect_that_repeats_it() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let (app, tv) = (RelyingParty::new(&world).await, television(&world).await);
    let device = tv.post("/oauth2/device_authorization", &[]).await.body;
    let code = device["user_code"].as_str().unwrap();
    let browser = world.browser();
    let mut sent = Vec::new();
    for (link, typed) in [
        (app.request(&[("prompt", "create")]), &[("username", "bobby"), ("password", "")][..]),
        (app.request(&[]), &[("identifier", "alice"), ("password", "wrong")]),
        (app.request(&[]), &ALICE),
        (app.request(&[]), &[("decision", "allow")]),
        (app.request(&[("prompt", "consent")]), &[("decision", "deny")]),
        (app.request(&[("prompt", "select_account")]), &[]),
        (DEVICE.to_owned(), &[("user_code", "BCDF-GHJK")]),
        (format!("{DEVICE}?user_code={code}"), &[("decision", "deny")]),
        ("/oauth2/apps".to_owned(), &[]),
        ("/oauth2/logout".to_owned(), &[("decision", "confirm")]),
    ] {
        world.pass(1);
        sent.push(send(&browser, &open(&browser, &link).await, typed).await);
    }
    let link = app.request(&[]);
    let (path, query) = link.split_once('?').unwrap();
    let form = browser.bare("POST", path).header("content-type", "application/x-www-form-urlencoded");
    sent.push((path.to_owned(), browser.send(form.raw(query.to_owned())).await));
    for (path, answer) in &sent {
        assert_eq!(answer.status, 303, "{path}: {}", text(answer));
    }

    // Every form there is was sent, and no path answers an empty one otherwise.
    let forms: BTreeSet<&str> = sent.iter().map(|(path, _)| path.as_str()).collect();
    for (path, methods) in OPENAPI["paths"].as_object().unwrap() {
        let Some(responses) = methods["post"]["responses"].as_object() else { continue };
        assert!(
            !responses.keys().any(|status| matches!(status.as_str(), "301" | "302" | "307" | "308")),
            "{path}"
        );
        assert_eq!(responses.contains_key("303"), forms.contains(path.as_str()), "{path}");
        let empty = world.call("POST", path).header("sec-fetch-site", "same-origin").send().await;
        assert!(empty.status == 303 || !(300..400).contains(&empty.status), "{path}: {}", empty.status);
    }
}

#[tokio::test]
async fn a4_17_no_answer_is_a_message_to_a_window() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = RelyingParty::new(&world).await;
    let browser = world.browser();
    for mode in ["web_message", "fragment", "jwt", "query.jwt", "none"] {
        let answer = open(&browser, &app.request(&[("response_mode", mode)])).await;
        assert_eq!(parameter(&answer, "error"), "invalid_request", "{mode}");
        assert!(answer.header("location").unwrap().starts_with(&format!("{CALLBACK}?")), "{mode}");
    }
    let login = open(&browser, &app.request(&[])).await;
    assert!(!text(&login).contains("<script"));
    let modes = &world.get("/.well-known/openid-configuration").send().await.body["response_modes_supported"];
    assert_eq!(modes, &json!(["query", "form_post"]));
}
