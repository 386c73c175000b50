//! Counters of attempts.

use std::sync::Arc;
use std::time::Duration;

use tegata_core::attempt::{Attempt, AttemptKey, AttemptRecord};
use tegata_core::timestamp::Timestamp;
use tokio::task::JoinSet;

use crate::TestedStore;
use crate::records::{NOW, SCHEDULE, key};

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
    for round in 0..10 {
        let mut tasks = JoinSet::new();
        for _ in 0..50 {
            let store = Arc::clone(&store);
            tasks.spawn(async move { store.begin_attempt(&attempt(key(round), None, NOW)).await.unwrap() });
        }
        let counted = tasks.join_all().await.into_iter().flatten().count();
        assert_eq!(counted, 6, "five are free, and the sixth starts the delay");
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

pub async fn v6_counters_do_not_touch_each_other<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    for _ in 0..6 {
        store.count(key(1), &SCHEDULE, NOW).await.unwrap().unwrap();
    }
    assert!(store.count(key(1), &SCHEDULE, NOW).await.unwrap().is_err());
    assert!(store.count(key(2), &SCHEDULE, NOW).await.unwrap().is_ok());
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
