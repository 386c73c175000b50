//! What an operator says of a user, by the names of claims.

use serde_json::{Map, Value, json};

use super::*;
use crate::attributes::Attributes;
use crate::audit::AuditAction;
use crate::provider::SetClaimsError;
use crate::user::User;

async fn world() -> World {
    let world = World::with(|settings| {
        settings.oauth.attributes = (0..32).map(|n| format!("own{n}").parse().unwrap()).collect();
    })
    .await;
    world.sign_up("alice").await;
    world
}

async fn set(world: &World, name: &str, claims: Value) -> Result<User, SetClaimsError> {
    let user = world.provider.find_user(name).await.unwrap();
    world.provider.set_claims(&user, claims.as_object().unwrap(), &world.ctx()).await
}

#[tokio::test]
async fn what_is_named_is_set_and_the_rest_stays() {
    let mut world = world().await;
    let first =
        set(&world, "alice", json!({"name": "Alice", "nickname": "Al", "own1": ["a"]})).await.unwrap();
    assert_eq!(first.attributes.updated_at(), Some(world.now));
    assert_eq!(world.audit.last().action, AuditAction::OperatorChange);
    world.pass(60);
    let second =
        set(&world, "alice", json!({"nickname": null, "locale": "en", "own2": false})).await.unwrap();
    assert_eq!((second.name.as_deref(), second.locale.as_deref()), (Some("Alice"), Some("en")));
    assert_eq!(
        serde_json::to_value(&second.attributes).unwrap(),
        json!({"own": {"own1": ["a"], "own2": false}, "updated_at": world.now.as_millis()})
    );
    assert_eq!(world.provider.find_user("alice").await.unwrap(), second);
}

#[tokio::test]
async fn r16_everything_that_cannot_be_set_is_named_at_once_and_nothing_is_set() {
    let world = world().await;
    let bad = json!({
        "sub": "x", "iss": "x", "updated_at": 1, "preferred_username": "root", "_claim_sources": {}, "nobody_knows": "x",
        "nickname": 1, "birthdate": "soon", "address": {"planet": "Earth"}, "email_verified": "yes",
        "phone_number_verified": null, "email": "nowhere", "own1": {"a": 1}, "own2": "", "name": "a\nb", "locale": "?",
    });
    let mut claims = bad.as_object().unwrap().clone();
    claims.insert("given_name".to_owned(), json!("Alice"));
    let Err(SetClaimsError::Invalid(problems)) = set(&world, "alice", Value::Object(claims)).await else {
        panic!("it was set")
    };
    let mut named: Vec<_> = problems.into_iter().map(|problem| problem.name).collect();
    let mut expected: Vec<_> = bad.as_object().unwrap().keys().cloned().collect();
    named.sort();
    expected.sort();
    assert_eq!(named, expected);
    assert!(world.provider.find_user("alice").await.unwrap().attributes.is_empty());
}

#[tokio::test]
async fn v57_a_proof_is_one_of_something_and_of_one_user() {
    let world = world().await;
    world.sign_up("bob").await;
    for proof in ["email_verified", "phone_number_verified"] {
        let nothing = set(&world, "alice", json!({proof: true})).await;
        assert!(matches!(nothing, Err(SetClaimsError::Invalid(problems)) if problems[0].name == proof));
    }
    let both = json!({"email": "both@b.example", "email_verified": true});
    assert!(set(&world, "alice", both.clone()).await.unwrap().email.unwrap().verified);
    assert!(matches!(set(&world, "bob", both).await, Err(SetClaimsError::EmailTaken)));
    assert!(!world.provider.find_user("bob").await.unwrap().email.unwrap().verified);
    assert!(!set(&world, "alice", json!({"email_verified": false})).await.unwrap().email.unwrap().verified);
    assert!(set(&world, "bob", json!({"email_verified": true})).await.unwrap().email.unwrap().verified);
    let number = json!({"phone_number": "+1 604 555 1234", "phone_number_verified": true});
    assert_eq!(set(&world, "alice", number).await.unwrap().attributes.phone_number_verified(), Some(true));
}

#[tokio::test]
async fn what_has_no_room_is_not_set_and_what_the_settings_no_longer_name_can_go() {
    let world = world().await;
    let much: Map<_, _> = (0..32).map(|n| (format!("own{n}"), json!("x".repeat(250)))).collect();
    assert!(matches!(set(&world, "alice", Value::Object(much)).await, Err(SetClaimsError::TooLarge)));
    assert!(world.provider.find_user("alice").await.unwrap().attributes.is_empty());
    assert!(set(&world, "alice", json!({"own99": null})).await.is_ok());
    assert!(matches!(set(&world, "alice", json!({"own99": 1})).await, Err(SetClaimsError::Invalid(_))));
}

#[tokio::test]
async fn v57_what_is_proved_is_what_the_operator_has_seen_or_named() {
    let world = world().await;
    let first = json!({"email": "a@b.example", "phone_number": "+16045551234"});
    let seen = set(&world, "alice", first).await.unwrap();
    set(&world, "alice", json!({"email": "c@b.example", "phone_number": "+16045551235"})).await.unwrap();
    let prove = async |claims: Value| {
        let claims = claims.as_object().unwrap().clone();
        world.provider.set_claims(&seen, &claims, &world.ctx()).await
    };
    for proof in ["email_verified", "phone_number_verified"] {
        assert!(matches!(prove(json!({proof: true, "name": proof})).await, Err(SetClaimsError::Overtaken)));
        let alice = world.provider.find_user("alice").await.unwrap();
        assert_eq!(alice.name.as_deref(), Some(proof), "everything else was changed");
        assert!(!alice.email.unwrap().verified);
        assert_eq!(alice.attributes.phone_number_verified(), Some(false));
    }
    let named = json!({"phone_number": "+1 604 555 1236", "phone_number_verified": true, "email": "d@b.example", "email_verified": true});
    let alice = prove(named).await.unwrap();
    assert!(alice.email.unwrap().verified);
    assert_eq!(alice.attributes.phone_number_verified(), Some(true));
}

#[tokio::test]
async fn what_sets_nothing_changes_nothing() {
    let mut world = world().await;
    let before = set(&world, "alice", json!({"name": "Alice"})).await.unwrap();
    let noted = world.audit.last();
    world.pass(60);
    assert_eq!(set(&world, "alice", json!({})).await.unwrap(), before);
    assert_eq!(world.provider.find_user("alice").await.unwrap(), before);
    assert_eq!(world.audit.last(), noted);
}

#[tokio::test]
async fn r66_no_value_that_comes_in_steers_how_it_is_shown_and_what_is_kept_stays_readable() {
    let world = world().await;
    let steered = |value: Value| {
        let text = value.to_string().replace('_', "\u{200b}");
        serde_json::from_str::<Value>(&text).unwrap()
    };
    for (name, value) in [
        ("nickname", json!("a_b")),
        ("own1", json!("a_b")),
        ("own2", json!(["a", "b_"])),
        ("address", json!({"locality": "a_b"})),
    ] {
        set(&world, "alice", json!({name: value})).await.unwrap();
        let refused = set(&world, "alice", json!({name: steered(value)})).await;
        assert!(matches!(refused, Err(SetClaimsError::Invalid(_))), "{name}");
    }
    let kept = steered(json!({"own": {"own1": "a_b"}, "address": {"locality": "a_b"}}));
    let read: Attributes = serde_json::from_value(kept.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), kept, "ADR 22");
}
