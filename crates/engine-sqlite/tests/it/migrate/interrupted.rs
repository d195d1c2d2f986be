//! Interrupted anywhere, with others at work: resume ends where apply would have, undo where it began.

use std::sync::atomic::{AtomicUsize, Ordering};

use dbwright_core::progress::{Progress, Silent};
use dbwright_migrate::run::Options;
use rusqlite::Connection;

use super::{apply, apply_with, contents, file, leftovers, resume, undo};
use crate::common::Database;

const SETUP: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INT); CREATE INDEX i ON t (a);
    WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 500) INSERT INTO t SELECT x, '0' || x, x FROM n;";
const CHANGE: &str = "ALTER TABLE t ALTER a TYPE INTEGER; CREATE TABLE u (a); INSERT INTO u SELECT a FROM t; ALTER TABLE t DROP COLUMN b; ALTER TABLE t RENAME COLUMN a TO c";

/// Panics at the n-th place where work could be interrupted, as a crash would end it there.
struct Crash(AtomicUsize);

impl Progress for Crash {
    fn stage(&self, _what: &str, _total: Option<u64>) {}
    fn step(&self, _done: u64) {}
    fn point(&self, _name: &str) {
        assert_ne!(self.0.fetch_sub(1, Ordering::Relaxed), 1, "the crash that was asked for");
    }
}

fn crashed(database: &Database, at: usize) -> bool {
    let run = std::panic::AssertUnwindSafe(|| {
        apply_with(&database.path, CHANGE, &Options::default(), &Crash(AtomicUsize::new(at)))
    });
    std::panic::catch_unwind(run).is_err()
}

#[test]
fn a_crash_at_any_point_is_resumed_and_undone() {
    // Every place in one mode, every third in the other: what differs between them is SQLite's own work.
    for (journal, every) in [("wal", 1), ("delete", 3)] {
        let setup = format!("PRAGMA journal_mode = {journal}; {SETUP}");
        let before = contents(&file(&setup).path);
        let done = file(&setup);
        apply(&done.path, CHANGE).expect("it is applied");
        let after = contents(&done.path);
        let mut at = 1;
        loop {
            let (one, two) = (file(&setup), file(&setup));
            if !crashed(&one, at) {
                break;
            }
            assert!(crashed(&two, at), "the same place");
            resume(&one.path, CHANGE).unwrap_or_else(|e| panic!("{e} at {at}"));
            assert_eq!(contents(&one.path), after, "resumed after {at}");
            undo(&two.path).unwrap_or_else(|e| panic!("{e} at {at}"));
            assert_eq!(contents(&two.path), before, "undone after {at}");
            assert!(leftovers(&two.path).is_empty(), "{at}: {:?}", leftovers(&two.path));
            at += every;
        }
        assert!(at > 30, "only {at} places were interrupted");
    }
}

#[test]
fn a_writer_elsewhere_is_waited_for_and_loses_nothing() {
    for journal in ["delete", "wal"] {
        let database = file(&format!("PRAGMA journal_mode = {journal}; {SETUP}"));
        let stop = std::sync::atomic::AtomicBool::new(false);
        let written = std::thread::scope(|scope| {
            let writer = scope.spawn(|| {
                let db = Connection::open(&database.path).expect("it opens");
                db.busy_timeout(std::time::Duration::from_mins(5)).expect("a setting");
                let mut written = 0;
                while !stop.load(Ordering::Relaxed) {
                    db.execute("INSERT INTO t (id, a) VALUES (?1, ?1)", [10_000 + written])
                        .expect("an acknowledged write");
                    written += 1;
                    std::thread::sleep(std::time::Duration::from_millis(1));
                }
                written
            });
            apply(&database.path, "ALTER TABLE t ALTER a TYPE INTEGER").expect("it is applied");
            undo(&database.path).expect("it is undone");
            apply(&database.path, "ALTER TABLE t ALTER a TYPE INTEGER").expect("it is applied again");
            stop.store(true, Ordering::Relaxed);
            writer.join().expect("the writer goes on")
        });
        let db = Connection::open(&database.path).expect("it opens");
        let (rows, sum): (i64, i64) = db
            .query_row("SELECT count(*), sum(a) FROM t WHERE id >= 10000", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .expect("rows");
        assert_eq!((rows, sum), (written, (10_000..10_000 + written).sum()), "{journal}");
    }
}

/// Takes the file's write lock when the first step begins, and keeps it.
struct Blocker(std::sync::Mutex<Connection>);

impl Progress for Blocker {
    fn stage(&self, _what: &str, _total: Option<u64>) {
        self.0.lock().expect("one at a time").execute_batch("BEGIN IMMEDIATE").expect("it is free");
    }
    fn step(&self, _done: u64) {}
}

#[test]
fn a_lock_that_is_never_freed_ends_the_run_and_changes_nothing() {
    let database = file(SETUP);
    let before = contents(&database.path);
    let blocker = Blocker(std::sync::Mutex::new(Connection::open(&database.path).expect("it opens")));
    let limits =
        dbwright_migrate::Limits { lock_patience: std::time::Duration::from_millis(300), ..Default::default() };
    let options = Options { limits, ..Options::default() };
    let failure = apply_with(&database.path, CHANGE, &options, &blocker).expect_err("it is locked");
    assert_eq!(failure.code, "sqlite.locked", "{failure}");
    drop(blocker);
    assert_eq!(contents(&database.path), before);
    resume(&database.path, CHANGE).expect("nobody holds it");
    undo(&database.path).expect("it is undone");
    assert_eq!(contents(&database.path), before);
}

#[test]
fn a_second_run_says_who_is_at_work() {
    let database = file(SETUP);
    let mut first = super::session(&database.path).expect("it opens");
    crate::common::now(first.lock(std::time::Duration::ZERO, &Silent)).expect("it is free");
    let options = Options { lock_wait: std::time::Duration::ZERO, ..Options::default() };
    let failure = apply_with(&database.path, "CREATE TABLE x (a)", &options, &Silent).expect_err("it is taken");
    assert_eq!(failure.code, "migrate.locked");
    assert!(failure.message.contains(&std::process::id().to_string()), "{failure}");
    drop(first);
    apply(&database.path, "CREATE TABLE x (a)").expect("it is free again");
}
