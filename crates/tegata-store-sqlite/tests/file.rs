//! The file: who may read it, what is refused, what a copy holds, and who else may write.

#![expect(clippy::unwrap_used, reason = "these are tests")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, params};
use tegata_core::attempt::{AttemptKey, DelaySchedule};
use tegata_core::identifier::{SessionId, TenantId, UserId};
use tegata_core::key_set::KeySet;
use tegata_core::refresh_token::RefreshTokenHash;
use tegata_core::session::Rotation;
use tegata_core::store::{
    AttemptStore as _, KeyStore as _, Maintenance as _, SessionStore as _, Store, StoreError, UserStore as _,
};
use tegata_core::timestamp::Timestamp;
use tegata_store_sqlite::{OpenError, Options, SqliteStore};
use tempfile::TempDir;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

const SCHEDULE: DelaySchedule = DelaySchedule {
    free: u32::MAX,
    first_delay: std::time::Duration::from_secs(1),
    max_delay: std::time::Duration::from_secs(1),
    many: u32::MAX,
    long_delay: std::time::Duration::from_secs(1),
    forget_after: std::time::Duration::from_hours(1),
};

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tegata.db");
    (folder, path)
}

fn open(path: &Path) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(path, &Options::default())
}

fn key(n: u32) -> AttemptKey {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&n.to_be_bytes());
    AttemptKey::from_bytes(bytes)
}

fn error(path: &Path) -> OpenError {
    open(path).err().unwrap()
}

#[tokio::test]
async fn nobody_but_the_owner_reads_the_files() {
    let (folder, path) = folder();
    let store = open(&path).unwrap();
    store.check_ready().await.unwrap();
    let mut seen = 0;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let mode = file.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        seen += 1;
    }
    assert!(seen >= 2, "the database and its log");
}

#[test]
fn a_directory_that_is_missing_is_made_for_the_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("a/b");
    drop(open(&inner.join("tegata.db")).unwrap());
    for made in [inner.as_path(), inner.parent().unwrap()] {
        assert_eq!(std::fs::metadata(made).unwrap().permissions().mode() & 0o777, 0o700);
    }
}

/// Operators stop the server and copy the file.
#[tokio::test]
async fn a_closed_database_is_one_file_with_everything_in_it() {
    let (folder, path) = folder();
    let store = open(&path).unwrap();
    for n in 0..50 {
        store.count(key(n), &SCHEDULE, NOW).await.unwrap().unwrap();
        store.list_users(None, 1).await.unwrap();
    }
    drop(store);
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(left, ["tegata.db"]);
    let rows: u32 = Connection::open(&path)
        .unwrap()
        .query_row("SELECT count(*) FROM attempts", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 50);
}

#[test]
fn a_file_that_is_not_ours_is_refused_and_left_alone() {
    let (_folder, path) = folder();
    std::fs::write(
        &path,
        "this is a letter and no database, and it is long enough to be looked at".repeat(20),
    )
    .unwrap();
    let before = std::fs::read(&path).unwrap();
    assert!(matches!(error(&path), OpenError::Damaged { .. }));
    assert_eq!(std::fs::read(&path).unwrap(), before);

    std::fs::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    assert!(matches!(error(&path), OpenError::ForeignDatabase { .. }));
}

#[test]
fn r77_a_newer_database_is_refused_and_left_alone() {
    let (_folder, path) = folder();
    drop(open(&path).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let text = error(&path).to_string();
    assert!(text.contains("schema version 99"), "{text}");
    let version: u32 =
        Connection::open(&path).unwrap().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, 99);
}

#[test]
fn r77_a_migration_that_was_cut_off_is_done_again() {
    let (_folder, path) = folder();
    // As a process leaves it that dies before its first commit: the file is there and empty.
    std::fs::write(&path, "").unwrap();
    drop(open(&path).unwrap());
    drop(open(&path).unwrap());
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let text = error(Path::new("/proc/nowhere/tegata.db")).to_string();
    assert_eq!(text, "/proc/nowhere/tegata.db cannot be opened for reading and writing");
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_an_error_and_no_panic() {
    let (_folder, path) = folder();
    let store = open(&path).unwrap();
    let outside = Connection::open(&path).unwrap();
    outside
        .execute_batch(
            "INSERT INTO users VALUES
                 ('default', x'0001', 'a secret name!', 'x', NULL, NULL, 0, NULL, NULL, '', 'active', 0, 'x', 1, 0, NULL)",
        )
        .unwrap();
    let error = store.list_users(None, 10).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt(_)));
    assert!(!format!("{error:?}").contains("secret"), "an error shows nothing of the row");
}

#[tokio::test]
async fn attributes_that_nobody_wrote_are_an_error_that_shows_none_of_them() {
    let (_folder, path) = folder();
    let store = open(&path).unwrap();
    let outside = Connection::open(&path).unwrap();
    for document in
        ["hush", "1", r#"{"hush":1}"#, r#"{"claims":{"sub":"hush"}}"#, r#"{"own":{"department":{"hush":1}}}"#]
    {
        let sql = format!(
            "INSERT OR REPLACE INTO users VALUES ('default', zeroblob(16), 'alice', 'alice', NULL, NULL, 0, NULL, NULL, \
             '', 'active', 0, 'x', 1, 0, '{document}')"
        );
        outside.execute_batch(&sql).unwrap();
        let error = store.list_users(None, 10).await.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt(_)), "{document}");
        assert!(!format!("{error:?}").contains("hush"), "{error:?}");
    }
}

#[tokio::test]
async fn r68_errors_show_nothing_of_what_is_stored() {
    let (_folder, path) = folder();
    let store = open(&path).unwrap();
    let outside = Connection::open(&path).unwrap();
    let errors = [
        ("'[\"hush\"]'", "an array"),
        ("'{\"version\": \"hush\"}'", "another type"),
        ("'{\"version\": 1, \"hush\": 2}'", "an unknown member"),
        ("'{\"version\": 1, \"root_secret\": \"hush!\", \"keys\": []}'", "no base64"),
        ("CAST(x'68757368ff' AS TEXT)", "no UTF-8"),
    ];
    for (document, what) in errors {
        let sql = format!("INSERT OR REPLACE INTO key_sets VALUES ('default', 1, {document})");
        outside.execute_batch(&sql).unwrap();
        let error = store.find_key_set().await.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt(_)), "{what}: {error:?}");
        let mut shown = format!("{error:?} {error}");
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            shown = format!("{shown} {cause:?} {cause}");
            source = cause.source();
        }
        assert!(!shown.contains("hush"), "{what}: {shown}");
    }
}

/// The change and the reading of what came of it are one step: an answer that is an error has changed nothing.
#[tokio::test]
async fn a_rotation_of_a_row_that_cannot_be_read_does_nothing() {
    let (_folder, path) = folder();
    let store = open(&path).unwrap();
    let outside = Connection::open(&path).unwrap();
    for (n, broken) in [
        "address = 'nowhere'",
        "username = ''",
        "scope = '\"'",
        "user_agent = CAST(x'ff' AS TEXT)",
        "auth_time = 1",
    ]
    .into_iter()
    .enumerate()
    {
        let id = [u8::try_from(n).unwrap(); 16];
        outside
            .execute(
                "INSERT INTO sessions VALUES ('default', ?1, ?1, 3, ?2, NULL, 0, ?3, ?3, 'alice', 'spa', '', '', 0, NULL, NULL, NULL)",
                params![id, [1_u8; 32], i64::MAX],
            )
            .unwrap();
        let sql = format!("UPDATE sessions SET {broken} WHERE user_id = ?1");
        outside.execute(&sql, [id]).unwrap();
        let rotation = Rotation {
            user_id: UserId::from_bytes(id),
            session_id: SessionId::from_bytes(id),
            presented: RefreshTokenHash::from_bytes([1; 32]),
            successor: RefreshTokenHash::from_bytes([2; 32]),
            idle_ttl: std::time::Duration::from_hours(1),
            now: NOW,
        };
        let rotated = store.rotate_session(&rotation).await;
        let is_whole = n == 4;
        assert_eq!(rotated.is_ok(), is_whole, "{broken}");
        assert!(is_whole || matches!(rotated, Err(StoreError::Corrupt(_))), "{broken}: {rotated:?}");
        let generation: u32 = outside
            .query_row("SELECT generation FROM sessions WHERE user_id = ?1", [id], |row| row.get(0))
            .unwrap();
        assert_eq!(generation, if is_whole { 4 } else { 3 }, "{broken}");
    }
}

#[tokio::test]
async fn a_copy_under_load_is_whole_and_of_one_moment() {
    let (folder, path) = folder();
    let store = Arc::new(open(&path).unwrap());
    let writing = {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for n in 0..600 {
                store.count(key(n), &SCHEDULE, NOW).await.unwrap().unwrap();
            }
        })
    };
    let copies: Vec<_> = (0..5).map(|n| folder.path().join(format!("copy{n}.db"))).collect();
    for copy in &copies {
        tokio::task::yield_now().await;
        store.backup(copy).await.unwrap();
    }
    writing.await.unwrap();
    let count = |path: &Path| -> u32 {
        let copy = Connection::open(path).unwrap();
        let sound: String = copy.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok");
        copy.query_row("SELECT count(*) FROM attempts", [], |row| row.get(0)).unwrap()
    };
    let counts: Vec<_> = copies.iter().map(|copy| count(copy)).collect();
    assert!(counts.is_sorted(), "{counts:?}");
    assert_eq!(std::fs::metadata(&copies[0]).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(open(&copies[4]).unwrap().check_ready().await.is_ok(), "a copy can be opened");
    assert!(store.backup(&copies[0]).await.is_err(), "nothing is overwritten");
    assert!(!folder.path().join("copy0.db.partial").exists());
}

#[tokio::test]
async fn a_copy_that_was_cut_off_does_not_stand_in_the_way_of_the_next() {
    let (folder, path) = folder();
    let store = open(&path).unwrap();
    let copy = folder.path().join("copy.db");
    let partial = folder.path().join("copy.db.partial");
    std::fs::write(&partial, "what a killed process left of it").unwrap();
    let held = std::fs::File::open(&partial).unwrap();
    held.lock().unwrap();
    assert!(store.backup(&copy).await.is_err(), "somebody else is making this one");
    assert!(partial.exists());
    drop(held);
    store.backup(&copy).await.unwrap();
    assert!(open(&copy).is_ok() && !partial.exists());
    let mode = std::fs::metadata(&copy).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "nothing of the file that was there");

    let contested = folder.path().join("contested.db");
    let (first, second) = tokio::join!(store.backup(&contested), store.backup(&contested));
    assert!(first.is_ok() || second.is_ok());
    assert!(open(&contested).is_ok());
}

#[tokio::test]
async fn a_copy_that_fails_leaves_nothing_behind() {
    let (folder, path) = folder();
    let store = open(&path).unwrap();
    let nowhere = folder.path().join("nowhere/copy.db");
    assert!(matches!(store.backup(&nowhere).await, Err(StoreError::Unavailable(_))));
    let directory = folder.path().join("directory");
    std::fs::create_dir(&directory).unwrap();
    assert!(store.backup(&directory).await.is_err());
    assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 0);
}

#[test]
fn a_database_that_stays_locked_is_named_as_such() {
    let (_folder, path) = folder();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let options = Options { busy_timeout: std::time::Duration::from_millis(50), ..Options::default() };
    let error = SqliteStore::open(&path, &options).err().unwrap();
    assert_eq!(error.to_string(), format!("{} is locked by another process", path.display()));
}

#[tokio::test]
async fn a_database_that_another_process_holds_is_waited_for_and_then_given_up() {
    let (_folder, path) = folder();
    let options = Options { busy_timeout: std::time::Duration::from_millis(50), ..Options::default() };
    let store = SqliteStore::open(&path, &options).unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = store.count(key(1), &SCHEDULE, NOW).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))));
    assert!(store.list_users(None, 1).await.is_ok(), "reading goes on");
    other.execute_batch("ROLLBACK").unwrap();
    store.count(key(1), &SCHEDULE, NOW).await.unwrap().unwrap();
}

#[test]
fn processes_that_make_the_database_at_once_make_one() {
    for _ in 0..12 {
        let (_folder, path) = folder();
        std::thread::scope(|scope| {
            for n in 0..8 {
                let path = &path;
                scope.spawn(move || {
                    let store = open(path).unwrap();
                    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                    runtime.block_on(store.count(key(n), &SCHEDULE, NOW)).unwrap().unwrap();
                });
            }
        });
        let rows: u32 = Connection::open(&path)
            .unwrap()
            .query_row("SELECT count(*) FROM attempts", [], |row| row.get(0))
            .unwrap();
        assert_eq!(rows, 8);
    }
}

/// Writing and reading without a pause: the log's pages still go into the database, and its file is used again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_does_not_grow_without_bound() {
    let (folder, path) = folder();
    let store = open(&path).unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..16_u8 {
        let store = store.for_tenant(format!("t{n}").parse().unwrap());
        tasks.spawn(async move {
            for version in 0..120_u64 {
                // Eleven pages each time, 80 MB in all; what does not change would not be written.
                let secret = ["x", "y"][usize::from(version.is_multiple_of(2))].repeat(40_000);
                let keys = KeySet { version, root_secret: secret.try_into().unwrap(), keys: vec![] };
                assert!(store.replace_key_set(version.checked_sub(1), &keys).await.unwrap());
                store.find_key_set().await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    let log = std::fs::metadata(folder.path().join("tegata.db-wal")).unwrap().len();
    assert!(log < 40 << 20, "{} MB", log >> 20);
}

/// As `tegata user` does beside a server that writes without a pause.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_beside_a_busy_server_gets_its_turn() {
    let (_folder, path) = folder();
    let server = open(&path).unwrap();
    let mut busy = tokio::task::JoinSet::new();
    for n in 0..64 {
        let server = server.clone();
        busy.spawn(async move {
            for i in 0.. {
                server.count(key(n * 1000 + i % 1000), &SCHEDULE, NOW).await.unwrap().unwrap();
            }
        });
    }
    for n in 0..20 {
        let options = Options { busy_timeout: std::time::Duration::from_secs(2), ..Options::default() };
        let command = SqliteStore::open(&path, &options).unwrap();
        command.count(key(1_000_000 + n), &SCHEDULE, NOW).await.unwrap().unwrap();
    }
    busy.shutdown().await;
}

#[test]
fn a_database_can_be_opened_and_read_while_another_process_writes() {
    let (_folder, path) = folder();
    drop(open(&path).unwrap());
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let options = Options { busy_timeout: std::time::Duration::ZERO, ..Options::default() };
    let store = SqliteStore::open(&path, &options).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(store.list_users(None, 1)).unwrap(), []);
}

#[tokio::test]
async fn two_processes_on_one_file_do_not_lose_each_others_writes() {
    let (_folder, path) = folder();
    let stores: Vec<Arc<dyn Store>> = (0..2)
        .map(|_| Arc::new(open(&path).unwrap().for_tenant(TenantId::default())) as Arc<dyn Store>)
        .collect();
    let mut tasks = tokio::task::JoinSet::new();
    for (n, store) in stores.into_iter().enumerate() {
        tasks.spawn(async move {
            for i in 0..200 {
                let n = u32::try_from(n).unwrap();
                store.count(key(n * 1000 + i), &SCHEDULE, NOW).await.unwrap().unwrap();
            }
        });
    }
    tasks.join_all().await;
    let rows: u32 = Connection::open(&path)
        .unwrap()
        .query_row("SELECT count(*) FROM attempts", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 400);
}
