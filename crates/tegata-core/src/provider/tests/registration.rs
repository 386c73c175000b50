//! Clients that register themselves.

use std::sync::Arc;

use futures_util::FutureExt as _;
use serde_json::{Value, json};

use super::World;
use crate::client::{Client, ClientId, ClientMetadata, ClientOrigin, ClientStatus, GrantType};
use crate::oauth::{ErrorCode, OAuthError};
use crate::outbound::OutboundError;
use crate::provider::oauth::ClientError;
use crate::settings::RegistrationMode;

const TOKEN: &str = "an-initial-access-token-of-32-characters-or-more";

async fn open() -> World {
    World::with(|settings| settings.oauth.registration = RegistrationMode::Open).await
}

fn request() -> Value {
    json!({"redirect_uris": ["https://app.example/cb"], "client_name": "App"})
}

async fn register(world: &World, request: &Value) -> Result<Value, OAuthError> {
    world.provider.register_dynamically(request, None, &world.ctx()).await
}

fn code(error: OAuthError) -> ErrorCode {
    match error {
        OAuthError::Refused { code, .. } => code,
        error => panic!("{error}"),
    }
}

fn text<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer[name].as_str().unwrap()
}

#[tokio::test]
async fn v43_nobody_registers_where_it_is_not_allowed() {
    let off = World::new().await;
    assert_eq!(code(register(&off, &request()).await.unwrap_err()), ErrorCode::AccessDenied);
    let with_token = World::with(|settings| {
        settings.oauth.registration = RegistrationMode::Token;
        settings.oauth.registration_token = TOKEN.parse().ok();
    })
    .await;
    for wrong in [None, Some(""), Some(&TOKEN[1..])] {
        let answer = with_token.provider.register_dynamically(&request(), wrong, &with_token.ctx()).await;
        assert_eq!(code(answer.unwrap_err()), ErrorCode::InvalidToken);
    }
    let answer = with_token.provider.register_dynamically(&request(), Some(TOKEN), &with_token.ctx()).await;
    assert!(answer.is_ok());
}

#[tokio::test]
async fn r76_one_address_registers_only_so_many() {
    let world = open().await;
    let mut refused = 0;
    for _ in 0..100 {
        refused += u32::from(register(&world, &request()).await.is_err());
    }
    assert!(refused > 50, "{refused}");
}

#[tokio::test]
async fn r43_v43_who_registers_itself_is_unverified_and_has_openid_connects_scope_only() {
    let world = open().await;
    let mut asked = request();
    asked["scope"] = json!("openid email users:read");
    asked["skip_consent"] = json!(true);
    asked["require_pkce"] = json!(false);
    asked["resources"] = json!(["https://api.example/"]);
    let answer = register(&world, &asked).await.unwrap();
    assert_eq!(answer["scope"], "openid email");
    for name in ["skip_consent", "require_pkce", "resources"] {
        assert!(answer.get(name).is_none());
    }
    let client = world.provider.client(&text(&answer, "client_id").parse().unwrap()).await.unwrap();
    assert_eq!(client.origin, ClientOrigin::Registration);
    assert!(!client.is_verified() && !client.metadata.skip_consent && client.metadata.require_pkce);
    for grant in ["client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange", "password"] {
        let mut asked = request();
        asked["grant_types"] = json!(["authorization_code", grant]);
        assert_eq!(
            code(register(&world, &asked).await.unwrap_err()),
            ErrorCode::InvalidClientMetadata,
            "{grant}"
        );
    }
}

#[tokio::test]
async fn r43_v43_an_operator_vouches_for_a_registration_as_it_is_and_not_as_it_becomes() {
    let world = open().await;
    let answer = register(&world, &request()).await.unwrap();
    let (id, token) = (text(&answer, "client_id"), text(&answer, "registration_access_token"));
    let client_id = id.parse().unwrap();
    let vouched = world.provider.vouch_for_client(&client_id, 1, &world.ctx()).await.unwrap();
    assert!(vouched.is_verified());
    let mut same = request();
    same["client_id"] = json!(id);
    world.provider.update_registration(id, token, &same, &world.ctx()).await.unwrap();
    assert!(world.provider.client(&client_id).await.unwrap().is_verified(), "nothing has changed");
    same["client_name"] = json!("Your bank");
    world.provider.update_registration(id, token, &same, &world.ctx()).await.unwrap();
    assert!(!world.provider.client(&client_id).await.unwrap().is_verified());
}

#[tokio::test]
async fn v43_nobody_is_vouched_for_as_an_operator_has_not_seen_them() {
    let world = open().await;
    let answer = register(&world, &request()).await.unwrap();
    let (id, token) = (text(&answer, "client_id"), text(&answer, "registration_access_token"));
    let client_id: ClientId = id.parse().unwrap();
    let seen = world.provider.client(&client_id).await.unwrap().version;
    let mut changed = request();
    (changed["client_id"], changed["client_name"]) = (json!(id), json!("Your bank"));
    world.provider.update_registration(id, token, &changed, &world.ctx()).await.unwrap();
    let vouched = world.provider.vouch_for_client(&client_id, seen, &world.ctx()).await;
    assert!(matches!(vouched, Err(ClientError::Changed)));
    assert!(!world.provider.client(&client_id).await.unwrap().is_verified());
    // An operator's own is as it was, whatever version is named.
    let metadata = ClientMetadata {
        redirect_uris: vec!["https://app.example/cb".parse().unwrap()],
        ..ClientMetadata::default()
    };
    let (own, _) = world.provider.register_client(None, metadata, &world.ctx()).await.unwrap();
    assert_eq!(world.provider.vouch_for_client(&own.client_id, 9, &world.ctx()).await.unwrap(), own);
    assert_eq!(world.provider.client(&own.client_id).await.unwrap(), own);
}

#[tokio::test]
async fn v43_r8_what_an_operator_has_decided_outlasts_what_the_client_registers_itself_with() {
    let world = open().await;
    let answer = register(&world, &request()).await.unwrap();
    let (id, token) = (text(&answer, "client_id"), text(&answer, "registration_access_token"));
    let client_id: ClientId = id.parse().unwrap();
    let decide = |client: &mut Client| {
        client.metadata.resources = vec!["https://id.example".to_owned()];
        (client.metadata.require_pkce, client.metadata.skip_consent) = (false, true);
        client.metadata.scope = "openid users:read".parse().unwrap();
        client.scope_limit = Some(client.metadata.scope.clone());
    };
    let decided = world.provider.change_client(&client_id, decide, &world.ctx()).await.unwrap();
    let vouched = world.provider.vouch_for_client(&client_id, decided.version, &world.ctx()).await.unwrap();
    let update = async |body: &Value| {
        world.provider.update_registration(id, token, body, &world.ctx()).await.unwrap();
        world.provider.client(&client_id).await.unwrap()
    };
    let read = world.provider.registration(id, token).await.unwrap();
    assert_eq!(update(&read).await, vouched, "nothing has changed");
    let mut more = read;
    (more["scope"], more["resources"]) = (json!("openid email offline_access"), json!([]));
    let after = update(&more).await;
    assert_eq!((after.metadata.scope.as_str(), after.is_verified()), ("openid", false));
    more.as_object_mut().unwrap().remove("scope");
    let after = update(&more).await;
    let same = ClientMetadata { scope: "openid".parse().unwrap(), ..vouched.metadata };
    assert_eq!(after.metadata, same);
}

#[tokio::test]
async fn v43_a_client_gets_no_grant_that_an_operator_has_not_left_it() {
    let world = open().await;
    let answer = register(&world, &request()).await.unwrap();
    let (id, token) = (text(&answer, "client_id"), text(&answer, "registration_access_token"));
    let client_id: ClientId = id.parse().unwrap();
    let left = vec![GrantType::AuthorizationCode, GrantType::ClientCredentials];
    let limit = |client: &mut Client| {
        client.grant_limit = Some(left.clone());
        client.metadata.grant_types.clone_from(&left);
    };
    world.provider.change_client(&client_id, limit, &world.ctx()).await.unwrap();
    let update = async |grants: Value| {
        let mut body = request();
        (body["client_id"], body["grant_types"]) = (json!(id), grants);
        world.provider.update_registration(id, token, &body, &world.ctx()).await
    };
    for (asked, given) in [
        (json!(["refresh_token", "authorization_code"]), json!(["authorization_code"])),
        (json!(["authorization_code", "client_credentials"]), json!(left)),
        (json!(null), json!(left)),
    ] {
        assert_eq!(update(asked.clone()).await.unwrap()["grant_types"], given, "{asked}");
    }
    let none_of_them = json!(["refresh_token", GrantType::TokenExchange]);
    for refused in [none_of_them, json!([]), json!(["password"]), json!("authorization_code")] {
        assert_eq!(code(update(refused).await.unwrap_err()), ErrorCode::InvalidClientMetadata);
    }
}

#[tokio::test]
async fn r10_an_answer_has_the_secret_once_and_a_store_only_its_hash() {
    let world = open().await;
    let answer = register(&world, &request()).await.unwrap();
    assert!(text(&answer, "client_secret").starts_with("tgc_"));
    assert_eq!(
        (&answer["client_secret_expires_at"], &answer["response_types"]),
        (&json!(0), &json!(["code"]))
    );
    assert_eq!(answer["client_id_issued_at"], json!(world.now.as_secs()));
    let (id, token) = (text(&answer, "client_id"), text(&answer, "registration_access_token"));
    let client = world.provider.client(&id.parse().unwrap()).await.unwrap();
    let kept = serde_json::to_string(&client).unwrap();
    assert!(!kept.contains(&token[4..]) && !kept.contains(&text(&answer, "client_secret")[4..]));
    let read = world.provider.registration(id, token).await.unwrap();
    assert_eq!(read.get("client_secret"), None);
    assert_eq!(text(&read, "registration_client_uri"), format!("https://id.example/oauth2/register/{id}"));
    assert_eq!((text(&read, "registration_access_token"), text(&read, "client_name")), (token, "App"));
}

#[tokio::test]
async fn r1_a_redirect_uri_that_cannot_be_used_has_an_error_of_its_own() {
    let world = open().await;
    for uri in ["https://app.example/#x", "javascript:alert(1)", "http://app.example/", "https://*.example/"]
    {
        let refused = register(&world, &json!({"redirect_uris": [uri]})).await.unwrap_err();
        assert_eq!(code(refused), ErrorCode::InvalidRedirectUri, "{uri}");
    }
    assert_eq!(code(register(&world, &json!({})).await.unwrap_err()), ErrorCode::InvalidRedirectUri);
}

#[tokio::test]
async fn v34_v36_only_the_token_of_a_registration_reads_or_changes_it() {
    let world = open().await;
    let mine = register(&world, &request()).await.unwrap();
    let other = register(&world, &request()).await.unwrap();
    let id = text(&mine, "client_id");
    let body = json!({"client_id": id, "redirect_uris": ["https://evil.example/"]});
    for wrong in ["", "tgm_", text(&other, "registration_access_token"), text(&mine, "client_secret")] {
        assert_eq!(code(world.provider.registration(id, wrong).await.unwrap_err()), ErrorCode::InvalidToken);
        let changed = world.provider.update_registration(id, wrong, &body, &world.ctx()).await;
        assert_eq!(code(changed.unwrap_err()), ErrorCode::InvalidToken);
        let ended = world.provider.end_registration(id, wrong, &world.ctx()).await;
        assert_eq!(code(ended.unwrap_err()), ErrorCode::InvalidToken);
    }
    // A client of an operator has no such token, not even an empty one.
    let metadata = world.provider.client(&id.parse().unwrap()).await.unwrap().metadata;
    let (client, _) = world.provider.register_client(None, metadata, &world.ctx()).await.unwrap();
    let read = world.provider.registration(client.client_id.as_str(), "").await;
    assert_eq!(code(read.unwrap_err()), ErrorCode::InvalidToken);
}

#[tokio::test]
async fn a_registration_is_replaced_as_a_whole_and_keeps_its_name_and_its_secret() {
    let world = open().await;
    let answer = register(&world, &request()).await.unwrap();
    let (id, token) = (text(&answer, "client_id"), text(&answer, "registration_access_token"));
    let update = async |body: Value| world.provider.update_registration(id, token, &body, &world.ctx()).await;
    let uris = ["https://app.example/new"];
    let after = update(json!({"client_id": id, "redirect_uris": uris})).await.unwrap();
    assert_eq!((&after["redirect_uris"], after.get("client_name")), (&json!(uris), None));
    // What was answered may be sent back whole.
    assert!(update(answer.clone()).await.is_ok());
    for refused in [
        json!({"redirect_uris": uris}),
        json!({"client_id": "other", "redirect_uris": uris}),
        json!({"client_id": id, "redirect_uris": uris, "client_secret": "tgc_chosen"}),
        json!({"client_id": id, "redirect_uris": uris, "token_endpoint_auth_method": "none"}),
        json!({"client_id": id, "redirect_uris": uris, "grant_types": ["client_credentials"]}),
    ] {
        assert_eq!(code(update(refused).await.unwrap_err()), ErrorCode::InvalidClientMetadata);
    }
    world.provider.end_registration(id, token, &world.ctx()).await.unwrap();
    assert_eq!(code(world.provider.registration(id, token).await.unwrap_err()), ErrorCode::InvalidToken);
}

#[tokio::test]
async fn v16_a_registration_access_token_does_not_revive_a_closed_client() {
    let world = open().await;
    let answer = register(&world, &request()).await.unwrap();
    let (id, token) = (text(&answer, "client_id"), text(&answer, "registration_access_token"));
    let client_id = id.parse().unwrap();
    let close = |client: &mut Client| client.status = ClientStatus::Disabled;
    let closed = world.provider.change_client(&client_id, close, &world.ctx()).await.unwrap();
    let body = json!({"client_id": id, "redirect_uris": ["https://app.example/cb"], "status": "active"});
    assert!(world.provider.registration(id, token).await.is_err());
    assert!(world.provider.update_registration(id, token, &body, &world.ctx()).await.is_err());
    assert!(world.provider.end_registration(id, token, &world.ctx()).await.is_err());
    assert_eq!(world.provider.client(&client_id).await.unwrap(), closed);
}

#[tokio::test]
async fn v58_v46_a_sector_that_cannot_be_asked_now_is_an_outage_and_says_nothing_of_its_client() {
    let world = open().await;
    let sector = "https://sector.example/uris.json";
    let mut body = request();
    let answer = register(&world, &body).await.unwrap();
    let (id, token) = (text(&answer, "client_id"), text(&answer, "registration_access_token"));
    (body["client_id"], body["sector_identifier_uri"]) = (json!(id), json!(sector));
    let mut said = Vec::new();
    for failure in [OutboundError::NotAllowed, OutboundError::TimedOut, OutboundError::Status(503)] {
        world.clients.fail(sector, failure);
        for refused in [
            register(&world, &body).await,
            world.provider.update_registration(id, token, &body, &world.ctx()).await,
        ] {
            let refused = refused.unwrap_err();
            said.push(refused.to_string());
            assert_eq!(code(refused), ErrorCode::TemporarilyUnavailable, "{failure:?}");
        }
    }
    said.dedup();
    assert_eq!(said.len(), 1, "{said:?}");
    world.clients.fail(sector, OutboundError::TooLarge);
    assert_eq!(code(register(&world, &body).await.unwrap_err()), ErrorCode::InvalidClientMetadata);
}

#[tokio::test]
async fn v16_a_registration_access_token_changes_nothing_that_an_operator_was_first_to_change() {
    let sector = "https://sector.example/uris.json";
    let listed = json!(["https://app.example/cb"]);
    for take_over in [false, true] {
        let world = Arc::new(open().await);
        let answer = register(&world, &request()).await.unwrap();
        let (id, token) = (text(&answer, "client_id"), text(&answer, "registration_access_token"));
        let client_id: ClientId = id.parse().unwrap();
        world.clients.serve(sector, &listed, None);
        // While the server of the client is asked, what the change rests on changes.
        let operator = {
            let (world, client_id) = (Arc::clone(&world), client_id.clone());
            move || {
                let close = |client: &mut Client| client.status = ClientStatus::Disabled;
                let metadata = ClientMetadata {
                    redirect_uris: vec!["https://ours.example/cb".parse().unwrap()],
                    ..ClientMetadata::default()
                };
                let (provider, ctx) = (&world.provider, world.ctx());
                if take_over {
                    provider.apply_client(client_id, metadata, None, &ctx).now_or_never().unwrap().unwrap();
                } else {
                    provider.change_client(&client_id, close, &ctx).now_or_never().unwrap().unwrap();
                }
            }
        };
        *world.clients.meanwhile.lock().unwrap() = Some(Box::new(operator));
        let mut body = request();
        (body["client_id"], body["sector_identifier_uri"]) = (json!(id), json!(sector));
        let changed = world.provider.update_registration(id, token, &body, &world.ctx()).await;
        assert_eq!(code(changed.unwrap_err()), ErrorCode::InvalidToken);
        let client = world.provider.client(&client_id).await.unwrap();
        assert_eq!((client.version, client.metadata.sector_identifier_uri), (2, None));
    }
}
