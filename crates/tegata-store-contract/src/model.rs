//! The reference store as the model: any sequence of steps, done on both, gives the same.

mod oauth;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};
use tegata_core::attempt::Attempt;
use tegata_core::attributes::{AttributeValue, AttributesChange, TextClaim};
use tegata_core::grant::Grant;
use tegata_core::identifier::{SessionId, UserId};
use tegata_core::password::PasswordHash;
use tegata_core::store::memory::MemoryStore;
use tegata_core::store::{Store, StoreError};
use tegata_core::timestamp::Timestamp;
use tegata_core::user::{ProfileChange, UserStatus};

use crate::TestedStore;
use crate::keys::key_set;
use crate::records::{HOUR, NOW, SCHEDULE, hash, key, session, user, with_email};

/// A step on few users, sessions and counters, so that steps meet.
#[derive(Clone, Debug)]
enum Step {
    Create { id: u8, name: u8, email: Option<u8> },
    ChangeEmail { id: u8, email: Option<u8> },
    Rename { id: u8, name: Option<u8> },
    Describe { id: u8, number: Option<u8>, group: u8, takes_proof: bool },
    Grant { id: u8, scope: u8 },
    Verify { id: u8, email: u8 },
    ChangePassword { id: u8, version: u32, keep: Option<u8> },
    Rehash { id: u8, version: u32 },
    SetStatus { id: u8, status: bool },
    Delete { id: u8 },
    Begin { id: u8, session: u8, version: u32 },
    Rotate { id: u8, session: u8, generation: u32 },
    End { id: u8, session: u8 },
    EndAll { id: u8, keep: Option<u8> },
    Attempt { account: u8, address: Option<u8> },
    Count { key: u8 },
    Forget { key: u8 },
    ReplaceKeys { expected: Option<u64>, version: u64 },
    OfClients(oauth::Step),
    Purge,
    Pass { minutes: u64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (id, session, small) = (0..3_u8, 0..3_u8, 0..3_u8);
    let version = 1..4_u32;
    let maybe = || prop::option::of(0..3_u8);
    let step = prop_oneof![
        3 => (id.clone(), small.clone(), maybe()).prop_map(|(id, name, email)| Step::Create { id, name, email }),
        1 => (id.clone(), maybe()).prop_map(|(id, email)| Step::ChangeEmail { id, email }),
        1 => (id.clone(), maybe()).prop_map(|(id, name)| Step::Rename { id, name }),
        2 => (id.clone(), maybe(), small.clone(), any::<bool>()).prop_map(|(id, number, group, takes_proof)| {
            Step::Describe { id, number, group, takes_proof }
        }),
        1 => (id.clone(), small.clone()).prop_map(|(id, scope)| Step::Grant { id, scope }),
        2 => (id.clone(), small.clone()).prop_map(|(id, email)| Step::Verify { id, email }),
        1 => (id.clone(), version.clone(), maybe())
            .prop_map(|(id, version, keep)| Step::ChangePassword { id, version, keep }),
        1 => (id.clone(), version.clone()).prop_map(|(id, version)| Step::Rehash { id, version }),
        1 => (id.clone(), any::<bool>()).prop_map(|(id, status)| Step::SetStatus { id, status }),
        1 => id.clone().prop_map(|id| Step::Delete { id }),
        4 => (id.clone(), session.clone(), version)
            .prop_map(|(id, session, version)| Step::Begin { id, session, version }),
        6 => (id.clone(), session.clone(), 0..4_u32)
            .prop_map(|(id, session, generation)| Step::Rotate { id, session, generation }),
        1 => (id.clone(), session).prop_map(|(id, session)| Step::End { id, session }),
        1 => (id, maybe()).prop_map(|(id, keep)| Step::EndAll { id, keep }),
        3 => (small.clone(), maybe()).prop_map(|(account, address)| Step::Attempt { account, address }),
        2 => small.clone().prop_map(|key| Step::Count { key }),
        1 => small.prop_map(|key| Step::Forget { key }),
        1 => (prop::option::of(0..3_u64), 0..3_u64)
            .prop_map(|(expected, version)| Step::ReplaceKeys { expected, version }),
        12 => oauth::steps().prop_map(Step::OfClients),
        1 => Just(Step::Purge),
        2 => (0..50_u64).prop_map(|minutes| Step::Pass { minutes }),
    ];
    prop::collection::vec(step, 1..60)
}

fn user_id(id: u8) -> UserId {
    UserId::from_bytes([id; 16])
}

fn address(email: u8) -> String {
    format!("e{email}@b.example")
}

fn show(outcome: Result<impl Debug, StoreError>) -> String {
    format!("{:?}", outcome.unwrap())
}

/// Does the step and says what came of it.
async fn outcome(store: &dyn Store, step: &Step, now: Timestamp) -> String {
    let session_id = |n: u8| SessionId::from_bytes([n; 16]);
    match *step {
        Step::Create { id, name, email } => {
            let name = format!("user{name}");
            let user = email.map_or_else(|| user(id, &name), |email| with_email(id, &name, &address(email)));
            // A store may count on ids being new.
            if store.find_user(user.user_id).await.unwrap().is_some() {
                return String::new();
            }
            show(store.create_user(&user).await)
        }
        Step::ChangeEmail { id, email } => {
            let email = Some(email.map(|email| address(email).parse().unwrap()));
            let change = ProfileChange { email, ..ProfileChange::default() };
            show(store.change_profile(user_id(id), &change).await)
        }
        Step::Rename { id, name } => {
            let name = Some(name.map(|name| format!("name {name}")));
            let change = ProfileChange { name, ..ProfileChange::default() };
            show(store.change_profile(user_id(id), &change).await)
        }
        Step::Describe { id, number, group, takes_proof } => {
            let mut attributes = AttributesChange::default();
            let number = number.map(|number| format!("+1604555123{number}"));
            attributes.set_text(TextClaim::PhoneNumber, number.as_deref()).unwrap();
            let group = format!("group{group}");
            attributes
                .set_own(group.parse().unwrap(), number.is_some().then_some(AttributeValue::Flag(true)));
            if takes_proof {
                attributes.prove_phone_number("+16045551231");
            }
            let change = ProfileChange {
                attributes,
                unprove_email: takes_proof,
                changed_at: Some(now),
                ..ProfileChange::default()
            };
            show(store.change_profile(user_id(id), &change).await)
        }
        Step::Grant { id, scope } => {
            let scope = format!("s{scope}").parse().unwrap();
            show(store.set_granted_scope(user_id(id), &scope).await)
        }
        Step::Verify { id, email } => show(store.verify_email(user_id(id), &address(email)).await),
        Step::ChangePassword { id, version, keep } => {
            let hash = PasswordHash::from_phc(format!("changed {version}"));
            show(store.change_password(user_id(id), version, &hash, keep.map(session_id), now).await)
        }
        Step::Rehash { id, version } => {
            show(store.rehash_password(user_id(id), version, &PasswordHash::from_phc("rehashed")).await)
        }
        Step::SetStatus { id, status } => {
            let status = if status { UserStatus::Active } else { UserStatus::Disabled };
            show(store.set_user_status(user_id(id), status).await)
        }
        Step::Delete { id } => show(store.delete_user(user_id(id)).await),
        Step::Begin { id, session: n, version } => {
            let mut session = session(&user(id, "someone"), n);
            session.idle_expires_at = now + HOUR;
            session.grant = (n > 0)
                .then(|| Box::new(Grant::Browser { continues: vec![SessionId::from_bytes([id; 16])] }));
            show(store.begin_session(&session, version, (n != 1).then(|| key(n))).await)
        }
        Step::Rotate { id, session: n, generation } => {
            let rotation = tegata_core::session::Rotation {
                user_id: user_id(id),
                session_id: session_id(n),
                presented: hash(n, generation),
                successor: hash(n, generation + 1),
                idle_ttl: HOUR,
                now,
            };
            show(store.rotate_session(&rotation).await)
        }
        Step::End { id, session } => show(store.end_session(user_id(id), session_id(session)).await),
        Step::EndAll { id, keep } => show(store.end_sessions(user_id(id), keep.map(session_id)).await),
        Step::Attempt { account, address } => {
            let attempt = Attempt {
                account: key(account),
                account_schedule: SCHEDULE,
                address: address.map(key),
                address_schedule: SCHEDULE,
                now,
            };
            show(store.begin_attempt(&attempt).await)
        }
        Step::Count { key: n } => show(store.count(key(n), &SCHEDULE, now).await),
        Step::Forget { key: n } => show(store.forget_attempts(key(n)).await),
        Step::ReplaceKeys { expected, version } => {
            show(store.replace_key_set(expected, &key_set(version, "kid")).await)
        }
        Step::OfClients(ref step) => oauth::outcome(store, step, now).await,
        Step::Purge => show(store.purge_expired(now, 100).await),
        Step::Pass { .. } => String::new(),
    }
}

/// All that can be seen of a store.
async fn state(store: &dyn Store) -> String {
    let users = store.list_users(None, 100).await.unwrap();
    let key_set = store.find_key_set().await.unwrap();
    let mut parts = vec![format!("{users:?} {key_set:?}"), oauth::state(store).await];
    for id in 0..3 {
        let mut sessions = store.list_sessions(user_id(id)).await.unwrap();
        sessions.sort_by_key(|session| session.session_id);
        let hashes: Vec<_> =
            sessions.iter().map(|s| (s.current_hash, s.previous_hash)).map(|h| bytes(&h)).collect();
        let by_email = store.find_user_by_login_name(&address(id).parse().unwrap()).await.unwrap();
        parts.push(format!("{sessions:?} {hashes:?} {:?}", by_email.map(|user| user.user_id)));
    }
    parts.join("\n")
}

/// `Debug` of a hash shows nothing; here it has to.
fn bytes(
    hashes: &(
        tegata_core::refresh_token::RefreshTokenHash,
        Option<tegata_core::refresh_token::RefreshTokenHash>,
    ),
) -> (Vec<u8>, Option<Vec<u8>>) {
    (hashes.0.as_bytes().to_vec(), hashes.1.map(|hash| hash.as_bytes().to_vec()))
}

async fn differs<S: TestedStore>(steps: &[Step]) -> Option<String> {
    let tested = S::fresh();
    let (store, model): (Arc<dyn Store>, Arc<dyn Store>) =
        (tested.tenant("a"), Arc::new(MemoryStore::default()));
    let mut now = NOW;
    for (i, step) in steps.iter().enumerate() {
        if let Step::Pass { minutes } = step {
            now = now + Duration::from_mins(*minutes);
        }
        let (got, expected) =
            (outcome(store.as_ref(), step, now).await, outcome(model.as_ref(), step, now).await);
        if got != expected {
            return Some(format!("step {i}, {step:?}\n  gave     {got}\n  expected {expected}"));
        }
    }
    let (got, expected) = (state(store.as_ref()).await, state(model.as_ref()).await);
    (got != expected).then(|| format!("at the end\n  is       {got}\n  expected {expected}"))
}

pub async fn any_sequence_of_steps_gives_what_the_reference_gives<S: TestedStore>(_: S) {
    let handle = tokio::runtime::Handle::current();
    // The runner is synchronous and shrinks what fails; it gets a thread on which it may wait.
    let outcome = tokio::task::spawn_blocking(move || {
        let mut runner =
            TestRunner::new(Config { cases: 60, failure_persistence: None, ..Config::default() });
        runner.run(&steps(), |steps| match handle.block_on(differs::<S>(&steps)) {
            None => Ok(()),
            Some(difference) => Err(TestCaseError::fail(difference)),
        })
    });
    match outcome.await.unwrap() {
        Ok(()) => {}
        Err(TestError::Fail(difference, steps)) => panic!("{difference}\nof {steps:#?}"),
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
}
