//! What an operator does with clients.

use std::time::Duration;

use serde_json::json;

use super::World;
use crate::audit::AuditAction;
use crate::client::{
    AuthMethod, Client, ClientId, ClientMetadata, ClientSecret, ClientSecretHash, ClientStatus, GrantType,
    SubjectType,
};
use crate::outbound::OutboundError;
use crate::provider::oauth::{ClientError, PresentedClient};

fn metadata() -> ClientMetadata {
    ClientMetadata {
        redirect_uris: vec!["https://app.example/cb".parse().unwrap()],
        scope: "openid".parse().unwrap(),
        ..ClientMetadata::default()
    }
}

async fn proves(world: &World, client: &Client, secret: &ClientSecret) -> bool {
    let presented = PresentedClient::Basic {
        client_id: client.client_id.to_string(),
        secret: secret.expose().to_owned().into(),
    };
    world.provider.authenticate_client(presented, &world.ctx()).await.is_ok()
}

#[tokio::test]
async fn r10_a_secret_that_follows_another_overlaps_with_it_and_no_third_is_alive() {
    let mut world = World::new().await;
    let (client, first) = world.provider.register_client(None, metadata(), &world.ctx()).await.unwrap();
    let first = first.unwrap();
    assert!(proves(&world, &client, &first).await);
    let hour = Duration::from_hours(1);
    let id = &client.client_id;
    let (_, second) = world.provider.rotate_client_secret(id, hour, &world.ctx()).await.unwrap();
    assert!(proves(&world, &client, &first).await && proves(&world, &client, &second).await);
    let (_, third) = world.provider.rotate_client_secret(id, hour, &world.ctx()).await.unwrap();
    assert!(!proves(&world, &client, &first).await);
    world.pass(3600);
    assert!(!proves(&world, &client, &second).await);
    assert!(proves(&world, &client, &third).await);
    let (after, fourth) =
        world.provider.rotate_client_secret(id, Duration::ZERO, &world.ctx()).await.unwrap();
    assert!(!proves(&world, &client, &third).await && proves(&world, &client, &fourth).await);
    assert_eq!(after.secrets.len(), 2);
}

#[tokio::test]
async fn v34_r9_a_client_is_known_by_its_own_secret_in_its_own_way() {
    let world = World::new().await;
    let (client, secret) = world.provider.register_client(None, metadata(), &world.ctx()).await.unwrap();
    let secret = secret.unwrap();
    let (_, other) = world.provider.register_client(None, metadata(), &world.ctx()).await.unwrap();
    assert!(!proves(&world, &client, &other.unwrap()).await);
    for wrong in ["", &secret.expose()[..46], "tgc_"] {
        let client_id = client.client_id.to_string();
        let presented = PresentedClient::Basic { client_id, secret: wrong.to_owned().into() };
        assert!(world.provider.authenticate_client(presented, &world.ctx()).await.is_err());
    }
    let client_id = client.client_id.to_string();
    let ways = [
        PresentedClient::Post { client_id: client_id.clone(), secret: secret.expose().to_owned().into() },
        PresentedClient::Public { client_id },
    ];
    for presented in ways {
        assert!(world.provider.authenticate_client(presented, &world.ctx()).await.is_err());
    }
}

#[tokio::test]
async fn v14_a_closed_client_proves_nothing_until_it_is_opened() {
    let world = World::new().await;
    let (client, secret) = world.provider.register_client(None, metadata(), &world.ctx()).await.unwrap();
    let secret = secret.unwrap();
    let id = &client.client_id;
    let set = |status| move |client: &mut Client| client.status = status;
    world.provider.change_client(id, set(ClientStatus::Disabled), &world.ctx()).await.unwrap();
    assert_eq!(world.audit.last().action, AuditAction::ClientDisabled);
    assert!(!proves(&world, &client, &secret).await);
    world.provider.change_client(id, set(ClientStatus::Active), &world.ctx()).await.unwrap();
    assert!(proves(&world, &client, &secret).await);
    world.provider.delete_client(id, &world.ctx()).await.unwrap();
    assert!(!proves(&world, &client, &secret).await);
    assert!(matches!(world.provider.delete_client(id, &world.ctx()).await, Err(ClientError::NotFound)));
}

#[tokio::test]
async fn a_name_is_given_once_and_our_own_to_nobody() {
    let world = World::new().await;
    let own = world.provider.settings().tokens.client_id.clone();
    let register = async |name: &str| {
        world.provider.register_client(Some(name.parse().unwrap()), metadata(), &world.ctx()).await
    };
    assert!(register("app").await.is_ok());
    for taken in ["app", &own] {
        assert!(matches!(register(taken).await, Err(ClientError::Taken)), "{taken}");
    }
}

#[tokio::test]
async fn r8_a_change_is_checked_like_a_registration() {
    let world = World::new().await;
    let public = ClientMetadata { token_endpoint_auth_method: AuthMethod::None, ..metadata() };
    let (client, secret) = world.provider.register_client(None, public, &world.ctx()).await.unwrap();
    assert!(secret.is_none());
    let change = |client: &mut Client| client.metadata.require_pkce = false;
    let changed = world.provider.change_client(&client.client_id, change, &world.ctx()).await;
    assert!(matches!(changed, Err(ClientError::Invalid(problems)) if problems.len() == 1));
    assert_eq!(world.provider.client(&client.client_id).await.unwrap(), client);
}

#[tokio::test]
async fn r39_a_sector_is_that_of_clients_whose_redirect_uris_it_lists() {
    let world = World::new().await;
    let sector = "https://sector.example/uris.json";
    let pairwise = ClientMetadata {
        subject_type: SubjectType::Pairwise,
        sector_identifier_uri: Some(sector.to_owned()),
        ..metadata()
    };
    let register = async || world.provider.register_client(None, pairwise.clone(), &world.ctx()).await;
    assert!(matches!(register().await, Err(ClientError::SectorUnreachable(OutboundError::Connection))));
    world.clients.fail(sector, OutboundError::Status(404));
    assert!(matches!(register().await, Err(ClientError::Invalid(_))), "not there");
    world.clients.failure.lock().unwrap().clear();
    for other in [json!([]), json!(["https://app.example/cb/"]), json!({"a": "https://app.example/cb"})] {
        world.clients.serve(sector, &other, None);
        assert!(matches!(register().await, Err(ClientError::Invalid(_))), "{other}");
    }
    world.clients.serve(sector, &json!(["https://b.example/", "https://app.example/cb"]), None);
    assert!(register().await.is_ok());
    // All of nothing is listed everywhere.
    let nowhere = ClientMetadata {
        redirect_uris: Vec::new(),
        grant_types: vec![GrantType::DeviceCode],
        ..pairwise.clone()
    };
    let refused = world.provider.register_client(None, nowhere, &world.ctx()).await;
    assert!(matches!(refused, Err(ClientError::Invalid(_))));
}

#[tokio::test]
async fn v16_what_a_file_says_of_a_client_is_so_and_does_not_open_it() {
    let world = World::new().await;
    let id: ClientId = "app".parse().unwrap();
    let secret = ClientSecretHash::of("a secret of the operator");
    let apply = async |metadata: ClientMetadata, secret: &ClientSecretHash| {
        let secret = Some(secret.clone());
        world.provider.apply_client(id.clone(), metadata, secret, &world.ctx()).await
    };
    assert!(apply(metadata(), &secret).await.unwrap());
    assert!(!apply(metadata(), &secret).await.unwrap(), "there is nothing to do");
    let close = |client: &mut Client| client.status = ClientStatus::Disabled;
    world.provider.change_client(&id, close, &world.ctx()).await.unwrap();
    let named = ClientMetadata { client_name: Some("App".to_owned()), ..metadata() };
    let other = ClientSecretHash::of("another secret");
    assert!(apply(named.clone(), &other).await.unwrap());
    let client = world.provider.client(&id).await.unwrap();
    assert_eq!((client.status, client.metadata), (ClientStatus::Disabled, named));
    assert_eq!(client.secrets.iter().map(|secret| &secret.hash).collect::<Vec<_>>(), [&other]);
    let wrong = ClientMetadata { redirect_uris: Vec::new(), ..metadata() };
    assert!(matches!(apply(wrong, &secret).await, Err(ClientError::Invalid(_))));
}
