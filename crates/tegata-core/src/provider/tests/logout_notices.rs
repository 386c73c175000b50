use tegata_jose::{Algorithm, Profile, VerifiedLogoutToken, verify};

use super::*;
use crate::audit::{AuditAction, Outcome};
use crate::client::{Client, ClientMetadata, ClientOrigin, ClientStatus, SubjectType};
use crate::logout_notice::LogoutNotice;
use crate::provider::oauth::{BrowserSession, ClientTokens};
use crate::scope::Scope;
use crate::user::UserStatus;

const LISTENER: &str = "https://app.example/backchannel";
const NEW_PASSWORD: &str = "another long passphrase";

fn listens(metadata: &mut ClientMetadata) {
    metadata.backchannel_logout_uri = Some(LISTENER.to_owned());
    metadata.id_token_signed_response_alg = Some(Algorithm::Es256);
}

/// Alice, logged in to a client that wants to hear of logouts, by a browser.
struct Scene {
    world: World,
    client: Client,
    browser: BrowserSession,
    tokens: ClientTokens,
}

impl Scene {
    async fn new() -> Self {
        Self::with("openid", listens).await
    }

    async fn with(scope: &str, change: impl FnOnce(&mut ClientMetadata)) -> Self {
        let world = World::new().await;
        world.sign_up("alice").await;
        let client = world.register("app", change).await;
        let browser = world.log_in_browser("alice").await;
        let tokens = world.log_in_to(&client, scope, &browser).await;
        Self { world, client, browser, tokens }
    }

    async fn log_out(&self) {
        self.world.provider.end_browser_session(&self.browser, &self.world.ctx()).await.unwrap();
    }
}

impl World {
    async fn notices(&self) -> Vec<LogoutNotice> {
        self.provider.store().due_notices(self.now, 1000).await.unwrap()
    }

    /// Delivers what is due, and gives the logout tokens that were sent.
    async fn deliver(&self) -> Vec<String> {
        self.provider.deliver_notices(self.now, 1000).await.unwrap();
        let token = |(_, body): (String, String)| body.strip_prefix("logout_token=").unwrap().to_owned();
        self.clients.take().into_iter().map(token).collect()
    }

    fn verify_logout_token(&self, token: &str, client_id: &str, algorithm: Algorithm) -> VerifiedLogoutToken {
        let keys = Arc::clone(&self.provider.key_ring().verifying);
        let profile =
            Profile::logout_token("https://id.example", client_id, keys).with_algorithms(&[algorithm]);
        verify(&profile, token, self.now.numeric_date()).unwrap()
    }

    fn id_token_claims(&self, tokens: &ClientTokens) -> (String, String) {
        let keys = &self.provider.key_ring().verifying;
        let text = tokens.id_token.as_deref().unwrap();
        let now = self.now.numeric_date();
        let hint = tegata_jose::verify_id_token_hint("https://id.example", keys, text, now).unwrap();
        (hint.subject().to_owned(), hint.session_id().unwrap().to_owned())
    }
}

#[tokio::test]
async fn r41_a_client_hears_which_session_of_which_user_has_ended() {
    let scene = Scene::new().await;
    let world = &scene.world;
    assert!(!world.provider.take_new_notices());
    scene.log_out().await;
    assert!(world.provider.take_new_notices() && !world.provider.take_new_notices());
    let sent = world.deliver().await;
    assert_eq!(sent.len(), 1);
    let token = world.verify_logout_token(&sent[0], "app", Algorithm::Es256);
    let (subject, session_id) = world.id_token_claims(&scene.tokens);
    assert_eq!(token.subject(), Some(subject.as_str()));
    assert_eq!(token.session_id(), Some(session_id.as_str()));
    assert_eq!(token.issued_at(), world.now.numeric_date());
    assert_eq!(token.expires_at().as_secs() - token.issued_at().as_secs(), 120);
    assert!(!token.jwt_id().is_empty());
    let event = world.audit.last();
    assert_eq!((event.action, event.outcome), (AuditAction::BackchannelLogout, Outcome::Success));
    assert!(world.deliver().await.is_empty(), "it is told once");
    assert!(world.refresh_of(&scene.client, &scene.tokens).await.is_err());
}

#[tokio::test]
async fn r41_r39_a_logout_token_is_signed_and_speaks_as_the_clients_id_tokens_do() {
    let scene = Scene::with("openid", |metadata| {
        listens(metadata);
        metadata.subject_type = SubjectType::Pairwise;
        metadata.id_token_signed_response_alg = Some(Algorithm::Rs256);
    })
    .await;
    scene.world.provider.refresh_keys(scene.world.now).await.unwrap();
    scene.log_out().await;
    let sent = scene.world.deliver().await;
    let token = scene.world.verify_logout_token(&sent[0], "app", Algorithm::Rs256);
    let (subject, _) = scene.world.id_token_claims(&scene.tokens);
    assert_eq!(token.subject(), Some(subject.as_str()));
    assert_ne!(subject, scene.browser.user.user_id.to_string());
}

#[tokio::test]
async fn r39_r41_a_client_that_moved_to_another_sector_hears_no_name_of_it() {
    let scene = Scene::with("openid", |metadata| {
        listens(metadata);
        metadata.subject_type = SubjectType::Pairwise;
    })
    .await;
    scene.log_out().await;
    let elsewhere = |client: &mut Client| {
        client.origin = ClientOrigin::Registration;
        client.metadata.redirect_uris = vec!["https://victim.example/cb".parse().unwrap()];
    };
    let ctx = scene.world.ctx();
    scene.world.provider.change_client(&scene.client.client_id, elsewhere, &ctx).await.unwrap();
    let sent = scene.world.deliver().await;
    let token = scene.world.verify_logout_token(&sent[0], "app", Algorithm::Es256);
    let (_, session_id) = scene.world.id_token_claims(&scene.tokens);
    assert_eq!((token.subject(), token.session_id()), (None, Some(session_id.as_str())));
}

#[tokio::test]
async fn r41_r51_v45_whatever_ends_the_session_of_a_client_is_told() {
    type Ending = for<'a> fn(&'a Scene) -> std::pin::Pin<Box<dyn Future<Output = ()> + 'a>>;
    let endings: [(&str, Ending); 11] = [
        ("logout everywhere", |scene| {
            Box::pin(async {
                let caller = scene.world.caller(&scene.world.login("alice").await.tokens).await.unwrap();
                scene.world.provider.logout_all(&caller, &scene.world.ctx()).await.unwrap();
            })
        }),
        ("change of password", |scene| {
            Box::pin(async {
                let caller = scene.world.caller(&scene.world.login("alice").await.tokens).await.unwrap();
                let ctx = scene.world.ctx();
                scene.world.provider.change_password(&caller, PASSWORD, NEW_PASSWORD, &ctx).await.unwrap();
            })
        }),
        ("deletion", |scene| {
            Box::pin(async {
                let caller = scene.world.caller(&scene.world.login("alice").await.tokens).await.unwrap();
                scene.world.provider.delete_account(&caller, PASSWORD, &scene.world.ctx()).await.unwrap();
            })
        }),
        ("end of the client's session", |scene| {
            Box::pin(async {
                let caller = scene.world.caller(&scene.world.login("alice").await.tokens).await.unwrap();
                let session_id = scene.world.id_token_claims(&scene.tokens).1.parse().unwrap();
                scene.world.provider.end_session(&caller, session_id, &scene.world.ctx()).await.unwrap();
            })
        }),
        ("end of the browser's session", |scene| {
            Box::pin(async {
                let caller = scene.world.caller(&scene.world.login("alice").await.tokens).await.unwrap();
                let session_id = scene.browser.session.session_id;
                scene.world.provider.end_session(&caller, session_id, &scene.world.ctx()).await.unwrap();
            })
        }),
        ("another user at the browser", |scene| {
            Box::pin(async {
                scene.world.sign_up("bob").await;
                let request = Login { username: "bob", password: PASSWORD };
                let (before, ctx) = (Some(&scene.browser), &scene.world.ctx());
                scene.world.provider.log_in_browser(request, before, ctx).await.unwrap();
            })
        }),
        ("taking back a consent", |scene| {
            Box::pin(async {
                let (user_id, client_id) = (scene.browser.user.user_id, &scene.client.client_id);
                scene.world.provider.revoke_consent(user_id, client_id, &scene.world.ctx()).await.unwrap();
            })
        }),
        ("an operator's new password", |scene| {
            Box::pin(async {
                let user = scene.world.provider.find_user("alice").await.unwrap();
                scene.world.provider.set_password(&user, NEW_PASSWORD, &scene.world.ctx()).await.unwrap();
            })
        }),
        ("an operator's closing", |scene| {
            Box::pin(async {
                let (provider, ctx) = (&scene.world.provider, &scene.world.ctx());
                let user = provider.find_user("alice").await.unwrap();
                provider.set_status(&user, UserStatus::Disabled, ctx).await.unwrap();
            })
        }),
        ("an operator's deletion", |scene| {
            Box::pin(async {
                let user = scene.world.provider.find_user("alice").await.unwrap();
                scene.world.provider.delete_user(&user, &scene.world.ctx()).await.unwrap();
            })
        }),
        ("an operator's taking away of a scope", |scene| {
            Box::pin(async {
                let (provider, ctx) = (&scene.world.provider, &scene.world.ctx());
                let user = provider.find_user("alice").await.unwrap();
                provider.set_granted_scope(&user, &Scope::default(), ctx).await.unwrap();
            })
        }),
    ];
    for (name, end) in endings {
        let scene = Scene::new().await;
        let user = scene.world.provider.find_user("alice").await.unwrap();
        let scope = "users:read".parse().unwrap();
        scene.world.provider.set_granted_scope(&user, &scope, &scene.world.ctx()).await.unwrap();
        assert!(scene.world.notices().await.is_empty(), "to be granted more ends nothing");
        let (_, session_id) = scene.world.id_token_claims(&scene.tokens);
        end(&scene).await;
        let notices = scene.world.notices().await;
        assert_eq!(notices.len(), 1, "{name}");
        assert_eq!(notices[0].session_id.to_string(), session_id, "{name}");
        assert!(scene.world.refresh_of(&scene.client, &scene.tokens).await.is_err(), "{name}");
        assert_eq!(scene.world.deliver().await.len(), 1, "{name}");
    }
}

#[tokio::test]
async fn r41_a_client_does_not_hear_what_it_did_itself() {
    let scene = Scene::new().await;
    let tokens = scene.world.log_in_to(&scene.client, "openid", &scene.browser).await;
    scene.world.revoke(&scene.client, &tokens).await;
    assert!(scene.world.refresh_of(&scene.client, &tokens).await.is_err());
    assert!(scene.world.notices().await.is_empty());
}

#[tokio::test]
async fn r41_r6_a_client_hears_of_the_end_that_another_holder_of_its_refresh_token_has_caused() {
    let mut scene = Scene::new().await;
    let tokens = scene.world.refresh_of(&scene.client, &scene.tokens).await.unwrap();
    scene.world.pass(60);
    assert!(scene.world.refresh_of(&scene.client, &scene.tokens).await.is_err());
    assert!(scene.world.refresh_of(&scene.client, &tokens).await.is_err(), "the replay has ended it");
    let (_, session_id) = scene.world.id_token_claims(&scene.tokens);
    let notices = scene.world.notices().await;
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0].session_id.to_string(), session_id);
}

#[tokio::test]
async fn r41_a_client_that_does_not_ask_hears_nothing() {
    let scene = Scene::with("openid", |_| {}).await;
    let own = scene.world.login("alice").await.tokens;
    let caller = scene.world.caller(&own).await.unwrap();
    scene.world.provider.logout_all(&caller, &scene.world.ctx()).await.unwrap();
    assert!(scene.world.notices().await.is_empty());
}

#[tokio::test]
async fn r41_a_client_with_a_grant_that_goes_on_offline_hears_of_the_logout_once() {
    let scene = Scene::with("openid offline_access", listens).await;
    scene.log_out().await;
    assert_eq!(scene.world.deliver().await.len(), 1);
    assert!(scene.world.refresh_of(&scene.client, &scene.tokens).await.is_ok());
}

#[tokio::test]
async fn r41_a_client_that_does_not_answer_is_told_again_later_for_a_day() {
    let mut scene = Scene::new().await;
    scene.log_out().await;
    let world = &mut scene.world;
    let failures = [Err(OutboundError::TimedOut), Ok(503), Ok(302), Err(OutboundError::NotAllowed), Ok(404)];
    for (failure, wait) in failures.into_iter().zip([10, 60, 300, 1800, 7200]) {
        world.clients.answer(LISTENER, failure);
        assert_eq!(world.deliver().await.len(), 1);
        assert!(world.deliver().await.is_empty());
        world.pass(wait - 1);
        assert!(world.deliver().await.is_empty(), "too early by a second of {wait}");
        world.pass(1);
    }
    world.clients.answer(LISTENER, Ok(204));
    let sent = world.deliver().await;
    world.verify_logout_token(&sent[0], "app", Algorithm::Es256);
    assert_eq!(world.audit.last().outcome, Outcome::Success);
    world.pass(24 * 3600);
    assert!(world.deliver().await.is_empty());
}

#[tokio::test]
async fn r41_after_a_day_a_client_is_given_up_and_an_operator_can_see_it() {
    let mut scene = Scene::new().await;
    scene.log_out().await;
    let world = &mut scene.world;
    world.clients.answer(LISTENER, Ok(500));
    assert_eq!(world.deliver().await.len(), 1);
    world.pass(24 * 3600);
    assert!(world.deliver().await.is_empty());
    let event = world.audit.last();
    assert_eq!((event.action, event.outcome), (AuditAction::BackchannelLogout, Outcome::Failure));
    assert!(world.notices().await.is_empty());
}

#[tokio::test]
async fn r41_a_client_that_refuses_the_token_is_not_told_again() {
    let mut scene = Scene::new().await;
    scene.log_out().await;
    let world = &mut scene.world;
    world.clients.answer(LISTENER, Ok(400));
    assert_eq!(world.deliver().await.len(), 1);
    let event = world.audit.last();
    assert_eq!((event.action, event.outcome), (AuditAction::BackchannelLogout, Outcome::Failure));
    world.pass(3600);
    assert!(world.deliver().await.is_empty());
}

#[tokio::test]
async fn r41_of_several_processes_one_tells_a_client() {
    let scene = Scene::new().await;
    scene.log_out().await;
    let deliver = || scene.world.provider.deliver_notices(scene.world.now, 10);
    let (a, b, c) = tokio::join!(deliver(), deliver(), deliver());
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!(scene.world.clients.take().len(), 1);
}

#[tokio::test]
async fn r41_v14_a_client_that_is_closed_or_gone_hears_nothing_and_neither_does_its_successor() {
    for is_gone in [false, true] {
        let mut scene = Scene::new().await;
        scene.log_out().await;
        scene.world.pass(5);
        let store = scene.world.provider.store();
        if is_gone {
            assert!(store.delete_client(scene.client.version, &scene.client.client_id).await.unwrap());
            scene.world.register("app", listens).await;
        } else {
            let closed = Client { version: 2, status: ClientStatus::Disabled, ..scene.client.clone() };
            assert!(store.replace_client(1, &closed).await.unwrap());
        }
        assert!(scene.world.deliver().await.is_empty());
        assert!(scene.world.notices().await.is_empty());
    }
}

#[tokio::test]
async fn r41_r76_a_client_that_does_not_answer_holds_up_nobody_else() {
    const OTHER: &str = "https://other.example/backchannel";
    let scene = Scene::new().await;
    let world = &scene.world;
    for _ in 0..40 {
        world.log_in_to(&scene.client, "openid", &scene.browser).await;
    }
    let other =
        world.register("other", |metadata| metadata.backchannel_logout_uri = Some(OTHER.to_owned())).await;
    world.log_in_to(&other, "openid", &scene.browser).await;
    world.clients.answer(LISTENER, Err(OutboundError::TimedOut));
    scene.log_out().await;
    assert_eq!(world.provider.deliver_notices(world.now, 1000).await.unwrap(), 42);
    let posted = world.clients.take();
    assert_eq!(posted.iter().filter(|(url, _)| url == OTHER).count(), 1);
    assert_eq!(posted.iter().filter(|(url, _)| url == LISTENER).count(), 1, "one was enough to know");
    assert!(world.notices().await.is_empty(), "the rest waits its turn");
}

#[tokio::test]
async fn r41_a_client_that_answers_hears_of_many_logouts_within_seconds() {
    let mut scene = Scene::new().await;
    for _ in 1..100 {
        scene.world.log_in_to(&scene.client, "openid", &scene.browser).await;
    }
    scene.log_out().await;
    let mut told = Vec::new();
    for _ in 0..4 {
        let sent = scene.world.deliver().await.len();
        told.push(sent);
        scene.world.pass(5);
    }
    assert_eq!(told, [32, 32, 32, 4], "to be put off is no attempt that has failed");
}
