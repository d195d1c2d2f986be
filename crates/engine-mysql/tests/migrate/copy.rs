//! Changes that need a copy, under a writer that remembers what was acknowledged: nothing lost, doubled or stale, whatever
//! happens when.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dbwright_core::progress::Silent;
use dbwright_testkit::MyDatabase;
use dbwright_testkit::my::sql::Session;
use dbwright_testkit::my::writer::MyWriter;
use dbwright_testkit::writer::Columns;

use crate::child::Order;
use crate::common::{cell, engines, leftovers, plan, schema, verb};
use crate::trap::Trap;

/// From an int key to a bigint one, with another character set, a longer text and a column more.
const UP: &str = "ALTER TABLE t MODIFY id bigint NOT NULL AUTO_INCREMENT, MODIFY note varchar(400) CHARACTER SET utf8mb4, \
    ADD COLUMN tier int NOT NULL DEFAULT 3 AFTER id";

const ROWS: u32 = 6_000;

/// A table that is too large to be copied under a lock, with a unique key besides its primary one.
fn table() -> String {
    format!(
        "CREATE TABLE t (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, v int NOT NULL DEFAULT 0, tag varchar(40), \
         note varchar(100) CHARACTER SET latin1 DEFAULT 'x', pad varchar(1000) CHARACTER SET latin1 NOT NULL DEFAULT 'pad', \
         UNIQUE KEY t_tag (tag), KEY t_v (v)) ENGINE=InnoDB; \
         INSERT INTO t (v, tag, note, pad) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) \
         SELECT a.i % 100, CONCAT('tag', a.i, '-', b.i), 'caf\u{e9}', REPEAT('p', 900) FROM n a JOIN (SELECT i FROM n WHERE i <= {}) b",
        ROWS / 1000
    )
}

fn columns() -> Columns {
    Columns { table: "t".to_owned(), key: "id".to_owned(), value: "v".to_owned() }
}

/// Lets rows exchange their unique values all the time.
struct Swapper {
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<(u32, Vec<String>)>,
}

impl Swapper {
    fn start(url: &str) -> Self {
        let (url, stop) = (url.to_owned(), Arc::new(AtomicBool::new(false)));
        let ends = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let (mut swaps, mut refused) = (0, Vec::new());
            while !ends.load(Ordering::Relaxed) {
                let Ok(session) = Session::open(&url) else { continue };
                while !ends.load(Ordering::Relaxed) {
                    let swap = "START TRANSACTION; SELECT id, tag INTO @a, @ta FROM t WHERE tag IS NOT NULL ORDER BY id LIMIT 1 FOR UPDATE; \
                        SELECT id, tag INTO @b, @tb FROM t WHERE tag IS NOT NULL ORDER BY id DESC LIMIT 1 FOR UPDATE; \
                        UPDATE t SET tag = NULL WHERE id = @a; UPDATE t SET tag = @ta WHERE id = @b AND @a <> @b; \
                        UPDATE t SET tag = @tb WHERE id = @a AND @a <> @b; COMMIT";
                    match session.query(swap) {
                        Ok(_) => swaps += 1,
                        // Of two that wait for each other one is ended: that is as without any change.
                        Err(reason) if reason.contains("1213") || reason.contains("1205") => {}
                        Err(reason) => {
                            refused.push(reason);
                            break;
                        }
                    }
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
            (swaps, refused)
        });
        Self { stop, thread }
    }

    fn finish(self) -> (u32, Vec<String>) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("it swapped")
    }
}

/// Looks for what must not be: a difference to what the writer was told, a refused statement, another schema, a leftover.
fn look(database: &MyDatabase, (writer, swapped): (MyWriter, bool), expected: &str, what: &str) {
    let mut ledger = writer.finish().unwrap_or_else(|reason| panic!("{what}: {reason}"));
    // The swapper's own: its gap locks and the writer's inserts. Nothing was done then.
    ledger.refused.retain(|reason| !(swapped && reason.contains("1213")));
    assert!(ledger.acknowledged > 0, "{what}: nothing was written");
    assert!(ledger.refused.is_empty(), "{what}: {:?}", &ledger.refused[..ledger.refused.len().min(3)]);
    let rows = database.query("SELECT id, v FROM t");
    assert_eq!(ledger.compare(&rows), None, "{what}");
    assert_eq!(schema(&database.url), expected, "{what}");
}

/// The schema that the plain statement makes.
fn plain(engine: &str, up: &str) -> (String, String) {
    let database = MyDatabase::create(engine);
    database.execute(&table().replace("<= 6)", "<= 1)"));
    let before = schema(&database.url);
    database.execute(up);
    (before, schema(&database.url))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_under_writers_loses_nothing_and_undo_keeps_what_was_written_since() {
    for engine in engines() {
        let (before, after) = plain(engine, UP);
        let database = MyDatabase::create(engine);
        database.execute(&table());
        database.execute("ANALYZE TABLE t");
        let plans = plan(&database.url, UP).await.unwrap_or_else(|e| panic!("{engine}: {e:?}"));
        assert_eq!(plans[0].method, "shadow-table", "{engine}: {:?}", plans[0].blocking);
        let (writer, swapper) = (MyWriter::start(&database.url, &columns(), 7), Swapper::start(&database.url));
        verb(&database.url, "apply", UP, &Silent).await.unwrap_or_else(|e| panic!("{engine}: {e:?}"));
        let at_switch = writer.written();
        // Written to the new table.
        let waited = std::time::Instant::now();
        while writer.written() < at_switch + 200 && waited.elapsed() < Duration::from_mins(2) {
            std::thread::sleep(Duration::from_millis(20));
        }
        verb(&database.url, "undo", UP, &Silent).await.unwrap_or_else(|e| panic!("{engine}: undo: {e:?}"));
        assert!(writer.written() > at_switch, "{engine}");
        verb(&database.url, "apply", UP, &Silent).await.unwrap_or_else(|e| panic!("{engine}: again: {e:?}"));
        verb(&database.url, "contract", UP, &Silent).await.unwrap_or_else(|e| panic!("{engine}: contract: {e:?}"));
        let (swaps, refused) = swapper.finish();
        assert!(swaps > 0 && refused.is_empty(), "{engine}: {swaps} swaps, {refused:?}");
        look(&database, (writer, true), &after, engine);
        assert_ne!(before, after);
        assert_eq!(leftovers(&database.url).await, [""; 0], "{engine}");
        assert_ne!(cell(&database.url, "SELECT COUNT(*) FROM t WHERE note = 'caf\u{e9}'"), "0", "{engine}");
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Then {
    Resume,
    Undo,
}

async fn killed_everywhere(engine: &str, first: Then) {
    let (before, after) = plain(engine, UP);
    let course = MyDatabase::create(engine);
    course.execute(&table());
    course.execute("ANALYZE TABLE t");
    let trap = Trap::harmless();
    verb(&course.url, "apply", UP, &trap).await.unwrap_or_else(|e| panic!("{engine}: {e:?}"));
    let spots = trap.spots();
    assert!(spots.len() > 30, "{spots:?}");
    // Half of the places here, the other half on the other server.
    for (seed, spot) in spots.iter().enumerate().filter(|(at, _)| (at % 2 == 0) == (first == Then::Resume)) {
        let then = if seed / 2 % 2 == 0 { first } else { Then::Undo };
        let what = format!("{engine}, killed at {spot:?}, then {then:?}");
        let database = MyDatabase::create(engine);
        database.execute(&table());
        database.execute("ANALYZE TABLE t");
        let writer = MyWriter::start(&database.url, &columns(), seed as u64);
        let order = Order { url: &database.url, verb: "apply", up: UP, dies_at: spot };
        assert!(!order.start().wait().expect("it ran").success(), "{what}: it did not die");
        if then == Then::Undo {
            match verb(&database.url, "undo", UP, &Silent).await {
                Ok(_) => {}
                Err(failure) => assert_eq!(failure.code, "migrate.nothing-to-undo", "{what}: {failure:?}"),
            }
            look(&database, (writer, false), &before, &what);
        } else {
            for step in ["resume", "apply", "contract"] {
                verb(&database.url, step, UP, &Silent).await.unwrap_or_else(|e| panic!("{what}: {step}: {e:?}"));
            }
            look(&database, (writer, false), &after, &what);
        }
        assert_eq!(leftovers(&database.url).await, [""; 0], "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_killed_anywhere_can_be_resumed_or_undone() {
    for (engine, first) in engines().into_iter().zip([Then::Resume, Then::Undo]) {
        killed_everywhere(engine, first).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_of_a_copy_killed_anywhere_goes_on() {
    for engine in engines() {
        let (before, _) = plain(engine, UP);
        let course = MyDatabase::create(engine);
        course.execute(&table());
        course.execute("ANALYZE TABLE t");
        verb(&course.url, "apply", UP, &Silent).await.expect("applied");
        let trap = Trap::harmless();
        verb(&course.url, "undo", UP, &trap).await.expect("undone");
        let half = usize::from(engine == "mysql");
        for (seed, spot) in trap.spots().iter().enumerate().filter(|(at, _)| at % 2 == half) {
            let what = format!("{engine}, undo killed at {spot:?}");
            let database = MyDatabase::create(engine);
            database.execute(&table());
            database.execute("ANALYZE TABLE t");
            let writer = MyWriter::start(&database.url, &columns(), seed as u64);
            verb(&database.url, "apply", UP, &Silent).await.unwrap_or_else(|e| panic!("{what}: {e:?}"));
            let order = Order { url: &database.url, verb: "undo", up: UP, dies_at: spot };
            assert!(!order.start().wait().expect("it ran").success(), "{what}: it did not die");
            verb(&database.url, "resume", UP, &Silent).await.unwrap_or_else(|e| panic!("{what}: {e:?}"));
            look(&database, (writer, false), &before, &what);
            assert_eq!(leftovers(&database.url).await, [""; 0], "{what}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_make_two_rows_one_fails_and_is_undone_without_a_trace() {
    for engine in engines() {
        let database = MyDatabase::create(engine);
        database.execute(&table());
        database.execute("ANALYZE TABLE t");
        let before = schema(&database.url);
        // v is far from unique.
        let up = "ALTER TABLE t MODIFY id bigint NOT NULL AUTO_INCREMENT, ADD UNIQUE KEY one (v)";
        let failure = verb(&database.url, "apply", up, &Silent).await.expect_err("duplicates");
        assert_eq!(failure.code, "migrate.duplicate", "{engine}: {failure:?}");
        verb(&database.url, "undo", up, &Silent).await.unwrap_or_else(|e| panic!("{engine}: undo: {e:?}"));
        assert_eq!(schema(&database.url), before, "{engine}");
        assert_eq!(cell(&database.url, "SELECT COUNT(*) FROM t"), ROWS.to_string(), "{engine}");
        assert_eq!(leftovers(&database.url).await, [""; 0], "{engine}");
    }
}

#[tokio::test]
async fn what_can_t_be_kept_in_step_is_refused_before_anything_is_begun() {
    for engine in engines() {
        let database = MyDatabase::create(engine);
        database.execute(&table());
        database.execute("ANALYZE TABLE t");
        let refused = |extra: &'static str, word: &'static str, mend: &'static str| (extra, word, mend);
        for (extra, word, mend) in [
            refused(
                "CREATE TABLE parent (id int PRIMARY KEY); INSERT INTO parent VALUES (1); ALTER TABLE t ADD parent int, \
                 ADD CONSTRAINT of_parent FOREIGN KEY (parent) REFERENCES parent (id) ON DELETE CASCADE",
                "of_parent changes rows by itself",
                "ALTER TABLE t DROP FOREIGN KEY of_parent; DROP TABLE parent",
            ),
            refused(
                "CREATE TABLE child (id int PRIMARY KEY, t int, CONSTRAINT `a``b` FOREIGN KEY (t) REFERENCES t (id))",
                if engine == "mariadb" { "a foreign key of child can't be read" } else { "" },
                "DROP TABLE child",
            ),
        ] {
            database.execute(extra);
            let up = "ALTER TABLE t MODIFY note varchar(400) CHARACTER SET utf8mb4";
            let plans = plan(&database.url, up).await.unwrap_or_else(|e| panic!("{engine}: {e:?}"));
            let why = plans[0].blocking.as_ref().map(|blocking| blocking.reason.clone()).unwrap_or_default();
            assert!(why.contains(word), "{engine}: {extra}: {plans:?}");
            database.execute(mend);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_statement_of_others_fails_whatever_the_copy_does() {
    for engine in engines() {
        let (_, after) = plain(engine, UP);
        for seed in 0..4 {
            let database = MyDatabase::create(engine);
            database.execute(&table());
            database.execute("ANALYZE TABLE t");
            let writer = MyWriter::start(&database.url, &columns(), seed);
            for step in ["apply", "contract"] {
                verb(&database.url, step, UP, &Silent).await.unwrap_or_else(|e| panic!("{engine}: {step}: {e:?}"));
            }
            look(&database, (writer, false), &after, &format!("{engine}, seed {seed}"));
        }
    }
}

/// Who waits for the lock of a table.
const WAITING: &str = "SELECT COALESCE(MAX(info), '') FROM information_schema.processlist WHERE state = 'Waiting for table metadata lock' AND info LIKE";

/// Until a statement that begins so waits for a lock.
fn until_waits(session: &Session, begin: &str) {
    let began = std::time::Instant::now();
    let asked = format!("{WAITING} '{begin}%'");
    while session.query(&asked).expect("an answer")[0][0].is_empty() && began.elapsed() < Duration::from_mins(1) {
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A write that has opened the table and waits for the table of notes is the victim of a deadlock with the switch: it gives the
/// table up and opens it again, when it is the new one.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_opens_the_table_again_after_the_switch_is_noted() {
    for engine in engines() {
        let (before, _) = plain(engine, UP);
        let database = MyDatabase::create(engine);
        database.execute(&table());
        database.execute("ANALYZE TABLE t");
        let url = database.url.clone();
        let accident = move || {
            let holder = Session::open(&url).expect("a session");
            let notes = holder
                .query(
                    "SELECT SUBSTRING_INDEX(SUBSTRING_INDEX(action_statement, 'INTO dbwright.', -1), ' ', 1) \
                     FROM information_schema.triggers WHERE trigger_schema = DATABASE() AND event_object_table = 't'",
                )
                .expect("an answer");
            holder.query(&format!("LOCK TABLES dbwright.{} WRITE", notes[0][0])).expect("locked");
            let (url, look) = (url.clone(), Session::open(&url).expect("a session"));
            let write = "UPDATE t SET v = 424242 WHERE id = 77";
            let writer = std::thread::spawn(move || Session::open(&url).expect("a session").query(write).map(drop));
            until_waits(&look, "UPDATE t");
            // The lock is given up when the switch waits for it, too.
            std::thread::spawn(move || {
                until_waits(&look, "LOCK TABLES");
                holder.query("UNLOCK TABLES").expect("unlocked");
                writer.join().expect("it wrote").expect("a write that fails nobody");
            });
        };
        let trap = Trap::at(&("put the new table in the place of t".to_owned(), "cleared".to_owned()), accident);
        verb(&database.url, "apply", UP, &trap).await.unwrap_or_else(|e| panic!("{engine}: {e:?}"));
        assert!(trap.sprung(), "{engine}: {:?}", trap.spots());
        assert_eq!(cell(&database.url, "SELECT v FROM t WHERE id = 77"), "424242", "{engine}");
        verb(&database.url, "undo", UP, &Silent).await.unwrap_or_else(|e| panic!("{engine}: undo: {e:?}"));
        assert_eq!(cell(&database.url, "SELECT v FROM t WHERE id = 77"), "424242", "{engine}, undone");
        assert_eq!(schema(&database.url), before, "{engine}");
        assert_eq!(leftovers(&database.url).await, [""; 0], "{engine}");
    }
}
