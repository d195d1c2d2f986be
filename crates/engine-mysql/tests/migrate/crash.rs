//! dbwright killed at every place of a change: resumed or undone, the schema is one or the other, and nothing is left.

use dbwright_core::progress::Silent;
use dbwright_testkit::MyDatabase;

use crate::child::Order;
use crate::common::{engines, leftovers, schema, verb};
use crate::trap::Trap;

const TABLE: &str =
    "CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b varchar(20)); INSERT INTO t VALUES (1, 2, 'x')";

const UP: &str = "ALTER TABLE t ADD c int NOT NULL DEFAULT 7;
CREATE UNIQUE INDEX t_c ON t (c, id);
UPDATE t SET b = CONCAT(b, '!');
RENAME TABLE t TO u;";

#[tokio::test(flavor = "multi_thread")]
async fn killed_anywhere_it_can_be_resumed_or_undone() {
    for engine in engines() {
        let course = MyDatabase::create(engine);
        course.execute(TABLE);
        let (before, trap) = (schema(&course.url), Trap::harmless());
        verb(&course.url, "apply", UP, &trap).await.expect("applied");
        let after = schema(&course.url);
        let spots = trap.spots();
        assert!(spots.len() > 15, "{spots:?}");
        for (at, spot) in spots.iter().enumerate() {
            let what = format!("{engine}, killed at {spot:?}");
            let database = MyDatabase::create(engine);
            database.execute(TABLE);
            let order = Order { url: &database.url, verb: "apply", up: UP, dies_at: spot };
            assert!(!order.start().wait().expect("it ran").success(), "{what}: it did not die");
            if at % 2 == 0 {
                for step in ["resume", "apply"] {
                    verb(&database.url, step, UP, &Silent).await.unwrap_or_else(|e| panic!("{what}: {step}: {e:?}"));
                }
                assert_eq!(schema(&database.url), after, "{what}");
                assert_eq!(database.query("SELECT b FROM u"), [["x!"]], "{what}: once");
            } else {
                undone(&database, &before, &what).await;
            }
            assert_eq!(leftovers(&database.url).await, [""; 0], "{what}");
        }
    }
}

/// Goes back as far as there is a way: what the UPDATE did is not kept.
async fn undone(database: &MyDatabase, before: &str, what: &str) {
    let mut session = crate::common::open(&database.url).await.expect("open");
    let options = dbwright_migrate::run::Options { leave_irreversible: true, ..crate::common::options() };
    let migrations = [crate::common::migration("1", UP, None)];
    match dbwright_migrate::run::undo(session.as_mut(), &migrations, &options, &Silent).await {
        Ok(_) => {}
        Err(failure) => assert_eq!(failure.code, "migrate.nothing-to-undo", "{what}: {failure:?}"),
    }
    assert_eq!(schema(&database.url), before, "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_cut_anywhere_is_made_again() {
    for engine in engines() {
        let course = MyDatabase::create(engine);
        course.execute(TABLE);
        let trap = Trap::harmless();
        verb(&course.url, "apply", UP, &trap).await.expect("applied");
        let after = schema(&course.url);
        for spot in trap.spots() {
            let what = format!("{engine}, cut at {spot:?}");
            let database = MyDatabase::create(engine);
            database.execute(TABLE);
            let (url, name) = (database.url.clone(), database.name.clone());
            let trap = Trap::at(&spot, move || cut(&url, &name));
            verb(&database.url, "apply", UP, &trap).await.unwrap_or_else(|e| panic!("{what}: {e:?}"));
            assert!(trap.sprung(), "{what}");
            assert_eq!(schema(&database.url), after, "{what}");
            assert_eq!(database.query("SELECT b FROM u"), [["x!"]], "{what}: once");
        }
    }
}

/// Ends every connection to a database.
pub(crate) fn cut(url: &str, name: &str) {
    let session = dbwright_testkit::my::sql::Session::open(url).expect("open");
    let query = format!("SELECT id FROM information_schema.processlist WHERE db = '{name}' AND id <> CONNECTION_ID()");
    for id in session.query(&query).expect("listed").into_iter().flatten() {
        let _ = session.query(&format!("KILL {id}"));
    }
}
