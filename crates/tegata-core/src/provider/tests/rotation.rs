use proptest::prelude::*;
use tegata_jose::JoseError;

use super::*;
use crate::audit::AuditAction;

#[tokio::test]
async fn a_refresh_gives_the_next_tokens_of_the_same_session() {
    let mut world = World::new().await;
    world.sign_up("alice").await;
    let first = world.login("alice").await.tokens;
    world.pass(60);
    let second = world.refresh(first.refresh_token.expose()).await.unwrap();
    assert_eq!(second.session.session_id, first.session.session_id);
    assert_eq!(second.session.generation, 1);
    assert_eq!(second.session.auth_time, first.session.auth_time);
    let token = world.provider.verify_access_token(&second.access_token, world.now).unwrap();
    assert_eq!(token.username(), Some("alice"));
}

#[tokio::test]
async fn a_lost_answer_is_given_again_within_the_grace() {
    let mut world = World::new().await;
    world.sign_up("alice").await;
    let first = world.login("alice").await.tokens;
    let second = world.refresh(first.refresh_token.expose()).await.unwrap();
    world.pass(10);
    let again = world.refresh(first.refresh_token.expose()).await.unwrap();
    assert_eq!(again.refresh_token.expose(), second.refresh_token.expose());
    assert_eq!(again.session, second.session, "nothing was written");
}

#[tokio::test]
async fn r6_a_spent_token_ends_its_session_and_no_other() {
    let mut world = World::new().await;
    world.sign_up("alice").await;
    let (stolen, other) = (world.login("alice").await.tokens, world.login("alice").await.tokens);
    let second = world.refresh(stolen.refresh_token.expose()).await.unwrap();
    let rotated_at = world.now;
    world.pass(11);
    let refused = world.refresh(stolen.refresh_token.expose()).await;
    assert!(matches!(refused, Err(ProviderError::RefreshTokenReplayed)));
    let event = world.audit.last();
    assert_eq!(event.action, AuditAction::RefreshTokenReplayed { rotated_at, replayed_at: world.now });
    assert!(world.refresh(second.refresh_token.expose()).await.is_err(), "the family is dead");
    assert!(world.refresh(other.refresh_token.expose()).await.is_ok(), "the user's other session lives");
}

#[tokio::test]
async fn r6_the_grace_ends_when_the_successor_is_used() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let first = world.login("alice").await.tokens;
    let second = world.refresh(first.refresh_token.expose()).await.unwrap();
    world.refresh(second.refresh_token.expose()).await.unwrap();
    let refused = world.refresh(first.refresh_token.expose()).await;
    assert!(matches!(refused, Err(ProviderError::RefreshTokenReplayed)));
    assert!(world.refresh(second.refresh_token.expose()).await.is_err());
}

#[tokio::test]
async fn v2_two_rotations_within_one_second_leave_one_live_token() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let a = world.login("alice").await.tokens;
    let b = world.refresh(a.refresh_token.expose()).await.unwrap();
    let c = world.refresh(b.refresh_token.expose()).await.unwrap();
    assert!(world.refresh(a.refresh_token.expose()).await.is_err());
    assert!(
        world.refresh(c.refresh_token.expose()).await.is_err(),
        "the replay of the first ended the session"
    );
}

#[tokio::test]
async fn r7_rotation_moves_the_idle_end_and_never_the_absolute_one() {
    let mut world = World::new().await;
    world.sign_up("alice").await;
    let mut tokens = world.login("alice").await.tokens;
    let absolute = tokens.session.absolute_expires_at;
    for _ in 0..4 {
        world.pass(6 * 86_400);
        tokens = world.refresh(tokens.refresh_token.expose()).await.unwrap();
        assert_eq!(tokens.session.absolute_expires_at, absolute);
        assert!(tokens.refresh_expires_at <= absolute);
    }
    world.pass(6 * 86_400);
    assert!(matches!(world.refresh(tokens.refresh_token.expose()).await, Err(ProviderError::InvalidGrant)));
}

#[tokio::test]
async fn r50_an_idle_session_ends() {
    let mut world = World::new().await;
    world.sign_up("alice").await;
    let tokens = world.login("alice").await.tokens;
    world.pass(7 * 86_400);
    assert!(matches!(world.refresh(tokens.refresh_token.expose()).await, Err(ProviderError::InvalidGrant)));
    assert_ne!(world.audit.last().outcome, crate::audit::Outcome::Failure, "expiry is not theft");
}

#[tokio::test]
async fn an_access_token_never_outlives_its_session() {
    let mut world = World::with(|settings| settings.sessions.absolute_ttl = Duration::from_hours(1)).await;
    world.provider.settings.sessions.idle_ttl = Duration::from_hours(1);
    world.sign_up("alice").await;
    let tokens = world.login("alice").await.tokens;
    world.pass(3_000);
    let tokens = world.refresh(tokens.refresh_token.expose()).await.unwrap();
    assert_eq!(tokens.expires_in, Duration::from_mins(10));
    world.pass(600);
    assert_eq!(
        world.provider.verify_access_token(&tokens.access_token, world.now).unwrap_err(),
        JoseError::Expired
    );
}

#[tokio::test]
async fn a_clock_that_jumps_is_not_taken_for_theft() {
    let mut world = World::new().await;
    world.sign_up("alice").await;
    let mut tokens = world.login("alice").await.tokens;
    for jump in [-86_400_i64, 3_600, -300_000, 1_000_000, 0] {
        world.now = Timestamp::from_secs(1_700_000_000 + jump);
        match world.refresh(tokens.refresh_token.expose()).await {
            Ok(next) => tokens = next,
            Err(error) => assert!(matches!(error, ProviderError::InvalidGrant)),
        }
        let event = world.audit.last();
        assert!(!matches!(event.action, AuditAction::RefreshTokenReplayed { .. }), "jump of {jump}");
    }
    world.now = Timestamp::from_secs(1_700_000_000);
    assert!(world.refresh(tokens.refresh_token.expose()).await.is_ok());
}

#[tokio::test]
async fn v4_a_store_that_was_set_back_is_not_taken_for_theft() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let first = world.login("alice").await.tokens;
    let before = first.session.clone();
    let second = world.refresh(first.refresh_token.expose()).await.unwrap();
    let third = world.refresh(second.refresh_token.expose()).await.unwrap();
    let user = world.provider.find_user("alice").await.unwrap();
    let account = crate::attempt::AttemptKey::from_bytes([0; 32]);
    world.provider.store().begin_session(&before, user.credential.version, Some(account)).await.unwrap();
    assert!(matches!(world.refresh(third.refresh_token.expose()).await, Err(ProviderError::InvalidGrant)));
    assert_eq!(world.audit.last().action, AuditAction::StoreBehindToken);
    assert!(world.refresh(first.refresh_token.expose()).await.is_ok(), "the session lives");
}

/// What can happen to a session, seen from outside.
#[derive(Clone, Debug)]
enum Event {
    /// The token that was handed out as the n-th (modulo how many there are) is presented.
    Present(usize),
    /// Seconds pass.
    Pass(u64),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event =
        prop_oneof![4 => (0..8_usize).prop_map(Event::Present), 1 => (0..15_u64).prop_map(Event::Pass)];
    prop::collection::vec(event, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Against a model in a dozen lines: the newest token works, the one before it only gives the newest again, within
    /// the grace, and everything else ends the session for good.
    #[test]
    fn one_token_is_live_and_every_replay_ends_the_session(events in events()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut world = World::new().await;
            world.sign_up("alice").await;
            let mut tokens = vec![world.login("alice").await.tokens.refresh_token.expose().to_owned()];
            let (mut is_live, mut rotated_at) = (true, world.now);
            for event in events {
                let which = match event {
                    Event::Pass(secs) => {
                        world.pass(secs);
                        continue;
                    }
                    // Recent ones more often than old ones.
                    Event::Present(back) => tokens.len() - 1 - back.min(tokens.len() - 1),
                };
                let answer = world.refresh(&tokens[which]).await;
                let is_newest = which + 1 == tokens.len();
                let is_repeated = which + 2 == tokens.len() && world.now.since(rotated_at) <= Duration::from_secs(10);
                if is_live && is_newest {
                    tokens.push(answer.unwrap().refresh_token.expose().to_owned());
                    rotated_at = world.now;
                } else if is_live && is_repeated {
                    assert_eq!(answer.unwrap().refresh_token.expose(), tokens.last().unwrap());
                } else {
                    let refused = answer.unwrap_err();
                    let is_replay = is_live && matches!(refused, ProviderError::RefreshTokenReplayed);
                    assert!(is_replay || matches!(refused, ProviderError::InvalidGrant));
                    is_live = false;
                }
            }
        });
    }
}
