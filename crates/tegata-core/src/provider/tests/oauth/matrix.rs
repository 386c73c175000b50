//! Every grant, and every question about one, when what it rests on has ended: the table is made, not written, and a grant
//! that is added is in it.

use super::*;
use crate::client::ClientStatus;
use crate::user::UserStatus;

/// What is asked after something has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Grant(GrantType),
    UserInfo,
    /// Introspection, by a resource.
    AccessToken,
    /// Introspection, by its client.
    RefreshToken,
    /// Introspection of a token that was exchanged while all was well.
    ExchangedToken,
}

/// What has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Nothing,
    UserDisabled,
    UserDeleted,
    ClientDisabled,
    ClientRegisteredAnew,
    ConsentRevoked,
    BrowserSession,
    Password,
}

const ENDED: [Ended; 8] = [
    Ended::Nothing,
    Ended::UserDisabled,
    Ended::UserDeleted,
    Ended::ClientDisabled,
    Ended::ClientRegisteredAnew,
    Ended::ConsentRevoked,
    Ended::BrowserSession,
    Ended::Password,
];

fn asked() -> impl Iterator<Item = Asked> {
    let others = [Asked::UserInfo, Asked::AccessToken, Asked::RefreshToken, Asked::ExchangedToken];
    GrantType::ALL.map(Asked::Grant).into_iter().chain(others)
}

/// What still serves, and why; everything else is refused.
fn serves(asked: Asked, ended: Ended) -> bool {
    match (asked, ended) {
        // No user is in it; and a client that was registered anew asks for itself.
        (Asked::Grant(GrantType::ClientCredentials), ended) => ended != Ended::ClientDisabled,
        // A device is not the browser in which it was allowed: it goes on until that is taken back.
        (Asked::Grant(GrantType::DeviceCode), Ended::BrowserSession) | (_, Ended::Nothing) => true,
        _ => false,
    }
}

/// Everything that was granted before.
struct Scene {
    world: World,
    app: Party,
    service: Party,
    browser: BrowserSession,
    tokens: ClientTokens,
    exchanged: ClientTokens,
    code: String,
    device_code: String,
}

impl Scene {
    async fn new() -> Self {
        let world = world().await;
        let (app, service) = (world.party("app", |_| {}).await, world.service("service", &[API]).await);
        let browser = world.log_in_browser("alice").await;
        let tokens = world.tokens(&app, SCOPE, &browser).await;
        let exchanged = world.exchange(&service, &tokens.access_token, &[]).await.unwrap();
        let code = world.code(&app, SCOPE, &browser).await;
        let device = world.device(&app, SCOPE).await;
        world.decide_device(&device.user_code, true, &browser).await;
        let device_code = device.device_code;
        Self { world, app, service, browser, tokens, exchanged, code, device_code }
    }

    async fn end(&mut self, ended: Ended) {
        let (provider, ctx) = (&self.world.provider, self.world.ctx());
        let user = provider.find_user("alice").await.unwrap();
        match ended {
            Ended::Nothing => {}
            Ended::UserDisabled => {
                provider.set_status(&user, UserStatus::Disabled, &ctx).await.unwrap();
            }
            Ended::UserDeleted => provider.delete_user(&user, &ctx).await.unwrap(),
            Ended::ClientDisabled => {
                let close = |client: &mut Client| client.status = ClientStatus::Disabled;
                provider.change_client(&self.app.client.client_id, close, &ctx).await.unwrap();
            }
            Ended::ClientRegisteredAnew => {
                provider.delete_client(&self.app.client.client_id, &ctx).await.unwrap();
                self.world.pass(1);
                self.app = self.world.party("app", |_| {}).await;
            }
            Ended::ConsentRevoked => {
                provider.revoke_consent(user.user_id, &self.app.client.client_id, &ctx).await.unwrap();
            }
            Ended::BrowserSession => provider.end_browser_session(&self.browser, &ctx).await.unwrap(),
            Ended::Password => {
                provider.set_password(&user, "another long passphrase", &ctx).await.unwrap();
            }
        }
    }

    async fn ask(&self, asked: Asked) -> Result<bool, OAuthError> {
        let (world, access_token) = (&self.world, &self.tokens.access_token);
        let is_active = |answer: Value| answer != json!({"active": false});
        match asked {
            Asked::Grant(GrantType::AuthorizationCode) => {
                world.redeem_code(&self.app, &self.code).await.map(|_| true)
            }
            Asked::Grant(GrantType::RefreshToken) => {
                world.refresh_at(&self.app, refresh_token(&self.tokens)).await.map(|_| true)
            }
            Asked::Grant(GrantType::ClientCredentials) => {
                world.ask(&self.app, &[("grant_type", "client_credentials")]).await.map(|_| true)
            }
            Asked::Grant(GrantType::DeviceCode) => {
                world.poll(&self.app, &self.device_code).await.map(|_| true)
            }
            Asked::Grant(GrantType::TokenExchange) => {
                world.exchange(&self.service, access_token, &[]).await.map(|_| true)
            }
            Asked::UserInfo => world.user_info(access_token).await.map(|_| true),
            Asked::AccessToken => world.introspect(&self.service, access_token).await.map(is_active),
            Asked::RefreshToken => {
                world.introspect(&self.app, refresh_token(&self.tokens)).await.map(is_active)
            }
            Asked::ExchangedToken => {
                world.introspect(&self.service, &self.exchanged.access_token).await.map(is_active)
            }
        }
    }
}

#[tokio::test]
async fn v14_v15_v16_v22_v45_v49_r51_no_grant_and_no_question_serves_what_has_ended() {
    let mut wrong = Vec::new();
    for asked in asked() {
        for ended in ENDED {
            let mut scene = Scene::new().await;
            scene.end(ended).await;
            let outcome = scene.ask(asked).await;
            // An outage would serve nobody, and prove nothing.
            assert!(!matches!(outcome, Err(OAuthError::Failed(_))), "{asked:?} after {ended:?}");
            if outcome.unwrap_or(false) != serves(asked, ended) {
                wrong.push((asked, ended));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[tokio::test]
async fn v14_a_service_that_was_closed_has_no_active_tokens_of_others() {
    let scene = Scene::new().await;
    let other = scene.world.service("other", &[API]).await;
    assert!(scene.world.is_active(&other, &scene.exchanged.access_token).await);
    let close = |client: &mut Client| client.status = ClientStatus::Disabled;
    let client_id = &scene.service.client.client_id;
    scene.world.provider.change_client(client_id, close, &scene.world.ctx()).await.unwrap();
    assert!(!scene.world.is_active(&other, &scene.exchanged.access_token).await);
}
