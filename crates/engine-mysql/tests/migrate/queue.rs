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
