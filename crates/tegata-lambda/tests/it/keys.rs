//! Keys that another function changes while this one stays warm.

use tegata_core::key_set::KeySet;
use tegata_core::seal::SealingKey;
use tegata_core::store::KeyStore as _;
use tegata_http::{Clock as _, SystemEntropy};
use tegata_lambda::Function;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::shape::{Call, Shape};
use crate::world::{Lines, World};

async fn published(world: &World) -> Vec<String> {
    let answer = world.send(Shape::Rest, Function::Account, Call::get("/.well-known/jwks.json")).await;
    let keys = answer.body()["keys"].as_array().unwrap().clone();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// Puts another key set in the place of the stored one, sealed with this key.
async fn replace(world: &World, seal: u8) -> KeySet {
    let stored = world.store.find_key_set().await.unwrap().unwrap();
    let (policy, sealing) = (world.settings().core().key_policy(), SealingKey::new(&[seal; 32]));
    let mut other = KeySet::first(&policy, &sealing, &SystemEntropy, world.clock.now()).unwrap();
    other.version = stored.version + 1;
    assert!(world.store.replace_key_set(Some(stored.version), &other).await.unwrap());
    other
}

#[tokio::test]
async fn a_warm_function_hears_of_new_keys_within_a_minute() {
    let world = World::new().await;
    let before = published(&world).await;
    let other = replace(&world, 1).await;
    world.pass(59);
    assert_eq!(published(&world).await, before);
    world.pass(1);
    assert_eq!(published(&world).await, [other.keys[0].kid.clone()]);
}

#[tokio::test]
async fn keys_that_cannot_be_read_leave_the_old_ones_and_one_line() {
    let log = Lines::default();
    let writer = log.clone();
    let lines = tracing_subscriber::fmt::layer().json().with_writer(move || writer.clone());
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(lines));

    let world = World::new().await;
    world.sign_up(Shape::Rest, "alice").await;
    let (access, _) = world.login(Shape::Rest, "alice").await;
    let before = published(&world).await;
    replace(&world, 2).await;
    for _ in 0..3 {
        world.pass(61);
        let answer =
            world.send(Shape::Rest, Function::Account, Call::get("/api/protected").bearer(&access)).await;
        assert_eq!(answer.status, 200);
    }
    assert_eq!(published(&world).await, before);
    assert_eq!(log.text().matches("the keys cannot be read again").count(), 1, "{}", log.text());
    // And once more only after they could be read in between.
    replace(&world, 1).await;
    world.pass(61);
    assert_ne!(published(&world).await, before);
    replace(&world, 2).await;
    world.pass(61);
    published(&world).await;
    assert_eq!(log.text().matches("the keys cannot be read again").count(), 2);
}
