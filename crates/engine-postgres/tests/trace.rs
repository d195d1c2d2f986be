//! The tracer on real servers: it sees locks, who waits, rewrites, log and temporary files.

use std::time::Duration;

use dbwright_engine_postgres::migrate::rehearse::trace::{LockMode, Trace, Tracer, Who, inside, relations};
use dbwright_testkit::{Database, majors, sql};
use tokio_postgres::{Client, NoTls};

const SCHEMA: &str = r#"
    CREATE SCHEMA "odd ""s""";
    CREATE TABLE "odd ""s"""."the Table" (id int PRIMARY KEY, note text);
    INSERT INTO "odd ""s"""."the Table" SELECT n, 'note ' || n FROM generate_series(1, 20000) n"#;
const TABLE: &str = r#"odd "s".the Table"#;
const QUOTED: &str = r#""odd ""s"""."the Table""#;

fn databases() -> Vec<Database> {
    let make = |major| {
        let database = Database::create(major);
        database.execute(SCHEMA);
        database
    };
    majors().expect("majors").into_iter().map(make).collect()
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client
}

async fn pid(client: &Client) -> i32 {
    client.query_one("SELECT pg_backend_pid()", &[]).await.expect("a pid").get(0)
}

#[tokio::test]
async fn a_rewrite_shows_its_lock_its_files_and_its_log() {
    for database in databases() {
        let client = connect(&database.url).await;
        let sql = format!("BEGIN; ALTER TABLE {QUOTED} ALTER id TYPE bigint; SELECT pg_sleep(0.1); COMMIT");
        let work = client.batch_execute(&sql);
        let (done, trace) = Trace::of(&database.url, Who::Pid(pid(&client).await), work).await.expect("a trace");
        done.expect("it is altered");
        let held = trace.strongest(TABLE).unwrap_or_else(|| panic!("{trace:#?}"));
        assert_eq!((held.mode, held.kind, held.was_there), (LockMode::AccessExclusive, 'r', true));
        assert!(held.longest_ms >= 100.0 && held.longest_ms <= trace.ms, "{held:?}");
        let rewritten = vec![(TABLE.to_owned(), 'r'), (format!("{TABLE}_pkey"), 'i')];
        assert_eq!(trace.rewritten, rewritten);
        assert!(trace.wal_bytes > 500_000, "{}", trace.wal_bytes);
        assert_eq!((trace.blocked.most, trace.blocked.longest_ms), (0, 0.0));
    }
}

#[tokio::test]
async fn those_who_wait_are_counted_also_behind_one_another_and_by_application() {
    for database in databases() {
        let name = "SET application_name = 'the change'";
        let (holder, reader, writer) =
            (connect(&database.url).await, connect(&database.url).await, connect(&database.url).await);
        holder.batch_execute(name).await.expect("a name");
        let who = Who::Application("the change".to_owned());
        let tracer = Tracer::start(&database.url, who).await.expect("a tracer");
        holder.batch_execute(&format!("BEGIN; LOCK TABLE {QUOTED} IN SHARE MODE")).await.expect("locked");
        // The writer waits for the lock, and the reader's stronger wish behind the writer.
        let (update, lock) = (
            format!("UPDATE {QUOTED} SET note = '' WHERE id = 1"),
            format!("BEGIN; LOCK TABLE {QUOTED} IN EXCLUSIVE MODE; COMMIT"),
        );
        let first = writer.batch_execute(&update);
        let second = reader.batch_execute(&lock);
        let release = async {
            loop {
                let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND database = \
                               (SELECT oid FROM pg_database WHERE datname = current_database())";
                if sql::query(&database.url, waiting).expect("counted")[0][0] == "2" {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            tokio::time::sleep(Duration::from_millis(150)).await;
            holder.batch_execute("COMMIT").await
        };
        let (first, second, released) = tokio::join!(first, second, release);
        first.and(second).and(released).expect("both went on");
        let trace = tracer.cut().await.expect("a trace");
        assert_eq!(trace.strongest(TABLE).map(|held| held.mode), Some(LockMode::Share));
        assert_eq!(trace.blocked.most, 2, "{trace:#?}");
        assert!(trace.blocked.longest_ms >= 150.0 && trace.blocked.total_ms >= 300.0, "{:?}", trace.blocked);
        assert_eq!(trace.blocked.queue.last().map(|(_, length)| *length), Some(0));
        assert_eq!(trace.waited_ms, 0.0);
        assert_eq!(trace.rewritten, []);
    }
}

#[tokio::test]
async fn each_cut_begins_anew() {
    for database in databases() {
        let client = connect(&database.url).await;
        let tracer = Tracer::start(&database.url, Who::Pid(pid(&client).await)).await.expect("a tracer");
        client.batch_execute(&format!("BEGIN; LOCK TABLE {QUOTED}")).await.expect("locked");
        let first = tracer.cut().await.expect("a trace");
        assert_eq!(first.strongest(TABLE).map(|held| held.mode), Some(LockMode::AccessExclusive));
        let index = format!(r#"CREATE INDEX "new" ON {QUOTED} (note); COMMIT"#);
        client.batch_execute(&index).await.expect("made");
        let second = tracer.cut().await.expect("a trace");
        let held = second.strongest(TABLE).unwrap_or_else(|| panic!("{second:#?}"));
        assert!(held.mode == LockMode::AccessExclusive && held.longest_ms <= second.ms + 0.001, "{second:#?}");
        let third = tracer.cut().await.expect("a trace");
        assert_eq!(third.locks, []);
    }
}

#[tokio::test]
async fn inside_a_transaction_the_list_is_exact() {
    for database in databases() {
        let client = connect(&database.url).await;
        let before = relations(&client).await.expect("relations");
        let sql = format!("BEGIN; CREATE TABLE child (id int REFERENCES {QUOTED})");
        client.batch_execute(&sql).await.expect("made");
        let locks = inside(&client, &before).await.expect("locks");
        let of = |name: &str| locks.iter().find(|lock| lock.relation == name).map(|lock| (lock.mode, lock.made_here));
        assert_eq!(of(TABLE), Some((LockMode::ShareRowExclusive, false)), "{locks:#?}");
        assert_eq!(of("public.child"), Some((LockMode::AccessExclusive, true)), "{locks:#?}");
    }
}
