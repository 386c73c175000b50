//! Sessions: begun, found, ended.

use std::sync::Arc;

use tegata_core::password::PasswordHash;
use tegata_core::refresh_token::RefreshTokenHash;
use tegata_core::session::Device;
use tegata_core::store::{Begun, Rotated};
use tegata_core::timestamp::Timestamp;
use tegata_core::user::UserStatus;
use tokio::task::JoinSet;

use crate::TestedStore;
use crate::records::{NOW, SCHEDULE, begin, create, key, rotation, session, user};

pub async fn a_session_is_found_as_it_was_begun<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let alice = user(1, "Alice");
    create(store.as_ref(), &alice).await;
    let plain = begin(store.as_ref(), &alice, 1).await;
    let mut odd = session(&alice, 2);
    odd.amr = vec![];
    odd.scope = "".parse().unwrap();
    odd.device = Device { user_agent: Some("\0 é ".repeat(64)), address: "2001:db8::1".parse().ok() };
    odd.generation = u32::MAX;
    odd.previous_hash = Some(RefreshTokenHash::from_bytes([255; 32]));
    odd.auth_time = Timestamp::from_millis(i64::MIN);
    odd.absolute_expires_at = Timestamp::from_millis(i64::MAX);
    store.begin_session(&odd, 1, Some(key(1))).await.unwrap();
    let mut bare = session(&alice, 3);
    bare.device = Device::default();
    bare.amr = vec!["pwd".to_owned(), "otp".to_owned()];
    store.begin_session(&bare, 1, Some(key(1))).await.unwrap();
    for session in [&plain, &odd, &bare] {
        assert_eq!(
            store.find_session(alice.user_id, session.session_id).await.unwrap().as_ref(),
            Some(session)
        );
    }
    let mut all = store.list_sessions(alice.user_id).await.unwrap();
    all.sort_by_key(|session| session.session_id);
    assert_eq!(all, [plain, odd, bare]);
}

pub async fn a_session_needs_an_open_account_and_the_same_password<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let alice = user(1, "alice");
    let refused = store.begin_session(&session(&alice, 1), 1, Some(key(1))).await.unwrap();
    assert_eq!(refused, Begun::Refused, "nobody");
    create(store.as_ref(), &alice).await;
    assert_eq!(
        store.begin_session(&session(&alice, 1), 2, Some(key(1))).await.unwrap(),
        Begun::Refused,
        "another password"
    );
    store.set_user_status(alice.user_id, UserStatus::Disabled).await.unwrap();
    assert_eq!(
        store.begin_session(&session(&alice, 1), 1, Some(key(1))).await.unwrap(),
        Begun::Refused,
        "closed"
    );
    assert_eq!(store.list_sessions(alice.user_id).await.unwrap(), []);
}

pub async fn beginning_a_session_forgets_the_attempts_of_the_account<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let alice = user(1, "alice");
    create(store.as_ref(), &alice).await;
    for n in [1, 2] {
        for _ in 0..6 {
            store.count(key(n), &SCHEDULE, NOW).await.unwrap().unwrap();
        }
    }
    assert_eq!(store.begin_session(&session(&alice, 1), 9, Some(key(1))).await.unwrap(), Begun::Refused);
    assert!(store.count(key(1), &SCHEDULE, NOW).await.unwrap().is_err(), "a refused one forgets nothing");
    begin(store.as_ref(), &alice, 1).await;
    assert!(store.count(key(1), &SCHEDULE, NOW).await.unwrap().is_ok());
    assert!(store.count(key(2), &SCHEDULE, NOW).await.unwrap().is_err(), "another's are another's");
}

/// Whoever was not asked for a password has not shown that the guesses were theirs.
pub async fn v25_a_session_begun_without_a_password_forgets_no_attempts<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let alice = user(1, "alice");
    create(store.as_ref(), &alice).await;
    for _ in 0..6 {
        store.count(key(1), &SCHEDULE, NOW).await.unwrap().unwrap();
    }
    assert_eq!(store.begin_session(&session(&alice, 1), 1, None).await.unwrap(), Begun::Now);
    assert!(store.count(key(1), &SCHEDULE, NOW).await.unwrap().is_err());
}

pub async fn v45_no_login_outlives_what_overlaps_it<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    for round in 0..30_u8 {
        let alice = user(round, &format!("user{round}"));
        create(store.as_ref(), &alice).await;
        let mut tasks = JoinSet::new();
        for n in 0..8 {
            let (store, session) = (Arc::clone(&store), session(&alice, n));
            tasks.spawn(async move {
                store.begin_session(&session, 1, Some(key(n))).await.unwrap();
            });
        }
        let (other, user_id) = (Arc::clone(&store), alice.user_id);
        tasks.spawn(async move {
            match round % 3 {
                0 => drop(other.delete_user(user_id).await.unwrap()),
                1 => drop(other.set_user_status(user_id, UserStatus::Disabled).await.unwrap()),
                _ => {
                    let hash = PasswordHash::from_phc("new");
                    other.change_password(user_id, 1, &hash, None, NOW).await.unwrap();
                }
            }
        });
        tasks.join_all().await;
        assert_eq!(store.list_sessions(user_id).await.unwrap(), [], "round {round}");
    }
}

pub async fn v10_ending_a_session_ends_that_one<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let (alice, bob) = (user(1, "alice"), user(2, "bob"));
    create(store.as_ref(), &alice).await;
    create(store.as_ref(), &bob).await;
    let (first, second) = (begin(store.as_ref(), &alice, 1).await, begin(store.as_ref(), &alice, 2).await);
    assert!(!store.end_session(bob.user_id, first.session_id).await.unwrap(), "it is not Bob's");
    assert!(store.end_session(alice.user_id, first.session_id).await.unwrap());
    assert!(!store.end_session(alice.user_id, first.session_id).await.unwrap());
    assert_eq!(store.list_sessions(alice.user_id).await.unwrap(), [second]);
}

pub async fn of_concurrent_ends_one_counts<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let alice = user(1, "alice");
    create(store.as_ref(), &alice).await;
    for round in 0..20 {
        let session = begin(store.as_ref(), &alice, round).await;
        let mut tasks = JoinSet::new();
        for _ in 0..10 {
            let store = Arc::clone(&store);
            tasks.spawn(async move { store.end_session(session.user_id, session.session_id).await.unwrap() });
        }
        assert_eq!(tasks.join_all().await.into_iter().filter(|ended| *ended).count(), 1);
    }
}

pub async fn no_rotation_revives_an_ended_session<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    for round in 0..30_u8 {
        let alice = user(round, &format!("user{round}"));
        create(store.as_ref(), &alice).await;
        let session = begin(store.as_ref(), &alice, 1).await;
        let mut tasks = JoinSet::new();
        for _ in 0..4 {
            let (store, session) = (Arc::clone(&store), session.clone());
            tasks.spawn(async move {
                for generation in 0..8 {
                    store.rotate_session(&rotation(&session, 1, generation, NOW)).await.unwrap();
                }
            });
        }
        let (other, user_id, session_id) = (Arc::clone(&store), alice.user_id, session.session_id);
        tasks.spawn(async move {
            match round % 4 {
                0 => assert!(other.end_session(user_id, session_id).await.unwrap()),
                1 => assert_eq!(other.end_sessions(user_id, None).await.unwrap(), 1),
                2 => drop(other.delete_user(user_id).await.unwrap()),
                _ => drop(other.set_user_status(user_id, UserStatus::Disabled).await.unwrap()),
            }
        });
        tasks.join_all().await;
        assert_eq!(store.list_sessions(user_id).await.unwrap(), [], "round {round}");
        assert_eq!(
            store.rotate_session(&rotation(&session, 1, 0, NOW)).await.unwrap(),
            Rotated::Refused(None)
        );
    }
}

pub async fn all_sessions_but_one_can_be_ended<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let alice = user(1, "alice");
    create(store.as_ref(), &alice).await;
    let keep = begin(store.as_ref(), &alice, 1).await;
    begin(store.as_ref(), &alice, 2).await;
    begin(store.as_ref(), &alice, 3).await;
    assert_eq!(store.end_sessions(alice.user_id, Some(keep.session_id)).await.unwrap(), 2);
    assert_eq!(store.list_sessions(alice.user_id).await.unwrap(), [keep]);
    assert_eq!(store.end_sessions(alice.user_id, None).await.unwrap(), 1);
    assert_eq!(store.end_sessions(alice.user_id, None).await.unwrap(), 0);
}
