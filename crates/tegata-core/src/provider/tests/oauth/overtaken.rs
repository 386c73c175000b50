//! What happens between reading and writing: each is one step of the store, and something else can be first.

use std::pin::Pin;

use futures_util::FutureExt as _;

use super::*;
use crate::entropy::{Entropy, EntropyError};
use crate::user::UserStatus;

/// Something that happens once, wholly.
type Step = Box<dyn FnOnce() + Send>;

/// Randomness that lets a step be first: a grant asks for it after it has read what it is to be redeemed for, and before
/// anything is written.
struct Interrupted {
    entropy: SeededEntropy,
    step: Mutex<Option<Step>>,
}

impl Entropy for Interrupted {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyError> {
        let step = self.step.lock().unwrap().take();
        if let Some(step) = step {
            step();
        }
        self.entropy.fill(buffer)
    }
}

/// Asks one node for tokens; another one does `step` in between.
async fn ask_and_be_overtaken(
    world: &World,
    party: &Party,
    form: &[(&str, &str)],
    step: Step,
) -> Result<ClientTokens, OAuthError> {
    let entropy = Arc::new(Interrupted { entropy: SeededEntropy::new(8), step: Mutex::new(None) });
    let ports = Ports {
        store: Arc::clone(world.provider.store()),
        entropy: Arc::clone(&entropy) as Arc<dyn Entropy>,
        ..ports(MemoryStore::default(), &world.hashed, &world.audit)
    };
    let settings = world.provider.settings().clone();
    let node = Provider::open(settings, ports, world.now).await.unwrap();
    let client = world.prove(party).await.unwrap();
    *entropy.step.lock().unwrap() = Some(step);
    let answer = node.token(&client, &parameters(form), None, &world.ctx()).await;
    assert!(entropy.step.lock().unwrap().is_none(), "nothing was asked in between");
    answer
}

/// The memory store makes nobody wait, so whatever is asked of it is done at once.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().unwrap()
}

#[tokio::test]
async fn v41_v1_r4_of_two_who_show_a_code_at_once_one_is_served_and_then_neither() {
    let world = Arc::new(world().await);
    let app = Arc::new(world.party("app", |_| {}).await);
    let browser = world.log_in_browser("alice").await;
    let code = world.code(&app, SCOPE, &browser).await;
    let first = Arc::new(Mutex::new(None));
    let step: Step = {
        let (world, app, code, first) =
            (Arc::clone(&world), Arc::clone(&app), code.clone(), Arc::clone(&first));
        Box::new(move || *first.lock().unwrap() = Some(at_once(world.redeem_code(&app, &code)).unwrap()))
    };
    let second = ask_and_be_overtaken(&world, &app, &redemption(&code), step).await;
    assert_eq!(refusal(second), ErrorCode::InvalidGrant);
    assert_eq!(world.grants_of("alice").await, 0, "one of the two is a thief");
    let first = first.lock().unwrap().take().unwrap();
    assert!(!world.is_active(&app, &first.access_token).await);
}

#[tokio::test]
async fn v41_r28_of_two_who_ask_for_a_device_at_once_one_is_served() {
    let world = Arc::new(world().await);
    let tv = Arc::new(world.party("tv", |_| {}).await);
    let browser = world.log_in_browser("alice").await;
    let device = world.device(&tv, SCOPE).await;
    world.decide_device(&device.user_code, true, &browser).await;
    let code = device.device_code;
    let first = Arc::new(Mutex::new(None));
    let step: Step = {
        let (world, tv, code, first) =
            (Arc::clone(&world), Arc::clone(&tv), code.clone(), Arc::clone(&first));
        Box::new(move || *first.lock().unwrap() = Some(at_once(world.poll(&tv, &code)).unwrap()))
    };
    let form = [("grant_type", GrantType::DeviceCode.as_str()), ("device_code", code.as_str())];
    assert_eq!(refusal(ask_and_be_overtaken(&world, &tv, &form, step).await), ErrorCode::InvalidGrant);
    assert_eq!(world.grants_of("alice").await, 1);
    let first = first.lock().unwrap().take().unwrap();
    assert!(world.is_active(&tv, &first.access_token).await);
}

#[tokio::test]
async fn v14_v15_v49_what_ends_while_a_grant_begins_takes_it_with_it() {
    for is_device in [false, true] {
        for ended in ["user", "account", "password", "consent", "browser", "next browser"] {
            let world = Arc::new(world().await);
            let app = world.party("app", |_| {}).await;
            let browser = world.log_in_browser("alice").await;
            let code = world.code(&app, SCOPE, &browser).await;
            let device = world.device(&app, SCOPE).await;
            world.decide_device(&device.user_code, true, &browser).await;
            // Another login in between hands on what is under way; its end ends that.
            let browser = Arc::new(match ended {
                "next browser" => world.log_in_browser_again(&browser).await,
                _ => browser,
            });
            let step: Step = {
                let (world, browser, id) =
                    (Arc::clone(&world), Arc::clone(&browser), app.client.client_id.clone());
                Box::new(move || {
                    let (provider, ctx, user) = (&world.provider, world.ctx(), &browser.user);
                    let done: Pin<Box<dyn Future<Output = Result<(), ProviderError>> + '_>> = match ended {
                        "user" => Box::pin(async {
                            provider.set_status(user, UserStatus::Disabled, &ctx).await.map(drop)
                        }),
                        "account" => Box::pin(provider.delete_user(user, &ctx)),
                        "password" => Box::pin(provider.set_password(user, "another long passphrase", &ctx)),
                        "consent" => Box::pin(provider.revoke_consent(user.user_id, &id, &ctx)),
                        _ => Box::pin(provider.end_browser_session(&browser, &ctx)),
                    };
                    at_once(done).unwrap();
                })
            };
            let grant_type = GrantType::DeviceCode.as_str();
            let by_device = [("grant_type", grant_type), ("device_code", device.device_code.as_str())];
            let by_code = redemption(&code);
            let form = if is_device { &by_device[..] } else { &by_code[..] };
            let answer = ask_and_be_overtaken(&world, &app, form, step).await;
            if is_device && ended.ends_with("browser") {
                // A device is not the browser in which it was allowed.
                assert!(answer.is_ok());
                continue;
            }
            assert_eq!(refusal(answer), ErrorCode::InvalidGrant, "{ended}");
            let sessions = world.provider.store().list_sessions(browser.user.user_id).await.unwrap();
            assert!(sessions.iter().all(|session| session.client_grant().is_none()), "{ended}");
        }
    }
}

/// No randomness: whatever asks for some fails half-way, as in an outage.
struct Dry;

impl Entropy for Dry {
    fn fill(&self, _: &mut [u8]) -> Result<(), EntropyError> {
        Err(EntropyError)
    }
}

#[tokio::test]
async fn v49_r42_a_consent_that_could_not_be_taken_back_is_still_there_to_be_seen() {
    let world = world().await;
    let app = world
        .party("app", |metadata| {
            metadata.backchannel_logout_uri = Some("https://app.example/logged-out".to_owned());
        })
        .await;
    let browser = world.log_in_browser("alice").await;
    let tokens = world.tokens(&app, SCOPE, &browser).await;
    let ports = Ports {
        store: Arc::clone(world.provider.store()),
        entropy: Arc::new(Dry),
        ..ports(MemoryStore::default(), &world.hashed, &world.audit)
    };
    let node = Provider::open(world.provider.settings().clone(), ports, world.now).await.unwrap();
    let (user_id, client_id) = (browser.user.user_id, &app.client.client_id);
    // The notice to the client cannot be written, so its session does not end.
    assert!(node.revoke_consent(user_id, client_id, &world.ctx()).await.is_err());
    assert_eq!(world.provider.allowed(user_id).await.unwrap().len(), 1, "and can be taken back again");
    world.provider.revoke_consent(user_id, client_id, &world.ctx()).await.unwrap();
    assert_eq!(refusal(world.refresh_at(&app, refresh_token(&tokens)).await), ErrorCode::InvalidGrant);
}
