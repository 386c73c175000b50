use rusqlite::params;

use super::*;
use crate::users::execute;

/// A writer on a file with one table, and a second connection to look with.
fn writer() -> (tempfile::TempDir, Arc<Writer>, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.execute_batch("CREATE TABLE t (n INTEGER PRIMARY KEY, text TEXT NOT NULL)").unwrap();
    let outside = Connection::open(&path).unwrap();
    (folder, Arc::new(Writer::start(connection, Duration::from_secs(5)).unwrap()), outside)
}

fn rows(outside: &Connection) -> u32 {
    outside.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap()
}

fn insert(c: &Connection, n: u32, text: &str) -> Result<usize, StoreError> {
    execute(c, "INSERT INTO t VALUES (?1, ?2)", params![n, text])
}

#[tokio::test]
async fn a_step_that_fails_undoes_itself_and_not_its_neighbours() {
    let (_folder, writer, outside) = writer();
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..30_u32 {
        let writer = Arc::clone(&writer);
        tasks.spawn(async move {
            let outcome = writer
                .run(move |c| {
                    insert(c, n, "first")?;
                    match n % 3 {
                        0 => insert(c, n + 1000, "second"),
                        1 => insert(c, n, "the key is taken"),
                        _ => panic!("a bug"),
                    }
                })
                .await;
            assert_eq!(outcome.is_ok(), n.is_multiple_of(3), "{n}");
        });
    }
    tasks.join_all().await;
    assert_eq!(rows(&outside), 20);
}

/// As a full disk does it: in the middle of a group, the whole transaction is gone.
#[tokio::test]
async fn a_transaction_that_is_gone_takes_its_whole_group_along() {
    let (_folder, writer, outside) = writer();
    let (go, wait) = std::sync::mpsc::channel();
    let (started, has_started) = oneshot::channel();
    let held = Arc::clone(&writer);
    let first = tokio::spawn(async move {
        held.run(move |c| {
            started.send(()).unwrap();
            wait.recv().unwrap();
            insert(c, 100, "before")
        })
        .await
    });
    has_started.await.unwrap();
    // While the first group is held up, the others gather to one.
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..10 {
        let writer = Arc::clone(&writer);
        tasks.spawn(async move {
            let step = move |c: &Connection| {
                if n == 5 { execute(c, "ROLLBACK", []) } else { insert(c, n, "x") }
            };
            writer.run(step).await
        });
    }
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    go.send(()).unwrap();
    assert!(first.await.unwrap().is_ok());
    for outcome in tasks.join_all().await {
        assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    }
    assert_eq!(rows(&outside), 1);
    writer.run(|c| insert(c, 101, "after")).await.unwrap();
}

#[tokio::test]
async fn on_a_full_disk_nothing_is_half_done_and_writing_comes_back() {
    let (_folder, writer, outside) = writer();
    // The bound that SQLite has itself: its error is that of a full disk.
    let limit = |pages: u32| {
        writer.run(move |c| {
            c.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).map_err(store_error)
        })
    };
    limit(20).await.unwrap();
    let text = "x".repeat(500);
    let mut answered = 0;
    let error = loop {
        let text = text.clone();
        match writer.run(move |c| insert(c, answered, &text)).await {
            Ok(_) => answered += 1,
            Err(error) => break error,
        }
        assert!(answered < 10_000, "the disk does not fill");
    };
    assert!(matches!(error, StoreError::Unavailable(_)));
    assert_eq!(rows(&outside), answered, "what was answered is there, and nothing else");
    limit(10_000).await.unwrap();
    writer.run(move |c| insert(c, answered, "again")).await.unwrap();
    assert_eq!(rows(&outside), answered + 1);
}

#[tokio::test]
async fn what_waits_is_done_before_the_thread_ends() {
    let (_folder, writer, outside) = writer();
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..100 {
        let writer = Arc::clone(&writer);
        tasks.spawn(async move { writer.run(move |c| insert(c, n, "x")).await.unwrap() });
    }
    drop(writer);
    tasks.join_all().await;
    assert_eq!(rows(&outside), 100);
}
