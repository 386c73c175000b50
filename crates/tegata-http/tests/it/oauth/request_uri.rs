//! Request objects that are fetched from a client's own server (OIDC Core §6.2).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::routing::get;
use serde_json::json;
use tegata_jose::{Algorithm, SigningKey};
use tegata_outbound::HttpsOutbound;
use tokio::net::TcpListener;

use super::relying_party::{CALLBACK, claims, form_action, hidden, open, parameter, visit};
use super::request_object::{request, sign, signer_with};
use crate::world::World;

#[tokio::test]
async fn a_user_logs_in_on_a_request_that_is_fetched_once_from_its_client() {
    let world = World::with(|plan| {
        plan.outbound = Arc::new(HttpsOutbound::new(true));
        plan.rules.oauth.request_uris = true;
    })
    .await;
    world.sign_up("alice").await;
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    let mut claims_of = request(&world, "app");
    claims_of["response_mode"] = json!("form_post");
    let (object, fetches) = (sign(&key, &claims_of), Arc::new(AtomicUsize::new(0)));
    let counter = Arc::clone(&fetches);
    let serve = || async move {
        counter.fetch_add(1, Ordering::Relaxed);
        ([("content-type", "application/oauth-authz-req+jwt")], object)
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/request.jwt", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        axum::serve(listener, Router::new().route("/request.jwt", get(serve))).await.unwrap();
    });
    let app = signer_with(&world, "app", &key, |metadata| metadata.request_uris = vec![uri.clone()]).await;

    let browser = world.browser();
    let link = format!("/oauth2/authorize?client_id=app&request_uri={uri}");
    let answer = visit(&browser, &link, "alice").await;
    assert_eq!((answer.status, form_action(&answer).as_deref()), (200, Some(CALLBACK)));
    let fields = hidden(&answer);
    let field = |wanted: &str| fields.iter().find(|(name, _)| name == wanted).unwrap().1.as_str();
    assert_eq!(field("state"), "inner");
    let tokens = app.redeem(field("code")).await;
    assert_eq!(claims(&tokens.body["id_token"])["nonce"], json!("n-2"));
    assert_eq!(fetches.load(Ordering::Relaxed), 1);

    let other = format!("{uri}?other");
    let refused = open(&browser, &app.request(&[("request_uri", other.as_str())])).await;
    assert_eq!(parameter(&refused, "error"), "invalid_request_uri");
    assert_eq!(fetches.load(Ordering::Relaxed), 1);
    server.abort();
}

#[tokio::test]
async fn v46_the_metadata_say_whether_requests_are_fetched() {
    for is_on in [false, true] {
        let world = World::with(|plan| plan.rules.oauth.request_uris = is_on).await;
        let metadata = world.get("/.well-known/openid-configuration").send().await.body;
        assert_eq!(metadata["request_uri_parameter_supported"], json!(is_on));
        assert_eq!(metadata["require_request_uri_registration"], json!(is_on));
    }
}
