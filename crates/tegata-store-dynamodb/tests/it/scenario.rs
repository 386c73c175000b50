//! Every step of the store, in a row in which each has something to do.

use std::fmt::Debug;

use tegata_core::attempt::Attempt;
use tegata_core::identifier::SessionId;
use tegata_core::key_set::KeySet;
use tegata_core::store::{Store, StoreError};
use tegata_core::user::{ProfileChange, UserStatus};

use crate::records::{
    HOUR, NOW, SCHEDULE, client, consent, hash_of, key, notice, rotation, session, transient, user,
};

/// What came of each step.
pub(crate) type Outcomes = Vec<(&'static str, Result<String, StoreError>)>;

pub(crate) fn key_set(version: u64) -> KeySet {
    let json = format!(
        r#"{{"version":{version},"root_secret":"c2VhbGVk","keys":[{{"kid":"k","alg":"ES256","public_jwk":"{{}}",
            "private_key":"c2VhbGVk","created_at":1,"state":{{"state":"active","since":1}}}}]}}"#
    );
    serde_json::from_str(&json).unwrap()
}

pub(crate) async fn play(store: &dyn Store) -> Outcomes {
    fn show<T: Debug>(outcome: Result<T, StoreError>) -> Result<String, StoreError> {
        outcome.map(|value| format!("{value:?}"))
    }
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
    macro_rules! step {
        ($name:literal, $call:expr) => {
            outcomes.push(($name, show($call.await)));
        };
    }
    step!("check_ready", store.check_ready());
    step!("create_user", store.create_user(&alice));
    step!("create_user, another", store.create_user(&bob));
    step!("create_user, taken", store.create_user(&user(3, "ALICE")));
    step!("find_user", store.find_user(id));
    step!("find_user_by_login_name", store.find_user_by_login_name(&"alice".parse().unwrap()));
    step!("find_user_by_login_name, nobody", store.find_user_by_login_name(&"nobody".parse().unwrap()));
    step!("verify_email", store.verify_email(id, "alice@mail.example"));
    step!("verify_email, stale", store.verify_email(bob.user_id, "alice@mail.example"));
    step!(
        "find_user_by_login_name, e-mail",
        store.find_user_by_login_name(&"alice@mail.example".parse().unwrap())
    );
    step!("list_users", store.list_users(None, 10));
    step!("change_profile", store.change_profile(id, &rename));
    step!("begin_attempt", store.begin_attempt(&attempt(key(9))));
    step!("begin_attempt, again", store.begin_attempt(&attempt(key(9))));
    step!("count", store.count(key(1), &SCHEDULE, NOW));
    for _ in 0..5 {
        step!("count_failure", store.count_failure(key(9), &SCHEDULE, NOW));
    }
    step!("begin_attempt, from a blocked address", store.begin_attempt(&attempt(key(9))));
    step!("begin_session", store.begin_session(&first, 1, Some(key(1))));
    step!("begin_session, another", store.begin_session(&second, 1, Some(key(1))));
    step!("begin_session, refused", store.begin_session(&third, 7, Some(key(1))));
    step!("begin_attempt, after forgetting", store.begin_attempt(&attempt(key(8))));
    step!("forget_attempts", store.forget_attempts(key(1)));
    step!("rotate_session", store.rotate_session(&rotation(&first, 1, 0)));
    step!("rotate_session, again", store.rotate_session(&rotation(&first, 1, 0)));
    step!("rotate_session, next", store.rotate_session(&rotation(&first, 1, 1)));
    step!("find_session", store.find_session(id, first.session_id));
    step!("end_session", store.end_session(id, second.session_id));
    step!("list_sessions", store.list_sessions(id));
    step!("begin_session, third", store.begin_session(&third, 1, Some(key(1))));
    step!("change_password", store.change_password(id, 1, &hash_of(7), Some(first.session_id), NOW + HOUR));
    step!("change_password, stale", store.change_password(id, 1, &hash_of(8), None, NOW + HOUR));
    step!("list_sessions, kept", store.list_sessions(id));
    step!("rehash_password", store.rehash_password(id, 2, &hash_of(9)));
    step!("set_granted_scope", store.set_granted_scope(id, &"users:read".parse().unwrap()));
    step!("list_sessions, granted", store.list_sessions(id));
    step!("set_granted_scope, less", store.set_granted_scope(id, &"".parse().unwrap()));
    step!("list_sessions, less", store.list_sessions(id));
    step!("begin_session, fourth", store.begin_session(&first, 4, Some(key(1))));
    step!("end_sessions", store.end_sessions(id, None));
    step!("begin_session, fifth", store.begin_session(&first, 4, Some(key(1))));
    step!("set_user_status", store.set_user_status(id, UserStatus::Disabled));
    step!("list_sessions, closed", store.list_sessions(id));
    step!("set_user_status, open", store.set_user_status(id, UserStatus::Active));
    step!("change_profile, no address", store.change_profile(id, &forget_email));
    step!("delete_user", store.delete_user(id));
    step!("find_user, deleted", store.find_user(id));
    step!("find_session, deleted", store.find_session(id, SessionId::from_bytes([1; 16])));
    step!("find_key_set", store.find_key_set());
    step!("replace_key_set", store.replace_key_set(None, &key_set(1)));
    step!("replace_key_set, refused", store.replace_key_set(None, &key_set(1)));
    step!("replace_key_set, next", store.replace_key_set(Some(1), &key_set(2)));
    step!("find_key_set, next", store.find_key_set());
    step!("create_client", store.create_client(&client("app", 1)));
    step!("create_client, taken", store.create_client(&client("app", 1)));
    step!("create_client, another", store.create_client(&client("zap", 1)));
    step!("find_client", store.find_client(&"app".parse().unwrap()));
    step!("list_clients", store.list_clients(None, 10));
    step!("replace_client", store.replace_client(1, &client("app", 2)));
    step!("replace_client, overtaken", store.replace_client(1, &client("app", 2)));
    step!("delete_client", store.delete_client(&"zap".parse().unwrap()));
    step!("find_client, deleted", store.find_client(&"zap".parse().unwrap()));
    let app = "app".parse().unwrap();
    step!("put_consent", store.put_consent(&consent(&bob, "openid")));
    step!("put_consent, more", store.put_consent(&consent(&bob, "openid email")));
    step!("find_consent", store.find_consent(bob.user_id, &app));
    step!("list_consents", store.list_consents(bob.user_id));
    step!("remove_consent", store.remove_consent(bob.user_id, &app));
    step!("find_consent, removed", store.find_consent(bob.user_id, &app));
    step!("put_consent, of a user who goes", store.put_consent(&consent(&bob, "openid")));
    step!("delete_user, with a consent", store.delete_user(bob.user_id));
    step!("list_consents, deleted", store.list_consents(bob.user_id));
    let (code, used) = (transient(0), transient(1));
    step!("create_transient", store.create_transient(&code));
    step!("create_transient, again", store.create_transient(&code));
    step!("find_transient", store.find_transient(code.key));
    step!("replace_transient", store.replace_transient(0, &used));
    step!("replace_transient, overtaken", store.replace_transient(0, &used));
    step!("find_transient, used", store.find_transient(code.key));
    step!("remove_transient", store.remove_transient(code.key));
    step!("remove_transient, again", store.remove_transient(code.key));
    step!("find_transient, removed", store.find_transient(code.key));
    let notice = notice(1);
    step!("put_notice", store.put_notice(&notice));
    step!("due_notices", store.due_notices(NOW, 10));
    step!("claim_notice", store.claim_notice(notice.notice_id, 0, NOW + HOUR));
    step!("claim_notice, overtaken", store.claim_notice(notice.notice_id, 0, NOW + HOUR));
    step!("due_notices, claimed", store.due_notices(NOW, 10));
    step!("due_notices, later", store.due_notices(NOW + HOUR, 10));
    step!("remove_notice", store.remove_notice(notice.notice_id));
    step!("purge_expired", store.purge_expired(NOW + 1000 * HOUR, 100));
    outcomes
}
