//! The keys of several processes over one store.

use super::*;
use crate::key_set::{KeyError, KeySet};
use crate::store::KeyStore as _;
use tegata_jose::JoseError;

#[tokio::test]
async fn keys_can_be_rotated_while_tokens_are_out() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let old = world.login("alice").await.tokens;
    let kid = |world: &World| world.provider.key_ring().signing().unwrap().kid().to_owned();
    let before = kid(&world);
    world.provider.rotate_keys(true, world.now).await.unwrap();
    assert_ne!(kid(&world), before);
    assert!(world.provider.verify_access_token(&old.access_token, world.now).is_ok());
    let new = world.refresh(old.refresh_token.expose()).await.unwrap();
    assert!(world.provider.verify_access_token(&new.access_token, world.now).is_ok());
}

/// A provider that follows what the world does with the keys, over a view of them.
async fn follower(world: &World, view: impl FnOnce(KeySet) -> KeySet) -> Result<Provider, ProviderError> {
    let store = MemoryStore::default();
    if let Some(key_set) = world.provider.store().find_key_set().await.unwrap() {
        store.replace_key_set(None, &view(key_set)).await.unwrap();
    }
    let ports = ports(store, &Arc::default(), &world.audit);
    Provider::follow(Settings::new("https://id.example"), ports, world.now).await
}

#[tokio::test]
async fn without_private_keys_tokens_are_verified_and_none_is_signed() {
    let world = World::new().await;
    world.sign_up("alice").await;
    let tokens = world.login("alice").await.tokens;
    let follower = follower(&world, |set| set.without_private_keys()).await.unwrap();
    assert!(follower.verify_access_token(&tokens.access_token, world.now).is_ok());
    assert_eq!(follower.key_ring().jwks(), world.provider.key_ring().jwks());
    follower
        .sign_up(SignUp { username: "bob", email: None, password: PASSWORD }, &world.ctx())
        .await
        .unwrap();
    let refused = follower.login(Login { username: "bob", password: PASSWORD }, &world.ctx()).await;
    let Err(ProviderError::Internal(why)) = refused else { panic!("it has signed") };
    assert!(matches!(why.downcast_ref(), Some(KeyError::NoPrivateKey)));
}

#[tokio::test]
async fn a_follower_makes_no_keys() {
    let mut world = World::new().await;
    let follower = follower(&world, |set| set).await.unwrap();
    world.pass(365 * 86_400);
    let before = follower.key_ring().version();
    follower.refresh_keys(world.now).await.unwrap();
    assert_eq!(follower.key_ring().version(), before, "whatever is due is due to another process");

    let nobody = ports(MemoryStore::default(), &Arc::default(), &world.audit);
    let refused = Provider::follow(Settings::new("https://id.example"), nobody, world.now).await;
    let Err(ProviderError::Internal(why)) = refused else { panic!("it has made keys") };
    assert!(matches!(why.downcast_ref(), Some(KeyError::NoKeySet)));
}

#[tokio::test]
async fn a_key_that_another_process_replaced_at_once_is_learned_from_its_first_token() {
    let mut world = World::new().await;
    world.sign_up("alice").await;
    let store = MemoryStore::default();
    store
        .replace_key_set(None, &world.provider.store().find_key_set().await.unwrap().unwrap())
        .await
        .unwrap();
    let view = ports(store.clone(), &Arc::default(), &world.audit);
    let follower = Provider::follow(Settings::new("https://id.example"), view, world.now).await.unwrap();
    assert!(!follower.learn_keys(world.now).await, "there are none yet");

    world.provider.rotate_keys(true, world.now).await.unwrap();
    let set = world.provider.store().find_key_set().await.unwrap().unwrap();
    store.replace_key_set(Some(follower.key_ring().version()), &set).await.unwrap();
    let tokens = world.login("alice").await.tokens;
    assert!(matches!(
        follower.verify_access_token(&tokens.access_token, world.now),
        Err(JoseError::UnknownKey)
    ));
    assert!(!follower.learn_keys(world.now).await, "it has just looked: anyone can name any key");
    world.pass(10);
    assert!(follower.learn_keys(world.now).await);
    assert!(follower.verify_access_token(&tokens.access_token, world.now).is_ok());
}
