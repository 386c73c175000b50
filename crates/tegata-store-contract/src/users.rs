//! Users and their names.

use std::sync::Arc;

use tegata_core::identifier::UserId;
use tegata_core::password::PasswordHash;
use tegata_core::store::{Begun, Created, EmailVerified, ProfileChanged};
use tegata_core::timestamp::Timestamp;
use tegata_core::user::{LoginName, ProfileChange, User, UserStatus};
use tokio::task::JoinSet;

use crate::TestedStore;
use crate::records::{begin, create, key, user, with_email};

fn name(text: &str) -> LoginName {
    text.parse().unwrap()
}

pub async fn a_user_is_found_as_it_was_made<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let mut alice = with_email(1, "Alice", "Alice@B.example");
    alice.name = Some("Alice Liddell".to_owned());
    alice.locale = Some("en-GB".to_owned());
    alice.granted_scope = "users:read".parse().unwrap();
    create(store.as_ref(), &alice).await;
    let found = store.find_user(alice.user_id).await.unwrap().unwrap();
    assert_eq!(found, alice);
    assert_eq!(found.username.as_str(), "Alice");
    assert_eq!(found.email.unwrap().address.as_str(), "Alice@B.example");
    assert_eq!(store.find_user_by_login_name(&name("aLICE")).await.unwrap(), Some(alice));
    assert_eq!(store.find_user_by_login_name(&name("alic")).await.unwrap(), None);
    assert_eq!(store.find_user(user(2, "bob").user_id).await.unwrap(), None);
}

pub async fn a_user_name_is_taken_once_whatever_its_case<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    create(store.as_ref(), &user(1, "alice")).await;
    assert_eq!(store.create_user(&user(2, "ALICE")).await.unwrap(), Created::UsernameTaken);
    assert_eq!(store.find_user(user(2, "ALICE").user_id).await.unwrap(), None);
    create(store.as_ref(), &user(2, "alice2")).await;
}

pub async fn v1_of_concurrent_sign_ups_of_one_name_one_wins<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    for round in 0..20 {
        let mut tasks = JoinSet::new();
        for n in 0..20_u8 {
            let store = Arc::clone(&store);
            let text = if n % 2 == 0 { format!("name{round}") } else { format!("NAME{round}") };
            let mut user = user(n, &text);
            user.user_id = UserId::from_bytes([[round, n]; 8].concat().try_into().unwrap());
            tasks.spawn(async move { (user.user_id, store.create_user(&user).await.unwrap()) });
        }
        let outcomes = tasks.join_all().await;
        let won: Vec<_> = outcomes.iter().filter(|(_, created)| *created == Created::Now).collect();
        assert_eq!(won.len(), 1);
        let found = store.find_user_by_login_name(&name(&format!("name{round}"))).await.unwrap().unwrap();
        assert_eq!(found.user_id, won[0].0);
    }
}

pub async fn an_address_on_an_account_claims_nothing<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    create(store.as_ref(), &with_email(1, "mallory", "alice@b.example")).await;
    create(store.as_ref(), &with_email(2, "alice", "alice@b.example")).await;
    assert_eq!(store.find_user_by_login_name(&name("alice@b.example")).await.unwrap(), None);
}

pub async fn v31_a_proved_address_finds_its_user<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let alice = with_email(1, "alice", "Alice@b.example");
    create(store.as_ref(), &alice).await;
    for _ in 0..2 {
        let verified = store.verify_email(alice.user_id, "alice@b.example").await.unwrap();
        assert_eq!(verified, EmailVerified::Now, "repeating it changes nothing");
    }
    let found = store.find_user_by_login_name(&name("ALICE@B.EXAMPLE")).await.unwrap().unwrap();
    assert!(found.user_id == alice.user_id && found.email.unwrap().verified);
}

pub async fn of_two_owners_of_an_address_one_proves_it<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let mut tasks = JoinSet::new();
    for n in 0..10 {
        let user = with_email(n, &format!("user{n}"), "shared@b.example");
        create(store.as_ref(), &user).await;
        let store = Arc::clone(&store);
        tasks.spawn(async move { store.verify_email(user.user_id, "shared@b.example").await.unwrap() });
    }
    let mut outcomes = tasks.join_all().await;
    outcomes.retain(|outcome| *outcome != EmailVerified::Taken);
    assert_eq!(outcomes, [EmailVerified::Now]);
}

pub async fn v1_of_concurrent_proofs_of_one_address_one_wins<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    for round in 0..20_u8 {
        let address = format!("e{round}@b.example");
        let mut tasks = JoinSet::new();
        for n in 0..8_u8 {
            let user = with_email(round * 8 + n, &format!("user{round}.{n}"), &address);
            create(store.as_ref(), &user).await;
            let (store, address) = (Arc::clone(&store), address.clone());
            tasks.spawn(async move {
                // Each asks twice: repeating it must not look like somebody else's.
                let first = store.verify_email(user.user_id, &address).await.unwrap();
                assert_eq!(store.verify_email(user.user_id, &address).await.unwrap(), first);
                (user.user_id, first)
            });
        }
        let outcomes = tasks.join_all().await;
        let won: Vec<_> = outcomes.iter().filter(|(_, outcome)| *outcome == EmailVerified::Now).collect();
        assert_eq!(won.len(), 1, "round {round}");
        assert!(outcomes.iter().all(|(_, outcome)| *outcome != EmailVerified::Stale));
        let found = store.find_user_by_login_name(&name(&address)).await.unwrap().unwrap();
        assert_eq!(found.user_id, won[0].0);
    }
}

pub async fn only_the_address_that_was_proved_is_marked<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let alice = with_email(1, "alice", "new@b.example");
    create(store.as_ref(), &alice).await;
    assert_eq!(store.verify_email(alice.user_id, "old@b.example").await.unwrap(), EmailVerified::Stale);
    assert_eq!(
        store.verify_email(user(2, "bob").user_id, "new@b.example").await.unwrap(),
        EmailVerified::Stale
    );
    assert!(!store.find_user(alice.user_id).await.unwrap().unwrap().email.unwrap().verified);
}

pub async fn an_address_that_goes_is_free_for_others<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let (alice, bob) = (with_email(1, "alice", "a@b.example"), with_email(2, "bob", "a@b.example"));
    for user in [&alice, &bob] {
        create(store.as_ref(), user).await;
    }
    assert_eq!(store.verify_email(alice.user_id, "a@b.example").await.unwrap(), EmailVerified::Now);
    assert_eq!(store.verify_email(bob.user_id, "a@b.example").await.unwrap(), EmailVerified::Taken);
    let removal = ProfileChange { email: Some(None), ..ProfileChange::default() };
    store.change_profile(alice.user_id, &removal).await.unwrap();
    assert_eq!(store.verify_email(bob.user_id, "a@b.example").await.unwrap(), EmailVerified::Now);
    store.delete_user(bob.user_id).await.unwrap();
    assert_eq!(store.find_user_by_login_name(&name("a@b.example")).await.unwrap(), None);
}

pub async fn a_profile_changes_in_what_is_named<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let alice = with_email(1, "alice", "a@b.example");
    create(store.as_ref(), &alice).await;
    let change = ProfileChange { name: Some(Some("Alice".to_owned())), ..ProfileChange::default() };
    let changed = store.change_profile(alice.user_id, &change).await.unwrap();
    assert_eq!(changed, ProfileChanged::Now(Box::new(change.apply(alice.clone()).unwrap())));
    let change = ProfileChange {
        name: Some(None),
        locale: Some(Some("ja".to_owned())),
        email: Some(None),
        ..ProfileChange::default()
    };
    store.change_profile(alice.user_id, &change).await.unwrap();
    let changed = store.find_user(alice.user_id).await.unwrap().unwrap();
    assert_eq!((changed.name, changed.locale.as_deref(), changed.email), (None, Some("ja"), None));
    let nobody = store.change_profile(user(2, "bob").user_id, &change).await.unwrap();
    assert_eq!(nobody, ProfileChanged::Gone);
}

pub async fn v27_users_are_listed_in_pages<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    for n in 1..=7 {
        create(store.as_ref(), &user(n, &format!("user{n}"))).await;
    }
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = store.list_users(after, 3).await.unwrap();
        assert!(page.len() <= 3);
        let Some(last) = page.last() else { break };
        after = Some(last.user_id);
        all.extend(page.into_iter().map(|user| user.user_id.as_bytes()[0]));
    }
    assert_eq!(all, [1, 2, 3, 4, 5, 6, 7]);
    let ids = async |after: Option<u8>, limit| -> Vec<u8> {
        let after = after.map(|n| user(n, "nobody").user_id);
        let page = store.list_users(after, limit).await.unwrap();
        page.into_iter().map(|user| user.user_id.as_bytes()[0]).collect()
    };
    assert!(ids(None, 0).await.is_empty());
    assert_eq!(ids(Some(6), usize::MAX).await, [7]);
    assert!(ids(Some(255), usize::MAX).await.is_empty());
    store.delete_user(user(4, "user4").user_id).await.unwrap();
    assert_eq!(ids(Some(4), 2).await, [5, 6], "a page may begin where nobody is any longer");
}

/// Texts come from outside and are only ever values: never a part of a query, a key or a pattern.
pub async fn v27_a_text_is_a_value_and_nothing_else<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    create(store.as_ref(), &with_email(1, "bob", "bob@b.example")).await;
    for (n, odd) in
        ["'; DROP TABLE users; --", "%", "_", "?1", "#users", "\\", "\"", "*", ""].into_iter().enumerate()
    {
        let n = u8::try_from(n).unwrap() + 2;
        let mut user = with_email(n, &format!("user{n}"), &format!("%'_{n}@b.example"));
        user.name = Some(odd.to_owned());
        user.locale = Some(odd.to_owned());
        user.credential.password_hash = PasswordHash::from_phc(odd);
        create(store.as_ref(), &user).await;
        assert_eq!(store.verify_email(user.user_id, odd).await.unwrap(), EmailVerified::Stale);
        assert_eq!(store.find_user(user.user_id).await.unwrap(), Some(user));
    }
    assert_eq!(store.find_user_by_login_name(&name("b_b")).await.unwrap(), None);
    assert_eq!(store.find_user_by_login_name(&name("%'_2@b.example")).await.unwrap(), None);
}

pub async fn a_granted_scope_is_replaced<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let alice = user(1, "alice");
    create(store.as_ref(), &alice).await;
    for scope in ["users:read users:write", ""] {
        let changed = store.set_granted_scope(alice.user_id, &scope.parse().unwrap()).await.unwrap().unwrap();
        assert_eq!(changed.granted_scope.as_str(), scope);
    }
    let nobody = user(2, "bob").user_id;
    assert_eq!(store.set_granted_scope(nobody, &"x".parse().unwrap()).await.unwrap(), None);
}

pub async fn v49_taking_scope_away_ends_the_sessions<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let alice = user(1, "alice");
    create(store.as_ref(), &alice).await;
    let session = begin(store.as_ref(), &alice, 1).await;
    let grant = async |scope: &str| {
        store.set_granted_scope(alice.user_id, &scope.parse().unwrap()).await.unwrap().unwrap()
    };
    assert_eq!(grant("a b").await.credential.version, 1, "more is no reason to end anything");
    assert_eq!(store.list_sessions(alice.user_id).await.unwrap(), std::slice::from_ref(&session));
    assert_eq!(grant("a c").await.credential.version, 2);
    assert_eq!(store.list_sessions(alice.user_id).await.unwrap(), []);
    let late = store.begin_session(&session, 1, Some(key(1))).await.unwrap();
    assert_eq!(late, Begun::Refused, "a login that began before has the old scope");
    assert_eq!(store.find_user(alice.user_id).await.unwrap(), Some(grant("a c").await));
}

pub async fn v45_a_deleted_user_leaves_nothing<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let alice = user(1, "alice");
    create(store.as_ref(), &alice).await;
    let session = begin(store.as_ref(), &alice, 1).await;
    assert_eq!(store.delete_user(alice.user_id).await.unwrap(), Some(alice.clone()));
    assert_eq!(store.delete_user(alice.user_id).await.unwrap(), None);
    assert_eq!(store.find_user(alice.user_id).await.unwrap(), None);
    assert_eq!(store.find_user_by_login_name(&name("alice")).await.unwrap(), None);
    assert_eq!(store.find_session(alice.user_id, session.session_id).await.unwrap(), None);
    create(store.as_ref(), &user(2, "alice")).await;
}

pub async fn extremes_are_kept<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let mut user = user(0, &"x".repeat(64));
    user.name = Some("\0 \u{10ffff} 👩‍👩‍👧 ' \" ; -- 手形".to_owned());
    user.created_at = Timestamp::from_millis(i64::MIN);
    user.credential.changed_at = Timestamp::from_millis(i64::MAX);
    user.credential.version = u32::MAX;
    user.status = UserStatus::Disabled;
    user.locale = Some(String::new());
    user.granted_scope = "!~[]^".parse().unwrap();
    user.credential.password_hash = PasswordHash::from_phc("$".repeat(1000));
    create(store.as_ref(), &user).await;
    assert_eq!(store.find_user(user.user_id).await.unwrap(), Some(user.clone()));
    assert_eq!(store.list_users(None, 9).await.unwrap(), [user.clone()]);
    let change = ProfileChange { name: Some(Some("\0".repeat(100))), ..ProfileChange::default() };
    let changed = store.change_profile(user.user_id, &change).await.unwrap();
    let after = change.apply(user.clone()).unwrap();
    assert_eq!(changed, ProfileChanged::Now(Box::new(after.clone())));
    assert_eq!(store.find_user(user.user_id).await.unwrap(), Some(after));
    let last = User { user_id: UserId::from_bytes([255; 16]), ..self::user(255, "abc") };
    create(store.as_ref(), &last).await;
    assert_eq!(store.find_user(last.user_id).await.unwrap(), Some(last));
}
