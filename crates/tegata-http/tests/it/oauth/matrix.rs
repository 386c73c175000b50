//! Every grant and every question about one, when what it rests on has ended: the table is made, not written.

use serde_json::json;
use tegata_core::client::{ClientStatus, GrantType};
use tegata_core::provider::RequestContext;
use tegata_core::store::{ClientStore as _, UserStore as _};
use tegata_core::user::UserStatus;

use super::relying_party::{CALLBACK, RelyingParty, allow_device, open, parameter, redemption, visit};
use crate::world::{Answer, World};

/// What is asked of the provider after something has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Authorization,
    Code,
    Refresh,
    ClientCredentials,
    Device,
    Exchange,
    UserInfo,
    Introspection,
}

/// What has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    UserLocked,
    UserDeleted,
    PasswordChanged,
    ClientDisabled,
    ClientRegisteredAnew,
    ConsentRevoked,
    BrowserLoggedOut,
}

const ASKED: [Asked; 8] = [
    Asked::Authorization,
    Asked::Code,
    Asked::Refresh,
    Asked::ClientCredentials,
    Asked::Device,
    Asked::Exchange,
    Asked::UserInfo,
    Asked::Introspection,
];

const ENDED: [Ended; 7] = [
    Ended::UserLocked,
    Ended::UserDeleted,
    Ended::PasswordChanged,
    Ended::ClientDisabled,
    Ended::ClientRegisteredAnew,
    Ended::ConsentRevoked,
    Ended::BrowserLoggedOut,
];

/// What still serves, and why; everything else is refused.
fn serves(asked: Asked, ended: Ended) -> bool {
    match asked {
        // No user is in it; and the client that was registered anew asks for itself.
        Asked::ClientCredentials => ended != Ended::ClientDisabled,
        // A device is not the browser in which it was allowed: it goes on until that is taken back.
        Asked::Device => ended == Ended::BrowserLoggedOut,
        _ => false,
    }
}

async fn with_everything(world: &World) -> RelyingParty<'_> {
    RelyingParty::with(world, "app", |client| client.metadata.grant_types = GrantType::ALL.to_vec()).await
}

/// The client as it proves itself after the end: the one that was registered anew has another secret.
async fn end<'w>(
    world: &'w World,
    app: RelyingParty<'w>,
    browser: &crate::world::Browser<'w>,
    ended: Ended,
) -> RelyingParty<'w> {
    let ctx = RequestContext { now: world.now(), address: None, user_agent: None, device_token: None };
    let user = world.provider.find_user("alice").await.unwrap();
    match ended {
        Ended::UserLocked => {
            world.store.set_user_status(user.user_id, UserStatus::Disabled).await.unwrap();
        }
        Ended::UserDeleted => drop(world.store.delete_user(user.user_id).await.unwrap()),
        Ended::PasswordChanged => {
            world.provider.set_password(&user, "another long walk before lunch", &ctx).await.unwrap();
        }
        Ended::ClientDisabled => {
            let close = |client: &mut tegata_core::client::Client| client.status = ClientStatus::Disabled;
            world.provider.change_client(&app.client.client_id, close, &ctx).await.unwrap();
        }
        Ended::ClientRegisteredAnew => {
            world.store.delete_client(app.client.version, &app.client.client_id).await.unwrap();
            world.pass(1);
            return with_everything(world).await;
        }
        Ended::ConsentRevoked => {
            world.provider.revoke_consent(user.user_id, &app.client.client_id, &ctx).await.unwrap();
        }
        Ended::BrowserLoggedOut => {
            let cookie = browser.cookie("tegata_session").unwrap();
            let session = world.provider.browser_session(&cookie, world.now()).await.unwrap().unwrap();
            world.provider.end_browser_session(&session, &ctx).await.unwrap();
        }
    }
    app
}

/// Whether an answer serves.
fn is_served(answer: &Answer) -> bool {
    match answer.status {
        200 => {
            answer.body["active"] != json!(false) && answer.header("content-type") != Some(crate::world::HTML)
        }
        303 => answer.header("location").is_some_and(|to| to.starts_with(&format!("{CALLBACK}?code="))),
        _ => false,
    }
}

#[tokio::test]
async fn v14_v15_v16_v22_v45_v49_r51_nothing_serves_what_has_ended() {
    let mut served = Vec::new();
    for asked in ASKED {
        for ended in ENDED {
            let world = World::new().await;
            world.sign_up("alice").await;
            let app = with_everything(&world).await;
            let browser = world.browser();
            let tokens = app.sign_in(&browser, "alice").await;
            let code = parameter(&visit(&browser, &app.request(&[]), "alice").await, "code");
            let device = app.post("/oauth2/device_authorization", &[("scope", "openid profile")]).await.body;
            allow_device(&browser, &device, "alice").await;
            // Another client of the same house, in whose place nothing has ended.
            let resource = RelyingParty::with(&world, "resource", |client| {
                client.metadata.grant_types = GrantType::ALL.to_vec();
                client.metadata.resources = vec![crate::world::ISSUER.to_owned()];
            })
            .await;
            let app = end(&world, app, &browser, ended).await;
            let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
            let access = text("access_token");
            let answer = match asked {
                Asked::Authorization => open(&browser, &app.request(&[])).await,
                Asked::Code => app.post("/oauth2/token", &redemption(&code)).await,
                Asked::Refresh => app.refresh(&text("refresh_token")).await,
                Asked::ClientCredentials => {
                    app.post("/oauth2/token", &[("grant_type", "client_credentials")]).await
                }
                Asked::Device => {
                    let code = device["device_code"].as_str().unwrap();
                    let grant = ("grant_type", GrantType::DeviceCode.as_str());
                    app.post("/oauth2/token", &[grant, ("device_code", code)]).await
                }
                Asked::Exchange => {
                    let form = [
                        ("grant_type", GrantType::TokenExchange.as_str()),
                        ("subject_token", access.as_str()),
                        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
                    ];
                    resource.post("/oauth2/token", &form).await
                }
                Asked::UserInfo => world.get("/oauth2/userinfo").bearer(&access).send().await,
                Asked::Introspection => resource.post("/oauth2/introspect", &[("token", &access)]).await,
            };
            assert!(answer.status < 500, "{asked:?} after {ended:?}: {}", answer.status);
            if is_served(&answer) != serves(asked, ended) {
                served.push(format!("{asked:?} after {ended:?}: {} {}", answer.status, answer.body));
            }
        }
    }
    assert!(served.is_empty(), "{served:#?}");
}

#[tokio::test]
async fn everything_serves_as_long_as_nothing_has_ended() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let app = with_everything(&world).await;
    let browser = world.browser();
    let tokens = app.sign_in(&browser, "alice").await;
    let access = tokens["access_token"].as_str().unwrap();
    let form = [
        ("grant_type", GrantType::TokenExchange.as_str()),
        ("subject_token", access),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ("scope", "profile"),
    ];
    let exchanged = app.post("/oauth2/token", &form).await;
    assert_eq!(exchanged.status, 200, "{}", exchanged.body);
    let claims = super::relying_party::claims(&exchanged.body["access_token"]);
    assert_eq!((&claims["scope"], &claims["act"]), (&json!("profile"), &json!({"sub": "app"})));
    for token in [access, exchanged.body["access_token"].as_str().unwrap()] {
        let answer = app.post("/oauth2/introspect", &[("token", token)]).await;
        assert_eq!((&answer.body["active"], &answer.body["username"]), (&json!(true), &json!("alice")));
    }
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let answer = app.post("/oauth2/introspect", &[("token", refresh)]).await;
    assert_eq!(answer.body["active"], json!(true));
}
