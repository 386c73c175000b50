//! Durability.

use tegata_core::store::Rotated;
use tegata_core::user::User;

use crate::TestedStore;
use crate::attributes::attributes;
use crate::keys::key_set;
use crate::records::{NOW, SCHEDULE, begin, create, key, rotation, user};

pub async fn what_was_answered_is_there_after_a_restart<S: TestedStore>(store: S) {
    let alice = User { attributes: attributes(), ..user(1, "alice") };
    let before = store.tenant("a");
    create(before.as_ref(), &alice).await;
    let session = begin(before.as_ref(), &alice, 1).await;
    let Rotated::Now(rotated) = before.rotate_session(&rotation(&session, 1, 0, NOW)).await.unwrap() else {
        panic!("refused");
    };
    before.replace_key_set(None, &key_set(1, "a")).await.unwrap();
    for _ in 0..6 {
        before.count(key(1), &SCHEDULE, NOW).await.unwrap().unwrap();
    }
    drop(before);
    let Some(store) = store.reopened() else { return };
    let after = store.tenant("a");
    assert_eq!(after.find_user(alice.user_id).await.unwrap(), Some(alice.clone()));
    assert_eq!(after.find_session(alice.user_id, session.session_id).await.unwrap(), Some(rotated));
    assert_eq!(after.find_key_set().await.unwrap(), Some(key_set(1, "a")));
    assert!(after.count(key(1), &SCHEDULE, NOW).await.unwrap().is_err());
    let spent = after.rotate_session(&rotation(&session, 1, 0, NOW)).await.unwrap();
    assert!(matches!(spent, Rotated::Refused(Some(_))));
}
