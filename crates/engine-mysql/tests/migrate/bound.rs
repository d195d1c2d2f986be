//! Copies of tables that foreign keys bind to others, both ways, and of tables with triggers: no moment without what they mean,
//! the same names afterwards, each trigger fired once, whatever happens when.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use dbwright_core::progress::Silent;
use dbwright_testkit::my::sql::Session;
use dbwright_testkit::my::writer::MyWriter;
use dbwright_testkit::writer::{Columns, Ledger};
use dbwright_testkit::{MyDatabase, is_skipped};

use crate::child::Order;
use crate::common::{cell, engines, leftovers, plan, schema, verb};
use crate::trap::Trap;

/// Another character set and a column more.
const UP: &str =
    "ALTER TABLE t MODIFY note varchar(400) CHARACTER SET utf8mb4, ADD COLUMN tier int NOT NULL DEFAULT 3 AFTER id";

/// A foreign key whose name is the server's, one to the table itself, some of other tables, and triggers of every kind.
fn tables(thousands: u32) -> String {
    format!(
        "CREATE TABLE p (id int NOT NULL PRIMARY KEY) ENGINE=InnoDB; INSERT INTO p VALUES (1), (2); \
         CREATE TABLE audit (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, what varchar(20) NOT NULL) ENGINE=InnoDB; \
         CREATE TABLE t (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, v int NOT NULL DEFAULT 0, p int NOT NULL DEFAULT 1, \
         boss int, stamped int NOT NULL DEFAULT 0, note varchar(100) CHARACTER SET latin1 DEFAULT 'x', \
         pad varchar(1000) CHARACTER SET latin1 NOT NULL DEFAULT 'pad', KEY (p), KEY (boss), \
         FOREIGN KEY (p) REFERENCES p (id), CONSTRAINT `the boss` FOREIGN KEY (boss) REFERENCES t (id)) ENGINE=InnoDB; \
         INSERT INTO t (v, note, pad) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) \
         SELECT a.i, 'caf\u{e9}', REPEAT('p', 900) FROM n a JOIN (SELECT i FROM n WHERE i <= {thousands}) b; \
         CREATE TABLE c (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, t int NOT NULL, KEY (t), \
         CONSTRAINT `c\"t 'x` FOREIGN KEY (t) REFERENCES t (id) ON DELETE CASCADE ON UPDATE CASCADE) ENGINE=InnoDB; \
         INSERT INTO c (t) SELECT id FROM t WHERE id % 7 = 0; \
         CREATE TABLE d (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, t int, FOREIGN KEY (t) REFERENCES t (id) \
         ON DELETE SET NULL ON UPDATE CASCADE) ENGINE=InnoDB; INSERT INTO d (t) SELECT id FROM t WHERE id % 11 = 0"
    )
}

const TRIGGERS: &[&str] = &[
    "CREATE TRIGGER `before``one` BEFORE INSERT ON t FOR EACH ROW BEGIN IF NEW.note IS NULL THEN SET NEW.note = 'none'; \
     END IF; SET NEW.stamped = NEW.stamped + 1; END",
    "CREATE TRIGGER added AFTER INSERT ON t FOR EACH ROW INSERT INTO audit (what) VALUES ('added')",
    "CREATE TRIGGER changed AFTER UPDATE ON t FOR EACH ROW INSERT INTO audit (what) VALUES ('chang\u{e9}d')",
    "CREATE TRIGGER gone AFTER DELETE ON t FOR EACH ROW INSERT /* for good */ INTO audit (what) VALUES ('gone')",
];

fn made(engine: &str, thousands: u32) -> MyDatabase {
    let database = MyDatabase::create(engine);
    database.execute(&tables(thousands));
    for trigger in TRIGGERS {
        database.execute(trigger);
    }
    database.execute("ANALYZE TABLE t");
    database
}

fn columns() -> Columns {
    Columns { table: "t".to_owned(), key: "id".to_owned(), value: "v".to_owned() }
}

/// Tries all the time what foreign keys forbid.
struct Violator {
    stop: Arc<AtomicBool>,
    tried: Arc<AtomicU32>,
    thread: std::thread::JoinHandle<Vec<String>>,
}

const FORBIDDEN: &[&str] = &[
    "INSERT INTO c (t) VALUES (-5)",
    "INSERT INTO d (t) VALUES (-5)",
    "INSERT INTO t (id, v, p) VALUES (-1, 0, 999)",
    "INSERT INTO t (id, v, boss) VALUES (-2, 0, -9)",
    "DELETE FROM p WHERE id = 1",
];

impl Violator {
    fn start(url: &str) -> Self {
        let (url, stop, tried) = (url.to_owned(), Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
        let (ends, count) = (Arc::clone(&stop), Arc::clone(&tried));
        let thread = std::thread::spawn(move || {
            let mut done = Vec::new();
            let Ok(session) = Session::open(&url) else { return vec!["it could not connect".to_owned()] };
            while !ends.load(Ordering::Relaxed) {
                for sql in FORBIDDEN {
                    if session.query(sql).is_ok() {
                        done.push((*sql).to_owned());
                    }
                    count.fetch_add(1, Ordering::Relaxed);
                }
            }
            done
        });
        Self { stop, tried, thread }
    }

    /// What it was allowed.
    fn finish(self) -> Vec<String> {
        while self.tried.load(Ordering::Relaxed) < 10 && !self.thread.is_finished() {
            std::thread::sleep(Duration::from_millis(5));
        }
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("it tried")
    }
}

/// The schema before, and as the plain statement makes it.
fn plain(engine: &str) -> (String, String) {
    let database = made(engine, 1);
    let before = schema(&database.url);
    database.execute(UP);
    (before, schema(&database.url))
}

fn look(database: &MyDatabase, (writer, violator): (MyWriter, Violator), expected: &str, what: &str) -> Ledger {
    assert_eq!(violator.finish(), [""; 0], "{what}: it was allowed");
    let ledger = writer.finish().unwrap_or_else(|reason| panic!("{what}: {reason}"));
    assert!(ledger.acknowledged > 0, "{what}: nothing was written");
    // Its rows and those of the violator wait for each other now and then; and for a moment after the switch both foreign keys
    // of a table hold, where no rename runs under a lock or the change was killed: that is said before.
    let known = |reason: &str| reason.contains("1213") || (reason.contains("1452") && reason.contains("dbwright_"));
    let refused: Vec<_> = ledger.refused.iter().filter(|reason| !known(reason)).collect();
    assert!(refused.is_empty(), "{what}: {:?}", &refused[..refused.len().min(3)]);
    assert_eq!(ledger.compare(&database.query("SELECT id, v FROM t")), None, "{what}");
    assert_eq!(schema(&database.url), expected, "{what}");
    let orphans = "SELECT (SELECT COUNT(*) FROM c LEFT JOIN t ON t.id = c.t WHERE t.id IS NULL) + \
        (SELECT COUNT(*) FROM d LEFT JOIN t ON t.id = d.t WHERE t.id IS NULL AND d.t IS NOT NULL)";
    assert_eq!(cell(&database.url, orphans), "0", "{what}");
    ledger
}

fn fired(database: &MyDatabase) -> u64 {
    cell(&database.url, "SELECT COUNT(*) FROM audit").parse().expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_keys_and_triggers_hold_at_every_moment_and_keep_their_names() {
    for engine in engines() {
        let (before, after) = plain(engine);
        assert_ne!(before, after);
        let database = made(engine, 6);
        let plans = plan(&database.url, UP).await.unwrap_or_else(|e| panic!("{engine}: {e:?}"));
        assert_eq!(plans[0].method, "shadow-table", "{engine}: {:?}", plans[0].blocking);
        let (writer, violator) = (MyWriter::start(&database.url, &columns(), 7), Violator::start(&database.url));
        for step in ["apply", "undo", "apply", "contract"] {
            verb(&database.url, step, UP, &Silent).await.unwrap_or_else(|e| panic!("{engine}: {step}: {e:?}"));
            let written = writer.written();
            while writer.written() < written + 50 {
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        let ledger = look(&database, (writer, violator), &after, engine);
        assert_eq!(fired(&database), ledger.acknowledged, "{engine}: each trigger fires once");
        // One that fired for the copy would have counted on.
        assert_eq!(cell(&database.url, "SELECT COUNT(*) FROM t WHERE stamped > 1"), "0", "{engine}");
        assert_eq!(leftovers(&database.url).await, [""; 0], "{engine}");
    }
}

async fn killed(engine: &str, undo: usize) {
    let (before, after) = plain(engine);
    let course = made(engine, 6);
    let trap = Trap::harmless();
    verb(&course.url, "apply", UP, &trap).await.unwrap_or_else(|e| panic!("{engine}: {e:?}"));
    let spots = trap.spots();
    assert!(spots.iter().filter(|(_, point)| point.starts_with("part ")).count() > 12, "{spots:?}");
    for (seed, spot) in spots.iter().enumerate() {
        let inside = spot.1.starts_with("part ") || ["locked", "renamed", "free", "queued"].contains(&spot.1.as_str());
        // The other places are those of every copy.
        if !inside && seed % 6 != 0 {
            continue;
        }
        let back = seed % 2 == undo;
        let what = format!("{engine}, killed at {spot:?}, then back: {back}");
        let database = made(engine, 6);
        let (writer, violator) =
            (MyWriter::start(&database.url, &columns(), seed as u64), Violator::start(&database.url));
        let order = Order { url: &database.url, verb: "apply", up: UP, dies_at: spot };
        assert!(!order.start().wait().expect("it ran").success(), "{what}: it did not die");
        let expected = if back {
            match verb(&database.url, "undo", UP, &Silent).await {
                Ok(_) => {}
                Err(failure) => assert_eq!(failure.code, "migrate.nothing-to-undo", "{what}: {failure:?}"),
            }
            &before
        } else {
            for step in ["resume", "apply", "contract"] {
                verb(&database.url, step, UP, &Silent).await.unwrap_or_else(|e| panic!("{what}: {step}: {e:?}"));
            }
            &after
        };
        let ledger = look(&database, (writer, violator), expected, &what);
        assert!(fired(&database) >= ledger.acknowledged, "{what}: a trigger did not fire");
        assert_eq!(leftovers(&database.url).await, [""; 0], "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_anywhere_in_the_switch_on_mysql() {
    if !is_skipped("mysql") {
        killed("mysql", 0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_anywhere_in_the_switch_on_mariadb() {
    if !is_skipped("mariadb") {
        killed("mariadb", 1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_key_is_added_beside_writers_and_the_rows_are_looked_at_afterwards() {
    for engine in engines() {
        let up = "ALTER TABLE t ADD CONSTRAINT later FOREIGN KEY (stamped) REFERENCES q (id) ON DELETE CASCADE";
        let make = |thousands: u32| {
            let database = made(engine, thousands);
            database
                .execute("CREATE TABLE q (id int NOT NULL PRIMARY KEY) ENGINE=InnoDB; INSERT INTO q VALUES (0), (1)");
            database
        };
        let database = make(6);
        let course = make(1);
        let before = schema(&course.url);
        course.execute(up);
        let after = schema(&course.url);
        let plans = plan(&database.url, up).await.unwrap_or_else(|e| panic!("{engine}: {e:?}"));
        assert_eq!((plans[0].method.as_str(), &plans[0].blocking), ("validate-later", &None), "{engine}");
        let writer = MyWriter::start(&database.url, &columns(), 5);
        for (step, expected) in [("apply", &after), ("undo", &before), ("apply", &after)] {
            verb(&database.url, step, up, &Silent).await.unwrap_or_else(|e| panic!("{engine}: {step}: {e:?}"));
            assert_eq!(&schema(&database.url), expected, "{engine}: {step}");
        }
        let ledger = writer.finish().unwrap_or_else(|reason| panic!("{engine}: {reason}"));
        assert!(ledger.acknowledged > 0 && ledger.refused.is_empty(), "{engine}: {:?}", ledger.refused.first());
        assert_eq!(ledger.compare(&database.query("SELECT id, v FROM t")), None, "{engine}");
        // A row without its other row is found, and the change goes on when it is mended.
        let database = make(6);
        database.execute("UPDATE t SET stamped = 7 WHERE id = 77");
        let failure = verb(&database.url, "apply", up, &Silent).await.expect_err("an orphan");
        assert_eq!(failure.code, "migrate.require", "{engine}: {failure:?}");
        database.execute("UPDATE t SET stamped = 0 WHERE id = 77");
        verb(&database.url, "resume", up, &Silent).await.unwrap_or_else(|e| panic!("{engine}: resume: {e:?}"));
        assert_eq!(schema(&database.url), after, "{engine}");
    }
}
