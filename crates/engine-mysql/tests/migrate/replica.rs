//! A change waits for replicas that are behind, which only they know.

use std::time::{Duration, Instant};

use dbwright_migrate::Limits;
use dbwright_migrate::run;
use dbwright_testkit::{MyDatabase, my_server};

use crate::common::{cell, engines, migration, open, options};
use crate::trap::Trap;

async fn waits(engine: &str, report: &[&str]) {
    let source = my_server(engine, &[]);
    let replica = source.replica(report);
    let database = MyDatabase::on(&source.url);
    database.execute(
        "CREATE TABLE t (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, n int NOT NULL DEFAULT 0) ENGINE=InnoDB; \
         INSERT INTO t (n) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) \
         SELECT 0 FROM n a JOIN (SELECT i FROM n WHERE i <= 80) b; ANALYZE TABLE t",
    );
    let of_replica = source.url.replace(&source.port.to_string(), &replica.port.to_string());
    let there = Instant::now();
    let count = format!("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '{}'", database.name);
    while cell(&of_replica, &count) != "1" && there.elapsed() < Duration::from_mins(2) {
        std::thread::sleep(Duration::from_millis(50));
    }
    // It can't apply anything as long as somebody holds the lock.
    let holder = replica.session();
    holder.execute(&format!("LOCK TABLES {}.t READ", database.name));
    database.execute("INSERT INTO t (n) VALUES (0)");
    // The seconds that it tells are whole ones.
    std::thread::sleep(Duration::from_secs(4));
    let url = database.url.clone();
    let work = tokio::spawn(async move {
        let trap = Trap::harmless();
        let limits = Limits { replica_lag: Duration::from_secs(1), ..options().limits };
        let mut session = open(&url).await.expect("open");
        let migrations = [migration("1", "UPDATE t SET n = n + 1", None)];
        let options = run::Options { limits, ..options() };
        let done = run::apply(session.as_mut(), &migrations, &options, &trap).await;
        (done, trap.notes())
    });
    std::thread::sleep(Duration::from_secs(8));
    if work.is_finished() {
        let (done, notes) = work.await.expect("it ended");
        let state = replica.query(if engine == "mysql" { "SHOW REPLICA STATUS" } else { "SHOW ALL REPLICAS STATUS" });
        panic!("{engine}: it did not wait for the replica: {done:?} {notes:?} {state:?}");
    }
    let now = cell(&database.url, "SELECT SUM(n) FROM t");
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(cell(&database.url, "SELECT SUM(n) FROM t"), now, "{engine}: and does nothing meanwhile");
    holder.execute("UNLOCK TABLES");
    let (done, notes) = work.await.expect("it ended");
    done.unwrap_or_else(|e| panic!("{engine}: {e:?}"));
    let place = format!(":{} is ", replica.port);
    let paused = |note: &String| note.contains("paused") && note.contains(&place) && note.contains("limit 1 s");
    assert!(notes.iter().any(paused), "{engine}: {notes:?}");
    assert_eq!(cell(&database.url, "SELECT SUM(n) FROM t"), "80001", "{engine}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_is_behind_is_waited_for() {
    for engine in engines() {
        // Found by the address that it reports, or by the one from which it has connected.
        let report: &[&str] = if engine == "mysql" { &[] } else { &["--report-host=127.0.0.1"] };
        waits(engine, report).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_can_t_be_asked_is_named_and_not_waited_for() {
    for engine in engines() {
        let source = my_server(engine, &[]);
        let replica = source.replica(&["--report-host=nowhere.invalid"]);
        let database = MyDatabase::on(&source.url);
        database.execute("CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 1)");
        let trap = Trap::harmless();
        let mut session = open(&database.url).await.expect("open");
        session.settle(&Limits::default(), &trap).await.unwrap_or_else(|e| panic!("{engine}: {e:?}"));
        let notes = trap.notes();
        let told = |note: &String| note.contains("server_id 2") && note.contains("can't be asked");
        assert!(notes.iter().any(told), "{engine}: {notes:?}");
        drop(replica);
    }
}
