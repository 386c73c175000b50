//! What happens around the database when the world fails: no space, no write, a damaged file, a killed process.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tegata_core::attempt::AttemptKey;
use tegata_core::identifier::{SessionId, UserId};
use tegata_core::password::PasswordHash;
use tegata_core::refresh_token::RefreshTokenHash;
use tegata_core::scope::Scope;
use tegata_core::session::{Device, Rotation, Session};
use tegata_core::store::{
    Begun, Created, Maintenance as _, Rotated, SessionStore as _, StoreError, UserStore as _,
};
use tegata_core::timestamp::Timestamp;
use tegata_core::user::{Credential, User, UserStatus};
use tegata_store_sqlite::{OpenError, Options, SqliteStore};
use tokio::task::JoinSet;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const DAY: Duration = Duration::from_hours(24);

/// Where a child process of these tests works.
const FOLDER: &str = "TEGATA_TEST_FOLDER";

fn open(folder: &Path) -> SqliteStore {
    SqliteStore::open(&folder.join("tegata.db"), &Options::default()).unwrap()
}

fn user(n: u32) -> User {
    let mut id = [0; 16];
    id[..4].copy_from_slice(&n.to_be_bytes());
    User {
        user_id: UserId::from_bytes(id),
        username: format!("user{n}").parse().unwrap(),
        email: None,
        name: Some("x".repeat(100)),
        locale: None,
        attributes: tegata_core::attributes::Attributes::default(),
        granted_scope: Scope::default(),
        status: UserStatus::Active,
        created_at: NOW,
        credential: Credential { password_hash: PasswordHash::from_phc("x"), version: 1, changed_at: NOW },
    }
}

fn hash(n: u32, generation: u32) -> RefreshTokenHash {
    let mut bytes = [7; 32];
    bytes[..4].copy_from_slice(&n.to_be_bytes());
    bytes[4..8].copy_from_slice(&generation.to_be_bytes());
    RefreshTokenHash::from_bytes(bytes)
}

fn session_id(n: u32) -> SessionId {
    SessionId::from_bytes(*user(n).user_id.as_bytes())
}

/// Makes the n-th user and their session.
async fn begin(store: &SqliteStore, n: u32) -> Session {
    let user = user(n);
    assert_eq!(store.create_user(&user).await.unwrap(), Created::Now);
    let session = Session {
        user_id: user.user_id,
        session_id: session_id(n),
        username: user.username,
        client_id: "tegata-spa".to_owned(),
        scope: "openid profile".parse().unwrap(),
        amr: vec!["pwd".to_owned()],
        auth_time: NOW,
        device: Device::default(),
        grant: None,
        generation: 0,
        current_hash: hash(n, 0),
        previous_hash: None,
        rotated_at: NOW,
        idle_expires_at: NOW + DAY,
        absolute_expires_at: NOW + DAY,
    };
    let begun = store.begin_session(&session, 1, Some(AttemptKey::from_bytes([1; 32]))).await.unwrap();
    assert_eq!(begun, Begun::Now);
    session
}

async fn rotate(store: &SqliteStore, n: u32, generation: u32) -> Result<Rotated, StoreError> {
    let rotation = Rotation {
        user_id: user(n).user_id,
        session_id: session_id(n),
        presented: hash(n, generation),
        successor: hash(n, generation + 1),
        idle_ttl: DAY,
        now: NOW,
    };
    store.rotate_session(&rotation).await
}

fn integrity(folder: &Path) -> String {
    let connection = rusqlite::Connection::open(folder.join("tegata.db")).unwrap();
    connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap()
}

/// What starts an ignored test of this file in a process of its own, from a shell that runs `prepare` before.
fn child(shell: &[&str], prepare: &str, test: &str, folder: &Path) -> Command {
    let mut command = Command::new(shell[0]);
    command.args(&shell[1..]).args(["-c", &format!("{prepare} exec \"$0\" \"$@\"")]);
    command.arg(std::env::current_exe().unwrap()).args(["--exact", test, "--ignored", "--nocapture"]);
    command.env(FOLDER, folder);
    command
}

#[expect(clippy::disallowed_methods, reason = "set by the test that started this process")]
fn folder_of_child() -> PathBuf {
    std::env::var_os(FOLDER).expect("this test is run by another one").into()
}

/// Takes the possibility to write away and gives it back. Meanwhile reading goes on, writing says that it is not
/// possible, and whatever was answered is there in the end, and nothing else.
async fn survives(folder: &Path, take_away: impl FnOnce(), give_back: impl FnOnce()) {
    let store = Arc::new(open(folder));
    let session = begin(&store, 0).await;
    let Rotated::Now(session) = rotate(&store, 0, session.generation).await.unwrap() else {
        panic!("refused");
    };
    take_away();

    let mut tasks = JoinSet::new();
    for task in 1..=16_u32 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            let mut made = Vec::new();
            for n in task * 10_000..(task + 1) * 10_000 {
                match store.create_user(&user(n)).await {
                    Ok(created) => assert_eq!(created, Created::Now),
                    Err(StoreError::Unavailable(_)) => return made,
                    Err(error) => panic!("{error:?}"),
                }
                made.push(user(n).user_id);
            }
            panic!("there is no end to the space");
        });
    }
    let mut made: BTreeSet<UserId> = tasks.join_all().await.into_iter().flatten().collect();
    made.insert(session.user_id);

    // A rotation needs less space than a user; in the end there is none for it either.
    let mut session = session;
    let mut refusals = 0;
    while refusals < 5 {
        match rotate(&store, 0, session.generation).await {
            Ok(Rotated::Now(record)) => session = record,
            Err(StoreError::Unavailable(_)) => refusals += 1,
            other => panic!("neither done nor not possible: {other:?}"),
        }
    }
    assert!(matches!(store.check_ready().await, Err(StoreError::Unavailable(_))));
    assert_eq!(
        store.find_session(session.user_id, session.session_id).await.unwrap(),
        Some(session.clone()),
        "reading goes on"
    );
    let ids = async |store: &SqliteStore| -> BTreeSet<UserId> {
        let users = store.list_users(None, usize::MAX).await.unwrap();
        users.into_iter().map(|user| user.user_id).collect()
    };
    assert!(ids(&store).await == made, "what was answered is there, and nothing else");

    give_back();
    store.check_ready().await.unwrap();
    let next = rotate(&store, 0, session.generation).await.unwrap();
    assert!(matches!(next, Rotated::Now(record) if record.generation == session.generation + 1));
    assert_eq!(store.create_user(&user(1)).await.unwrap(), Created::Now);
    made.insert(user(1).user_id);
    drop(Arc::into_inner(store).unwrap());
    assert_eq!(integrity(folder), "ok");
    assert!(ids(&open(folder)).await == made);
}

/// On a file system of a few megabytes. Where none can be mounted, the writer's own test stands in: it uses the bound
/// that SQLite has itself.
#[test]
fn a_full_disk_stops_writing_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mount = format!("mount -t tmpfs -o size=3m tmpfs \"${FOLDER}\" || exit 77;");
    let mut child = child(&["unshare", "-Urm", "sh"], &mount, "on_a_full_disk", folder.path());
    match child.output() {
        Ok(output) if output.status.success() => {
            assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
        }
        // The status of a failed test; a signal has none.
        Ok(output) if matches!(output.status.code(), None | Some(101)) => {
            panic!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        }
        _ => eprintln!("not tested: no file system can be mounted here"),
    }
}

#[tokio::test]
#[ignore = "needs a small file system: run by a_full_disk_stops_writing_and_nothing_else"]
async fn on_a_full_disk() {
    let folder = folder_of_child();
    let filler = folder.join("filler");
    let fill = || {
        let mut file = File::create(&filler).unwrap();
        while file.write_all(&[1; 4096]).is_ok() {}
        // Room for some steps, so that the end comes in the middle of a group.
        file.set_len(file.metadata().unwrap().len().saturating_sub(400_000)).unwrap();
    };
    survives(&folder, fill, || std::fs::remove_file(&filler).unwrap()).await;

    let remount = |mode: &str| {
        let mode = format!("remount,{mode},size=3m");
        // With the source named too, `mount` adds no options of its own.
        let status = Command::new("mount").args(["-o", &mode, "tmpfs"]).arg(&folder).status();
        assert!(status.unwrap().success());
    };
    remount("ro");
    let error = SqliteStore::open(&folder.join("tegata.db"), &Options::default()).err().unwrap();
    assert!(matches!(error, OpenError::ReadOnly { .. }), "{error:?}");
    remount("rw");
    open(&folder).check_ready().await.unwrap();
}

/// Writes fail with an error of the disk, not with a full one: the process may not make its files any longer.
#[test]
fn failing_writes_stop_writing_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = child(&["sh"], "trap '' XFSZ;", "with_failing_writes", folder.path());
    let output = child.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.contains("1 passed"), "{out}{err}");
}

#[tokio::test]
#[ignore = "bounds its own process: run by failing_writes_stop_writing_and_nothing_else"]
async fn with_failing_writes() {
    let folder = folder_of_child();
    let Rlimit { current, maximum } = getrlimit(Resource::Fsize);
    let bound = |current| setrlimit(Resource::Fsize, Rlimit { current, maximum }).unwrap();
    survives(&folder, || bound(Some(300_000)), || bound(current)).await;
}

/// Whoever is `root` may write anyway; then there is nothing to see here.
#[test]
fn a_read_only_directory_is_named_as_such() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let mode = |mode| {
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    drop(open(folder.path()));
    mode(0o500);
    let opened = SqliteStore::open(&folder.path().join("tegata.db"), &Options::default());
    let may_write_anyway = File::create(folder.path().join("probe")).is_ok();
    mode(0o700);
    if !may_write_anyway {
        let text = opened.err().unwrap().to_string();
        assert!(text.ends_with("or its directory is read-only"), "{text}");
    }
}

/// Damages a database in many ways. What cannot be read is said to be so; nothing panics and no thread ends.
#[tokio::test]
async fn a_damaged_file_is_an_error_and_no_panic() {
    let whole = tempfile::tempdir().unwrap();
    let store = open(whole.path());
    for n in 0..200 {
        begin(&store, n).await;
    }
    drop(store);
    let bytes = std::fs::read(whole.path().join("tegata.db")).unwrap();
    let (mut refused, mut corrupt) = (0, 0);
    for round in 0..60_usize {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tegata.db");
        let mut damaged = bytes.clone();
        // From the third page on, in the middle of what was written last, and cut off: any place will do, but no chance.
        let place = (round * 7919) % (bytes.len() - 8192) + if round % 4 == 0 { 100 } else { 8192 };
        match round % 3 {
            0 => damaged[place..].iter_mut().take(512).for_each(|byte| *byte = 0xaa),
            1 => damaged[place] ^= 0xff,
            _ => damaged.truncate(place),
        }
        std::fs::write(&path, &damaged).unwrap();
        let store = match SqliteStore::open(&path, &Options::default()) {
            Ok(store) => store,
            Err(OpenError::Damaged { .. } | OpenError::ForeignDatabase { .. }) => {
                refused += 1;
                continue;
            }
            Err(error) => panic!("{error:?}"),
        };
        let outcomes = [
            store.list_users(None, 1000).await.map(drop),
            rotate(&store, 77, 0).await.map(drop),
            store.list_sessions(user(150).user_id).await.map(drop),
            store.create_user(&user(1000)).await.map(drop),
            store.purge_expired(NOW + 2 * DAY, 1000).await.map(drop),
            store.delete_user(user(33).user_id).await.map(drop),
        ];
        for error in outcomes.into_iter().filter_map(Result::err) {
            assert!(matches!(error, StoreError::Corrupt(_)), "round {round}: {error:?}");
            corrupt += 1;
        }
    }
    assert!(refused > 0 && corrupt > 10, "the damage was felt: {refused}, {corrupt}");
}

/// A process is killed while it writes, and again on what it has left. What it told is there; a token that it said to be
/// spent stays so.
#[test]
fn v3_a_killed_process_loses_nothing_that_it_answered() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut known = [0_u32; SESSIONS as usize];
    for round in 0..6 {
        let mut process = KilledWhenDropped(
            child(&["sh"], "", "writes_until_it_is_killed", folder.path())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap(),
        );
        let answers = BufReader::new(process.0.stdout.take().unwrap());
        let mut seen = 0;
        for line in answers.lines() {
            // Anything else is the test harness.
            let line = line.unwrap();
            let Some((n, generation)) = line.strip_prefix("rotated ").and_then(|rest| rest.split_once(' '))
            else {
                continue;
            };
            let (n, generation): (usize, u32) = (n.parse().unwrap(), generation.parse().unwrap());
            assert!(generation > known[n], "{line} after {}", known[n]);
            known[n] = generation;
            seen += 1;
            if seen == 150 + 70 * round {
                process.0.kill().unwrap();
            }
        }
        assert!(seen >= 150 + 70 * round, "it ended by itself");
        drop(process);
        let store = open(folder.path());
        for (n, known) in (0..SESSIONS).zip(&mut known) {
            let session = runtime.block_on(store.find_session(user(n).user_id, session_id(n)));
            let session = session.unwrap().expect("the session is there");
            // One more may have been done and not told.
            assert!((*known..=*known + 1).contains(&session.generation), "{} of {known}", session.generation);
            assert_eq!(session.current_hash, hash(n, session.generation));
            if let Some(spent) = session.generation.checked_sub(1) {
                let again = runtime.block_on(rotate(&store, n, spent)).unwrap();
                assert_eq!(again, Rotated::Refused(Some(session.clone())), "a spent token is alive");
            }
            *known = session.generation;
        }
        drop(store);
        assert_eq!(integrity(folder.path()), "ok");
    }
}

const SESSIONS: u32 = 16;

struct KilledWhenDropped(Child);

impl Drop for KilledWhenDropped {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "does not end: run by v3_a_killed_process_loses_nothing_that_it_answered"]
async fn writes_until_it_is_killed() {
    let store = Arc::new(open(&folder_of_child()));
    let mut tasks = JoinSet::new();
    for n in 0..SESSIONS {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            let found = store.find_session(user(n).user_id, session_id(n)).await.unwrap();
            let session = match found {
                Some(session) => session,
                None => begin(&store, n).await,
            };
            for generation in session.generation.. {
                assert!(matches!(rotate(&store, n, generation).await.unwrap(), Rotated::Now(_)));
                // One write, so that a line is told whole or not at all.
                let line = format!("rotated {n} {}\n", generation + 1);
                std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
            }
        });
    }
    tasks.join_all().await;
}
