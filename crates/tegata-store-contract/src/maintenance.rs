//! What operators and housekeeping need.

use std::sync::Arc;
use std::time::Duration;

use tegata_core::store::Rotated;

use crate::TestedStore;
use crate::records::{HOUR, NOW, SCHEDULE, begin, create, key, rotation, user};

pub async fn what_expired_is_purged_and_nothing_else<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let alice = user(1, "alice");
    create(store.as_ref(), &alice).await;
    let expired = begin(store.as_ref(), &alice, 1).await;
    let living = begin(store.as_ref(), &alice, 2).await;
    store.rotate_session(&rotation(&living, 2, 0, NOW + HOUR / 2)).await.unwrap();
    for _ in 0..6 {
        store.count(key(1), &SCHEDULE, NOW).await.unwrap().unwrap();
        store.count(key(2), &SCHEDULE, NOW + HOUR).await.unwrap().unwrap();
    }
    let millisecond = Duration::from_millis(1);
    assert_eq!(store.purge_expired(expired.idle_expires_at, 100).await.unwrap(), 0);
    assert_eq!(store.purge_expired(expired.idle_expires_at + millisecond, 100).await.unwrap(), 1);
    let left = store.list_sessions(alice.user_id).await.unwrap();
    assert_eq!(left.iter().map(|session| session.session_id).collect::<Vec<_>>(), [living.session_id]);
    let day_after = NOW + Duration::from_secs(1) + SCHEDULE.forget_after + millisecond;
    assert_eq!(
        store.purge_expired(day_after, 100).await.unwrap(),
        2,
        "the other session and the first counter"
    );
    assert!(store.find_user(alice.user_id).await.unwrap().is_some(), "users do not expire");
    assert!(
        store.count(key(2), &SCHEDULE, NOW + HOUR).await.unwrap().is_err(),
        "the second counter is there"
    );
}

/// Housekeeping with a clock that is ahead: a session is either refreshed and stays, or it is gone and nobody was told
/// otherwise.
pub async fn a_session_that_is_refreshed_while_purging_stays<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let alice = user(1, "alice");
    create(store.as_ref(), &alice).await;
    for round in 0..40 {
        let session = begin(store.as_ref(), &alice, round).await;
        let end = session.idle_expires_at;
        let rotation = rotation(&session, round, 0, end - Duration::from_millis(1));
        let (other, purging) = (Arc::clone(&store), end + Duration::from_millis(1));
        let purge = tokio::spawn(async move { other.purge_expired(purging, 10).await.unwrap() });
        if round % 2 == 0 {
            tokio::task::yield_now().await;
        }
        let rotated = store.rotate_session(&rotation).await.unwrap();
        let purged = purge.await.unwrap();
        let left = store.find_session(alice.user_id, session.session_id).await.unwrap();
        match rotated {
            Rotated::Now(record) => assert_eq!((left, purged), (Some(record), 0)),
            Rotated::Refused(record) => assert_eq!((left, record, purged), (None, None, 1)),
        }
        store.end_sessions(alice.user_id, None).await.unwrap();
    }
}

pub async fn purging_has_a_limit<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    for n in 0..5 {
        store.count(key(n), &SCHEDULE, NOW).await.unwrap().unwrap();
    }
    let later = NOW + 100 * HOUR;
    let purged = [
        store.purge_expired(later, 2).await.unwrap(),
        store.purge_expired(later, 2).await.unwrap(),
        store.purge_expired(later, 2).await.unwrap(),
        store.purge_expired(later, 2).await.unwrap(),
    ];
    assert_eq!(purged, [2, 2, 1, 0]);
}

pub async fn a_store_that_works_is_ready<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    store.check_ready().await.unwrap();
    store.check_ready().await.unwrap();
}
