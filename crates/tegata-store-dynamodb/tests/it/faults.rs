//! Faults of the network and the service: what is safe is done again, what was done is known again, and nothing that the
//! store cannot know is taken for a verdict.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use tegata_core::store::memory::MemoryStore;
use tegata_core::store::{
    ConsentStore as _, Created, GrantBegun, NewGrant, Rotated, SessionStore as _, StoreError,
    TransientStore as _, UserStore as _,
};
use tegata_core::transient::Transient;
use tegata_store_dynamodb::{DynamoDbStore, KeyAccess, TableError, check_tables};

use crate::proxy::{Fault, Gate, Proxy};
use crate::records::{consent, key, new_grant, rotation, session, token, transient, user};
use crate::{local, scenario, tables};

const BAD: StatusCode = StatusCode::BAD_REQUEST;

/// A store that reaches the engine through the proxy, and gives up on an answer soon.
async fn impatient(proxy: &Proxy) -> DynamoDbStore {
    let (_, names) = tables::store(local::endpoint()).await;
    let mut options = tables::options(names, KeyAccess::Sign);
    options.attempt_timeout = Duration::from_millis(400);
    DynamoDbStore::new(tables::client(&proxy.endpoint), options)
}

/// Plays all steps while the first try of each request meets a fault, and compares with the reference.
async fn all_steps_survive(fault: Fault) {
    let proxy = Proxy::start().await;
    let (store, _) = tables::store(&proxy.endpoint).await;
    proxy.play_on_first_tries(fault.clone());
    let (got, expected) = (scenario::play(&store).await, scenario::play(&MemoryStore::default()).await);
    for ((name, got), (_, expected)) in got.into_iter().zip(expected) {
        let got = got.unwrap_or_else(|error| panic!("{name} with {fault:?}: {error:?}"));
        // What the purge finds left is counted, unless the answer that says so was lost.
        if name != "purge_expired" {
            assert_eq!(got, expected.unwrap(), "{name} with {fault:?}");
        }
    }
}

#[tokio::test]
async fn v58_a_throttled_step_is_done_in_the_end() {
    for code in ["ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"] {
        all_steps_survive(Fault::Error(BAD, code)).await;
    }
}

#[tokio::test]
async fn v58_a_step_that_met_an_internal_error_is_done_in_the_end() {
    all_steps_survive(Fault::Error(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError")).await;
    all_steps_survive(Fault::Error(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable")).await;
}

#[tokio::test]
async fn v58_a_step_whose_request_was_lost_is_done_in_the_end() {
    all_steps_survive(Fault::LostBefore).await;
}

#[tokio::test]
async fn v58_a_step_whose_answer_was_lost_knows_its_own_write() {
    all_steps_survive(Fault::LostAfter).await;
}

#[tokio::test]
async fn v58_a_step_that_was_done_and_answered_with_an_error_knows_its_own_write() {
    all_steps_survive(Fault::ErrorAfter).await;
}

#[tokio::test]
async fn v58_a_store_that_does_not_answer_is_unavailable_and_nothing_else() {
    let proxy = Proxy::start().await;
    let (store, _) = tables::store(&proxy.endpoint).await;
    for fault in [
        Fault::Error(BAD, "ThrottlingException"),
        Fault::Error(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError"),
        Fault::Error(BAD, "AccessDeniedException"),
        Fault::Error(BAD, "ValidationException"),
        Fault::LostBefore,
    ] {
        let always = fault.clone();
        proxy.play(move |_, _| Some(always.clone()));
        for (name, outcome) in scenario::play(&store).await {
            assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{name} with {fault:?}: {outcome:?}");
        }
    }
    assert_eq!(proxy.take_metered(), [], "nothing was done");
}

#[tokio::test]
async fn v58_a_canceled_transaction_is_judged_by_its_reasons() {
    let proxy = Proxy::start().await;
    let (store, _) = tables::store(&proxy.endpoint).await;
    let conflict = Fault::Canceled(&["TransactionConflict", "None"]);
    proxy.play_on("TransactWriteItems", &[conflict.clone(), conflict.clone(), conflict.clone(), conflict]);
    assert_eq!(store.create_user(&user(1, "alice")).await.unwrap(), Created::Now, "a conflict is no fault");
    for reasons in [&["None", "ThrottlingError"], &["ProvisionedThroughputExceeded", "None"]] {
        proxy.play_on("TransactWriteItems", &[Fault::Canceled(reasons), Fault::Canceled(reasons)]);
        let verified = store.verify_email(user(1, "alice").user_id, "alice@mail.example").await;
        verified.unwrap();
    }
    proxy.play_on("TransactWriteItems", &[Fault::Canceled(&["None", "ValidationError"])]);
    let refused = store.create_user(&user(2, "bob")).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "it would never be done");
    let conflicts = vec![Fault::Error(BAD, "TransactionConflictException"); 5];
    let alice = session(&user(1, "alice"), 1);
    store.begin_session(&alice, 1, Some(key(1))).await.unwrap();
    proxy.play_on("UpdateItem", &conflicts);
    assert!(matches!(store.rotate_session(&rotation(&alice, 1, 0)).await.unwrap(), Rotated::Now(_)));
}

#[tokio::test]
async fn v58_time_outs_do_not_hide_what_was_done() {
    let proxy = Proxy::start().await;
    let store = impatient(&proxy).await;
    let alice = user(1, "alice");
    proxy.play_on("TransactWriteItems", &[Fault::SilentAfter]);
    assert_eq!(store.create_user(&alice).await.unwrap(), Created::Now);
    proxy.play_on("PutItem", &[Fault::SilentAfter]);
    let first = session(&alice, 1);
    store.begin_session(&first, 1, Some(key(1))).await.unwrap();
    proxy.play_on("UpdateItem", &[Fault::SilentAfter, Fault::SilentBefore]);
    let rotated = store.rotate_session(&rotation(&first, 1, 0)).await.unwrap();
    assert!(matches!(rotated, Rotated::Now(record) if record.current_hash == token(1, 1)));
    proxy.play_on("DeleteItem", &[Fault::SilentAfter]);
    assert!(store.end_session(alice.user_id, first.session_id).await.unwrap());
    proxy.play(|_, _| Some(Fault::SilentBefore));
    let begun = tokio::time::Instant::now();
    assert!(matches!(store.find_user(alice.user_id).await, Err(StoreError::Unavailable(_))));
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}

/// The worst that a lost answer can do: our rotation was done, its successor was handed to a second tab and used, and only
/// then do we ask again. The record looks as if a spent token were replayed. It is no verdict.
#[tokio::test]
async fn v58_a_lost_answer_that_others_have_overtaken_is_no_theft() {
    let proxy = Proxy::start().await;
    let store = impatient(&proxy).await;
    let alice = user(1, "alice");
    store.create_user(&alice).await.unwrap();
    let first = session(&alice, 1);
    store.begin_session(&first, 1, Some(key(1))).await.unwrap();
    proxy.play_on("UpdateItem", &[Fault::LostAfter, Fault::SilentBefore]);
    let lost = tokio::spawn({
        let (store, rotation) = (store.clone(), rotation(&first, 1, 0));
        async move { store.rotate_session(&rotation).await }
    });
    let find = async || store.find_session(alice.user_id, first.session_id).await.unwrap().unwrap();
    while find().await.generation == 0 {
        tokio::task::yield_now().await;
    }
    // The second try hangs in the proxy; the tab goes on.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let next = store.rotate_session(&rotation(&first, 1, 1)).await.unwrap();
    assert!(matches!(next, Rotated::Now(_)));
    let outcome = lost.await.unwrap();
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    assert_eq!(find().await.generation, 2, "the session lives");
}

/// A code is used as the last of a beginning, and no answer says so. Nobody got a token for it: shown again, it is good.
#[tokio::test]
async fn v58_a_code_whose_use_nobody_heard_of_is_not_stolen_when_it_comes_again() {
    let (proxy, held, direct) = beside_a_proxy().await;
    let alice = user(1, "alice");
    direct.create_user(&alice).await.unwrap();
    direct.put_consent(None, &consent(&alice, "openid")).await.unwrap();
    let browser = session(&alice, 1);
    direct.begin_session(&browser, 1, None).await.unwrap();
    let grant = |n: u8| {
        let grant = new_grant(&session(&alice, n), "openid", &browser);
        let used =
            grant.used.map(|used| Transient { document: format!("{{\"session_id\":\"{n}\"}}"), ..used });
        NewGrant { used, ..grant }
    };
    let lost = || {
        let mut puts = 0;
        move |operation: &str, _: &[u8]| {
            puts += u32::from(operation == "PutItem");
            // The first is the session.
            (operation == "PutItem" && puts > 1).then_some(Fault::LostAfter)
        }
    };
    proxy.play(lost());
    let outcome = held.begin_grant(&grant(2)).await;
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    assert_eq!(direct.begin_grant(&grant(3)).await.unwrap(), GrantBegun::Now);
    // What somebody else has noted stays.
    proxy.play(lost());
    let outcome = held.begin_grant(&grant(4)).await;
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    let again = direct.begin_grant(&grant(5)).await.unwrap();
    assert_eq!(again, GrantBegun::Used(grant(3).used.unwrap()));
    let ids: Vec<_> = direct.list_sessions(alice.user_id).await.unwrap();
    assert_eq!(ids.len(), 2, "that of the browser, and the one that has begun");
}

/// The request to remove is lost, somebody else removes, and then we ask again.
#[tokio::test]
async fn v28_a_lost_request_lets_nobody_use_what_another_has_used() {
    let (proxy, held, direct) = beside_a_proxy().await;
    let code = transient(0);
    direct.create_transient(&code).await.unwrap();
    let gate = Arc::new(Gate::default());
    proxy.play_on("TransactWriteItems", &[Fault::LostBefore, Fault::Held(Arc::clone(&gate))]);
    let late = tokio::spawn(async move { held.remove_transient(code.key).await.unwrap() });
    gate.arrived().await;
    assert!(direct.remove_transient(code.key).await.unwrap());
    gate.open();
    assert!(!late.await.unwrap());
}

/// A code is used and the answer lost; before we ask again, somebody has changed it further.
#[tokio::test]
async fn v41_a_lost_answer_that_others_have_overtaken_is_no_second_use() {
    let (proxy, held, direct) = beside_a_proxy().await;
    let code = transient(0);
    direct.create_transient(&code).await.unwrap();
    let gate = Arc::new(Gate::default());
    proxy.play_on("PutItem", &[Fault::LostAfter, Fault::Held(Arc::clone(&gate))]);
    let lost = tokio::spawn(async move { held.replace_transient(0, &transient(1)).await });
    gate.arrived().await;
    assert!(direct.replace_transient(1, &transient(2)).await.unwrap());
    gate.open();
    let outcome = lost.await.unwrap();
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
}

/// A consent is given and the answer lost; before we ask again, it is withdrawn.
#[tokio::test]
async fn v58_a_consent_that_was_withdrawn_does_not_come_back() {
    let (proxy, held, direct) = beside_a_proxy().await;
    let given = consent(&user(1, "alice"), "openid");
    let gate = Arc::new(Gate::default());
    proxy.play_on("TransactWriteItems", &[Fault::LostAfter, Fault::Held(Arc::clone(&gate))]);
    let lost = tokio::spawn({
        let given = given.clone();
        async move { held.put_consent(None, &given).await.unwrap() }
    });
    gate.arrived().await;
    assert!(direct.remove_consent(given.user_id, &given.client_id).await.unwrap());
    gate.open();
    lost.await.unwrap();
    assert_eq!(direct.find_consent(given.user_id, &given.client_id).await.unwrap(), None);
}

/// A store that reaches the engine through a proxy, and another of the same tables that does not.
async fn beside_a_proxy() -> (Proxy, DynamoDbStore, DynamoDbStore) {
    let proxy = Proxy::start().await;
    let (direct, names) = tables::store(local::endpoint()).await;
    let held = DynamoDbStore::new(tables::client(&proxy.endpoint), tables::options(names, KeyAccess::Sign));
    (proxy, held, direct)
}

#[tokio::test]
async fn nobody_at_the_endpoint_is_unavailable() {
    let names = tables::names();
    let store =
        DynamoDbStore::new(tables::client("http://127.0.0.1:9"), tables::options(names, KeyAccess::Sign));
    let error = store.find_user(user(1, "alice").user_id).await.unwrap_err();
    assert!(causes(&error).contains("DynamoDB cannot be reached"), "{}", causes(&error));
}

#[tokio::test]
async fn a_missing_table_is_named_in_one_line() {
    let names = tables::names();
    let client = tables::client(local::endpoint());
    let missing = check_tables(&client, &names).await.unwrap_err();
    let expected = format!("there is no table {}, {}, {}", names.data, names.keys, names.public_keys);
    assert_eq!(missing.to_string(), expected);
    assert!(matches!(missing, TableError::Missing(tables) if tables.len() == 3));
    let store = DynamoDbStore::new(client, tables::options(names.clone(), KeyAccess::Sign));
    let error = store.find_user(user(1, "alice").user_id).await.unwrap_err();
    assert_eq!(causes(&error), format!("the store is not available: there is no table {}", names.data));
    let (_, made) = tables::store(local::endpoint()).await;
    check_tables(&tables::client(local::endpoint()), &made).await.unwrap();
}

fn causes(error: &dyn std::error::Error) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
