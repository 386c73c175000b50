//! What this store promises beyond the suite.

use std::time::Duration;

use tegata_core::attempt::{AttemptRecord, Blocked};
use tegata_core::store::{
    AttemptStore as _, ClientStore as _, ConsentStore as _, Created, KeyStore as _, NoticeStore as _,
    SessionStore as _, StoreError, TransientStore as _, UserStore as _,
};
use tegata_core::user::UserStatus;
use tegata_store_dynamodb::{DynamoDbStore, KeyAccess, find_wrapped_master_key, put_wrapped_master_key};

use crate::records::{HOUR, NOW, SCHEDULE, consent, hash_of, key, notice, session, transient, user};
use crate::{local, scenario, tables};

#[tokio::test]
async fn a_sign_up_that_is_repeated_by_its_owner_is_theirs() {
    let (store, _) = tables::store(local::endpoint()).await;
    let alice = user(1, "alice");
    assert_eq!(store.create_user(&alice).await.unwrap(), Created::Now);
    assert_eq!(store.create_user(&alice).await.unwrap(), Created::Now, "its lock is our own");
    assert_eq!(store.create_user(&user(2, "alice")).await.unwrap(), Created::UsernameTaken);
}

#[tokio::test]
async fn a_deletion_that_was_cut_short_is_finished_by_the_next() {
    let (store, names) = tables::store(local::endpoint()).await;
    let alice = user(1, "alice");
    store.create_user(&alice).await.unwrap();
    let orphan = session(&alice, 1);
    store.begin_session(&orphan, 1, Some(key(1))).await.unwrap();
    store.put_consent(None, &consent(&alice, "openid")).await.unwrap();
    // As after a crash: the user is gone, and a session and a consent are not.
    let client = tables::client(local::endpoint());
    let text = |text: String| aws_sdk_dynamodb::types::AttributeValue::S(text);
    let delete = client.delete_item().table_name(&names.data);
    delete
        .key("pk", text("default#U#0".to_owned()))
        .key("sk", text(format!("U#{}", "01".repeat(16))))
        .send()
        .await
        .unwrap();
    assert_eq!(store.find_user(alice.user_id).await.unwrap(), None);
    assert_eq!(store.list_sessions(alice.user_id).await.unwrap(), [orphan]);
    assert_eq!(store.delete_user(alice.user_id).await.unwrap(), None);
    assert_eq!(store.list_sessions(alice.user_id).await.unwrap(), []);
    assert_eq!(store.list_consents(alice.user_id).await.unwrap(), []);
}

#[tokio::test]
async fn a_closing_that_was_cut_short_is_finished_by_the_next() {
    let (store, names) = tables::store(local::endpoint()).await;
    let alice = user(1, "alice");
    store.create_user(&alice).await.unwrap();
    store.begin_session(&session(&alice, 1), 1, Some(key(1))).await.unwrap();
    // As after a crash: the account is closed and a session is still there.
    let client = tables::client(local::endpoint());
    let text = |text: String| aws_sdk_dynamodb::types::AttributeValue::S(text);
    let update = client.update_item().table_name(&names.data).update_expression("SET st = :closed");
    update
        .key("pk", text("default#U#0".to_owned()))
        .key("sk", text(format!("U#{}", "01".repeat(16))))
        .expression_attribute_values(":closed", text("disabled".to_owned()))
        .send()
        .await
        .unwrap();
    let closed = store.set_user_status(alice.user_id, UserStatus::Disabled).await.unwrap().unwrap();
    assert_eq!(closed.status, UserStatus::Disabled);
    assert_eq!(store.list_sessions(alice.user_id).await.unwrap(), []);
}

#[tokio::test]
async fn v39_more_sessions_than_a_transaction_has_room_for_all_end() {
    let (store, _) = tables::store(local::endpoint()).await;
    let alice = user(1, "alice");
    store.create_user(&alice).await.unwrap();
    for n in 0..130 {
        store.begin_session(&session(&alice, n), 1, Some(key(1))).await.unwrap();
    }
    let keep = session(&alice, 77);
    store.change_password(alice.user_id, 1, &hash_of(9), Some(keep.session_id), NOW).await.unwrap();
    assert_eq!(store.list_sessions(alice.user_id).await.unwrap(), [keep]);
}

#[tokio::test]
async fn v25_failures_that_are_counted_at_once_all_count() {
    let (store, _) = tables::store(local::endpoint()).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let store = store.clone();
        tasks.spawn(async move { store.count_failure(key(1), &SCHEDULE, NOW).await.unwrap() });
    }
    tasks.join_all().await;
    let expected = (0..40).fold(None, |record, _| Some(AttemptRecord::add(record, &SCHEDULE, NOW)));
    let until = expected.unwrap().blocked_until;
    assert_eq!(store.count(key(1), &SCHEDULE, NOW).await.unwrap(), Err(Blocked { until }));
}

#[tokio::test]
async fn a_store_that_only_verifies_sees_no_private_key_and_replaces_none() {
    let (store, names) = tables::store(local::endpoint()).await;
    assert!(store.replace_key_set(None, &scenario::key_set(1)).await.unwrap());
    let client = tables::client(local::endpoint());
    let verifier = DynamoDbStore::new(client, tables::options(names, KeyAccess::Verify));
    let public = scenario::key_set(1).without_private_keys();
    assert_eq!(verifier.find_key_set().await.unwrap(), Some(public.clone()));
    let refused = verifier.replace_key_set(Some(1), &public).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "it would take the private keys away");
    assert_eq!(store.find_key_set().await.unwrap(), Some(scenario::key_set(1)));
}

#[tokio::test]
async fn a_wrapped_master_key_is_stored_once_for_each_tenant() {
    let (_, names) = tables::store(local::endpoint()).await;
    let client = tables::client(local::endpoint());
    let (a, b) = ("a".parse().unwrap(), "b".parse().unwrap());
    assert_eq!(find_wrapped_master_key(&client, &names, &a).await.unwrap(), None);
    assert!(put_wrapped_master_key(&client, &names, &a, b"wrapped").await.unwrap());
    assert!(!put_wrapped_master_key(&client, &names, &a, b"another").await.unwrap());
    assert!(put_wrapped_master_key(&client, &names, &b, b"of b").await.unwrap());
    let found = find_wrapped_master_key(&client, &names, &a).await.unwrap();
    assert_eq!(found.as_deref(), Some(b"wrapped".as_slice()));
}

#[tokio::test]
async fn the_time_to_live_of_what_expires_is_in_seconds() {
    let (store, names) = tables::store(local::endpoint()).await;
    let alice = user(1, "alice");
    store.create_user(&alice).await.unwrap();
    store.begin_session(&session(&alice, 1), 1, Some(key(1))).await.unwrap();
    store.count(key(2), &SCHEDULE, NOW).await.unwrap().unwrap();
    store.create_transient(&transient(0)).await.unwrap();
    store.put_notice(&notice(1)).await.unwrap();
    store.put_consent(None, &consent(&alice, "openid")).await.unwrap();
    store.create_client(&crate::records::client("app", 1)).await.unwrap();
    let client = tables::client(local::endpoint());
    let items = client.scan().table_name(&names.data).send().await.unwrap().items.unwrap();
    let ttl: Vec<_> = items.iter().filter_map(|item| item.get("ttl")?.as_n().ok()).collect();
    assert_eq!(items.len(), 8, "of each kind one, and a name");
    let expected = |after: Duration| ((NOW + after).as_secs() + 1).to_string();
    // A session, a counter, a code and a notice.
    let mut expected = [expected(HOUR), expected(SCHEDULE.forget_after), expected(HOUR), expected(24 * HOUR)];
    expected.sort();
    let mut ttl: Vec<String> = ttl.into_iter().cloned().collect();
    ttl.sort();
    assert_eq!(ttl, expected);
    let described = client.describe_time_to_live().table_name(&names.data).send().await.unwrap();
    assert_eq!(described.time_to_live_description.unwrap().attribute_name.as_deref(), Some("ttl"));
}
