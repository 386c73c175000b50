//! Tenants.

use tegata_core::store::{Created, Rotated};

use crate::TestedStore;
use crate::keys::key_set;
use crate::records::{NOW, SCHEDULE, begin, create, key, rotation, user};

pub async fn tenants_do_not_see_each_other<S: TestedStore>(store: S) {
    let (a, b) = (store.tenant("a"), store.tenant("b"));
    let alice = user(1, "alice");
    create(a.as_ref(), &alice).await;
    let session = begin(a.as_ref(), &alice, 1).await;
    a.replace_key_set(None, &key_set(1, "a")).await.unwrap();
    for _ in 0..6 {
        a.count(key(1), &SCHEDULE, NOW).await.unwrap().unwrap();
    }

    assert_eq!(b.find_user(alice.user_id).await.unwrap(), None);
    assert_eq!(b.find_user_by_login_name(&"alice".parse().unwrap()).await.unwrap(), None);
    assert_eq!(b.list_users(None, 10).await.unwrap(), []);
    assert_eq!(b.find_session(alice.user_id, session.session_id).await.unwrap(), None);
    assert_eq!(b.rotate_session(&rotation(&session, 1, 0, NOW)).await.unwrap(), Rotated::Refused(None));
    assert!(!b.end_session(alice.user_id, session.session_id).await.unwrap());
    assert_eq!(b.end_sessions(alice.user_id, None).await.unwrap(), 0);
    assert_eq!(b.delete_user(alice.user_id).await.unwrap(), None);
    assert_eq!(b.find_key_set().await.unwrap(), None);
    assert!(b.count(key(1), &SCHEDULE, NOW).await.unwrap().is_ok());

    // Even what is equal in both is two things.
    assert_eq!(b.create_user(&alice).await.unwrap(), Created::Now);
    begin(b.as_ref(), &alice, 1).await;
    assert!(matches!(b.rotate_session(&rotation(&session, 1, 0, NOW)).await.unwrap(), Rotated::Now(_)));
    b.delete_user(alice.user_id).await.unwrap();
    assert_eq!(a.find_session(alice.user_id, session.session_id).await.unwrap(), Some(session));
}
