//! From SQLite to DynamoDB and back, on Amazon's DynamoDB Local.

use std::sync::atomic::{AtomicU32, Ordering};

use tegata_store_dynamodb::{DynamoDbStore, KeyAccess, Options, Tables, client, create_tables};

use super::*;

#[path = "../../../../tegata-store-dynamodb/tests/it/local.rs"]
mod local;

/// An installation with tables of its own.
async fn dynamodb(n: u8) -> House {
    over(&tables().await, n).await
}

async fn tables() -> Tables {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = |part: &str| format!("moving-{}-{number}-{part}", std::process::id());
    let tables = Tables { data: name("data"), keys: name("keys"), public_keys: name("public-keys") };
    let client = client(Some(local::endpoint())).await;
    // Its time-outs are those of a region, and the engine of a busy machine is slow at first.
    while create_tables(&client, &tables).await.is_err() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tables
}

async fn over(tables: &Tables, n: u8) -> House {
    let client = client(Some(local::endpoint())).await;
    let mut options = Options::new(tables.clone(), KeyAccess::Sign, Zeroizing::new([n; 32]));
    options.attempt_timeout = Duration::from_secs(20);
    options.step_timeout = Duration::from_mins(1);
    House { store: Arc::new(DynamoDbStore::new(client, options)), sealing: SealingKey::new(&[n; 32]) }
}

/// DynamoDB removes by itself what has expired, and compares with the real time: these last until 2100.
fn live_accounts() -> Vec<(User, Vec<Session>)> {
    const END: Timestamp = Timestamp::from_secs(4_102_444_800);
    let mut accounts = many(70);
    for session in accounts.iter_mut().flat_map(|(_, sessions)| sessions) {
        (session.idle_expires_at, session.absolute_expires_at) = (END, END + HOUR);
    }
    if let Some((user, sessions)) = accounts.last_mut() {
        user.status = UserStatus::Disabled;
        sessions.clear();
    }
    accounts
}

#[test]
fn what_moves_to_dynamodb_and_back_is_as_it_was() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let old = sqlite(&dir.path().join("old.db"), 1);
        let memory = House::of_clients(&live_accounts()).await;
        let file = memory.export().await;
        old.import(&file).await.unwrap();
        assert!(old.export().await == file);

        let new = dynamodb(2).await;
        let counts = check(&file).unwrap();
        assert_eq!(new.import(&file).await.unwrap(), Imported::Now(counts));
        assert!(new.export().await == file, "DynamoDB is not as SQLite");
        assert_eq!(new.import(&file).await.unwrap(), Imported::Before);
        let found = new.store.find_user_by_login_name(&"user-1@example.org".parse().unwrap()).await.unwrap();
        assert_eq!(found, Some(user(1)), "a proof of an address stayed behind");

        let back = sqlite(&dir.path().join("back.db"), 3);
        back.import(&new.export().await).await.unwrap();
        assert!(back.export().await == file, "SQLite is not as DynamoDB");
    });
}

#[test]
fn an_import_into_dynamodb_that_is_broken_off_can_be_repeated() {
    run(async {
        let file = House::of_clients(&live_accounts()).await.export().await;
        for users in [1, 10] {
            let house = dynamodb(2).await;
            let are_there = async { while house.store.list_users(None, 99).await.unwrap().len() < users {} };
            tokio::select! {
                imported = house.import(&file) => panic!("it was not broken off: {imported:?}"),
                () = are_there => {}
            }
            // What was on its way may still arrive.
            tokio::time::sleep(Duration::from_millis(200)).await;
            assert!(house.store.find_key_set().await.unwrap().is_none());
            house.import(&file).await.unwrap();
            assert!(house.export().await == file, "broken off at {users} users");
        }
    });
}

/// Proved addresses are hidden under a key of the installation: they would not be found again.
#[test]
fn an_import_does_not_go_on_with_another_master_key() {
    run(async {
        let file = House::of_clients(&live_accounts()).await.export().await;
        let tables = tables().await;
        over(&tables, 2).await.add(&user(1), &[]).await;
        let other = over(&tables, 3).await;
        assert!(matches!(other.import(&file).await, Err(ImportError::HasOthers)));
        let same = over(&tables, 2).await;
        same.import(&file).await.unwrap();
        assert!(same.export().await == file);
    });
}
