//! Logging out of everything, from a client and from the browser.

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use tegata_core::oauth::Parameters;
use tegata_jose::{JwkSet, Profile, VerifyingKeys, verify};
use tegata_outbound::HttpsOutbound;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::relying_party::{RelyingParty, claims, form_action, open, send_form, submit, text};
use crate::world::{Answer, Browser, ISSUER, World};

const AFTER: &str = "https://app.example/bye";

async fn relying_party(world: &World) -> RelyingParty<'_> {
    RelyingParty::with(world, "app", |client| {
        client.metadata.post_logout_redirect_uris = vec![AFTER.parse().unwrap()];
    })
    .await
}

fn address(parameters: &[(&str, &str)]) -> String {
    let pairs = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    format!("/oauth2/logout?{}", Parameters::new(pairs).unwrap().encode())
}

fn is_logged_in(browser: &Browser<'_>) -> bool {
    browser.cookie("tegata_session").is_some()
}

async fn has_ended(app: &RelyingParty<'_>, tokens: &Value) -> bool {
    app.refresh(tokens["refresh_token"].as_str().unwrap()).await.body["error"] == "invalid_grant"
}

fn is_error_page(answer: &Answer) -> bool {
    answer.status == 400 && text(answer).contains("id=\"error-page\"") && answer.header("location").is_none()
}

#[tokio::test]
async fn r40_a_client_logs_its_user_out_and_the_browser_goes_back_to_it() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = relying_party(&world).await;
    let browser = world.browser();
    let tokens = app.sign_in(&browser, "alice").await;
    let kept = browser.cookie("tegata_session").unwrap();
    let hint = tokens["id_token"].as_str().unwrap();
    let request = [("id_token_hint", hint), ("post_logout_redirect_uri", AFTER), ("state", "a b")];
    let answer = open(&browser, &address(&request)).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("https://app.example/bye?state=a+b")));
    assert!(!is_logged_in(&browser) && browser.cookie("tegata_flow").is_none());
    assert!(has_ended(&app, &tokens).await);
    // A copy of the cookie is worth nothing either.
    browser.cookies.lock().unwrap().insert("__Host-tegata_session".to_owned(), kept);
    let login = open(&browser, &app.request(&[])).await;
    assert_eq!(form_action(&login).as_deref(), Some("/oauth2/login"));
}

#[tokio::test]
async fn r40_a_form_of_a_client_goes_on_with_the_cookies_of_the_browser() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = relying_party(&world).await;
    let browser = world.browser();
    let tokens = app.sign_in(&browser, "alice").await;
    let hint = tokens["id_token"].as_str().unwrap();
    let request = address(&[("id_token_hint", hint), ("post_logout_redirect_uri", AFTER)]);
    // From another site: the browser keeps the cookie of its session to itself.
    let sent = world
        .call("POST", "/oauth2/logout")
        .header("origin", "https://app.example")
        .header("sec-fetch-site", "cross-site")
        .header("content-type", "application/x-www-form-urlencoded")
        .raw(request.split_once('?').unwrap().1.to_owned())
        .send()
        .await;
    assert_eq!((sent.status, sent.header("location")), (303, Some(request.as_str())));
    assert!(!has_ended(&app, &tokens).await, "nothing is decided without the cookie");
    let answer = open(&browser, sent.header("location").unwrap()).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some(AFTER)));
    assert!(!is_logged_in(&browser));
}

#[tokio::test]
async fn r40_without_an_id_token_the_user_decides() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = relying_party(&world).await;
    let browser = world.browser();
    let tokens = app.sign_in(&browser, "alice").await;
    let request = address(&[("client_id", "app"), ("post_logout_redirect_uri", AFTER), ("state", "s")]);
    let page = open(&browser, &request).await;
    let shown = text(&page);
    assert!(shown.contains("id=\"logout-confirm\"") && shown.contains("id=\"logout-cancel\""), "{shown}");
    assert!(shown.contains("An application") && shown.contains("alice"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        !policy.contains("form-action"),
        "where the application sends its user on is not known here: {policy}"
    );
    let stays = browser.send(send_form(&browser, &page, &[("decision", "cancel")], "/oauth2/logout")).await;
    assert_eq!((stays.status, stays.header("location")), (303, Some("/oauth2/apps")));
    assert!(is_logged_in(&browser) && !has_ended(&app, &tokens).await);
    let tokens = app.sign_in(&browser, "alice").await;
    let gone = submit(&browser, &page, &[("decision", "confirm")]).await;
    assert_eq!(gone.header("location"), Some("https://app.example/bye?state=s"));
    assert!(!is_logged_in(&browser) && has_ended(&app, &tokens).await);
}

#[tokio::test]
async fn r40_whoever_comes_by_themselves_is_asked_and_told_that_it_is_done() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = relying_party(&world).await;
    let browser = world.browser();
    app.sign_in(&browser, "alice").await;
    let page = open(&browser, "/oauth2/logout").await;
    let done = submit(&browser, &page, &[("decision", "confirm")]).await;
    assert_eq!((done.status, form_action(&done)), (200, None));
    assert!(text(&done).contains("role=\"status\"") && !is_logged_in(&browser));
    assert_eq!(open(&browser, "/oauth2/logout").await.status, 200);
}

#[tokio::test]
async fn r40_r46_v9_no_other_page_or_browser_gives_the_answer() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = relying_party(&world).await;
    let (alice, mallory) = (world.browser(), world.browser());
    app.sign_in(&alice, "alice").await;
    world.sign_up("mallory").await;
    app.sign_in(&mallory, "mallory").await;
    let theirs = open(&mallory, "/oauth2/logout").await;
    let confirm = [("decision", "confirm")];
    let sent = alice.send(send_form(&alice, &theirs, &confirm, "/oauth2/logout")).await;
    assert_eq!((sent.status, sent.header("location")), (303, Some("/oauth2/logout")), "asked again");
    assert!(is_logged_in(&alice));
    let own = open(&alice, "/oauth2/logout").await;
    let fields =
        super::relying_party::hidden(&own).into_iter().chain([("decision".to_owned(), "confirm".to_owned())]);
    let foreign = alice
        .bare("POST", "/oauth2/logout")
        .header("origin", "https://evil.example")
        .header("sec-fetch-site", "cross-site")
        .header("content-type", "application/x-www-form-urlencoded")
        .raw(Parameters::new(fields).unwrap().encode());
    alice.send(foreign).await.is_problem(403, "origin_refused");
    assert!(is_logged_in(&alice));
}

#[tokio::test]
async fn r40_v53_whoever_asks_for_another_address_gets_the_error_page_and_nobody_is_logged_out() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = relying_party(&world).await;
    let browser = world.browser();
    let tokens = app.sign_in(&browser, "alice").await;
    let hint = tokens["id_token"].as_str().unwrap();
    for request in [
        &[("id_token_hint", hint), ("post_logout_redirect_uri", "https://evil.example/")][..],
        &[("id_token_hint", hint), ("post_logout_redirect_uri", "https://app.example/callback")],
        &[("client_id", "app"), ("post_logout_redirect_uri", "https://app.example/bye?x")],
        &[("client_id", "nobody"), ("post_logout_redirect_uri", AFTER)],
        &[("post_logout_redirect_uri", AFTER)],
        &[("id_token_hint", "x"), ("post_logout_redirect_uri", AFTER)],
        &[("id_token_hint", tokens["access_token"].as_str().unwrap())],
        &[("id_token_hint", hint), ("client_id", "other")],
        &[("id_token_hint", hint), ("id_token_hint", hint)],
    ] {
        let answer = open(&browser, &address(request)).await;
        assert!(is_error_page(&answer), "{request:?}: {}", answer.status);
    }
    assert!(is_logged_in(&browser) && !has_ended(&app, &tokens).await);
}

#[tokio::test]
async fn v58_an_outage_is_no_logout() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = relying_party(&world).await;
    let browser = world.browser();
    let tokens = app.sign_in(&browser, "alice").await;
    let request = address(&[("id_token_hint", tokens["id_token"].as_str().unwrap())]);
    world.store.set_down(true);
    let answer = open(&browser, &request).await;
    assert_eq!(answer.status, 503);
    assert!(is_logged_in(&browser), "the browser can try again");
    world.store.set_down(false);
    assert_eq!(open(&browser, &request).await.status, 200);
    assert!(!is_logged_in(&browser) && has_ended(&app, &tokens).await);
}

#[tokio::test]
async fn r41_a_client_hears_of_a_logout_at_its_own_server() {
    let (sender, mut received) = mpsc::unbounded_channel();
    let take = |headers: HeaderMap, body: String| async move {
        sender.send((headers["content-type"].to_str().unwrap().to_owned(), body)).unwrap();
        StatusCode::NO_CONTENT
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/logged-out", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        axum::serve(listener, Router::new().route("/logged-out", post(take))).await.unwrap();
    });

    let world = World::with(|plan| plan.outbound = Arc::new(HttpsOutbound::new(true))).await;
    world.sign_up("alice").await;
    let app =
        RelyingParty::with(&world, "app", |client| client.metadata.backchannel_logout_uri = Some(uri)).await;
    let browser = world.browser();
    let tokens = app.sign_in(&browser, "alice").await;
    let hint = tokens["id_token"].as_str().unwrap();
    assert_eq!(open(&browser, &address(&[("id_token_hint", hint)])).await.status, 200);
    assert!(world.provider.take_new_notices());
    assert_eq!(world.provider.deliver_notices(world.now(), 10).await.unwrap(), 1);

    let (content_type, body) = received.recv().await.unwrap();
    assert_eq!(content_type, "application/x-www-form-urlencoded");
    let form = Parameters::parse(body.as_bytes()).unwrap();
    let jwks = world.get("/.well-known/jwks.json").send().await;
    let keys = VerifyingKeys::from_jwks(&JwkSet::parse(&jwks.bytes).unwrap());
    let profile = Profile::logout_token(ISSUER, "app", Arc::new(keys));
    let token = form.required("logout_token").unwrap();
    let token = verify(&profile, token, world.now().numeric_date()).unwrap();
    let id_token = claims(&tokens["id_token"]);
    assert_eq!(token.subject(), id_token["sub"].as_str());
    assert_eq!(token.session_id(), id_token["sid"].as_str());
    assert_eq!(world.provider.deliver_notices(world.now(), 10).await.unwrap(), 0, "it was told once");
    server.abort();
}
