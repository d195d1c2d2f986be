//! Files in every state a user may point at: each gives a clear error or a report, and nothing is changed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use dbwright_core::engine::ObserveOptions;
use dbwright_core::{Failure, FailureKind};
use dbwright_engine_sqlite::body::SqliteBody;
use rusqlite::Connection;

use crate::common::{Database, address, check, observe, observe_with};

const SHOP: &str = "CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT); CREATE INDEX a_x ON a (x);
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
    INSERT INTO a (x) SELECT 'value ' || i FROM n;";

/// Observes and expects a failure; the folder is as it was.
fn failure(database: &Database) -> Failure {
    let before = database.listing();
    let failure = observe(&database.path).expect_err("no snapshot of this");
    assert!(before == database.listing(), "the folder was changed");
    assert!(!failure.hints.is_empty(), "{failure}: no hint");
    failure
}

/// Observes and expects a snapshot; the folder is as it was.
fn body(database: &Database) -> SqliteBody {
    let before = database.listing();
    let snapshot = observe(&database.path).unwrap_or_else(|e| panic!("{e}"));
    assert!(before == database.listing(), "the folder was changed");
    snapshot.body::<SqliteBody>().expect("its own body").clone()
}

/// The rules that found something.
fn rules(database: &Database) -> Vec<String> {
    let before = database.listing();
    let mut found: Vec<_> = check(&database.path).1.findings.into_iter().map(|finding| finding.rule).collect();
    assert!(before == database.listing(), "the folder was changed");
    found.sort();
    found.dedup();
    found
}

#[test]
fn a_missing_file_is_told_with_what_is_near() {
    let database = Database::of(SHOP);
    let missing = observe(&database.path.with_file_name("tset.db")).expect_err("there is none");
    assert_eq!((missing.kind, missing.code), (FailureKind::Unreachable, "sqlite.no-file"));
    assert!(missing.hints[0].contains("test.db"), "{:?}", missing.hints);
    assert!(!database.path.with_file_name("tset.db").exists(), "it was created");
}

#[test]
fn a_folder_is_no_database() {
    let database = Database::of(SHOP);
    let folder = observe(database.path.parent().expect("its folder")).expect_err("a folder");
    assert_eq!(folder.code, "sqlite.folder");
}

#[test]
fn an_empty_file_is_an_empty_database() {
    let database = Database::named("empty.db");
    fs::write(&database.path, "").expect("a file");
    let body = body(&database);
    assert_eq!((body.file.bytes, body.catalog.tables.len()), (0, 0));
    assert!(rules(&database).is_empty());
}

#[test]
fn no_tables_are_no_finding() {
    let database = Database::of("CREATE TABLE t (x); DROP TABLE t;");
    assert!(body(&database).catalog.tables.is_empty());
    assert!(rules(&database).is_empty());
}

#[test]
fn what_is_no_database_is_told_apart() {
    let noise: Vec<u8> = {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        };
        (0..8192).map(|_| next()).collect()
    };
    let cases: [(&[u8], &str); 5] = [
        (b"CREATE TABLE t (id INTEGER PRIMARY KEY);\n", "it is text"),
        (&noise, "encrypted"),
        (b"\x1f\x8b\x08\x00\x00\x00\x00\x00", "archive"),
        (b"SQLite format 3\0\x10", "header is damaged"),
        (&[0; 4096], "is not a SQLite database"),
    ];
    for (bytes, said) in cases {
        let database = Database::named("some.db");
        fs::write(&database.path, bytes).expect("a file");
        let failure = failure(&database);
        assert_eq!((failure.kind, failure.code), (FailureKind::Unreachable, "sqlite.not-a-database"));
        assert!(failure.message.contains(said), "{failure}");
    }
}

#[test]
fn a_file_cut_short_is_critical_and_still_read() {
    let database = Database::of(SHOP);
    let bytes = fs::read(&database.path).expect("the file");
    for keep in [bytes.len() / 2, bytes.len() / 2 + 17, 4096, 4097, 512, 100] {
        fs::write(&database.path, &bytes[..keep]).expect("cut");
        let body = body(&database);
        assert!(body.file.missing_bytes > 0 || !body.integrity.problems.is_empty(), "{keep}: not noticed");
        assert!(rules(&database).contains(&"sqlite/integrity-check-failed".to_owned()), "{keep}");
        assert!(keep < 4096 || body.catalog.tables.len() == 1, "{keep}: what is there was not read");
    }
}

#[test]
fn damaged_pages_are_critical_and_the_rest_is_read() {
    let database = Database::of(SHOP);
    let good = fs::read(&database.path).expect("the file");
    for page in 1..good.len() / 4096 {
        let mut bytes = good.clone();
        bytes[page * 4096..page * 4096 + 64].fill(0xa5);
        fs::write(&database.path, &bytes).expect("damaged");
        assert!(rules(&database).contains(&"sqlite/integrity-check-failed".to_owned()), "page {}", page + 1);
        assert_eq!(body(&database).catalog.tables.len(), 1);
    }
}

#[test]
fn a_damaged_schema_is_told_and_does_no_harm() {
    let database = Database::of(SHOP);
    database.run("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE TABEL ?' WHERE name = 'a';");
    assert!(rules(&database).contains(&"sqlite/integrity-check-failed".to_owned()));
}

/// Another process that holds the file: this test program, told to run one helper.
struct Other(Child);

impl Other {
    fn start(database: &Database, role: &str) -> Self {
        let ready = database.path.with_extension(role);
        let child = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "files::the_other_process", "--nocapture"])
            .env("DBWRIGHT_TEST_OTHER", role)
            .env("DBWRIGHT_TEST_FILE", &database.path)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("this program starts again");
        let other = Self(child);
        for _ in 0..500 {
            if ready.exists() {
                fs::remove_file(&ready).expect("the sign");
                return other;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the other process did not get ready");
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        // It may have ended already; either way it is gone afterwards.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the other process does; nothing when this program is run as the tests.
#[test]
fn the_other_process() {
    let (Ok(role), Ok(file)) = (std::env::var("DBWRIGHT_TEST_OTHER"), std::env::var("DBWRIGHT_TEST_FILE")) else {
        return;
    };
    let db = Connection::open(&file).expect("the database");
    let sql = match role.as_str() {
        "locks" => "BEGIN EXCLUSIVE; INSERT INTO a (x) VALUES ('locked');",
        "writes" => "PRAGMA cache_size = 5; PRAGMA cache_spill = 1; BEGIN; UPDATE a SET x = x || ' changed';",
        "logs" => "PRAGMA journal_mode = wal; INSERT INTO a (x) VALUES ('in the log'); SELECT count(*) FROM a;",
        other => panic!("unknown role {other}"),
    };
    db.execute_batch(sql).expect("its statements");
    fs::write(std::path::Path::new(&file).with_extension(&role), "").expect("the sign");
    std::thread::sleep(Duration::from_mins(1));
}

#[test]
fn a_locked_file_is_told_after_a_short_wait() {
    let database = Database::of(SHOP);
    let _other = Other::start(&database, "locks");
    let options = ObserveOptions { lock_timeout: Duration::from_millis(100), ..ObserveOptions::default() };
    let before = database.listing();
    let failure = observe_with(&database.path, &options).expect_err("it is locked");
    assert_eq!((failure.kind, failure.code), (FailureKind::Unreachable, "sqlite.locked"));
    assert!(failure.hints.len() == 2 && before == database.listing());
}

#[test]
fn a_hot_journal_is_rolled_back_in_a_copy_only() {
    let database = Database::of(SHOP);
    drop(Other::start(&database, "writes"));
    let journal = database.path.with_extension("db-journal");
    assert!(journal.metadata().expect("a hot journal").len() > 0);
    let body = body(&database);
    assert!(body.file.read.contains("copy"), "{}", body.file.read);
    assert!(body.integrity.problems.is_empty(), "{:?}", body.integrity.problems);
    assert_eq!(body.catalog.tables[0].rows, Some(5000.0));
}

#[test]
fn a_log_in_use_is_read_without_a_trace() {
    let database = Database::of(SHOP);
    let other = Other::start(&database, "logs");
    let live = body(&database);
    assert_eq!((live.file.journal.as_str(), live.file.read.as_str()), ("wal", "in place"));
    assert_eq!(live.catalog.tables[0].rows, Some(5001.0), "what is in the log was not seen");
    drop(other);
    let crashed = body(&database);
    assert_eq!((crashed.catalog.tables[0].rows, crashed.file.read.as_str()), (Some(5001.0), "in place"));
    fs::remove_file(database.path.with_extension("db-shm")).expect("its index");
    let without_index = body(&database);
    assert_eq!(without_index.catalog.tables[0].rows, Some(5001.0));
    assert!(without_index.file.read.contains("copy"));
}

#[test]
fn a_closed_file_in_log_mode_stays_alone() {
    let database = Database::of(&format!("{SHOP} PRAGMA journal_mode = wal; INSERT INTO a (x) VALUES ('last');"));
    assert_eq!(database.listing().len(), 1);
    assert_eq!(body(&database).catalog.tables[0].rows, Some(5001.0));
}

#[test]
fn a_read_only_folder_is_enough() {
    let database = Database::of(&format!("{SHOP} PRAGMA journal_mode = wal;"));
    let folder = database.path.parent().expect("its folder").to_owned();
    fs::set_permissions(&database.path, fs::Permissions::from_mode(0o444)).expect("read-only");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).expect("read-only");
    let rows = body(&database).catalog.tables[0].rows;
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("writable again");
    assert_eq!(rows, Some(5000.0));
}

#[test]
fn hostile_file_names_work() {
    for name in ["a b.db", "what?.db", "100%.db", "a#b.db", "ü😀.db", "a%20b.db", "x?mode=rw.db", "-journal", "'\".db"]
    {
        let database = Database::named(name);
        database.run(SHOP);
        assert_eq!(body(&database).catalog.tables.len(), 1, "{name}");
    }
    assert_eq!(address(std::path::Path::new("/tmp/a?b")).rest(), "/tmp/a%3fb");
}

#[test]
fn hostile_names_inside_are_read_and_checked() {
    let database = Database::of(
        "CREATE TABLE \"a \"\"b\"\".c\n😀\" (\"select\" INTEGER PRIMARY KEY, \"x.y\" TEXT, \"\" TEXT, ü INTEGER UNIQUE);
         CREATE INDEX \"i'x\" ON \"a \"\"b\"\".c\n😀\" (lower(\"x.y\"), \"\" DESC) WHERE \"x.y\" IS NOT NULL;
         INSERT INTO \"a \"\"b\"\".c\n😀\" VALUES (1, 'a', 'b', 2);
         CREATE TABLE \"my group\" (id INTEGER PRIMARY KEY, \"or der\" INTEGER NOT NULL REFERENCES \"a \"\"b\"\".c\n😀\" (ü));
         PRAGMA foreign_keys = OFF; INSERT INTO \"my group\" VALUES (1, 99);
         CREATE VIEW broken AS SELECT gone FROM nowhere;
         CREATE VIRTUAL TABLE words USING fts5(body);
         CREATE TABLE w (k TEXT PRIMARY KEY, v ANY) WITHOUT ROWID, STRICT;
         CREATE TABLE g (a INT, b INT AS (a + 1) STORED, c INT AS (a + 2)) ;",
    );
    let body = body(&database);
    let table = |name: &str| body.catalog.tables.iter().find(|t| t.name == name).unwrap_or_else(|| panic!("{name}"));
    let odd = table("a \"b\".c\n😀");
    let index = odd.indexes.iter().find(|index| index.name == "i'x").expect("the index");
    assert_eq!(index.keys[0].expression.as_deref(), Some("lower(\"x.y\")"));
    assert_eq!(index.predicate.as_deref(), Some("\"x.y\" IS NOT NULL"));
    assert!(index.keys[1].descending);
    assert!(table("words_content").internal, "shadow tables are the module's");
    assert!(body.facts(table("w").id).is_some_and(|facts| facts.strict && facts.without_rowid));
    assert_eq!(table("g").columns.iter().filter(|c| c.generated.is_some()).count(), 2);
    let findings = check(&database.path).1.findings;
    let orphan = findings.iter().find(|f| f.rule == "sqlite/foreign-key-violation").expect("the orphan");
    assert_eq!(orphan.subject, "main.\"my group\".\"or der\"");
    database.run(&orphan.change.as_ref().expect("a change").forward[0]);
    assert!(!rules(&database).contains(&"sqlite/foreign-key-violation".to_owned()));
}
