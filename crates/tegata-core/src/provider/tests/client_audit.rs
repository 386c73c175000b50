//! What the audit log says of clients.

use std::time::Duration;

use serde_json::json;

use super::World;
use crate::audit::AuditAction;
use crate::client::{Client, ClientId, ClientMetadata, ClientSecretHash, ClientStatus};
use crate::provider::oauth::PresentedClient;
use crate::provider::tests::clients::parameters;
use crate::settings::RegistrationMode;

#[tokio::test]
async fn r67_the_log_says_what_was_done_to_which_client() {
    let world = World::with(|settings| settings.oauth.registration = RegistrationMode::Open).await;
    let (provider, ctx) = (&world.provider, world.ctx());
    let request = json!({"redirect_uris": ["https://app.example/cb"]});
    let answer = provider.register_dynamically(&request, None, &ctx).await.unwrap();
    let id: ClientId = answer["client_id"].as_str().unwrap().parse().unwrap();
    let change = |client: &mut Client| client.metadata.client_name = Some("App".to_owned());
    provider.change_client(&id, change, &ctx).await.unwrap();
    provider.change_client(&id, change, &ctx).await.unwrap();
    provider.vouch_for_client(&id, 2, &ctx).await.unwrap();
    provider.rotate_client_secret(&id, Duration::ZERO, &ctx).await.unwrap();
    for status in [ClientStatus::Disabled, ClientStatus::Active] {
        provider.change_client(&id, |client: &mut Client| client.status = status, &ctx).await.unwrap();
    }
    provider.delete_client(&id, &ctx).await.unwrap();
    let expected = [
        AuditAction::ClientRegistered,
        AuditAction::ClientChanged,
        AuditAction::ClientVouched,
        AuditAction::ClientSecretChanged,
        AuditAction::ClientDisabled,
        AuditAction::ClientEnabled,
        AuditAction::ClientDeleted,
    ];
    assert_eq!(world.audit.take(), expected.map(|action| (action, Some(id.to_string()))));
}

#[tokio::test]
async fn r67_each_part_of_a_change_is_said_and_nothing_where_there_is_none() {
    let world = World::new().await;
    let id: ClientId = "app".parse().unwrap();
    let metadata = ClientMetadata {
        redirect_uris: vec!["https://app.example/cb".parse().unwrap()],
        ..ClientMetadata::default()
    };
    let named = ClientMetadata { client_name: Some("App".to_owned()), ..metadata.clone() };
    let apply = async |metadata: &ClientMetadata, secret: &str| {
        let secret = Some(ClientSecretHash::of(secret));
        world.provider.apply_client(id.clone(), metadata.clone(), secret, &world.ctx()).await.unwrap();
        world.audit.take().into_iter().map(|(action, _)| action).collect::<Vec<_>>()
    };
    assert_eq!(apply(&metadata, "one").await, [AuditAction::ClientRegistered]);
    assert_eq!(apply(&metadata, "one").await, []);
    assert_eq!(apply(&named, "two").await, [AuditAction::ClientChanged, AuditAction::ClientSecretChanged]);
}

#[tokio::test]
async fn r67_a_name_that_a_stranger_chose_is_noted_once_a_user_has_allowed_it_something() {
    let world = World::with(|settings| settings.oauth.metadata_documents = true).await;
    world.sign_up("alice").await;
    let browser = world.log_in_browser("alice").await;
    let url = "https://app.example/client.json";
    let document = json!({
        "client_id": url, "redirect_uris": ["https://app.example/cb"],
        "grant_types": ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"],
    });
    world.clients.serve(url, &document, None);
    let (provider, ctx) = (&world.provider, world.ctx());
    let presented = PresentedClient::Public { client_id: url.to_owned() };
    let client = provider.authenticate_client(presented, &ctx).await.unwrap();
    for allow in [false, true] {
        let request = parameters(&[("scope", "openid")]);
        let device = provider.begin_device_authorization(&client, &request, &ctx).await.unwrap();
        let question = provider.find_device(&device.user_code, &browser, &ctx).await.unwrap();
        world.audit.take();
        provider.decide_device(&question, allow, &browser, &ctx).await.unwrap();
        let name = || Some(url.to_owned());
        let expected = if allow {
            vec![(AuditAction::ConsentGiven, name()), (AuditAction::Authorized, name())]
        } else {
            vec![(AuditAction::Authorized, None)]
        };
        assert_eq!(world.audit.take(), expected);
    }
}
