use super::*;
use crate::transient::{TransientKey, TransientKind};

async fn push(world: &World, party: &Party, more: &[(&str, &str)]) -> Result<String, OAuthError> {
    let client = world.prove(party).await?;
    let pushed = world.provider.push_request(&client, &request(party, more), None, &world.ctx()).await;
    pushed.map(|(uri, _)| uri)
}

fn pushed(client_id: &str, uri: &str) -> Parameters {
    parameters(&[("client_id", client_id), ("request_uri", uri)])
}

fn refused_on_the_page(outcome: Result<Authorization, AuthorizationError>) -> ErrorCode {
    match outcome {
        Err(AuthorizationError::Page(error)) => refusal::<()>(Err(error)),
        Err(AuthorizationError::Client { .. }) => panic!("it was sent to the client"),
        Ok(_) => panic!("it was accepted"),
    }
}

#[tokio::test]
async fn r30_a_pushed_request_is_answered_once() {
    let world = world().await;
    let app = world.party("app", |metadata| metadata.require_pushed_authorization_requests = true).await;
    let browser = world.log_in_browser("alice").await;
    let uri = push(&world, &app, &[]).await.unwrap();
    let code = world.allowed_code(&pushed("app", &uri), &browser).await;
    assert!(world.redeem_code(&app, &code).await.is_ok());
    let again = world.authorize(&pushed("app", &uri), Some(&browser), &world.flow()).await;
    assert_eq!(refused_on_the_page(again), ErrorCode::InvalidRequestUri);
    let bare = world.authorize(&request(&app, &[]), Some(&browser), &world.flow()).await;
    assert!(matches!(bare, Err(AuthorizationError::Client { .. })), "this client has to push");
}

#[tokio::test]
async fn r30_a_pushed_request_is_answered_once_with_an_error_too() {
    let world = world().await;
    let app = world.party("app", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let told = async |uri: &str, browser: Option<&BrowserSession>, flow: &Flow| match world
        .authorize(&pushed("app", uri), browser, flow)
        .await
    {
        Err(AuthorizationError::Client { error, .. }) => refusal::<()>(Err(error)),
        _ => panic!("the client is told nothing"),
    };
    let silent = push(&world, &app, &[("prompt", "none")]).await.unwrap();
    assert_eq!(told(&silent, None, &world.flow()).await, ErrorCode::LoginRequired);
    let denied = push(&world, &app, &[]).await.unwrap();
    let flow = world.flow();
    for _ in 0..2 {
        let asked = world.authorize(&pushed("app", &denied), Some(&browser), &flow).await;
        assert!(matches!(asked, Ok(Authorization::Question(Question::Consent(_)))));
    }
    let flow = flow.answered(Answer::Deny, browser.session.session_id);
    assert_eq!(told(&denied, Some(&browser), &flow).await, ErrorCode::AccessDenied);
    for uri in [silent, denied] {
        let again = world.authorize(&pushed("app", &uri), Some(&browser), &world.flow()).await;
        assert_eq!(refused_on_the_page(again), ErrorCode::InvalidRequestUri);
    }
}

#[tokio::test]
async fn r30_a_pushed_request_that_is_looked_at_is_not_answered() {
    let world = world().await;
    let app = world.party("app", |metadata| metadata.skip_consent = true).await;
    let browser = world.log_in_browser("alice").await;
    let flow = world.flow();
    let (silent, plain) = (push(&world, &app, &[("prompt", "none")]).await, push(&world, &app, &[]).await);
    for uri in [silent.unwrap(), plain.unwrap()] {
        for browser in [None, Some(&browser)] {
            let visitor = Visitor { browser, flow: &flow };
            drop(world.provider.question(&pushed("app", &uri), visitor, &world.ctx()).await);
        }
        let answer = world.authorize(&pushed("app", &uri), Some(&browser), &flow).await;
        assert!(matches!(answer, Ok(Authorization::Answer(_))));
    }
}

#[tokio::test]
async fn r30_r31_an_object_that_is_refused_ends_no_pushed_request_that_is_named_beside_it() {
    let world = world().await;
    let app = world.party("app", |_| {}).await;
    let uri = push(&world, &app, &[]).await.unwrap();
    let beside = request(&app, &[("request", "a.b.c"), ("request_uri", &uri)]);
    let refused = world.authorize(&beside, None, &world.flow()).await;
    assert!(matches!(refused, Err(AuthorizationError::Client { error: OAuthError::Refused { .. }, .. })));
    let asked = world.authorize(&pushed("app", &uri), None, &world.flow()).await;
    assert!(matches!(asked, Ok(Authorization::Question(Question::Login { .. }))));
}

#[tokio::test]
async fn r30_a_pushed_request_is_the_visitors_who_began_with_it_last() {
    let mut world = world().await;
    let app = world.party("app", |_| {}).await;
    let uri = push(&world, &app, &[]).await.unwrap();
    let (mine, other) = (world.flow(), world.flow());
    for _ in 0..2 {
        let begun = world.authorize(&pushed("app", &uri), None, &mine).await;
        assert!(matches!(begun, Ok(Authorization::Question(Question::Login { .. }))));
    }
    for _ in 0..2 {
        let again = world.authorize(&pushed("app", &uri), None, &other).await;
        assert!(
            matches!(again, Ok(Authorization::Question(Question::Login { .. }))),
            "a second tab, while it is fresh"
        );
    }
    world.pass(60);
    let goes_on = world.authorize(&pushed("app", &uri), None, &other).await;
    assert!(
        matches!(goes_on, Ok(Authorization::Question(Question::Login { .. }))),
        "who has begun may take their time"
    );
    for late in [&mine, &world.flow()] {
        let late = world.authorize(&pushed("app", &uri), None, late).await;
        assert_eq!(refused_on_the_page(late), ErrorCode::InvalidRequestUri);
    }
}

#[tokio::test]
async fn r30_a_pushed_request_is_its_clients_and_soon_over() {
    let mut world = world().await;
    let (app, other) = (world.party("app", |_| {}).await, world.party("other", |_| {}).await);
    let uri = push(&world, &app, &[]).await.unwrap();
    let stolen = world.authorize(&pushed(other.id(), &uri), None, &world.flow()).await;
    assert_eq!(refused_on_the_page(stolen), ErrorCode::InvalidRequestUri);
    world.pass(60);
    let late = world.authorize(&pushed("app", &uri), None, &world.flow()).await;
    assert_eq!(refused_on_the_page(late), ErrorCode::InvalidRequestUri);
}

#[tokio::test]
async fn r30_a_request_uri_that_was_not_pushed_is_not_fetched_and_the_client_is_told() {
    let world = world().await;
    let app = world.party("app", |_| {}).await;
    let foreign = request(&app, &[("request_uri", "https://evil.example/")]);
    let Err(AuthorizationError::Client { target, error }) =
        world.authorize(&foreign, None, &world.flow()).await
    else {
        panic!("who asks and where the answer goes is known")
    };
    assert_eq!(target.redirect_uri, REDIRECT_URI);
    assert_eq!(refusal::<()>(Err(error)), ErrorCode::RequestUriNotSupported);
    let elsewhere = [("request_uri", "https://evil.example/"), ("redirect_uri", "https://evil.example/cb")];
    let elsewhere = world.authorize(&request(&app, &elsewhere), None, &world.flow()).await;
    assert_eq!(refused_on_the_page(elsewhere), ErrorCode::InvalidRequest);
}

#[tokio::test]
async fn r30_what_could_not_be_asked_directly_cannot_be_pushed() {
    let world = world().await;
    let app = world.party("app", |_| {}).await;
    for (more, code) in [
        (("redirect_uri", "https://evil.example/"), ErrorCode::InvalidRequest),
        (("client_id", "other"), ErrorCode::InvalidRequest),
        (("request_uri", "urn:x"), ErrorCode::InvalidRequest),
        (("scope", "openid address"), ErrorCode::InvalidScope),
        (("code_challenge", ""), ErrorCode::InvalidRequest),
        (("response_type", "token"), ErrorCode::UnsupportedResponseType),
    ] {
        assert_eq!(refusal(push(&world, &app, &[more]).await), code, "{more:?}");
    }
}

#[tokio::test]
async fn r76_who_only_looks_makes_no_pushed_request_live_longer() {
    let mut world = world().await;
    let app = world.party("app", |_| {}).await;
    let uri = push(&world, &app, &[]).await.unwrap();
    let looks = Flow { is_new: true, ..world.flow() };
    for _ in 0..2 {
        let looked = world.authorize(&pushed("app", &uri), None, &looks).await;
        assert!(matches!(looked, Ok(Authorization::Question(Question::Login { .. }))));
    }
    world.pass(60);
    assert_eq!(
        world.provider.store().purge_transients(world.now + Duration::from_secs(1), 10).await.unwrap(),
        1
    );
}

#[tokio::test]
async fn r76_strangers_cannot_fill_the_store_with_pushed_requests() {
    let mut world = world().await;
    let (app, server) = (world.public_client("app").await, world.party("server", |_| {}).await);
    let asked = request(&server, &[("client_id", "app"), ("scope", "")]);
    let free = world.provider.settings().throttle.requests.free;
    for _ in 0..=free {
        world.provider.push_request(&app, &asked, None, &world.ctx()).await.unwrap();
    }
    for _ in 0..3 {
        let Err(OAuthError::Failed(ProviderError::TooManyAttempts { retry_after })) =
            world.provider.push_request(&app, &asked, None, &world.ctx()).await
        else {
            panic!("there were many")
        };
        assert_eq!(retry_after.as_secs(), 1, "it does not grow: others have this address, too");
        world.pass(1);
        world.provider.push_request(&app, &asked, None, &world.ctx()).await.unwrap();
    }
    for _ in 0..=free + 1 {
        push(&world, &server, &[]).await.expect("it has proved who it is");
    }
}

#[tokio::test]
async fn r69_r76_what_nobody_reads_of_a_pushed_request_is_not_kept_and_the_rest_is_bounded() {
    let world = world().await;
    let app = world.party("app", |_| {}).await;
    let long = "x".repeat(9 * 1024);
    let uri = push(&world, &app, &[("padding", &long), ("client_secret_of_mine", "x")]).await.unwrap();
    let key = TransientKey::new(TransientKind::PushedRequest, &[&uri]);
    let kept = world.provider.store().find_transient(key).await.unwrap().unwrap();
    assert!(!kept.document.contains("padding") && !kept.document.contains("of_mine"), "{}", kept.document);
    assert_eq!(refusal(push(&world, &app, &[("login_hint", &long)]).await), ErrorCode::InvalidRequest);
}
