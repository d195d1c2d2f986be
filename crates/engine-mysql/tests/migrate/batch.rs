//! UPDATE and DELETE of many rows in batches: each row met once, whatever happens when, and no write of others lost.

use std::sync::atomic::{AtomicU32, Ordering};

use dbwright_core::progress::{Progress, Silent};
use dbwright_migrate::run::{self, Options};
use dbwright_testkit::MyDatabase;
use dbwright_testkit::my::writer::MyWriter;
use dbwright_testkit::writer::Columns;

use crate::child::Order;
use crate::common::{cell, engines, leftovers, migration, open, options, plan, verb};
use crate::trap::Trap;

/// More than are changed in one statement.
const ROWS: u32 = 80_000;

/// Met twice, a row would be seen at once.
pub(crate) const UP: &str = "UPDATE t x SET x.n = x.n + 1 WHERE x.v >= 0";

pub(crate) fn database(engine: &str) -> MyDatabase {
    let database = MyDatabase::create(engine);
    database.execute(&format!(
        "CREATE TABLE t (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, v int NOT NULL DEFAULT 0, n int NOT NULL DEFAULT 0) \
         ENGINE=InnoDB; \
         INSERT INTO t (v) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) \
         SELECT a.i FROM n a JOIN (SELECT i FROM n WHERE i <= {}) b; ANALYZE TABLE t",
        ROWS / 1000
    ));
    database
}

fn columns() -> Columns {
    Columns { table: "t".to_owned(), key: "id".to_owned(), value: "v".to_owned() }
}

/// Rows that were there from the start have been met once; later ones, which have higher numbers, at most once.
fn look(database: &MyDatabase, writer: MyWriter, what: &str) {
    let ledger = writer.finish().unwrap_or_else(|reason| panic!("{what}: {reason}"));
    assert!(ledger.acknowledged > 0 && ledger.refused.is_empty(), "{what}: {:?}", ledger.refused.first());
    assert_eq!(ledger.compare(&database.query("SELECT id, v FROM t")), None, "{what}");
    let last: u64 = cell(&database.url, "SELECT MAX(id) FROM t WHERE n = 1").parse().expect("a number");
    assert!(last > u64::from(ROWS) / 2, "{what}: {last}");
    let wrong = format!("SELECT COUNT(*) FROM t WHERE n > 1 OR (n = 0 AND id <= (SELECT MAX(first) FROM {FIRST}))");
    assert_eq!(cell(&database.url, &wrong), "0", "{what}: met twice, or never");
}

/// The last number that was there at the start.
const FIRST: &str = "(SELECT MAX(id) AS first FROM was) f";

/// Keeps the numbers that are there now: a batched INSERT may leave gaps.
fn remember(database: &MyDatabase) {
    database.execute("CREATE TABLE was (id int PRIMARY KEY); INSERT INTO was SELECT MAX(id) FROM t");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_rows_are_changed_in_batches_beside_a_writer() {
    for engine in engines() {
        let database = database(engine);
        remember(&database);
        let plans = plan(&database.url, UP).await.unwrap_or_else(|e| panic!("{engine}: {e:?}"));
        assert_eq!((plans[0].method.as_str(), &plans[0].blocking), ("batched", &None), "{engine}");
        let writer = MyWriter::start(&database.url, &columns(), 3);
        let trap = Trap::harmless();
        verb(&database.url, "apply", UP, &trap).await.unwrap_or_else(|e| panic!("{engine}: {e:?}"));
        assert!(trap.spots().iter().any(|(_, point)| point == "batch-committed"), "{engine}: {:?}", trap.spots());
        look(&database, writer, engine);
        assert_eq!(leftovers(&database.url).await, [""; 0], "{engine}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_anywhere_it_goes_on_and_meets_no_row_twice() {
    for engine in engines() {
        let course = database(engine);
        let trap = Trap::harmless();
        verb(&course.url, "apply", UP, &trap).await.expect("applied");
        for (seed, spot) in trap.spots().iter().enumerate() {
            let what = format!("{engine}, killed at {spot:?}");
            let database = database(engine);
            remember(&database);
            let writer = MyWriter::start(&database.url, &columns(), seed as u64);
            let order = Order { url: &database.url, verb: "apply", up: UP, dies_at: spot };
            assert!(!order.start().wait().expect("it ran").success(), "{what}: it did not die");
            for step in ["resume", "apply"] {
                verb(&database.url, step, UP, &Silent).await.unwrap_or_else(|e| panic!("{what}: {step}: {e:?}"));
            }
            look(&database, writer, &what);
        }
    }
}

/// Cuts every connection of a database each so many points.
struct Cutter {
    url: String,
    name: String,
    every: u32,
    seen: AtomicU32,
}

impl Progress for Cutter {
    fn stage(&self, _what: &str, _total: Option<u64>) {}

    fn step(&self, _done: u64) {}

    fn note(&self, _what: &str) {}

    fn point(&self, name: &str) {
        if name.starts_with("batch") && self.seen.fetch_add(1, Ordering::Relaxed) % self.every == self.every - 1 {
            crate::crash::cut(&self.url, &self.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_cut_again_and_again_leave_each_row_met_once() {
    for engine in engines() {
        let database = database(engine);
        let (url, name) = (database.url.clone(), database.name.clone());
        // At a batch that is not committed and at one that is, in turns.
        let cutter = Cutter { url: url.clone(), name, every: 75, seen: AtomicU32::new(0) };
        verb(&url, "apply", UP, &cutter).await.unwrap_or_else(|e| panic!("{engine}: {e:?}"));
        assert!(cutter.seen.load(Ordering::Relaxed) > 300, "{engine}: it was cut a few times");
        let counted = "SELECT CONCAT(COUNT(*), ' ', MIN(n), ' ', MAX(n)) FROM t";
        assert_eq!(cell(&url, counted), format!("{ROWS} 1 1"), "{engine}: met twice, or never");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_rows_are_deleted_in_batches() {
    for engine in engines() {
        let database = database(engine);
        let up = "DELETE FROM t WHERE t.v % 2 = 0";
        let plans = plan(&database.url, up).await.unwrap_or_else(|e| panic!("{engine}: {e:?}"));
        assert_eq!(plans[0].method, "batched", "{engine}: {plans:?}");
        verb(&database.url, "apply", up, &Silent).await.unwrap_or_else(|e| panic!("{engine}: {e:?}"));
        assert_eq!(
            cell(&database.url, "SELECT CONCAT(COUNT(*), ' ', SUM(v % 2 = 0)) FROM t"),
            format!("{} 0", ROWS / 2)
        );
        let failure = verb(&database.url, "undo", up, &Silent).await.expect_err("rows are gone");
        assert_eq!(failure.code, "migrate.irreversible", "{engine}: {failure:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_t_be_cut_into_ranges_blocks_and_says_why() {
    for engine in engines() {
        let database = database(engine);
        database.execute(
            "CREATE TABLE other (id int PRIMARY KEY, v int NOT NULL); INSERT INTO other SELECT id, v FROM t; ANALYZE TABLE other; \
             CREATE TABLE keyless AS SELECT v, n FROM t; ANALYZE TABLE keyless",
        );
        for (up, word) in [
            ("UPDATE t JOIN other ON other.id = t.id SET t.v = other.v", "several tables"),
            ("UPDATE t SET id = id + 1000000", "met twice"),
            ("UPDATE t SET v = @n := v", "variable"),
            ("UPDATE keyless SET v = 3", "no primary or unique key"),
        ] {
            let plans = plan(&database.url, up).await.unwrap_or_else(|e| panic!("{engine}: {up}: {e:?}"));
            let why = plans[0].blocking.as_ref().map(|blocking| blocking.reason.clone()).unwrap_or_default();
            assert!(why.contains(word), "{engine}: {up}: {plans:?}");
        }
        // One row, found by an index, is one statement.
        let plans = plan(&database.url, "UPDATE t SET v = 3 WHERE id = 17").await.expect("planned");
        assert_eq!((plans[0].method.as_str(), &plans[0].blocking), ("as-is", &None), "{engine}");
        let mut session = open(&database.url).await.expect("open");
        let up = "UPDATE keyless SET v = 3";
        let failure = run::apply(session.as_mut(), &[migration("1", up, None)], &options(), &Silent).await;
        assert_eq!(failure.expect_err("it blocks").code, "migrate.blocking", "{engine}");
        let options = Options { allow_blocking: true, ..options() };
        run::apply(session.as_mut(), &[migration("1", up, None)], &options, &Silent).await.expect("allowed");
        assert_eq!(cell(&database.url, "SELECT COUNT(DISTINCT v) FROM keyless"), "1", "{engine}");
    }
}
