//! Transactions whose snapshot is older than the switch: what they can't see they must not pass by in silence.

use dbwright_testkit::{Database, majors};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::{apply, connect, contract, rows, undo, well};

const CHANGE: &str = "ALTER TABLE t ALTER id TYPE bigint";
const SNAPSHOT: &str = "SELECT count(*) FROM pg_namespace";

/// A transaction that has its snapshot, and has not touched the table.
async fn old(database: &Database, isolation: &str) -> Client {
    let client = connect(&database.url).await;
    client.batch_execute(&format!("BEGIN ISOLATION LEVEL {isolation}; {SNAPSHOT}")).await.expect("a snapshot");
    client
}

async fn refused(client: &Client, sql: &str) {
    let error = client.batch_execute(sql).await.expect_err("it can't see the row");
    assert_eq!(error.code(), Some(&SqlState::T_R_SERIALIZATION_FAILURE), "{sql}: {error:?}");
    client.batch_execute("ROLLBACK").await.expect("rolled back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_older_than_the_switch_is_told_to_try_again() {
    for major in majors().expect("majors") {
        let database = Database::create(major);
        database.execute(
            "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT n, 'old' FROM generate_series(1, 1000) n;
             CREATE TABLE c (t int REFERENCES t ON DELETE CASCADE); INSERT INTO c SELECT id FROM t WHERE id < 100",
        );
        let (first, second) = (old(&database, "REPEATABLE READ").await, old(&database, "SERIALIZABLE").await);
        let plain = old(&database, "READ COMMITTED").await;
        well(apply(&database, CHANGE).await);
        refused(&first, "UPDATE t SET v = 'lost' WHERE id = 7").await;
        refused(&second, "DELETE FROM t WHERE id = 8").await;
        plain.batch_execute("UPDATE t SET v = 'seen' WHERE id = 9; COMMIT").await.expect("it sees what is there");
        // Once more, it goes through.
        let again = "BEGIN ISOLATION LEVEL REPEATABLE READ; UPDATE t SET v = 'seen' WHERE id = 7; COMMIT";
        first.batch_execute(again).await.expect("a new snapshot");
        contract(&database, CHANGE).await;
        let seen = rows(&database, "SELECT id::text FROM t WHERE v = 'seen' ORDER BY id").await.concat();
        assert_eq!(seen, ["7", "9"], "PostgreSQL {major}");
    }
}

/// The way back has the same moment. What waits for its lock has an older snapshot, and is next when the lock goes.
#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_the_way_back_is_told_to_try_again() {
    for major in majors().expect("majors") {
        let database = Database::create(major);
        database.execute(
            "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT n, 'old' FROM generate_series(1, 1000) n;
             CREATE TABLE c (t int REFERENCES t)",
        );
        well(apply(&database, CHANGE).await);
        let (mut tried, mut written) = (0_u64, 0_u64);
        let writer = connect(&database.url).await;
        let url = database.url.clone();
        let run = tokio::spawn(async move { super::undo_at(&url, CHANGE).await });
        while !run.is_finished() {
            tried += 1;
            let id = 10_000 + tried;
            writer.batch_execute(&format!("INSERT INTO t VALUES ({id}, 'new')")).await.expect("inserted");
            let change =
                format!("BEGIN ISOLATION LEVEL REPEATABLE READ; UPDATE t SET v = 'changed' WHERE id = {id}; COMMIT");
            match writer.batch_execute(&change).await {
                Ok(()) => written += 1,
                Err(e) if e.code() == Some(&SqlState::T_R_SERIALIZATION_FAILURE) => {
                    writer.batch_execute("ROLLBACK").await.expect("rolled back");
                }
                Err(e) => panic!("{e:?}"),
            }
        }
        well(run.await.expect("it ends"));
        let there = "SELECT count(*)::text, (count(*) FILTER (WHERE v = 'changed'))::text FROM t WHERE id > 10000";
        let found = rows(&database, there).await.concat();
        assert_eq!(found, [tried.to_string(), written.to_string()], "PostgreSQL {major}");
        well(apply(&database, CHANGE).await);
        well(undo(&database, CHANGE).await);
    }
}
