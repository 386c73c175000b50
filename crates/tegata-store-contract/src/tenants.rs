//! Tenants.

use tegata_core::password::PasswordHash;
use tegata_core::store::{Begun, Created, CredentialChange, EmailVerified, ProfileChanged, Rotated};
use tegata_core::user::{ProfileChange, UserStatus};

use crate::TestedStore;
use crate::keys::key_set;
use crate::records::{HOUR, NOW, SCHEDULE, begin, create, key, rotation, with_email};

pub async fn tenants_do_not_see_each_other<S: TestedStore>(store: S) {
    let (a, b) = (store.tenant("a"), store.tenant("b"));
    let alice = with_email(1, "alice", "alice@b.example");
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
    assert_eq!(b.list_sessions(alice.user_id).await.unwrap(), []);
    assert_eq!(b.begin_session(&session, 1, Some(key(1))).await.unwrap(), Begun::Refused);
    let changed = b.change_profile(alice.user_id, &ProfileChange::default()).await.unwrap();
    assert_eq!(changed, ProfileChanged::Gone);
    assert_eq!(b.set_user_status(alice.user_id, UserStatus::Disabled).await.unwrap(), None);
    assert_eq!(b.set_granted_scope(alice.user_id, &"users:read".parse().unwrap()).await.unwrap(), None);
    assert_eq!(b.verify_email(alice.user_id, "alice@b.example").await.unwrap(), EmailVerified::Stale);
    let hash = PasswordHash::from_phc("theirs");
    assert_eq!(b.change_password(alice.user_id, 1, &hash, None, NOW).await.unwrap(), CredentialChange::Stale);
    assert_eq!(b.rehash_password(alice.user_id, 1, &hash).await.unwrap(), CredentialChange::Stale);
    assert_eq!(b.purge_expired(NOW + 1000 * HOUR, 100).await.unwrap(), 0);
    b.forget_attempts(key(1)).await.unwrap();
    assert_eq!(b.find_key_set().await.unwrap(), None);
    assert!(!b.replace_key_set(Some(1), &key_set(2, "b")).await.unwrap());
    assert!(b.count(key(1), &SCHEDULE, NOW).await.unwrap().is_ok());

    // Even what is equal in both is two things.
    assert_eq!(b.create_user(&alice).await.unwrap(), Created::Now);
    begin(b.as_ref(), &alice, 1).await;
    assert!(matches!(b.rotate_session(&rotation(&session, 1, 0, NOW)).await.unwrap(), Rotated::Now(_)));
    let verified = b.verify_email(alice.user_id, "alice@b.example").await.unwrap();
    assert_eq!(verified, EmailVerified::Now, "a proof is a tenant's");
    b.delete_user(alice.user_id).await.unwrap();
    assert_eq!(a.find_user(alice.user_id).await.unwrap(), Some(alice.clone()));
    assert_eq!(a.find_key_set().await.unwrap(), Some(key_set(1, "a")));
    assert!(a.count(key(1), &SCHEDULE, NOW).await.unwrap().is_err(), "what one forgets, another does not");
    assert_eq!(a.find_session(alice.user_id, session.session_id).await.unwrap(), Some(session));
}
