//! What every operation costs, read from the engine's meter; it is published, and never grows unnoticed.

mod page;

use tegata_core::attempt::Attempt;
use tegata_core::store::{
    AttemptStore as _, Begun, ClientStore as _, ConsentStore as _, Created, EmailVerified, GrantBegun,
    KeyStore as _, Maintenance as _, NoticeStore as _, Rotated, SessionStore as _, TransientStore as _,
    UserStore as _,
};
use tegata_core::user::ProfileChange;
use tegata_store_dynamodb::DynamoDbStore;

use crate::proxy::Proxy;
use crate::records::{
    HOUR, NOW, SCHEDULE, client, consent, grant, hash_of, key, new_grant, notice, rotation, session,
    transient, user,
};
use crate::{scenario, tables};

/// On demand, in us-east-1, in dollars per million units.
const PRICE_OF_READS: f64 = 0.125;
const PRICE_OF_WRITES: f64 = 0.625;

/// What an operation may cost.
struct Cost {
    operation: &'static str,
    requests: usize,
    read_units: f64,
    write_units: f64,
    note: &'static str,
}

impl Cost {
    fn dollars_per_million(&self) -> f64 {
        self.read_units * PRICE_OF_READS + self.write_units * PRICE_OF_WRITES
    }
}

const fn cost(
    operation: &'static str,
    requests: usize,
    read_units: f64,
    write_units: f64,
    note: &'static str,
) -> Cost {
    Cost { operation, requests, read_units, write_units, note }
}

const REGISTER: Cost =
    cost("Sign up", 2, 0.0, 5.0, "attempt of the address; user and user name in one transaction");
const LOGIN: Cost = cost(
    "Log in",
    7,
    3.0,
    3.0,
    "name, user, address's counter; attempt, session, user again, attempts forgotten",
);
const FAILED_LOGIN: Cost = cost(
    "Log in, wrong password, first time",
    5,
    2.0,
    2.0,
    "name, user, address's counter; attempt, address's failure",
);
const REFRESH: Cost = cost("Refresh", 1, 0.0, 1.0, "one conditional update");
const REPEATED_REFRESH: Cost =
    cost("Refresh, from a second tab", 1, 0.0, 1.0, "the update is refused and says why");
const VERIFY: Cost = cost("Verify an access token", 0, 0.0, 0.0, "the store is not asked");
const LOGOUT: Cost = cost("Log out", 1, 0.0, 1.0, "one deletion");
const LIST_SESSIONS: Cost = cost("List sessions", 1, 1.0, 0.0, "one query");
const ACCOUNT: Cost = cost("Read the profile", 2, 2.0, 0.0, "the session and the user");
const PROVE_EMAIL: Cost =
    cost("Prove an e-mail address", 2, 1.0, 4.0, "the user; lock and user in one transaction");
const CHANGE_PROFILE: Cost = cost("Change the profile", 2, 1.0, 1.0, "the user, read and written back");
const CHANGE_PASSWORD: Cost = cost(
    "Change the password, one other session",
    4,
    3.0,
    4.0,
    "user and session in one transaction, sessions asked before and after",
);
const READ_KEYS: Cost = cost("Read the key set", 1, 1.0, 0.0, "at a start, then once a minute and process");
const BEGIN_FOR_A_CLIENT: Cost = cost("Begin a session for a client", 2, 1.0, 1.0, "session, user");
const REDEEM_CODE: Cost =
    cost("Redeem a code", 5, 3.0, 2.0, "session; user, consent and browser session; that the code was used");
const REFRESH_OF_A_CLIENT: Cost =
    cost("Refresh, by a client", 1, 0.0, 1.0, "one conditional update; its grant is in the session");
const FIND_CLIENT: Cost = cost("Find a client", 1, 1.0, 0.0, "up to 4 KB");
const CREATE_TRANSIENT: Cost = cost(
    "Keep a pushed request or the name of a proof",
    1,
    0.0,
    1.0,
    "written if it is not there; refused, it costs the same",
);
const FIND_TRANSIENT: Cost = cost("Find a pushed request", 1, 1.0, 0.0, "");
const REPLACE_TRANSIENT: Cost = cost(
    "Answer for a device, or let it wait",
    1,
    0.0,
    1.0,
    "written if nobody has since it was found; refused, it costs the same",
);
const REMOVE_TRANSIENT: Cost =
    cost("End a pushed request", 1, 0.0, 2.0, "a transaction, so that it is ended by one");
const GIVE_CONSENT: Cost =
    cost("Give a consent", 1, 0.0, 2.0, "a transaction, so that a repetition brings none back");
const EXTEND_CONSENT: Cost = cost("Extend a consent", 2, 1.0, 2.0, "read, and written if nobody has since");
const FIND_CONSENT: Cost = cost("Find a consent", 1, 1.0, 0.0, "");
const WITHDRAW_CONSENT: Cost =
    cost("Withdraw a consent", 1, 0.0, 1.0, "one deletion, without the ends of sessions");
const DUE_NOTICES: Cost =
    cost("Look for logouts to tell clients of", 1, 1.0, 0.0, "one query, of up to 4 KB of notices");
const DELIVER_NOTICE: Cost =
    cost("Tell a client of a logout", 3, 0.0, 3.0, "the notice, kept, claimed and removed");
const READY: Cost = cost("`/readyz`", 1, 0.0, 1.0, "a write that is always refused");

const ALL: [&Cost; 28] = [
    &REGISTER,
    &LOGIN,
    &FAILED_LOGIN,
    &REFRESH,
    &REPEATED_REFRESH,
    &VERIFY,
    &LOGOUT,
    &LIST_SESSIONS,
    &ACCOUNT,
    &PROVE_EMAIL,
    &CHANGE_PROFILE,
    &CHANGE_PASSWORD,
    &BEGIN_FOR_A_CLIENT,
    &REDEEM_CODE,
    &REFRESH_OF_A_CLIENT,
    &FIND_CLIENT,
    &CREATE_TRANSIENT,
    &FIND_TRANSIENT,
    &REPLACE_TRANSIENT,
    &REMOVE_TRANSIENT,
    &GIVE_CONSENT,
    &EXTEND_CONSENT,
    &FIND_CONSENT,
    &WITHDRAW_CONSENT,
    &DUE_NOTICES,
    &DELIVER_NOTICE,
    &READ_KEYS,
    &READY,
];

/// Holds what the engine has metered since the last look against what it may be.
#[track_caller]
fn metered(proxy: &Proxy, expected: &Cost) {
    let metered = proxy.take_metered();
    let read_units: f64 = metered.iter().map(|m| m.read_units).sum();
    let write_units: f64 = metered.iter().map(|m| m.write_units).sum();
    let is = (metered.len(), read_units, write_units);
    assert_eq!(
        is,
        (expected.requests, expected.read_units, expected.write_units),
        "{}: {metered:#?}",
        expected.operation
    );
}

async fn attempt(store: &DynamoDbStore, n: u8) {
    let attempt = Attempt {
        account: key(n),
        account_schedule: SCHEDULE,
        address: Some(key(200)),
        address_schedule: SCHEDULE,
        now: NOW,
    };
    store.begin_attempt(&attempt).await.unwrap().unwrap();
}

#[tokio::test]
async fn each_operation_costs_what_the_page_says() {
    let proxy = Proxy::start().await;
    let (store, _) = tables::store(&proxy.endpoint).await;
    let alice = user(1, "alice");
    let name = "alice".parse().unwrap();

    store.count(key(100), &SCHEDULE, NOW).await.unwrap().unwrap();
    assert_eq!(store.create_user(&alice).await.unwrap(), Created::Now);
    metered(&proxy, &REGISTER);

    store.find_user_by_login_name(&name).await.unwrap().unwrap();
    attempt(&store, 1).await;
    let first = session(&alice, 1);
    assert_eq!(store.begin_session(&first, 1, Some(key(1))).await.unwrap(), Begun::Now);
    metered(&proxy, &LOGIN);

    store.find_user_by_login_name(&name).await.unwrap().unwrap();
    attempt(&store, 1).await;
    store.count_failure(key(200), &SCHEDULE, NOW).await.unwrap();
    metered(&proxy, &FAILED_LOGIN);

    assert!(matches!(store.rotate_session(&rotation(&first, 1, 0)).await.unwrap(), Rotated::Now(_)));
    metered(&proxy, &REFRESH);
    assert!(matches!(
        store.rotate_session(&rotation(&first, 1, 0)).await.unwrap(),
        Rotated::Refused(Some(_))
    ));
    metered(&proxy, &REPEATED_REFRESH);
    metered(&proxy, &VERIFY);

    assert_eq!(store.list_sessions(alice.user_id).await.unwrap().len(), 1);
    metered(&proxy, &LIST_SESSIONS);
    store.find_session(alice.user_id, first.session_id).await.unwrap().unwrap();
    store.find_user(alice.user_id).await.unwrap().unwrap();
    metered(&proxy, &ACCOUNT);
    assert_eq!(store.verify_email(alice.user_id, "alice@mail.example").await.unwrap(), EmailVerified::Now);
    metered(&proxy, &PROVE_EMAIL);
    let change = ProfileChange { name: Some(Some("Alice".to_owned())), ..ProfileChange::default() };
    store.change_profile(alice.user_id, &change).await.unwrap();
    metered(&proxy, &CHANGE_PROFILE);
    store.change_password(alice.user_id, 1, &hash_of(2), None, NOW).await.unwrap();
    metered(&proxy, &CHANGE_PASSWORD);

    assert_eq!(store.begin_session(&first, 2, Some(key(1))).await.unwrap(), Begun::Now);
    proxy.take_metered();
    assert!(store.end_session(alice.user_id, first.session_id).await.unwrap());
    metered(&proxy, &LOGOUT);

    assert!(store.replace_key_set(None, &scenario::key_set(1)).await.unwrap());
    proxy.take_metered();
    store.find_key_set().await.unwrap().unwrap();
    metered(&proxy, &READ_KEYS);
    store.check_ready().await.unwrap();
    metered(&proxy, &READY);
}

#[tokio::test]
async fn each_operation_of_the_openid_provider_costs_what_the_page_says() {
    let proxy = Proxy::start().await;
    let (store, _) = tables::store(&proxy.endpoint).await;
    let alice = user(1, "alice");
    assert_eq!(store.create_user(&alice).await.unwrap(), Created::Now);
    assert!(store.create_client(&client("app", 1)).await.unwrap());
    proxy.take_metered();

    let mut session = session(&alice, 1);
    session.grant = Some(Box::new(grant()));
    assert_eq!(store.begin_session(&session, 1, None).await.unwrap(), Begun::Now);
    metered(&proxy, &BEGIN_FOR_A_CLIENT);
    let given = consent(&alice, "openid email");
    assert!(store.put_consent(None, &given).await.unwrap());
    metered(&proxy, &GIVE_CONSENT);
    let redeemed = new_grant(&crate::records::session(&alice, 2), "openid", &session);
    assert_eq!(store.begin_grant(&redeemed).await.unwrap(), GrantBegun::Now);
    metered(&proxy, &REDEEM_CODE);
    assert!(matches!(store.rotate_session(&rotation(&session, 1, 0)).await.unwrap(), Rotated::Now(_)));
    metered(&proxy, &REFRESH_OF_A_CLIENT);
    store.find_client(&"app".parse().unwrap()).await.unwrap().unwrap();
    metered(&proxy, &FIND_CLIENT);

    let (code, used) = (transient(0), transient(1));
    for is_new in [true, false] {
        assert_eq!(store.create_transient(&code).await.unwrap(), is_new);
        metered(&proxy, &CREATE_TRANSIENT);
    }
    store.find_transient(code.key).await.unwrap().unwrap();
    metered(&proxy, &FIND_TRANSIENT);
    for is_first in [true, false] {
        assert_eq!(store.replace_transient(0, &used).await.unwrap(), is_first);
        metered(&proxy, &REPLACE_TRANSIENT);
    }
    assert!(store.remove_transient(code.key).await.unwrap());
    metered(&proxy, &REMOVE_TRANSIENT);

    assert!(store.put_consent(Some(&given), &consent(&alice, "openid email phone")).await.unwrap());
    metered(&proxy, &EXTEND_CONSENT);
    store.find_consent(alice.user_id, &given.client_id).await.unwrap().unwrap();
    metered(&proxy, &FIND_CONSENT);
    assert!(store.remove_consent(alice.user_id, &given.client_id).await.unwrap());
    metered(&proxy, &WITHDRAW_CONSENT);

    let told = notice(1);
    store.put_notice(&told).await.unwrap();
    assert!(store.claim_notice(told.notice_id, 0, NOW + HOUR).await.unwrap());
    assert!(store.remove_notice(told.notice_id).await.unwrap());
    metered(&proxy, &DELIVER_NOTICE);
    store.put_notice(&notice(2)).await.unwrap();
    proxy.take_metered();
    assert_eq!(store.due_notices(NOW, 10).await.unwrap().len(), 1);
    metered(&proxy, &DUE_NOTICES);
}
