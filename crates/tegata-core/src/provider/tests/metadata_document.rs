//! Clients whose name is the address of their metadata.

use serde_json::{Value, json};

use super::World;
use crate::client::{
    ApplicationType, Client, ClientId, ClientMetadata, ClientOrigin, ClientStatus, GrantType,
};
use crate::oauth::{ErrorCode, OAuthError};
use crate::outbound::OutboundError;

const URL: &str = "https://app.example/client.json";

async fn world() -> World {
    World::with(|settings| settings.oauth.metadata_documents = true).await
}

fn document() -> Value {
    json!({
        "client_id": URL, "client_name": "App", "redirect_uris": ["http://127.0.0.1/callback"],
        "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
    })
}

async fn look(world: &World) -> Result<Option<Client>, OAuthError> {
    let client_id: ClientId = URL.parse().unwrap();
    world.provider.find_active_client(&client_id, world.now).await
}

async fn find(world: &World) -> Option<Client> {
    look(world).await.unwrap()
}

/// Whether nobody knows now whether there is such a client.
async fn is_unreachable(world: &World) -> bool {
    matches!(look(world).await, Err(OAuthError::Refused { code: ErrorCode::TemporarilyUnavailable, .. }))
}

#[tokio::test]
async fn r43_a_client_is_what_its_document_says_and_nobody_vouches_for_it() {
    let world = world().await;
    let mut described = document();
    described["skip_consent"] = json!(true);
    described["require_pkce"] = json!(false);
    described["scope"] = json!("openid users:read");
    described["grant_types"] = json!(["authorization_code", "client_credentials", "urn:example:other"]);
    described["backchannel_logout_uri"] = json!("https://app.example/logout");
    world.clients.serve(URL, &described, None);
    let client = find(&world).await.unwrap();
    assert_eq!(
        (client.origin, client.is_verified(), client.is_confidential()),
        (ClientOrigin::MetadataDocument, false, false)
    );
    assert_eq!(client.metadata.grant_types, [GrantType::AuthorizationCode]);
    assert_eq!(
        (client.metadata.application_type, client.metadata.scope.as_str()),
        (ApplicationType::Native, "openid")
    );
    assert!(client.metadata.require_pkce && !client.metadata.skip_consent);
    assert_eq!(client.metadata.backchannel_logout_uri, None);
}

#[tokio::test]
async fn v46_no_document_is_fetched_where_it_is_not_allowed() {
    let off = World::new().await;
    off.clients.serve(URL, &document(), None);
    assert_eq!((find(&off).await, off.clients.asked()), (None, 0));
}

#[tokio::test]
async fn a_document_that_is_not_the_clients_own_describes_nobody() {
    for (name, value) in [
        ("client_id", json!("https://app.example/client.json?")),
        ("client_id", json!("https://other.example/client.json")),
        ("client_id", json!(null)),
        ("client_secret", json!("x")),
        ("client_secret_expires_at", json!(0)),
        ("token_endpoint_auth_method", json!("client_secret_post")),
        ("token_endpoint_auth_method", json!("private_key_jwt")),
        ("redirect_uris", json!([])),
        ("redirect_uris", json!(["http://app.example/"])),
        ("jwks_uri", json!("https://169.254.169.254/latest")),
        ("client_name", json!("App\u{202e}")),
        ("policy_uri", json!("x".repeat(17_000))),
    ] {
        let world = world().await;
        let mut described = document();
        described[name] = value.clone();
        world.clients.serve(URL, &described, None);
        assert_eq!(find(&world).await, None, "{name}: {value}");
    }
    let world = world().await;
    world.clients.serve(URL, &document(), None);
    world.clients.documents.lock().unwrap().get_mut(URL).unwrap().media_type = Some("text/html".to_owned());
    assert_eq!(find(&world).await, None);
}

#[tokio::test]
async fn a_document_is_believed_for_five_minutes_to_an_hour() {
    for (max_age, life) in [(None, 300), (Some(0), 300), (Some(600), 600), (Some(1_000_000), 3600)] {
        let mut world = world().await;
        world.clients.serve(URL, &document(), max_age);
        let client = find(&world).await;
        world.clients.stop();
        world.pass(life - 1);
        assert_eq!((find(&world).await, world.clients.asked()), (client.clone(), 1), "{max_age:?}");
        world.pass(1);
        assert_eq!((look(&world).await.ok(), world.clients.asked()), ((life < 3600).then_some(client), 2));
        world.pass(3600 - life);
        assert!(is_unreachable(&world).await, "{max_age:?}");
    }
}

#[tokio::test]
async fn v58_a_document_that_cannot_be_had_is_an_outage_and_takes_no_client_away() {
    let mut world = world().await;
    world.clients.serve(URL, &document(), None);
    for failure in [
        OutboundError::NotAllowed,
        OutboundError::TimedOut,
        OutboundError::Connection,
        OutboundError::Status(503),
        OutboundError::Status(429),
    ] {
        world.clients.fail(URL, failure);
        assert!(is_unreachable(&world).await, "{failure:?}");
        world.pass(10);
    }
    world.clients.failure.lock().unwrap().clear();
    let client = find(&world).await;
    assert!(client.is_some());
    world.clients.fail(URL, OutboundError::TimedOut);
    world.pass(3599);
    assert_eq!(find(&world).await, client, "for an hour there is nothing better");
    world.pass(1);
    assert!(is_unreachable(&world).await);
}

#[tokio::test]
async fn v58_a_sector_that_cannot_be_asked_now_takes_no_client_away() {
    let sector = "https://sector.example/uris.json";
    let mut described = document();
    described["sector_identifier_uri"] = json!(sector);
    let mut world = world().await;
    world.clients.serve(URL, &described, None);
    assert!(is_unreachable(&world).await);
    world.clients.serve(sector, &described["redirect_uris"], None);
    world.pass(10);
    let client = find(&world).await;
    assert!(client.is_some());
    world.clients.fail(sector, OutboundError::Status(502));
    world.pass(3599);
    assert_eq!(find(&world).await, client, "for an hour there is nothing better");
    world.clients.fail(sector, OutboundError::Status(404));
    world.pass(10);
    assert_eq!(find(&world).await, None);
}

#[tokio::test]
async fn v14_what_its_owner_takes_away_is_gone_and_what_is_wrong_is_asked_for_again() {
    let mut world = world().await;
    world.clients.serve(URL, &document(), None);
    assert!(find(&world).await.is_some());
    world.clients.fail(URL, OutboundError::Status(404));
    world.pass(300);
    assert_eq!(find(&world).await, None);
    assert!(
        is_unreachable(&world).await,
        "no verdict is kept (Metadata Caching), and nobody is asked twice at once"
    );
    assert_eq!(world.clients.asked(), 2);
    world.clients.failure.lock().unwrap().clear();
    world.pass(10);
    assert!(find(&world).await.is_some());
}

#[tokio::test]
async fn v46_of_many_who_need_a_document_one_asks_for_it() {
    let world = world().await;
    world.clients.serve(URL, &document(), None);
    let (a, b, c) = tokio::join!(find(&world), find(&world), find(&world));
    assert!(a.is_some() && a == b && b == c);
    assert_eq!(world.clients.asked(), 1);
}

#[tokio::test]
async fn v46_the_page_says_no_more_of_a_name_than_that_it_cannot_be_had() {
    let mut said = Vec::new();
    for failure in [OutboundError::NotAllowed, OutboundError::TimedOut, OutboundError::Connection] {
        let world = world().await;
        world.clients.fail(URL, failure);
        said.push(look(&world).await.unwrap_err().to_string());
    }
    said.dedup();
    assert_eq!(said.len(), 1, "{said:?}");
}

#[tokio::test]
async fn v46_a_failure_is_not_asked_for_again_at_once_and_is_forgotten_soon() {
    let mut world = world().await;
    for _ in 0..3 {
        assert!(is_unreachable(&world).await);
    }
    assert_eq!(world.clients.asked(), 1);
    world.clients.serve(URL, &document(), None);
    world.pass(10);
    assert!(find(&world).await.is_some());
}

#[tokio::test]
async fn v14_an_operator_closes_a_client_by_registering_its_name() {
    let world = world().await;
    world.clients.serve(URL, &document(), None);
    let metadata = ClientMetadata {
        redirect_uris: vec!["https://app.example/cb".parse().unwrap()],
        ..ClientMetadata::default()
    };
    let client_id: ClientId = URL.parse().unwrap();
    let registered =
        world.provider.register_client(Some(client_id.clone()), metadata, &world.ctx()).await.unwrap();
    assert_eq!(find(&world).await, Some(registered.0));
    let close = |client: &mut Client| client.status = ClientStatus::Disabled;
    world.provider.change_client(&client_id, close, &world.ctx()).await.unwrap();
    assert_eq!((find(&world).await, world.clients.asked()), (None, 0));
}
