//! The rotation of refresh tokens: the step on which the product rests.

use std::sync::Arc;
use std::time::Duration;

use tegata_core::store::Rotated;
use tegata_core::timestamp::Timestamp;
use tokio::task::JoinSet;

use crate::TestedStore;
use crate::records::{HOUR, NOW, begin, create, hash, key, rotation, session, user};

pub async fn a_rotation_is_what_the_rule_says<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let alice = user(1, "alice");
    create(store.as_ref(), &alice).await;
    let mut expected = begin(store.as_ref(), &alice, 1).await;
    for generation in 0..5 {
        let now = NOW + HOUR / 2 * (generation + 1);
        let rotation = rotation(&expected, 1, generation, now);
        expected = rotation.apply(&expected).unwrap();
        assert_eq!(store.rotate_session(&rotation).await.unwrap(), Rotated::Now(expected.clone()));
    }
    assert_eq!(store.find_session(alice.user_id, expected.session_id).await.unwrap(), Some(expected));
}

/// Fifty present one token at once, two hundred times over. One gets the successor in; all the others are handed the
/// record in which it is current, so that they can be given the same one.
pub async fn v1_of_concurrent_rotations_exactly_one_is_done<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let alice = user(1, "alice");
    create(store.as_ref(), &alice).await;
    let session = begin(store.as_ref(), &alice, 1).await;
    for generation in 0..200 {
        let mut tasks = JoinSet::new();
        for _ in 0..50 {
            let (store, rotation) = (Arc::clone(&store), rotation(&session, 1, generation, NOW));
            tasks.spawn(async move { store.rotate_session(&rotation).await.unwrap() });
        }
        let mut done = 0;
        for outcome in tasks.join_all().await {
            let record = match outcome {
                Rotated::Now(record) => {
                    done += 1;
                    record
                }
                Rotated::Refused(record) => record.unwrap(),
            };
            assert_eq!(record.generation, generation + 1);
            assert_eq!(record.current_hash, hash(1, generation + 1));
            assert_eq!(record.previous_hash, Some(hash(1, generation)));
        }
        assert_eq!(done, 1, "generation {generation}");
    }
}

pub async fn a_refused_rotation_changes_nothing_and_gives_the_record<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let alice = user(1, "alice");
    create(store.as_ref(), &alice).await;
    let session = begin(store.as_ref(), &alice, 1).await;
    let refused = store.rotate_session(&rotation(&session, 1, 7, NOW)).await.unwrap();
    assert_eq!(refused, Rotated::Refused(Some(session.clone())));
    let mut of_another = rotation(&session, 1, 0, NOW);
    of_another.user_id = user(2, "bob").user_id;
    assert_eq!(store.rotate_session(&of_another).await.unwrap(), Rotated::Refused(None));
    assert_eq!(store.find_session(alice.user_id, session.session_id).await.unwrap(), Some(session));
}

pub async fn an_expired_session_does_not_rotate<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let alice = user(1, "alice");
    create(store.as_ref(), &alice).await;
    let millisecond = Duration::from_millis(1);
    let idle = begin(store.as_ref(), &alice, 1).await;
    let late = rotation(&idle, 1, 0, idle.idle_expires_at);
    assert_eq!(store.rotate_session(&late).await.unwrap(), Rotated::Refused(Some(idle.clone())));
    let in_time = rotation(&idle, 1, 0, idle.idle_expires_at - millisecond);
    assert!(matches!(store.rotate_session(&in_time).await.unwrap(), Rotated::Now(_)));

    let mut absolute = session(&alice, 2);
    absolute.idle_expires_at = NOW + 48 * HOUR;
    store.begin_session(&absolute, 1, Some(key(2))).await.unwrap();
    let late = rotation(&absolute, 2, 0, absolute.absolute_expires_at);
    assert_eq!(store.rotate_session(&late).await.unwrap(), Rotated::Refused(Some(absolute)));
}

pub async fn v2_rotations_in_one_instant_are_told_apart<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let alice = user(1, "alice");
    create(store.as_ref(), &alice).await;
    let session = begin(store.as_ref(), &alice, 1).await;
    for generation in 0..3 {
        assert!(matches!(
            store.rotate_session(&rotation(&session, 1, generation, NOW)).await.unwrap(),
            Rotated::Now(_)
        ));
        let again = store.rotate_session(&rotation(&session, 1, generation, NOW)).await.unwrap();
        assert!(matches!(again, Rotated::Refused(Some(record)) if record.generation == generation + 1));
    }
}

pub async fn the_last_generation_does_not_wrap<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let alice = user(1, "alice");
    create(store.as_ref(), &alice).await;
    let mut session = session(&alice, 1);
    session.generation = u32::MAX;
    store.begin_session(&session, 1, Some(key(1))).await.unwrap();
    let refused = store.rotate_session(&rotation(&session, 1, 0, NOW)).await.unwrap();
    assert_eq!(refused, Rotated::Refused(Some(session.clone())));

    session.generation = u32::MAX - 1;
    store.begin_session(&session, 1, Some(key(1))).await.unwrap();
    let last = rotation(&session, 1, 0, NOW);
    let expected = last.apply(&session).unwrap();
    assert_eq!(expected.generation, u32::MAX);
    assert_eq!(store.rotate_session(&last).await.unwrap(), Rotated::Now(expected.clone()));
    let refused = store.rotate_session(&rotation(&session, 1, 1, NOW)).await.unwrap();
    assert_eq!(refused, Rotated::Refused(Some(expected)));
}

pub async fn a_rotation_at_the_ends_of_time_is_what_the_rule_says<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let alice = user(1, "alice");
    create(store.as_ref(), &alice).await;
    let (first, last) = (Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX));
    let millisecond = Duration::from_millis(1);
    for (n, (now, idle_ttl)) in [
        (first, Duration::ZERO),
        (first, Duration::MAX),
        (last - millisecond, HOUR),
        (last - millisecond, Duration::MAX),
        (last, HOUR),
    ]
    .into_iter()
    .enumerate()
    {
        let n = u8::try_from(n).unwrap();
        let mut session = session(&alice, n);
        (session.idle_expires_at, session.absolute_expires_at) = (last, last);
        store.begin_session(&session, 1, Some(key(n))).await.unwrap();
        let mut rotation = rotation(&session, n, 0, now);
        rotation.idle_ttl = idle_ttl;
        let expected = match rotation.apply(&session) {
            Some(next) => Rotated::Now(next),
            None => Rotated::Refused(Some(session)),
        };
        assert_eq!(store.rotate_session(&rotation).await.unwrap(), expected, "case {n}");
    }
}
