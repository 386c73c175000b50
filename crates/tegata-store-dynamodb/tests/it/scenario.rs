//! Every step of the store, in a row in which each has something to do.

use std::fmt::Debug;

use tegata_core::attempt::Attempt;
use tegata_core::identifier::SessionId;
use tegata_core::key_set::KeySet;
use tegata_core::store::{Store, StoreError};
use tegata_core::user::{ProfileChange, UserStatus};

use crate::records::{HOUR, NOW, SCHEDULE, consent, hash_of, key, new_grant, rotation, session, user};

/// What came of each step.
pub(crate) type Outcomes = Vec<(&'static str, Result<String, StoreError>)>;

pub(crate) fn key_set(version: u64) -> KeySet {
    let json = format!(
        r#"{{"version":{version},"root_secret":"c2VhbGVk","keys":[{{"kid":"k","alg":"ES256","public_jwk":"{{}}",
            "private_key":"c2VhbGVk","created_at":1,"state":{{"state":"active","since":1}}}}]}}"#
    );
    serde_json::from_str(&json).unwrap()
}

fn show<T: Debug>(outcome: Result<T, StoreError>) -> Result<String, StoreError> {
    outcome.map(|value| format!("{value:?}"))
}

/// Does a step and notes what came of it.
macro_rules! step {
    ($outcomes:ident, $name:literal, $call:expr) => {
        $outcomes.push(($name, $crate::scenario::show($call.await)))
    };
}

mod clients;

pub(crate) async fn play(store: &dyn Store) -> Outcomes {
    let (alice, bob) = (user(1, "alice"), user(2, "bob"));
    let (first, second, third) = (session(&alice, 1), session(&alice, 2), session(&alice, 3));
    let (id, attempt) = (alice.user_id, |address| Attempt {
        account: key(1),
        account_schedule: SCHEDULE,
        address: Some(address),
        address_schedule: SCHEDULE,
        now: NOW,
    });
    let rename = ProfileChange { name: Some(Some("Alice".to_owned())), ..ProfileChange::default() };
    let forget_email = ProfileChange { email: Some(None), ..ProfileChange::default() };
    let mut outcomes: Outcomes = Vec::new();
    step!(outcomes, "check_ready", store.check_ready());
    step!(outcomes, "create_user", store.create_user(&alice));
    step!(outcomes, "create_user, another", store.create_user(&bob));
    step!(outcomes, "create_user, taken", store.create_user(&user(3, "ALICE")));
    step!(outcomes, "find_user", store.find_user(id));
    step!(outcomes, "find_user_by_login_name", store.find_user_by_login_name(&"alice".parse().unwrap()));
    step!(
        outcomes,
        "find_user_by_login_name, nobody",
        store.find_user_by_login_name(&"nobody".parse().unwrap())
    );
    step!(outcomes, "verify_email", store.verify_email(id, "alice@mail.example"));
    step!(outcomes, "verify_email, stale", store.verify_email(bob.user_id, "alice@mail.example"));
    step!(
        outcomes,
        "find_user_by_login_name, e-mail",
        store.find_user_by_login_name(&"alice@mail.example".parse().unwrap())
    );
    step!(outcomes, "list_users", store.list_users(None, 10));
    step!(outcomes, "change_profile", store.change_profile(id, &rename));
    step!(outcomes, "begin_attempt", store.begin_attempt(&attempt(key(9))));
    step!(outcomes, "begin_attempt, again", store.begin_attempt(&attempt(key(9))));
    step!(outcomes, "count", store.count(key(1), &SCHEDULE, NOW));
    for _ in 0..5 {
        step!(outcomes, "count_failure", store.count_failure(key(9), &SCHEDULE, NOW));
    }
    step!(outcomes, "begin_attempt, from a blocked address", store.begin_attempt(&attempt(key(9))));
    step!(outcomes, "begin_session", store.begin_session(&first, 1, Some(key(1))));
    step!(outcomes, "begin_session, another", store.begin_session(&second, 1, Some(key(1))));
    step!(outcomes, "begin_session, refused", store.begin_session(&third, 7, Some(key(1))));
    step!(outcomes, "put_consent, of Alice", store.put_consent(None, &consent(&alice, "openid")));
    step!(outcomes, "begin_grant", store.begin_grant(&new_grant(&second, "openid", &first)));
    step!(outcomes, "begin_grant, used", store.begin_grant(&new_grant(&third, "openid", &first)));
    step!(outcomes, "begin_grant, not allowed", store.begin_grant(&new_grant(&third, "phone", &first)));
    step!(outcomes, "begin_attempt, after forgetting", store.begin_attempt(&attempt(key(8))));
    step!(outcomes, "forget_attempts", store.forget_attempts(key(1)));
    step!(outcomes, "rotate_session", store.rotate_session(&rotation(&first, 1, 0)));
    step!(outcomes, "rotate_session, again", store.rotate_session(&rotation(&first, 1, 0)));
    step!(outcomes, "rotate_session, next", store.rotate_session(&rotation(&first, 1, 1)));
    step!(outcomes, "find_session", store.find_session(id, first.session_id));
    step!(outcomes, "end_session", store.end_session(id, second.session_id));
    step!(outcomes, "list_sessions", store.list_sessions(id));
    step!(outcomes, "begin_session, third", store.begin_session(&third, 1, Some(key(1))));
    step!(
        outcomes,
        "change_password",
        store.change_password(id, 1, &hash_of(7), Some(first.session_id), NOW + HOUR)
    );
    step!(outcomes, "change_password, stale", store.change_password(id, 1, &hash_of(8), None, NOW + HOUR));
    step!(outcomes, "list_sessions, kept", store.list_sessions(id));
    step!(outcomes, "rehash_password", store.rehash_password(id, 2, &hash_of(9)));
    step!(outcomes, "set_granted_scope", store.set_granted_scope(id, &"users:read".parse().unwrap()));
    step!(outcomes, "list_sessions, granted", store.list_sessions(id));
    step!(outcomes, "set_granted_scope, less", store.set_granted_scope(id, &"".parse().unwrap()));
    step!(outcomes, "list_sessions, less", store.list_sessions(id));
    step!(outcomes, "begin_session, fourth", store.begin_session(&first, 4, Some(key(1))));
    step!(outcomes, "end_sessions", store.end_sessions(id, None));
    step!(outcomes, "begin_session, fifth", store.begin_session(&first, 4, Some(key(1))));
    step!(outcomes, "set_user_status", store.set_user_status(id, UserStatus::Disabled));
    step!(outcomes, "list_sessions, closed", store.list_sessions(id));
    step!(outcomes, "set_user_status, open", store.set_user_status(id, UserStatus::Active));
    step!(outcomes, "change_profile, no address", store.change_profile(id, &forget_email));
    step!(outcomes, "delete_user", store.delete_user(id));
    step!(outcomes, "find_user, deleted", store.find_user(id));
    step!(outcomes, "find_session, deleted", store.find_session(id, SessionId::from_bytes([1; 16])));
    step!(outcomes, "find_key_set", store.find_key_set());
    step!(outcomes, "replace_key_set", store.replace_key_set(None, &key_set(1)));
    step!(outcomes, "replace_key_set, refused", store.replace_key_set(None, &key_set(1)));
    step!(outcomes, "replace_key_set, next", store.replace_key_set(Some(1), &key_set(2)));
    step!(outcomes, "find_key_set, next", store.find_key_set());
    clients::play(store, &mut outcomes).await;
    step!(outcomes, "purge_transients", store.purge_transients(NOW, 100));
    step!(outcomes, "purge_expired", store.purge_expired(NOW + 1000 * HOUR, 100));
    outcomes
}
