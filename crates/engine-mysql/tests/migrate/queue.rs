//! A change that waits for a lock never holds up others for long.

use std::time::{Duration, Instant};

use dbwright_core::progress::Silent;
use dbwright_testkit::MyDatabase;

use crate::common::{engines, verb};
use crate::trap::Trap;

const TABLE: &str = "CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL); INSERT INTO t VALUES (1, 2)";

#[tokio::test(flavor = "multi_thread")]
async fn a_change_gives_way_to_those_behind_it() {
    for engine in engines() {
        let database = MyDatabase::create(engine);
        database.execute(TABLE);
        let holder = database.session();
        holder.execute("START TRANSACTION; SELECT * FROM t");
        let url = database.url.clone();
        let change = tokio::spawn(async move {
            let trap = Trap::harmless();
            let done = verb(&url, "apply", "ALTER TABLE t ADD b int", &trap).await;
            (done, trap.notes())
        });
        // Readers come by all the time, and the lock is held all the time: none of them waits for it to be given up.
        let (began, mut longest, mut read) = (Instant::now(), Duration::ZERO, 0);
        let reader = database.session();
        while began.elapsed() < Duration::from_secs(4) {
            let asked = Instant::now();
            reader.execute("SELECT a FROM t WHERE id = 1");
            (longest, read) = (longest.max(asked.elapsed()), read + 1);
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(!change.is_finished(), "{engine}: it waits for the lock");
        assert!(read > 20, "{engine}: {read} reads, the longest took {longest:?}");
        assert!(longest < Duration::from_secs(3), "{engine}: a reader waited {longest:?} behind the change");
        holder.execute("COMMIT");
        let (done, notes) = change.await.expect("it ended");
        done.unwrap_or_else(|e| panic!("{engine}: {e:?}"));
        let holder = format!("session {}", holder.id);
        assert!(notes.iter().any(|note| note.contains(&holder)), "{engine}: {holder} is named in {notes:?}");
        assert_eq!(database.query("SELECT b IS NULL FROM t"), [["1"]], "{engine}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_waits_for_the_first_or_says_who_it_is() {
    for engine in engines() {
        let database = MyDatabase::create(engine);
        database.execute(TABLE);
        let mut first = crate::common::open(&database.url).await.expect("open");
        first.lock(Duration::ZERO, &Silent).await.expect("free");
        let mut second = crate::common::open(&database.url).await.expect("open");
        let failure = second.lock(Duration::from_millis(300), &Silent).await.expect_err("held");
        assert_eq!(failure.code, "migrate.locked", "{engine}");
        assert!(failure.message.contains("session "), "{failure:?}");
        drop(first);
        second.lock(Duration::from_mins(1), &Silent).await.expect("free again");
    }
}

/// A query that fills a table locks all rows that it reads, unless somebody sees to it.
#[tokio::test(flavor = "multi_thread")]
async fn rows_that_a_table_is_filled_from_can_be_written_meanwhile() {
    const SLOW: &str = "SELECT id, a, SLEEP(0.02) AS waited FROM t";
    for engine in engines() {
        for up in [format!("CREATE TABLE copy AS {SLOW}"), format!("INSERT INTO kept {SLOW}")] {
            let database = MyDatabase::create(engine);
            database.execute(
                "CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL); CREATE TABLE kept (id int, a int, waited int); INSERT INTO t \
                 WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150) SELECT i, i FROM n",
            );
            let (url, text) = (database.url.clone(), up.clone());
            let change = tokio::spawn(async move { verb(&url, "apply", &text, &Silent).await });
            let runs = "SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE '% SLEEP(0.02) %' \
                AND info NOT LIKE '%processlist%' AND command = 'Query' AND time >= 1";
            let began = Instant::now();
            while database.query(runs) != [["1"]] && !change.is_finished() && began.elapsed() < Duration::from_mins(1) {
                std::thread::sleep(Duration::from_millis(20));
            }
            assert!(!change.is_finished(), "{engine}: {up}: it is over too soon to be looked at");
            // Row 1 was read a second ago.
            assert_eq!(database.query("SELECT id FROM t WHERE id = 1 FOR UPDATE NOWAIT"), [["1"]], "{engine}: {up}");
            change.await.expect("it ended").unwrap_or_else(|e| panic!("{engine}: {up}: {e:?}"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_deleted_by_a_join_are_those_of_the_table_behind_its_alias() {
    for engine in engines() {
        let database = MyDatabase::create(engine);
        database.execute(TABLE);
        database.execute("CREATE TABLE gone (id int PRIMARY KEY); INSERT INTO gone VALUES (1)");
        let up = "DELETE x FROM t AS x JOIN gone g ON g.id = x.id";
        let plans = crate::common::plan(&database.url, up).await.unwrap_or_else(|e| panic!("{engine}: {e:?}"));
        let reason = plans[0].steps[0].back.lost().expect("rows are gone").clone();
        assert!(reason.contains(".t "), "{engine}: {reason}");
        verb(&database.url, "apply", up, &Silent).await.unwrap_or_else(|e| panic!("{engine}: {e:?}"));
        assert_eq!(database.query("SELECT COUNT(*) FROM t"), [["0"]], "{engine}");
    }
}
