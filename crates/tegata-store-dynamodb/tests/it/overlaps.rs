//! A login beside what ends the sessions of its user, in every order of their requests that matters. The suite lets them
//! race; here each order is made to happen.

use std::sync::Arc;

use tegata_core::store::{Begun, SessionStore as _, UserStore as _};
use tegata_core::user::{User, UserStatus};
use tegata_store_dynamodb::{DynamoDbStore, KeyAccess};

use crate::proxy::{Fault, Gate, Proxy};
use crate::records::{NOW, hash_of, key, session, user};
use crate::{local, tables};

/// What ends the sessions of a user.
#[derive(Clone, Copy, Debug)]
enum Ending {
    Deletion,
    Closing,
    Password,
    Scope,
}

impl Ending {
    const ALL: [Self; 4] = [Self::Deletion, Self::Closing, Self::Password, Self::Scope];

    async fn of(self, store: &DynamoDbStore, user: &User) {
        let id = user.user_id;
        match self {
            Self::Deletion => drop(store.delete_user(id).await.unwrap()),
            Self::Closing => drop(store.set_user_status(id, UserStatus::Disabled).await.unwrap()),
            Self::Password => drop(store.change_password(id, 1, &hash_of(9), None, NOW).await.unwrap()),
            Self::Scope => drop(store.set_granted_scope(id, &"".parse().unwrap()).await.unwrap()),
        }
    }

    /// The request in which it writes the user when there are no sessions.
    fn write(self) -> &'static str {
        match self {
            Self::Deletion => "TransactWriteItems",
            Self::Closing | Self::Password | Self::Scope => "PutItem",
        }
    }
}

/// A store beside a proxy to hold requests in, another of the same tables without one, and a user.
async fn world() -> (Proxy, DynamoDbStore, DynamoDbStore, User) {
    let proxy = Proxy::start().await;
    let (direct, names) = tables::store(local::endpoint()).await;
    let held = DynamoDbStore::new(tables::client(&proxy.endpoint), tables::options(names, KeyAccess::Sign));
    let alice = User { granted_scope: "users:read".parse().unwrap(), ..user(1, "alice") };
    direct.create_user(&alice).await.unwrap();
    (proxy, held, direct, alice)
}

/// The login's request of this operation arrives after the ending is over.
async fn no_login_outlives_an_ending_before_its(operation: &'static str) {
    for ending in Ending::ALL {
        let (proxy, held, direct, alice) = world().await;
        let gate = Arc::new(Gate::default());
        proxy.play_on(operation, &[Fault::Held(Arc::clone(&gate))]);
        let login = tokio::spawn({
            let session = session(&alice, 1);
            async move { held.begin_session(&session, 1, Some(key(1))).await.unwrap() }
        });
        gate.arrived().await;
        ending.of(&direct, &alice).await;
        gate.open();
        assert_eq!(login.await.unwrap(), Begun::Refused, "{ending:?}");
        assert_eq!(direct.list_sessions(alice.user_id).await.unwrap(), [], "{ending:?}");
    }
}

#[tokio::test]
async fn v45_no_login_outlives_an_ending_before_it_writes() {
    no_login_outlives_an_ending_before_its("PutItem").await;
}

#[tokio::test]
async fn v45_no_login_outlives_an_ending_before_it_reads() {
    no_login_outlives_an_ending_before_its("GetItem").await;
}

/// The ending has asked for the sessions and found none; then there is one; then it writes the user.
#[tokio::test]
async fn v45_an_ending_finds_the_login_that_came_before_its_write() {
    for ending in Ending::ALL {
        let (proxy, held, direct, alice) = world().await;
        let gate = Arc::new(Gate::default());
        proxy.play_on(ending.write(), &[Fault::Held(Arc::clone(&gate))]);
        let ended = tokio::spawn({
            let alice = alice.clone();
            async move { ending.of(&held, &alice).await }
        });
        gate.arrived().await;
        let begun = direct.begin_session(&session(&alice, 1), 1, Some(key(1))).await.unwrap();
        assert_eq!(begun, Begun::Now, "nothing has ended yet");
        gate.open();
        ended.await.unwrap();
        assert_eq!(direct.list_sessions(alice.user_id).await.unwrap(), [], "{ending:?}");
    }
}
