use std::time::Duration;

use super::*;
use crate::audit::{AuditAction, Outcome};
use crate::user::{InvalidField, UserStatus};

fn wait(error: &ProviderError) -> Option<Duration> {
    match error {
        ProviderError::TooManyAttempts { retry_after } => Some(*retry_after),
        _ => None,
    }
}

#[tokio::test]
async fn every_bad_field_of_a_sign_up_is_named_at_once() {
    let world = World::new().await;
    let request = SignUp { username: "a", email: Some("nobody"), password: "short" };
    match world.provider.sign_up(request, &world.ctx()).await {
        Err(ProviderError::InvalidFields(errors)) => {
            let errors: Vec<_> = errors.into_iter().map(|e| (e.field, e.error)).collect();
            let expected = [
                ("username", InvalidField::TooShort),
                ("email", InvalidField::Invalid),
                ("password", InvalidField::TooShort),
            ];
            assert_eq!(errors, expected);
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_user_name_is_given_once_whatever_its_case() {
    let world = World::new().await;
    world.sign_up("Alice").await;
    let request = SignUp { username: "aLICE", email: None, password: PASSWORD };
    assert!(matches!(world.provider.sign_up(request, &world.ctx()).await, Err(ProviderError::UsernameTaken)));
}

#[tokio::test]
async fn r49_every_login_begins_a_session_of_its_own() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let (a, b) = (world.login("alice").await, world.login("ALICE").await);
    assert_ne!(a.tokens.session.session_id, b.tokens.session.session_id);
    assert_ne!(a.tokens.refresh_token.expose(), b.tokens.refresh_token.expose());
}

#[tokio::test]
async fn r60_unknown_wrong_and_closed_are_one_answer_after_the_same_work() {
    let world = World::new().await;
    world.sign_up("alice").await;
    world.sign_up("closed").await;
    let closed = world.provider.find_user("closed").await.unwrap();
    world.provider.set_status(&closed, UserStatus::Disabled, &world.ctx()).await.unwrap();
    let cases = [
        ("nobody", PASSWORD),
        ("no such name!", PASSWORD),
        ("x@y.example", PASSWORD),
        ("alice", "wrong"),
        ("closed", PASSWORD),
    ];
    for (name, password) in cases {
        let before = *world.hashed.lock().unwrap();
        let refused = world.try_login(name, password).await;
        assert!(matches!(refused, Err(ProviderError::InvalidCredentials)), "{name}");
        assert_eq!(*world.hashed.lock().unwrap(), before + 1, "{name}");
        assert_eq!(world.audit.last().outcome, Outcome::Failure);
    }
}

#[tokio::test]
async fn r60_known_and_unknown_names_are_slowed_down_alike() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let mut waits = Vec::new();
    for name in ["alice", "nobody"] {
        for _ in 0..6 {
            assert!(matches!(world.try_login(name, "wrong").await, Err(ProviderError::InvalidCredentials)));
        }
        waits.push(wait(&world.try_login(name, "wrong").await.err().unwrap()).unwrap());
    }
    assert_eq!(waits[0], waits[1]);
}

#[tokio::test]
async fn v31_a_user_is_counted_once_whatever_they_are_called() {
    let mut world = World::new().await;
    let request = SignUp { username: "alice", email: Some("alice@b.example"), password: PASSWORD };
    let user = world.provider.sign_up(request, &world.ctx()).await.unwrap();
    world.provider.verify_email(&user, &world.ctx()).await.unwrap();
    for name in ["alice", "ALICE", "alice@b.example", "Alice@B.Example", "aLiCe", "alice"] {
        assert!(matches!(world.try_login(name, "wrong").await, Err(ProviderError::InvalidCredentials)));
    }
    for name in ["alice", "alice@b.example"] {
        assert!(wait(&world.try_login(name, PASSWORD).await.err().unwrap()).is_some(), "{name}");
    }
    world.pass(1);
    assert!(world.try_login("alice@B.example", PASSWORD).await.is_ok());
    for _ in 0..5 {
        assert!(
            matches!(world.try_login("alice", "wrong").await, Err(ProviderError::InvalidCredentials)),
            "a success forgets"
        );
    }
}

#[tokio::test]
async fn an_address_that_is_not_proved_logs_nobody_in() {
    let world = World::new().await;
    let request = SignUp { username: "alice", email: Some("alice@b.example"), password: PASSWORD };
    world.provider.sign_up(request, &world.ctx()).await.unwrap();
    assert!(matches!(
        world.try_login("alice@b.example", PASSWORD).await,
        Err(ProviderError::InvalidCredentials)
    ));
}

#[tokio::test]
async fn v24_a_stranger_cannot_lock_the_owner_out_of_a_device_they_used() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let device_token = world.login("alice").await.device_token;
    for _ in 0..7 {
        let _ = world.try_login("alice", "wrong").await;
    }
    assert!(wait(&world.try_login("alice", PASSWORD).await.err().unwrap()).is_some());
    let login = |device_token| {
        let ctx = RequestContext { device_token, ..world.ctx() };
        let world = &world;
        async move { world.provider.login(Login { username: "alice", password: PASSWORD }, &ctx).await }
    };
    assert_eq!(login(Some(&device_token)).await.unwrap().device_token, device_token);
    let forged =
        device_token.replacen(&device_token[..1], if device_token.starts_with('A') { "B" } else { "A" }, 1);
    assert!(wait(&login(Some(&forged)).await.err().unwrap()).is_some());
}

#[tokio::test]
async fn v25_parallel_guesses_do_not_beat_the_counter() {
    let world = Arc::new(World::new().await);
    world.sign_up("alice").await;
    let mut guesses = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let world = Arc::clone(&world);
        guesses.spawn(async move { world.try_login("alice", "wrong").await });
    }
    // The hasher lets every task go on before it answers the first: all of them have been counted by then, or none.
    let answers = guesses.join_all().await;
    let judged = answers.iter().filter(|a| matches!(a, Err(ProviderError::InvalidCredentials))).count();
    assert_eq!(judged, 6);
}

#[tokio::test]
async fn r59_addresses_are_slowed_down_across_accounts() {
    let world = World::new().await;
    let mut blocked = None;
    for i in 0..60 {
        if wait(&world.try_login(&format!("user{i}"), "wrong").await.err().unwrap()).is_some() {
            blocked = Some(i);
            break;
        }
    }
    assert_eq!(blocked, Some(51));
    assert_eq!(world.audit.last().outcome, Outcome::Throttled);
}

#[tokio::test]
async fn v25_parallel_guesses_at_many_accounts_all_count_for_the_address() {
    let world = Arc::new(World::new().await);
    let mut guesses = tokio::task::JoinSet::new();
    for i in 0..70 {
        let world = Arc::clone(&world);
        guesses.spawn(async move { world.try_login(&format!("user{i}"), "wrong").await.is_err() });
    }
    assert_eq!(guesses.join_all().await.len(), 70);
    // Seventy failures, fifty of them free: the next waits for the delay that twenty have earned, not for the first one.
    let refused = world.try_login("another", "wrong").await.err().unwrap();
    assert_eq!(wait(&refused), Some(Duration::from_mins(15)));
}

#[tokio::test]
async fn r76_sign_ups_from_one_address_are_slowed_down() {
    let world = World::new().await;
    for i in 0..21 {
        world.sign_up(&format!("user{i}")).await;
    }
    let request = SignUp { username: "one.more", email: None, password: PASSWORD };
    assert!(wait(&world.provider.sign_up(request, &world.ctx()).await.err().unwrap()).is_some());
}

#[tokio::test]
async fn sign_up_can_be_closed_to_all_but_operators() {
    let world = World::with(|settings| settings.signup_enabled = false).await;
    let request = SignUp { username: "alice", email: None, password: PASSWORD };
    assert!(matches!(
        world.provider.sign_up(request, &world.ctx()).await,
        Err(ProviderError::SignupDisabled)
    ));
    assert!(world.provider.create_user(request, &world.ctx()).await.is_ok());
}

#[tokio::test]
async fn r67_the_audit_log_knows_who_what_when_and_where_and_no_secret() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let tokens = world.login("alice").await.tokens;
    let event = world.audit.last();
    assert_eq!((event.at, event.action, event.outcome), (world.now, AuditAction::Login, Outcome::Success));
    assert_eq!(
        (event.user_id, event.session_id),
        (Some(tokens.session.user_id), Some(tokens.session.session_id))
    );
    assert_eq!(event.address, world.ctx().address);
    let _ = world.try_login("alice", "a wrong one").await;
    let log = format!("{:?}", world.audit.0.lock().unwrap());
    for secret in
        [PASSWORD, "a wrong one", tokens.refresh_token.expose(), tokens.access_token.as_str(), "alice"]
    {
        assert!(!log.contains(secret));
    }
}
