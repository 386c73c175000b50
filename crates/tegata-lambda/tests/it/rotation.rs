//! `rotate-keys`, over the memory store.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::json;
use tegata_core::identifier::TenantId;
use tegata_core::store::KeyStore as _;
use tegata_jose::Algorithm;
use tegata_lambda::{
    BoxError, KeyBytes, KeyService, MasterKeyError, Request, RotationError, WrappedKeys, unseal,
    unseal_or_make,
};
use zeroize::Zeroizing;

use crate::world::World;

#[tokio::test]
async fn the_first_invocation_makes_the_keys_and_the_next_ones_change_nothing() {
    let world = World::empty(&[]);
    let first = world.rotate(Request::Due, &["one", "two"]).await.unwrap();
    // One step makes the key of access tokens, the next one that of clients that ask for RS256.
    assert_eq!((first.version, first.changed), (2, true));
    assert_eq!(first.published_to, ["one", "two"]);
    let again = world.rotate(Request::Due, &["one", "two"]).await.unwrap();
    assert_eq!(
        serde_json::to_value(&again).unwrap(),
        json!({"version": 2, "changed": false, "published_to": []})
    );
    // A function that is added later gets what there is.
    assert_eq!(world.rotate(Request::Due, &["one", "new"]).await.unwrap().published_to, ["new"]);
    let changes = world.audit.all();
    assert_eq!(changes.len(), 2);
    for change in changes {
        assert_eq!((&change["action"], &change["audit"]), (&json!("keys_changed"), &json!(true)));
    }
}

#[tokio::test]
async fn r22_the_authorizer_is_given_the_keys_of_access_tokens_and_the_others_are_only_published() {
    let world = World::empty(&[]);
    world.rotate(Request::Due, &["one"]).await.unwrap();
    let key_set = world.store.find_key_set().await.unwrap().unwrap();
    let algorithms: Vec<_> = key_set.signing_algorithms().unwrap();
    assert_eq!(algorithms, [Algorithm::Es256, Algorithm::Rs256], "after the first invocation");
    let given = world.published.0.lock().unwrap()[0].1.clone();
    assert!(given.contains(&key_set.keys[0].kid) && !given.contains(&key_set.keys[1].kid), "{given}");
    // The most that there can be of it at a time, twice over, fits beside an authorizer's other variables.
    world.rotate(Request::Next, &["one"]).await.unwrap();
    let given = world.published.0.lock().unwrap()[0].1.clone();
    assert!(given.len() < 750, "{} bytes", given.len());

    let without = World::empty(&[("TEGATA_OAUTH__ENABLED", "false")]);
    without.rotate(Request::Due, &["one"]).await.unwrap();
    let key_set = without.store.find_key_set().await.unwrap().unwrap();
    assert_eq!(key_set.signing_algorithms().unwrap(), [Algorithm::Es256]);
}

#[tokio::test]
async fn two_invocations_at_once_make_one_key_set() {
    let world = World::empty(&[]);
    let (a, b) = tokio::join!(world.rotate(Request::Due, &["one"]), world.rotate(Request::Due, &["one"]));
    assert_eq!((a.unwrap().version, b.unwrap().version), (2, 2));
    assert_eq!(world.store.find_key_set().await.unwrap().unwrap().keys.len(), 2);
    let (a, b) = tokio::join!(world.rotate(Request::Next, &[]), world.rotate(Request::Next, &[]));
    assert!(a.unwrap().version >= 3 && b.unwrap().version >= 3);
    let keys = world.store.find_key_set().await.unwrap().unwrap().keys;
    assert_eq!(keys.len(), 4, "one next key for each algorithm is enough");
}

#[tokio::test]
async fn a_daily_schedule_takes_a_key_through_its_life() {
    let world = World::empty(&[("TEGATA_KEYS__ACTIVE_FOR", "3d")]);
    let mut known = Vec::new();
    for _ in 0..7 {
        world.rotate(Request::Due, &["one"]).await.unwrap();
        let key_set = world.store.find_key_set().await.unwrap().unwrap();
        // What signs has been published before.
        let published = world.published.0.lock().unwrap()[0].1.clone();
        let mut signs = key_set.keys.iter().filter(|key| key.alg == "ES256");
        assert!(signs.all(|key| published.contains(&key.kid)));
        known.push(key_set.keys.len());
        world.pass(24 * 3600);
    }
    assert_eq!(
        known,
        [2, 2, 2, 4, 4, 2, 2],
        "made on the third day, promoted on the fourth, the old one gone"
    );
}

#[tokio::test]
async fn an_operator_can_ask_for_a_key_that_signs_at_once() {
    let world = World::empty(&[]);
    world.rotate(Request::Due, &["one"]).await.unwrap();
    let before = world.published.0.lock().unwrap()[0].1.clone();
    let report = world.rotate(Request::Now, &["one"]).await.unwrap();
    assert!(report.changed);
    let after = world.published.0.lock().unwrap()[0].1.clone();
    assert_ne!(before, after);
    assert_eq!(Request::of(&json!({"rotate": "now"})).unwrap(), Request::Now);
    assert_eq!(Request::of(&json!({"rotate": "next"})).unwrap(), Request::Next);
    for event in [json!({}), json!(null), json!("x"), json!({"detail-type": "Scheduled Event"}), json!([1])] {
        assert_eq!(Request::of(&event).unwrap(), Request::Due, "{event}");
    }
    for event in [json!({"rotate": true}), json!({"rotate": "yesterday"}), json!({"rotate": null})] {
        assert!(matches!(Request::of(&event), Err(RotationError::Request)), "{event}");
    }
}

#[tokio::test]
async fn a_function_that_cannot_be_given_the_keys_keeps_none_of_the_others_from_them() {
    let world = World::empty(&[]);
    let error = world.rotate(Request::Due, &["broken", "one"]).await.unwrap_err();
    assert_eq!(error.to_string(), "the public keys cannot be given to broken: it is broken");
    assert_eq!(world.published.0.lock().unwrap().len(), 1);
    // The keys are there, and the next invocation goes on.
    assert!(!world.rotate(Request::Due, &["one"]).await.unwrap().changed);
}

#[tokio::test]
async fn keys_sealed_with_another_master_key_are_said_to_be() {
    let world = World::empty(&[]);
    world.rotate(Request::Due, &[]).await.unwrap();
    let ports = world.ports(9);
    let now = tegata_http::Clock::now(world.clock.as_ref());
    let outcome =
        tegata_lambda::rotate(Request::Due, world.settings().core(), ports, &world.published, &[], now).await;
    assert!(matches!(outcome, Err(RotationError::Keys(_))), "{outcome:?}");
}

/// A key service that wraps by adding the tenant and turning bits over; its keys count up.
#[derive(Default)]
struct FakeKms(Mutex<u8>);

#[async_trait]
impl KeyService for FakeKms {
    async fn generate(&self, tenant: &TenantId) -> Result<(KeyBytes, Vec<u8>), BoxError> {
        let number = {
            let mut number = self.0.lock().unwrap();
            *number += 1;
            *number
        };
        tokio::task::yield_now().await;
        let wrapped = [tenant.as_str().as_bytes(), &[!number; 32]].concat();
        Ok((Zeroizing::new([number; 32]), wrapped))
    }

    async fn unwrap(&self, wrapped: &[u8], tenant: &TenantId) -> Result<KeyBytes, BoxError> {
        let bytes = wrapped.strip_prefix(tenant.as_str().as_bytes()).ok_or("another context")?;
        Ok(Zeroizing::new(<[u8; 32]>::try_from(bytes)?.map(|byte| !byte)))
    }
}

#[derive(Clone, Default)]
struct Place(Arc<Mutex<Option<Vec<u8>>>>);

#[async_trait]
impl WrappedKeys for Place {
    async fn find(&self) -> Result<Option<Vec<u8>>, BoxError> {
        tokio::task::yield_now().await;
        Ok(self.0.lock().unwrap().clone())
    }

    async fn put_first(&self, wrapped: &[u8]) -> Result<bool, BoxError> {
        tokio::task::yield_now().await;
        let mut place = self.0.lock().unwrap();
        let is_first = place.is_none();
        place.get_or_insert_with(|| wrapped.to_vec());
        Ok(is_first)
    }
}

#[tokio::test]
async fn all_who_make_the_master_key_at_once_have_the_same() {
    let (kms, place, tenant) = (FakeKms::default(), Place::default(), TenantId::default());
    assert!(matches!(unseal(&kms, &place, &tenant).await, Err(MasterKeyError::Missing)));
    let make = || unseal_or_make(&kms, &place, &tenant);
    let (a, b, c) = tokio::join!(make(), make(), make());
    assert_eq!(*kms.0.lock().unwrap(), 3, "all three were in time to make one");
    let probe = |key: Result<tegata_core::master_key::MasterKey, _>| key.unwrap().purpose_key("test");
    let stored = probe(unseal(&kms, &place, &tenant).await);
    for key in [a, b, c] {
        assert_eq!(probe(key), stored);
    }
    assert!(matches!(unseal(&kms, &place, &"other".parse().unwrap()).await, Err(MasterKeyError::Service(_))));
}
