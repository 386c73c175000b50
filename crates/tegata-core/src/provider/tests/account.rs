use super::super::ProfileUpdate;
use super::*;
use crate::user::UserStatus;

#[tokio::test]
async fn r52_a_change_of_password_ends_the_other_sessions() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let (here, there) = (world.login("alice").await.tokens, world.login("alice").await.tokens);
    let user = world.caller(&here).await.unwrap();
    world.provider.change_password(&user, PASSWORD, "another long passphrase", &world.ctx()).await.unwrap();
    assert!(world.refresh(there.refresh_token.expose()).await.is_err());
    assert!(world.refresh(here.refresh_token.expose()).await.is_ok());
    assert!(world.try_login("alice", PASSWORD).await.is_err());
    assert!(world.try_login("alice", "another long passphrase").await.is_ok());
}

#[tokio::test]
async fn v39_a_change_of_password_asks_for_the_right_old_one() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let tokens = world.login("alice").await.tokens;
    let user = world.caller(&tokens).await.unwrap();
    for wrong in ["wrong", "another long passphrase", " "] {
        let refused =
            world.provider.change_password(&user, wrong, "another long passphrase", &world.ctx()).await;
        assert!(matches!(refused, Err(ProviderError::PasswordMismatch)));
    }
    assert!(world.try_login("alice", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn v25_guessing_with_a_stolen_access_token_is_slowed_down() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let tokens = world.login("alice").await.tokens;
    let user = world.caller(&tokens).await.unwrap();
    for _ in 0..6 {
        let refused = world.provider.delete_account(&user, "wrong", &world.ctx()).await;
        assert!(matches!(refused, Err(ProviderError::PasswordMismatch)));
    }
    let refused = world.provider.delete_account(&user, PASSWORD, &world.ctx()).await;
    assert!(matches!(refused, Err(ProviderError::TooManyAttempts { .. })));
}

#[tokio::test]
async fn v24_a_stranger_cannot_keep_the_owner_from_changing_the_password() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let tokens = world.login("alice").await.tokens;
    let user = world.caller(&tokens).await.unwrap();
    for _ in 0..8 {
        assert!(world.try_login("alice", "wrong").await.is_err());
    }
    world.provider.change_password(&user, PASSWORD, "another long passphrase", &world.ctx()).await.unwrap();
}

#[tokio::test]
async fn v49_a_revoked_scope_ends_the_sessions_that_hold_it() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let user = world.provider.find_user("alice").await.unwrap();
    let granted =
        world.provider.set_granted_scope(&user, &"users:read".parse().unwrap(), &world.ctx()).await.unwrap();
    let tokens = world.login("alice").await.tokens;
    assert!(tokens.session.scope.contains("users:read"));
    world
        .provider
        .set_granted_scope(&granted, &"users:read more".parse().unwrap(), &world.ctx())
        .await
        .unwrap();
    let tokens = world.refresh(tokens.refresh_token.expose()).await.unwrap();
    world.provider.set_granted_scope(&granted, &"more".parse().unwrap(), &world.ctx()).await.unwrap();
    assert!(matches!(world.refresh(tokens.refresh_token.expose()).await, Err(ProviderError::InvalidGrant)));
    assert!(!world.login("alice").await.tokens.session.scope.contains("users:read"));
}

#[tokio::test]
async fn r54_a_new_address_asks_for_the_password() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let tokens = world.login("alice").await.tokens;
    let user = world.caller(&tokens).await.unwrap();
    let update = |current_password| ProfileUpdate {
        email: Some(Some("a@b.example")),
        current_password,
        ..ProfileUpdate::default()
    };
    let missing = world.provider.update_profile(&user, update(None), &world.ctx()).await;
    assert!(matches!(missing, Err(ProviderError::InvalidFields(_))));
    let wrong = world.provider.update_profile(&user, update(Some("wrong")), &world.ctx()).await;
    assert!(matches!(wrong, Err(ProviderError::PasswordMismatch)));
    let user = world.provider.update_profile(&user, update(Some(PASSWORD)), &world.ctx()).await.unwrap();
    assert!(!user.email.unwrap().verified);
}

#[tokio::test]
async fn r51_logging_out_closing_and_deleting_end_sessions_at_once() {
    let world = World::new().await;
    for (i, name) in ["logout", "logout-all", "disable", "delete", "end-one"].into_iter().enumerate() {
        world.sign_up(name).await;
        let tokens = world.login(name).await.tokens;
        let user = world.caller(&tokens).await.unwrap();
        let token = world.provider.parse_refresh_token(tokens.refresh_token.expose()).unwrap();
        let ctx = world.ctx();
        match i {
            0 => world.provider.logout(&token, &ctx).await.unwrap(),
            1 => world.provider.logout_all(&user, &ctx).await.unwrap(),
            2 => drop(world.provider.set_status(&user.user, UserStatus::Disabled, &ctx).await.unwrap()),
            3 => world.provider.delete_account(&user, PASSWORD, &ctx).await.unwrap(),
            _ => world.provider.end_session(&user, user.session.session_id, &ctx).await.unwrap(),
        }
        assert!(
            matches!(world.refresh(tokens.refresh_token.expose()).await, Err(ProviderError::InvalidGrant)),
            "{name}"
        );
        assert!(matches!(world.caller(&tokens).await, Err(ProviderError::InvalidToken)), "{name}");
    }
}

#[tokio::test]
async fn nobody_ends_the_session_of_another() {
    let world = World::new().await;
    world.sign_up("alice").await;
    world.sign_up("mallory").await;
    let (alice, mallory) = (world.login("alice").await.tokens, world.login("mallory").await.tokens);
    let mallory = world.caller(&mallory).await.unwrap();
    let refused = world.provider.end_session(&mallory, alice.session.session_id, &world.ctx()).await;
    assert!(matches!(refused, Err(ProviderError::NotFound)));
    assert!(world.refresh(alice.refresh_token.expose()).await.is_ok());
}

#[tokio::test]
async fn sessions_are_listed_while_they_live() {
    let mut world = World::new().await;
    world.sign_up("alice").await;
    let old = world.login("alice").await.tokens;
    world.pass(6 * 86_400);
    let new = world.login("alice").await.tokens;
    let user = world.caller(&new).await.unwrap();
    let ids = |sessions: Vec<crate::session::Session>| {
        sessions.into_iter().map(|s| s.session_id).collect::<Vec<_>>()
    };
    let both = ids(world.provider.sessions(&user, world.now).await.unwrap());
    assert_eq!(both, [new.session.session_id, old.session.session_id]);
    world.pass(2 * 86_400);
    assert_eq!(ids(world.provider.sessions(&user, world.now).await.unwrap()), [new.session.session_id]);
}

#[tokio::test]
async fn v36_listing_users_takes_the_scope_for_it() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let tokens = world.login("alice").await.tokens;
    let token = world.provider.verify_access_token(&tokens.access_token, world.now).unwrap();
    let refused = world.provider.list_users(&token, None, 10).await;
    assert!(matches!(refused, Err(ProviderError::InsufficientScope { scope: "users:read" })));
    let alice = world.provider.find_user("alice").await.unwrap();
    world.provider.set_granted_scope(&alice, &"users:read".parse().unwrap(), &world.ctx()).await.unwrap();
    for name in ["bob", "carol"] {
        world.sign_up(name).await;
    }
    let tokens = world.login("alice").await.tokens;
    let token = world.provider.verify_access_token(&tokens.access_token, world.now).unwrap();
    let first = world.provider.list_users(&token, None, 2).await.unwrap();
    let rest = world.provider.list_users(&token, first.next_cursor, 2).await.unwrap();
    assert_eq!((first.users.len(), rest.users.len(), rest.next_cursor), (2, 1, None));
}
