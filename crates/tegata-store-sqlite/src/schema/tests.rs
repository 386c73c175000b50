use super::*;

/// A second step as a later version would have it: it changes a table and its rows.
const NEXT: [&str; 2] = [
    MIGRATIONS[0],
    "ALTER TABLE users ADD COLUMN nickname TEXT; UPDATE users SET nickname = 'old'; CREATE TABLE extra (x INTEGER) STRICT;",
];

const OLD_ROW: &str = "INSERT INTO users VALUES
    ('default', x'00', 'alice', 'alice', NULL, NULL, 0, NULL, NULL, '', 'active', 0, 'x', 1, 0)";

fn at_version_one() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tegata.db");
    let mut connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    migrate(&mut connection, &path, &MIGRATIONS[..1]).unwrap();
    connection.execute_batch(OLD_ROW).unwrap();
    (folder, path)
}

fn version(connection: &Connection) -> u32 {
    connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

fn tables(connection: &Connection) -> Vec<String> {
    let mut statement =
        connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

fn nicknames(connection: &Connection) -> rusqlite::Result<String> {
    connection.query_row("SELECT nickname FROM users WHERE username = 'alice'", [], |row| row.get(0))
}

#[test]
fn r77_a_database_of_the_first_version_is_brought_up_to_date() {
    let (_folder, path) = at_version_one();
    let connection = open(&path, &Options::default()).unwrap();
    assert_eq!(version(&connection), u32::try_from(MIGRATIONS.len()).unwrap());
    assert!(tables(&connection).contains(&"clients".to_owned()));
    let users: u32 = connection.query_row("SELECT count(*) FROM users", [], |row| row.get(0)).unwrap();
    assert_eq!(users, 1);
}

#[test]
fn r77_of_a_user_of_the_second_version_nothing_more_is_known() {
    let (_folder, path) = at_version_one();
    let mut connection = Connection::open(&path).unwrap();
    migrate(&mut connection, &path, &MIGRATIONS[..2]).unwrap();
    migrate(&mut connection, &path, &MIGRATIONS[..3]).unwrap();
    let sql = format!("SELECT {} FROM users", crate::rows::USER);
    // The old row has no id of the right length, so it is looked at as it is.
    let unknown: bool = connection
        .query_row(&sql, [], |row| Ok(row.get::<_, Option<String>>("attributes_document")?.is_none()))
        .unwrap();
    assert_eq!((version(&connection), unknown), (3, true));
}

#[test]
fn r77_sessions_of_the_third_version_are_the_same_in_another_table() {
    let (_folder, path) = at_version_one();
    let mut connection = Connection::open(&path).unwrap();
    migrate(&mut connection, &path, &MIGRATIONS[..3]).unwrap();
    let insert = "INSERT INTO sessions (tenant, user_id, session_id, username, client_id, scope, amr, auth_time, user_agent,
             address, generation, current_hash, previous_hash, rotated_at, idle_expires_at, absolute_expires_at,
             grant_document)
         VALUES ('default', x'01', x'02', 'alice', 'app', 'openid', 'pwd', 3, 'agent', '::1', 4, x'05', x'06', 7, 8, 9, '{}'),
             ('default', x'01', x'0a', 'alice', 'app', '', '', 11, NULL, NULL, 12, x'0d', NULL, 14, 15, 16, NULL)";
    connection.execute_batch(insert).unwrap();
    let all = |connection: &Connection| -> Vec<Vec<rusqlite::types::Value>> {
        let sql = format!("SELECT tenant, {} FROM sessions ORDER BY session_id", crate::rows::SESSION);
        let mut statement = connection.prepare(&sql).unwrap();
        let row = |row: &rusqlite::Row<'_>| (0..17).map(|column| row.get(column)).collect();
        statement.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap()
    };
    let before = all(&connection);
    migrate(&mut connection, &path, &MIGRATIONS[..4]).unwrap();
    assert_eq!((version(&connection), all(&connection)), (4, before));
    assert!(connection.execute_batch(insert).is_err(), "and a key is one session's");
}

#[test]
fn r77_a_migration_keeps_the_old_rows() {
    let (_folder, path) = at_version_one();
    let mut connection = Connection::open(&path).unwrap();
    migrate(&mut connection, &path, &NEXT).unwrap();
    assert_eq!((version(&connection), nicknames(&connection)), (2, Ok("old".to_owned())));
    migrate(&mut connection, &path, &NEXT).unwrap();
    assert_eq!(version(&connection), 2, "each step is done once");
}

#[test]
fn r77_a_migration_that_fails_between_its_statements_leaves_the_version_before_it() {
    let (_folder, path) = at_version_one();
    let before = tables(&Connection::open(&path).unwrap());
    let mut connection = Connection::open(&path).unwrap();
    let broken = [NEXT[0], &format!("{} INSERT INTO nowhere VALUES (1);", NEXT[1])];
    assert!(migrate(&mut connection, &path, &broken).is_err());
    assert_eq!((version(&connection), tables(&connection)), (1, before));
    assert!(nicknames(&connection).is_err());
    migrate(&mut connection, &path, &NEXT).unwrap();
    assert_eq!(nicknames(&connection), Ok("old".to_owned()));
}

/// What is on the disk after each statement of a migration is what a process leaves that is killed right there.
#[test]
fn r77_a_process_killed_between_the_statements_of_a_migration_leaves_the_version_before_it() {
    let (folder, path) = at_version_one();
    let running = Connection::open(&path).unwrap();
    // Pages go to the disk before the commit too, as they do when a large migration outgrows the cache.
    running.execute_batch("PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN IMMEDIATE").unwrap();
    let statements = NEXT[1].split_inclusive(';').chain(["PRAGMA user_version = 2"]);
    for (n, statement) in statements.enumerate() {
        running.execute_batch(statement).unwrap();
        let left = folder.path().join(format!("left{n}.db"));
        for end in ["", "-wal"] {
            let name = |path: &Path| format!("{}{end}", path.display());
            std::fs::copy(name(&path), name(&left)).unwrap();
        }
        let mut reopened = Connection::open(&left).unwrap();
        assert_eq!(version(&reopened), 1, "after {statement}");
        assert!(nicknames(&reopened).is_err());
        migrate(&mut reopened, &left, &NEXT).unwrap();
        assert_eq!(nicknames(&reopened), Ok("old".to_owned()));
    }
}

#[test]
fn r77_two_processes_that_migrate_at_once_do_each_step_once() {
    let (_folder, path) = at_version_one();
    let migrations = [NEXT[0], NEXT[1], "INSERT INTO extra VALUES (1)"];
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut connection = Connection::open(&path).unwrap();
                connection.busy_timeout(Duration::from_secs(20)).unwrap();
                migrate(&mut connection, &path, &migrations).unwrap();
            });
        }
    });
    let rows: u32 = Connection::open(&path)
        .unwrap()
        .query_row("SELECT count(*) FROM extra", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 1);
}
