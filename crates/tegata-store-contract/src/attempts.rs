//! Counters of attempts.

use std::sync::Arc;
use std::time::Duration;

use tegata_core::attempt::{Attempt, AttemptKey, AttemptRecord, Blocked};
use tegata_core::identifier::SessionId;
use tegata_core::timestamp::Timestamp;
use tokio::task::JoinSet;

use crate::TestedStore;
use crate::keys::key_set;
use crate::records::{NOW, SCHEDULE, begin, create, key, user};

fn attempt(account: AttemptKey, address: Option<AttemptKey>, now: Timestamp) -> Attempt {
    Attempt { account, account_schedule: SCHEDULE, address, address_schedule: SCHEDULE, now }
}

pub async fn attempts_are_counted_as_the_rule_says<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let (mut record, mut now) = (None, NOW);
    for step in 0..40_u64 {
        let expected = AttemptRecord::count(record, &SCHEDULE, now);
        assert_eq!(
            store.begin_attempt(&attempt(key(1), None, now)).await.unwrap(),
            expected.map(drop),
            "step {step}"
        );
        assert_eq!(store.count(key(2), &SCHEDULE, now).await.unwrap(), expected.map(drop));
        record = expected.ok().or(record);
        now = now + Duration::from_millis(step * step * 400);
    }
    let forgotten = record.unwrap().expires_at;
    assert_eq!(store.count(key(1), &SCHEDULE, forgotten).await.unwrap(), Ok(()));
}

pub async fn v25_parallel_attempts_see_those_before_them<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let (mut one_by_one, mut record) = (0, None);
    while let Ok(next) = AttemptRecord::count(record, &SCHEDULE, NOW) {
        (one_by_one, record) = (one_by_one + 1, Some(next));
    }
    assert_eq!(one_by_one, SCHEDULE.free + 1, "the first one past the free ones starts the delay");
    for round in 0..5 {
        let mut tasks = JoinSet::new();
        for _ in 0..200 {
            let store = Arc::clone(&store);
            tasks.spawn(async move { store.begin_attempt(&attempt(key(round), None, NOW)).await.unwrap() });
        }
        let (passed, refused): (Vec<_>, Vec<_>) = tasks.join_all().await.into_iter().partition(Result::is_ok);
        assert_eq!(passed.len(), usize::try_from(one_by_one).unwrap());
        let until = record.unwrap().blocked_until;
        assert!(
            refused.into_iter().all(|refused| refused == Err(Blocked { until })),
            "none waits for longer"
        );
    }
}

pub async fn a_blocked_address_stops_an_attempt_uncounted<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    for _ in 0..6 {
        store.count(key(9), &SCHEDULE, NOW).await.unwrap().unwrap();
    }
    for _ in 0..20 {
        assert!(store.begin_attempt(&attempt(key(1), Some(key(9)), NOW)).await.unwrap().is_err());
    }
    for _ in 0..6 {
        let from_elsewhere = attempt(key(1), Some(key(8)), NOW);
        assert_eq!(store.begin_attempt(&from_elsewhere).await.unwrap(), Ok(()), "nothing was counted");
    }
    assert_eq!(
        store.begin_attempt(&attempt(key(2), Some(key(8)), NOW)).await.unwrap(),
        Ok(()),
        "addresses are only asked"
    );
}

/// An address that is refused meanwhile lets nobody pass, whichever comes first.
pub async fn v25_parallel_counts_of_an_address_see_those_before_them<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    for round in 0..5 {
        let mut tasks = JoinSet::new();
        for _ in 0..100 {
            let store = Arc::clone(&store);
            tasks.spawn(async move { store.count(key(round), &SCHEDULE, NOW).await.unwrap() });
        }
        let counted = tasks.join_all().await.into_iter().flatten().count();
        assert_eq!(counted, 6);
        let from_there = attempt(key(100), Some(key(round)), NOW);
        assert!(store.begin_attempt(&from_there).await.unwrap().is_err());
    }
}

/// Keys of different kinds of records may have the same bytes; they are different things.
pub async fn v6_kinds_of_records_share_no_keys<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let alice = user(7, "alice");
    create(store.as_ref(), &alice).await;
    let session = begin(store.as_ref(), &alice, 7).await;
    store.replace_key_set(None, &key_set(7, "7")).await.unwrap();
    store.count(key(7), &SCHEDULE, NOW).await.unwrap().unwrap();
    store.forget_attempts(key(7)).await.unwrap();
    assert!(!store.end_session(alice.user_id, SessionId::from_bytes([8; 16])).await.unwrap());
    assert!(store.find_user(alice.user_id).await.unwrap().is_some());
    assert_eq!(store.list_sessions(alice.user_id).await.unwrap(), [session]);
    assert_eq!(store.find_key_set().await.unwrap(), Some(key_set(7, "7")));
    store.delete_user(alice.user_id).await.unwrap();
    assert_eq!(store.find_key_set().await.unwrap(), Some(key_set(7, "7")));
}

pub async fn attempts_at_the_ends_of_time_are_counted<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    for (n, now) in [(1, i64::MIN), (2, i64::MAX), (3, -1)] {
        let (now, mut record) = (Timestamp::from_millis(now), None);
        for _ in 0..8 {
            let expected = AttemptRecord::count(record, &SCHEDULE, now);
            assert_eq!(store.count(key(n), &SCHEDULE, now).await.unwrap(), expected.map(drop));
            record = expected.ok().or(record);
        }
    }
}

pub async fn v6_counters_do_not_touch_each_other<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    for _ in 0..6 {
        store.count(key(1), &SCHEDULE, NOW).await.unwrap().unwrap();
    }
    assert!(store.count(key(1), &SCHEDULE, NOW).await.unwrap().is_err());
    assert!(store.count(key(2), &SCHEDULE, NOW).await.unwrap().is_ok());
}

pub async fn v25_failures_that_were_let_in_all_count<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let mut expected = None;
    for _ in 0..9 {
        expected = Some(AttemptRecord::add(expected, &SCHEDULE, NOW));
        store.count_failure(key(1), &SCHEDULE, NOW).await.unwrap();
    }
    let until = expected.unwrap().blocked_until;
    assert_eq!(store.count(key(1), &SCHEDULE, NOW).await.unwrap(), Err(Blocked { until }));
    assert_eq!(until, NOW + SCHEDULE.delay(9));
}

pub async fn forgetting_begins_anew<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    for _ in 0..2 {
        for _ in 0..6 {
            store.count(key(1), &SCHEDULE, NOW).await.unwrap().unwrap();
        }
        assert!(store.count(key(1), &SCHEDULE, NOW).await.unwrap().is_err());
        store.forget_attempts(key(1)).await.unwrap();
    }
}
