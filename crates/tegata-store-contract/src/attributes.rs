//! What is known of users beyond name, language and e-mail address.

use std::sync::Arc;

use tegata_core::attributes::{Attributes, AttributesChange, TextClaim};
use tegata_core::store::{EmailVerified, ProfileChanged};
use tegata_core::user::{ProfileChange, User};
use tokio::task::JoinSet;

use crate::TestedStore;
use crate::records::{HOUR, NOW, create, user, with_email};

/// All that can be known of a user.
pub(crate) fn attributes() -> Attributes {
    let document = r#"{
        "claims": {
            "given_name": "Alice", "family_name": "Lidd'ell\"; --", "middle_name": "手形", "nickname": "Al",
            "profile": "https://a.example/?x=%20#y", "picture": "https://a.example/p.png", "website": "http://a.example",
            "gender": "female", "birthdate": "0000-02-29", "zoneinfo": "Europe/London",
            "phone_number": "+16045551234;ext=5678"
        },
        "phone_number_verified": true,
        "address": {"formatted": "1 Long Road\nOxford", "country": "United Kingdom"},
        "own": {"department": "R&D", "groups": ["a", "b c", "👩‍👩‍👧"], "level": -7, "manager": false},
        "updated_at": -9223372036854775808
    }"#;
    serde_json::from_str(document).unwrap()
}

fn own(name: &str, text: &str) -> ProfileChange {
    let mut attributes = AttributesChange::default();
    attributes.set_own(name.parse().unwrap(), Some(serde_json::Value::from(text).try_into().unwrap()));
    ProfileChange { attributes, changed_at: Some(NOW + HOUR), ..ProfileChange::default() }
}

fn number(text: Option<&str>) -> ProfileChange {
    let mut attributes = AttributesChange::default();
    attributes.set_text(TextClaim::PhoneNumber, text).unwrap();
    ProfileChange { attributes, ..ProfileChange::default() }
}

pub async fn what_is_known_of_a_user_is_found_as_it_was_said<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let alice = User { attributes: attributes(), ..user(1, "alice") };
    create(store.as_ref(), &alice).await;
    assert_eq!(store.find_user(alice.user_id).await.unwrap(), Some(alice.clone()));
    assert_eq!(store.find_user_by_login_name(&"alice".parse().unwrap()).await.unwrap(), Some(alice.clone()));
    assert_eq!(store.list_users(None, 9).await.unwrap(), std::slice::from_ref(&alice));
    let change = own("department", "Sales");
    let after = change.apply(alice.clone()).unwrap();
    let changed = store.change_profile(alice.user_id, &change).await.unwrap();
    assert_eq!(changed, ProfileChanged::Now(Box::new(after.clone())));
    assert_eq!(after.attributes.updated_at(), Some(NOW + HOUR));
    // What changes something else of a user brings it along.
    let granted = store.set_granted_scope(alice.user_id, &"users:read".parse().unwrap()).await.unwrap();
    assert_eq!(granted.unwrap().attributes, after.attributes);
    assert_eq!(store.delete_user(alice.user_id).await.unwrap().unwrap().attributes, after.attributes);
    create(store.as_ref(), &user(2, "alice")).await;
    let heir = store.find_user_by_login_name(&"alice".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(heir.attributes, Attributes::default());
}

pub async fn what_goes_is_not_known_any_more<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let alice = User { attributes: attributes(), ..user(1, "alice") };
    create(store.as_ref(), &alice).await;
    let mut change = AttributesChange::default();
    for claim in TextClaim::ALL {
        change.set_text(claim, None).unwrap();
    }
    change.set_address(None);
    for (name, _) in alice.attributes.all_own() {
        change.set_own(name.clone(), None);
    }
    let change = ProfileChange { attributes: change, ..ProfileChange::default() };
    store.change_profile(alice.user_id, &change).await.unwrap();
    let found = store.find_user(alice.user_id).await.unwrap().unwrap().attributes;
    assert_eq!(found, serde_json::from_str(r#"{"updated_at":-9223372036854775808}"#).unwrap());
}

pub async fn v57_a_number_that_changes_is_not_proved<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let alice = User { attributes: attributes(), ..user(1, "alice") };
    create(store.as_ref(), &alice).await;
    for (written, verified) in [
        (Some("+1 604 555 1234;ext=5678"), Some(true)),
        (Some("+16045551234"), Some(false)),
        (Some("+16045551234;ext=5678"), Some(false)),
        (None, None),
    ] {
        store.change_profile(alice.user_id, &number(written)).await.unwrap();
        let found = store.find_user(alice.user_id).await.unwrap().unwrap();
        assert_eq!(found.attributes.phone_number_verified(), verified, "{written:?}");
    }
}

pub async fn of_concurrent_changes_of_one_user_none_is_lost<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let alice = user(1, "alice");
    create(store.as_ref(), &alice).await;
    let mut tasks = JoinSet::new();
    for n in 0..8 {
        let (store, user_id) = (Arc::clone(&store), alice.user_id);
        let change = own(&format!("attribute{n}"), "x");
        tasks.spawn(async move { store.change_profile(user_id, &change).await.unwrap() });
    }
    assert!(tasks.join_all().await.iter().all(|changed| matches!(changed, ProfileChanged::Now(_))));
    let found = store.find_user(alice.user_id).await.unwrap().unwrap();
    assert_eq!(found.attributes.all_own().count(), 8);
}

pub async fn a_change_without_room_changes_nothing<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let mut alice = with_email(1, "alice", "a@b.example");
    create(store.as_ref(), &alice).await;
    let text = "x".repeat(250);
    for n in 0..30 {
        let mut change = own(&format!("attribute{n}"), &text);
        change.email = Some(Some(format!("a{n}@b.example").parse().unwrap()));
        let changed = store.change_profile(alice.user_id, &change).await.unwrap();
        match change.apply(alice.clone()) {
            Ok(next) => {
                assert_eq!(changed, ProfileChanged::Now(Box::new(next.clone())));
                alice = next;
            }
            Err(_) => assert_eq!(changed, ProfileChanged::TooLarge),
        }
        assert_eq!(store.find_user(alice.user_id).await.unwrap().as_ref(), Some(&alice));
    }
    assert!((10..20).contains(&alice.attributes.all_own().count()), "it has a bound");
    let nobody = store.change_profile(user(2, "bob").user_id, &own("department", "x")).await.unwrap();
    assert_eq!(nobody, ProfileChanged::Gone);
}

pub async fn an_address_whose_proof_is_taken_back_is_free_for_others<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let (alice, bob) = (with_email(1, "alice", "a@b.example"), with_email(2, "bob", "a@b.example"));
    for user in [&alice, &bob] {
        create(store.as_ref(), user).await;
    }
    assert_eq!(store.verify_email(alice.user_id, "a@b.example").await.unwrap(), EmailVerified::Now);
    let doubt = ProfileChange { unprove_email: true, ..ProfileChange::default() };
    store.change_profile(alice.user_id, &doubt).await.unwrap();
    assert_eq!(store.find_user_by_login_name(&"a@b.example".parse().unwrap()).await.unwrap(), None);
    assert_eq!(store.verify_email(bob.user_id, "a@b.example").await.unwrap(), EmailVerified::Now);
    assert_eq!(store.verify_email(alice.user_id, "a@b.example").await.unwrap(), EmailVerified::Taken);
}
