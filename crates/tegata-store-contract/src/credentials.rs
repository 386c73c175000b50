//! Passwords, and what their change ends.

use std::sync::Arc;

use tegata_core::password::PasswordHash;
use tegata_core::store::CredentialChange;
use tegata_core::user::UserStatus;
use tokio::task::JoinSet;

use crate::TestedStore;
use crate::records::{HOUR, NOW, begin, create, user};

fn phc(n: u8) -> PasswordHash {
    PasswordHash::from_phc(format!("$argon2id${n}"))
}

pub async fn v39_a_change_of_password_ends_the_other_sessions<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let (alice, bob) = (user(1, "alice"), user(2, "bob"));
    create(store.as_ref(), &alice).await;
    create(store.as_ref(), &bob).await;
    let here = begin(store.as_ref(), &alice, 1).await;
    begin(store.as_ref(), &alice, 2).await;
    begin(store.as_ref(), &bob, 3).await;
    let changed =
        store.change_password(alice.user_id, 1, &phc(2), Some(here.session_id), NOW + HOUR).await.unwrap();
    assert_eq!(changed, CredentialChange::Now);
    assert_eq!(store.list_sessions(alice.user_id).await.unwrap(), [here]);
    assert_eq!(store.list_sessions(bob.user_id).await.unwrap().len(), 1);
    let credential = store.find_user(alice.user_id).await.unwrap().unwrap().credential;
    assert_eq!(
        (credential.password_hash, credential.version, credential.changed_at),
        (phc(2), 2, NOW + HOUR)
    );
    store.change_password(alice.user_id, 2, &phc(3), None, NOW).await.unwrap();
    assert_eq!(store.list_sessions(alice.user_id).await.unwrap(), []);
}

pub async fn a_change_that_rests_on_an_older_password_is_refused<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let alice = user(1, "alice");
    create(store.as_ref(), &alice).await;
    let session = begin(store.as_ref(), &alice, 1).await;
    for version in [0, 2] {
        let changed = store.change_password(alice.user_id, version, &phc(2), None, NOW).await.unwrap();
        assert_eq!(changed, CredentialChange::Stale);
        let changed = store.rehash_password(alice.user_id, version, &phc(2)).await.unwrap();
        assert_eq!(changed, CredentialChange::Stale);
    }
    assert_eq!(store.find_user(alice.user_id).await.unwrap(), Some(alice.clone()));
    assert_eq!(store.list_sessions(alice.user_id).await.unwrap(), [session]);
    let nobody = user(2, "bob").user_id;
    assert_eq!(store.change_password(nobody, 1, &phc(2), None, NOW).await.unwrap(), CredentialChange::Stale);
}

pub async fn of_concurrent_changes_of_password_one_wins<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let alice = user(1, "alice");
    create(store.as_ref(), &alice).await;
    let mut tasks = JoinSet::new();
    for n in 10..30 {
        let store = Arc::clone(&store);
        let user_id = alice.user_id;
        tasks.spawn(async move { (n, store.change_password(user_id, 1, &phc(n), None, NOW).await.unwrap()) });
    }
    let mut won = tasks.join_all().await;
    won.retain(|(_, outcome)| *outcome == CredentialChange::Now);
    assert_eq!(won.len(), 1);
    let credential = store.find_user(alice.user_id).await.unwrap().unwrap().credential;
    assert_eq!((credential.password_hash, credential.version), (phc(won[0].0), 2));
}

pub async fn rehashing_keeps_the_sessions<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let alice = user(1, "alice");
    create(store.as_ref(), &alice).await;
    let session = begin(store.as_ref(), &alice, 1).await;
    assert_eq!(store.rehash_password(alice.user_id, 1, &phc(2)).await.unwrap(), CredentialChange::Now);
    let credential = store.find_user(alice.user_id).await.unwrap().unwrap().credential;
    assert_eq!((credential.password_hash, credential.version, credential.changed_at), (phc(2), 2, NOW));
    assert_eq!(store.list_sessions(alice.user_id).await.unwrap(), [session]);
}

pub async fn v14_closing_an_account_ends_its_sessions<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let (alice, bob) = (user(1, "alice"), user(2, "bob"));
    for (n, user) in [(1, &alice), (2, &bob)] {
        create(store.as_ref(), user).await;
        begin(store.as_ref(), user, n).await;
    }
    let closed = store.set_user_status(alice.user_id, UserStatus::Disabled).await.unwrap().unwrap();
    assert_eq!(closed.status, UserStatus::Disabled);
    assert_eq!(store.list_sessions(alice.user_id).await.unwrap(), []);
    assert_eq!(store.list_sessions(bob.user_id).await.unwrap().len(), 1);
    let open = store.set_user_status(alice.user_id, UserStatus::Active).await.unwrap().unwrap();
    assert_eq!(open, alice);
    let nobody = user(3, "nobody").user_id;
    assert_eq!(store.set_user_status(nobody, UserStatus::Disabled).await.unwrap(), None);
}
