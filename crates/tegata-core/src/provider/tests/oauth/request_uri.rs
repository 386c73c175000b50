//! Request objects that are fetched from where clients have registered them (OIDC Core §6.2).

use super::request_object::{OTHER_URI, Signer, asked, shown, told, unsigned};
use super::*;
use crate::outbound::{Document, OutboundError};

const URI: &str = "https://app.example/request.jwt";

async fn fetching() -> World {
    world_with(|oauth| oauth.request_uris = true).await
}

fn registered(metadata: &mut ClientMetadata) {
    metadata.request_uris = vec![format!("{URI}#v1")];
}

fn serve(world: &World, object: &str, media_type: &str) {
    let media_type = Some(media_type.to_owned());
    let document = Document { body: object.as_bytes().to_vec(), media_type, max_age: None };
    world.clients.documents.lock().unwrap().insert(URI.to_owned(), document);
}

fn naming(app: &Signer, uri: &str) -> Parameters {
    parameters(&[("client_id", app.party.id()), ("request_uri", uri)])
}

#[tokio::test]
async fn a_fetched_request_is_what_its_object_says_signed_or_not() {
    let mut world = fetching().await;
    let app = Signer::new(&world, "app", registered).await;
    let object = format!("{}\n", app.signed(&world, &json!({"redirect_uri": OTHER_URI})));
    serve(&world, &object, "application/oauth-authz-req+jwt");
    let outer = request(&app.party, &[("request_uri", URI), ("state", "outer")]);
    for parameters in [naming(&app, URI), outer] {
        let asked = asked(&world, &parameters).await;
        assert_eq!(asked.target.redirect_uri, OTHER_URI);
        assert_eq!(asked.target.state.as_deref(), Some("inner"), "RFC 9101 §6.3");
        let opened = asked.opened.unwrap();
        assert!(opened.is_signed && !opened.parameters.has("request_uri"), "it is fetched once");
    }
    assert_eq!(world.clients.asked(), 1);

    world.pass(10);
    serve(&world, &unsigned(&json!({"response_mode": "form_post", "max_age": 60})), "application/jwt");
    let asked = asked(&world, &request(&app.party, &[("request_uri", URI), ("state", "outer")])).await;
    assert_eq!((asked.max_age, asked.target.state.as_deref()), (Some(60), Some("outer")), "OIDC Core §6.1");
    let opened = asked.opened.unwrap();
    assert!(!opened.is_signed && !opened.parameters.has("request_uri"));
}

#[tokio::test]
async fn who_signs_always_is_not_believed_unsigned_wherever_the_object_came_from() {
    let world = fetching().await;
    let app = Signer::new(&world, "app", |metadata| {
        registered(metadata);
        metadata.require_signed_request_object = true;
    })
    .await;
    serve(&world, &unsigned(&app.claims(&world, &json!({}))), "application/jwt");
    let told = told(&world, &request(&app.party, &[("request_uri", URI)])).await;
    assert_eq!(told.0, ErrorCode::InvalidRequestObject);
}

#[tokio::test]
async fn v46_nothing_is_fetched_but_what_the_client_has_registered() {
    let world = fetching().await;
    let (app, other) =
        (Signer::new(&world, "app", registered).await, Signer::new(&world, "other", |_| {}).await);
    for uri in [
        "https://app.example/other.jwt",
        "https://app.example/request.jwt?",
        "https://APP.example/request.jwt",
        "https://app.example/request.jwt/",
        "https://169.254.169.254/latest/meta-data",
        "http://app.example/request.jwt",
        "urn:ietf:params:oauth:request_uri",
        &format!("{URI}#{}", "x".repeat(512)),
    ] {
        let told = told(&world, &request(&app.party, &[("request_uri", uri), ("state", "outer")])).await;
        let expected = (ErrorCode::InvalidRequestUri, REDIRECT_URI.to_owned(), Some("outer".to_owned()));
        assert_eq!(told, expected, "{uri}");
        assert_eq!(shown(&world, &naming(&app, uri)).await, ErrorCode::InvalidRequestUri);
    }
    assert_eq!(shown(&world, &naming(&other, URI)).await, ErrorCode::InvalidRequestUri);
    let twice = naming(&app, URI).with("request_uri", URI);
    assert_eq!(shown(&world, &twice).await, ErrorCode::InvalidRequest);
    let pushed = world.prove(&app.party).await.unwrap();
    let pushed = world.provider.push_request(&pushed, &naming(&app, URI), None, &world.ctx()).await;
    assert_eq!(refusal(pushed), ErrorCode::InvalidRequest, "RFC 9126 §2.1");
    assert_eq!(world.clients.asked(), 0);
}

#[tokio::test]
async fn a_pushed_request_stays_one_where_others_are_fetched() {
    let world = fetching().await;
    let app = Signer::new(&world, "app", registered).await;
    let client = world.prove(&app.party).await.unwrap();
    let pushed = request(&app.party, &[("state", "pushed")]);
    let (uri, _) = world.provider.push_request(&client, &pushed, None, &world.ctx()).await.unwrap();
    assert_eq!(asked(&world, &naming(&app, &uri)).await.target.state.as_deref(), Some("pushed"));
    let must = Signer::new(&world, "must", |metadata| {
        registered(metadata);
        metadata.require_pushed_authorization_requests = true;
    })
    .await;
    serve(&world, &must.signed(&world, &json!({})), "application/jwt");
    assert_eq!(told(&world, &naming(&must, URI)).await.0, ErrorCode::InvalidRequest);
}

#[tokio::test]
async fn v46_v58_a_server_is_asked_once_in_a_while_and_its_outage_is_no_verdict() {
    let mut world = fetching().await;
    let app = Signer::new(&world, "app", registered).await;
    let parameters = request(&app.party, &[("request_uri", URI)]);
    for failure in [OutboundError::TimedOut, OutboundError::Status(503), OutboundError::NotAllowed] {
        world.clients.fail(URI, failure);
        for _ in 0..5 {
            assert_eq!(told(&world, &parameters).await.0, ErrorCode::TemporarilyUnavailable);
        }
        world.pass(10);
    }
    assert_eq!(world.clients.asked(), 3);
    for failure in [OutboundError::Status(404), OutboundError::Status(302), OutboundError::TooLarge] {
        world.clients.fail(URI, failure);
        assert_eq!(told(&world, &parameters).await.0, ErrorCode::InvalidRequestUri);
        world.pass(10);
    }
    world.clients.failure.lock().unwrap().clear();
    let good = app.signed(&world, &json!({"exp": world.now.as_secs() + 3600}));
    for media_type in ["text/html", "application/json"] {
        serve(&world, &good, media_type);
        assert_eq!(told(&world, &parameters).await.0, ErrorCode::InvalidRequestUri);
        world.pass(10);
    }
    serve(&world, &good, "application/jwt");
    assert_eq!(asked(&world, &parameters).await.nonce.as_deref(), Some("n"));
    // Another fragment says that there is another object (OIDC Core §6.2).
    serve(&world, &app.signed(&world, &json!({"nonce": "new"})), "application/jwt");
    assert_eq!(asked(&world, &parameters).await.nonce.as_deref(), Some("n"));
    let fresh = format!("{URI}#v2");
    let fresh = request(&app.party, &[("request_uri", fresh.as_str())]);
    assert_eq!(asked(&world, &fresh).await.nonce.as_deref(), Some("new"));
    serve(&world, "{}", "application/jwt");
    world.pass(10);
    assert_eq!(told(&world, &parameters).await.0, ErrorCode::InvalidRequestObject);
}
