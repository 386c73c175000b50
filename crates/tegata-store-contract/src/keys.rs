//! The key set.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tegata_core::key_set::{KeySet, KeyState, Sealed, StoredKey};
use tokio::task::JoinSet;

use crate::TestedStore;
use crate::records::{HOUR, NOW};

fn sealed(bytes: &[u8]) -> Sealed {
    STANDARD.encode(bytes).try_into().unwrap()
}

pub(crate) fn key_set(version: u64, kid: &str) -> KeySet {
    let key = |kid: &str, state| StoredKey {
        kid: kid.to_owned(),
        alg: "ES256".to_owned(),
        public_jwk: r#"{"kty":"EC"}"#.to_owned(),
        private_key: Some(sealed(&[0, 255, 7])),
        created_at: NOW,
        state,
    };
    let keys = vec![
        key("old", KeyState::Retired { until: NOW + HOUR }),
        key(kid, KeyState::Active { since: NOW }),
        key("next", KeyState::Next),
    ];
    KeySet { version, root_secret: sealed(b"root"), keys }
}

pub async fn a_key_set_is_found_as_it_was_stored<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    assert_eq!(store.find_key_set().await.unwrap(), None);
    assert!(!store.replace_key_set(Some(1), &key_set(2, "x")).await.unwrap(), "there is none to replace");
    assert!(store.replace_key_set(None, &key_set(1, "first")).await.unwrap());
    assert!(!store.replace_key_set(None, &key_set(1, "other")).await.unwrap(), "there is one");
    assert_eq!(store.find_key_set().await.unwrap(), Some(key_set(1, "first")));
    assert!(store.replace_key_set(Some(1), &key_set(2, "second")).await.unwrap());
    assert!(!store.replace_key_set(Some(1), &key_set(2, "third")).await.unwrap(), "it has moved on");
    assert_eq!(store.find_key_set().await.unwrap(), Some(key_set(2, "second")));
}

pub async fn a_key_set_of_any_size_and_version_is_kept<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    let none = KeySet { version: 0, root_secret: sealed(&[]), keys: vec![] };
    let large = KeySet {
        version: u64::MAX - 1,
        root_secret: sealed(&[0; 100]),
        keys: (0..200).flat_map(|n| key_set(0, &format!("\0 手形 {n}")).keys).collect(),
    };
    let last = KeySet { version: u64::MAX, ..none.clone() };
    let mut expected = None;
    for next in [&none, &large, &last] {
        assert!(store.replace_key_set(expected, next).await.unwrap());
        assert_eq!(store.find_key_set().await.unwrap().as_ref(), Some(next));
        assert!(!store.replace_key_set(Some(next.version ^ 1), &none).await.unwrap());
        expected = Some(next.version);
    }
}

pub async fn of_concurrent_replacements_one_wins<S: TestedStore>(store: S) {
    let store = store.tenant("a");
    for version in 0..10_u64 {
        let expected = (version > 0).then_some(version);
        let mut tasks = JoinSet::new();
        for n in 0..10 {
            let (store, kid) = (Arc::clone(&store), format!("key{n}"));
            tasks.spawn(async move {
                let done = store.replace_key_set(expected, &key_set(version + 1, &kid)).await.unwrap();
                (kid, done)
            });
        }
        let mut won = tasks.join_all().await;
        won.retain(|(_, done)| *done);
        assert_eq!(won.len(), 1);
        assert_eq!(store.find_key_set().await.unwrap(), Some(key_set(version + 1, &won[0].0)));
    }
}
