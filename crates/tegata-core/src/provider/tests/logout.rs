use super::clients::parameters;
use super::*;
use crate::client::{Client, ClientOrigin, ClientStatus, SubjectType};
use crate::oauth::{ErrorCode, OAuthError};
use crate::provider::oauth::{BrowserSession, Logout};

const AFTER: &str = "https://app.example/bye?x=1";

impl World {
    async fn client(&self) -> Client {
        self.register("app", |metadata| metadata.post_logout_redirect_uris = vec![AFTER.parse().unwrap()])
            .await
    }

    async fn plan(
        &self,
        request: &[(&str, &str)],
        browser: Option<&BrowserSession>,
    ) -> Result<Logout, OAuthError> {
        self.provider.plan_logout(&parameters(request), browser, &self.ctx()).await
    }

    async fn is_logged_in(&self, browser: &BrowserSession) -> bool {
        let ids = (browser.user.user_id, browser.session.session_id);
        self.provider.store().find_session(ids.0, ids.1).await.unwrap().is_some()
    }
}

fn is_invalid_request(outcome: &Result<Logout, OAuthError>) -> bool {
    matches!(outcome, Err(OAuthError::Refused { code: ErrorCode::InvalidRequest, .. }))
}

#[tokio::test]
async fn r40_a_client_that_shows_an_id_token_of_the_session_logs_its_user_out_without_a_question() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let (client, other) = (world.client().await, world.register("other", |_| {}).await);
    let browser = world.log_in_browser("alice").await;
    let tokens = world.log_in_to(&client, "openid", &browser).await;
    let elsewhere = world.log_in_to(&other, "openid", &browser).await;
    let request = [
        ("id_token_hint", tokens.id_token.as_deref().unwrap()),
        ("post_logout_redirect_uri", AFTER),
        ("state", "a&b"),
    ];
    let logout = world.plan(&request, Some(&browser)).await.unwrap();
    assert!(!logout.ask);
    assert_eq!(logout.redirect.as_deref(), Some("https://app.example/bye?x=1&state=a%26b"));
    assert_eq!(logout.client.as_ref().unwrap().client_id, client.client_id);
    assert!(world.is_logged_in(&browser).await, "planning a logout does nothing");
    world.provider.log_out(&logout, Some(&browser), &world.ctx()).await.unwrap();
    assert!(!world.is_logged_in(&browser).await);
    assert!(world.refresh_of(&client, &tokens).await.is_err());
    assert!(world.refresh_of(&other, &elsewhere).await.is_err());
}

#[tokio::test]
async fn r40_an_id_token_that_has_expired_is_still_a_hint() {
    let mut world = World::new().await;
    world.sign_up("alice").await;
    let client = world.client().await;
    let browser = world.log_in_browser("alice").await;
    let tokens = world.log_in_to(&client, "openid", &browser).await;
    world.pass(2 * 24 * 3600);
    let hint = tokens.id_token.as_deref().unwrap();
    assert!(!world.plan(&[("id_token_hint", hint)], Some(&browser)).await.unwrap().ask);
}

#[tokio::test]
async fn r40_a_login_in_between_keeps_the_hint_good() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let client = world.client().await;
    let browser = world.log_in_browser("alice").await;
    let tokens = world.log_in_to(&client, "openid", &browser).await;
    let request = Login { username: "alice", password: PASSWORD };
    let again = world.provider.log_in_browser(request, Some(&browser), &world.ctx()).await.unwrap().0;
    let hint = tokens.id_token.as_deref().unwrap();
    assert!(!world.plan(&[("id_token_hint", hint)], Some(&again)).await.unwrap().ask);
}

#[tokio::test]
async fn r40_nobody_is_logged_out_by_a_link_alone() {
    let world = World::new().await;
    world.sign_up("alice").await;
    world.client().await;
    let browser = world.log_in_browser("alice").await;
    for request in [
        &[][..],
        &[("client_id", "app")],
        &[("client_id", "app"), ("post_logout_redirect_uri", AFTER)],
        &[("logout_hint", "alice")],
        &[("client_id", "unknown")],
    ] {
        assert!(world.plan(request, Some(&browser)).await.unwrap().ask, "{request:?}");
        assert!(!world.plan(request, None).await.unwrap().ask, "there is nobody to ask: {request:?}");
    }
}

#[tokio::test]
async fn r40_an_id_token_of_another_user_or_browser_asks_and_ends_nothing_of_theirs() {
    let world = World::new().await;
    world.sign_up("alice").await;
    world.sign_up("mallory").await;
    let client = world.client().await;
    let (alice, mallory) = (world.log_in_browser("alice").await, world.log_in_browser("mallory").await);
    let elsewhere = world.log_in_browser("alice").await;
    let tokens = world.log_in_to(&client, "openid", &mallory).await;
    let other_browser = world.log_in_to(&client, "openid", &elsewhere).await;
    for tokens in [&tokens, &other_browser] {
        let hint = tokens.id_token.as_deref().unwrap();
        assert!(world.plan(&[("id_token_hint", hint)], Some(&alice)).await.unwrap().ask);
    }
    let hint = tokens.id_token.as_deref().unwrap();
    let logout = world.plan(&[("id_token_hint", hint)], Some(&alice)).await.unwrap();
    world.provider.log_out(&logout, Some(&alice), &world.ctx()).await.unwrap();
    assert!(!world.is_logged_in(&alice).await);
    assert!(world.is_logged_in(&mallory).await && world.is_logged_in(&elsewhere).await);
    assert!(world.refresh_of(&client, &tokens).await.is_ok());
}

#[tokio::test]
async fn r40_without_a_browser_session_the_session_of_the_client_ends() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let client = world.client().await;
    let browser = world.log_in_browser("alice").await;
    let tokens = world.log_in_to(&client, "openid", &browser).await;
    let request =
        [("id_token_hint", tokens.id_token.as_deref().unwrap()), ("post_logout_redirect_uri", AFTER)];
    let logout = world.plan(&request, None).await.unwrap();
    assert!(!logout.ask);
    assert_eq!(logout.redirect.as_deref(), Some(AFTER));
    world.provider.log_out(&logout, None, &world.ctx()).await.unwrap();
    assert!(world.refresh_of(&client, &tokens).await.is_err());
    assert!(world.is_logged_in(&browser).await, "a token that got lost logs nobody out of everything");
}

#[tokio::test]
async fn r40_what_was_granted_to_go_on_offline_outlives_a_logout() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let client = world.client().await;
    let browser = world.log_in_browser("alice").await;
    let tokens = world.log_in_to(&client, "openid offline_access", &browser).await;
    let hint = tokens.id_token.as_deref().unwrap();
    let logout = world.plan(&[("id_token_hint", hint)], Some(&browser)).await.unwrap();
    assert!(!logout.ask);
    world.provider.log_out(&logout, Some(&browser), &world.ctx()).await.unwrap();
    world.provider.log_out(&logout, None, &world.ctx()).await.unwrap();
    assert!(world.refresh_of(&client, &tokens).await.is_ok());
}

#[tokio::test]
async fn r40_v53_a_browser_is_sent_to_a_registered_address_only() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let client = world.client().await;
    let browser = world.log_in_browser("alice").await;
    let tokens = world.log_in_to(&client, "openid", &browser).await;
    let hint = tokens.id_token.as_deref().unwrap();
    for uri in [
        "https://evil.example/",
        "https://app.example/bye",
        "https://app.example/bye?x=1&y=2",
        "https://app.example/bye?x=1#",
        "https://app.example/cb",
        "https://app.example:443/bye?x=1",
    ] {
        for named in [("id_token_hint", hint), ("client_id", "app")] {
            let request = [named, ("post_logout_redirect_uri", uri)];
            assert!(is_invalid_request(&world.plan(&request, Some(&browser)).await), "{uri}");
            assert!(is_invalid_request(&world.plan(&request, None).await), "{uri}");
        }
    }
    let twice =
        [("client_id", "app"), ("post_logout_redirect_uri", AFTER), ("post_logout_redirect_uri", AFTER)];
    assert!(is_invalid_request(&world.plan(&twice, None).await));
    for nobody in [
        &[("post_logout_redirect_uri", AFTER)][..],
        &[("client_id", "x"), ("post_logout_redirect_uri", AFTER)],
    ] {
        assert!(is_invalid_request(&world.plan(nobody, None).await));
    }
}

#[tokio::test]
async fn r40_v14_a_disabled_client_sends_nobody_anywhere() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let client = world.client().await;
    let browser = world.log_in_browser("alice").await;
    let tokens = world.log_in_to(&client, "openid", &browser).await;
    let closed = Client { version: 2, status: ClientStatus::Disabled, ..client };
    assert!(world.provider.store().replace_client(1, &closed).await.unwrap());
    let hint = tokens.id_token.as_deref().unwrap();
    let request = [("id_token_hint", hint), ("post_logout_redirect_uri", AFTER)];
    assert!(is_invalid_request(&world.plan(&request, Some(&browser)).await));
    let logout = world.plan(&[("id_token_hint", hint)], Some(&browser)).await.unwrap();
    assert!(logout.ask && logout.client.is_none());
}

#[tokio::test]
async fn r40_a_hint_that_is_no_id_token_of_this_client_is_refused() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let client = world.client().await;
    world.register("other", |_| {}).await;
    let browser = world.log_in_browser("alice").await;
    let tokens = world.log_in_to(&client, "openid", &browser).await;
    let hint = tokens.id_token.as_deref().unwrap();
    let signature = hint.rfind('.').unwrap() + 1;
    let changed = format!("{}{}", &hint[..signature], hint[signature..].chars().rev().collect::<String>());
    for bad in [tokens.access_token.as_str(), "x", "a.b.c", &changed] {
        assert!(is_invalid_request(&world.plan(&[("id_token_hint", bad)], Some(&browser)).await), "{bad}");
    }
    let request = [("id_token_hint", hint), ("client_id", "other")];
    assert!(is_invalid_request(&world.plan(&request, Some(&browser)).await));
}

#[tokio::test]
async fn r40_r39_a_client_with_names_of_its_own_logs_its_user_out() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let client = world.register("app", |metadata| metadata.subject_type = SubjectType::Pairwise).await;
    let browser = world.log_in_browser("alice").await;
    let tokens = world.log_in_to(&client, "openid", &browser).await;
    let hint = tokens.id_token.as_deref().unwrap();
    assert!(!world.plan(&[("id_token_hint", hint)], Some(&browser)).await.unwrap().ask);
}

#[tokio::test]
async fn a4_11_2_a_client_that_nobody_vouches_for_has_nobody_sent_to_it_without_a_login() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let client = world.client().await;
    let browser = world.log_in_browser("alice").await;
    let tokens = world.log_in_to(&client, "openid", &browser).await;
    let named = [("client_id", "app"), ("post_logout_redirect_uri", AFTER)];
    let hinted =
        [("id_token_hint", tokens.id_token.as_deref().unwrap()), ("post_logout_redirect_uri", AFTER)];
    assert_eq!(world.plan(&named, None).await.unwrap().redirect.as_deref(), Some(AFTER));
    let unknown = |client: &mut Client| client.origin = ClientOrigin::Registration;
    world.provider.change_client(&client.client_id, unknown, &world.ctx()).await.unwrap();
    assert_eq!(world.plan(&named, None).await.unwrap().redirect, None);
    assert_eq!(world.plan(&hinted, None).await.unwrap().redirect.as_deref(), Some(AFTER));
    let asked = world.plan(&named, Some(&browser)).await.unwrap();
    assert!(asked.ask && asked.redirect.as_deref() == Some(AFTER), "the user is asked first");
}
