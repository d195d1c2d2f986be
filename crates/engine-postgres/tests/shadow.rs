//! Shadow tables end to end: a running writer, every kind of object, and the catalog of the plain statement beside it.

#[path = "shadow/catalog.rs"]
mod catalog;
#[path = "shadow/kinds.rs"]
mod kinds;
#[path = "shadow/locks.rs"]
mod locks;
#[path = "shadow/older.rs"]
mod older;
#[path = "shadow/parts.rs"]
mod parts;
#[path = "shadow/refused.rs"]
mod refused;
#[path = "shadow/shop.rs"]
mod shop;
#[path = "shadow/writers.rs"]
mod writers;

use dbwright_core::Failure;
use dbwright_core::progress::Silent;
use dbwright_core::target::Address;
use dbwright_engine_postgres::Postgres;
use dbwright_migrate::migration::Migration;
use dbwright_migrate::port::OpenOptions;
use dbwright_migrate::run::{self, Options};
use dbwright_migrate::{OnlineDdl as _, Session};
use dbwright_testkit::{Database, majors};
use tokio_postgres::{Client, NoTls};
use writers::{Rows, TABLE, Writers};

const WIDEN: &str = "ALTER TABLE \"Sh\"\"op\".\"Ord 🦀ers\" ALTER COLUMN id TYPE bigint";

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("the test server answers");
    tokio::spawn(connection);
    client
}

async fn session(url: &str) -> Box<dyn Session> {
    let address = Address::parse(url).expect("an address");
    Postgres.open(&address, &OpenOptions::default(), &Silent).await.unwrap_or_else(|f| panic!("{f:?}"))
}

fn migration(sql: &str) -> Migration {
    Migration {
        version: "1".to_owned(),
        name: "change".to_owned(),
        file: "1_change.sql".to_owned(),
        checksum: "0".to_owned(),
        up: Postgres.read("1_change.sql", sql).expect("it is read"),
        down: None,
        repeatable: false,
    }
}

fn options() -> Options {
    Options::default()
}

async fn apply(database: &Database, sql: &str) -> Result<(), Failure> {
    apply_at(&database.url, sql).await
}

async fn apply_at(url: &str, sql: &str) -> Result<(), Failure> {
    run::apply(session(url).await.as_mut(), &[migration(sql)], &options(), &Silent).await.map(|_| ())
}

async fn undo(database: &Database, sql: &str) -> Result<(), Failure> {
    undo_at(&database.url, sql).await
}

async fn undo_at(url: &str, sql: &str) -> Result<(), Failure> {
    run::undo(session(url).await.as_mut(), &[migration(sql)], &options(), &Silent).await.map(|_| ())
}

async fn contract(database: &Database, sql: &str) {
    let done = run::contract(session(&database.url).await.as_mut(), &[migration(sql)], &options(), &Silent).await;
    done.unwrap_or_else(|f| panic!("{f:?}"));
}

fn well<T>(result: Result<T, Failure>) -> T {
    result.unwrap_or_else(|f| panic!("{f:?}"))
}

async fn rows(database: &Database, sql: &str) -> Vec<Vec<String>> {
    let client = connect(&database.url).await;
    let rows = client.query(sql, &[]).await.unwrap_or_else(|e| panic!("{e:?}\n{sql}"));
    rows.iter().map(|row| (0..row.len()).map(|at| row.get::<_, String>(at)).collect()).collect()
}

async fn text(database: &Database, sql: &str) -> String {
    rows(database, sql).await.concat().concat()
}

/// The shop with all that hangs on it.
fn shop(major: u32) -> Database {
    let database = Database::create(major);
    database.execute(shop::ROLES);
    database.execute(shop::BASE);
    database.execute(shop::BOUND);
    database
}

/// What the writers were told must be what is there.
async fn written(database: &Database, expected: &Rows) {
    let sql = format!("SELECT id::text, mark FROM {TABLE} WHERE id >= 10000 ORDER BY 1");
    let found: Rows =
        rows(database, &sql).await.into_iter().map(|r| (r[0].parse().expect("a number"), r[1].clone())).collect();
    let wrong = |a: &Rows, b: &Rows| -> Vec<String> {
        a.iter().filter(|(id, mark)| b.get(id) != Some(mark)).map(|(id, mark)| format!("{id} {mark}")).collect()
    };
    assert_eq!(wrong(expected, &found), Vec::<String>::new(), "acknowledged, and not there");
    assert_eq!(wrong(&found, expected), Vec::<String>::new(), "there, and never acknowledged");
    let count = format!("SELECT count(*)::text FROM {TABLE} WHERE id >= 10000");
    assert_eq!(text(database, &count).await, expected.len().to_string(), "doubled rows");
    assert_eq!(text(database, &format!("SELECT count(*)::text FROM {TABLE} WHERE id < 10000")).await, "3000");
    let lines = "SELECT count(*)::text FROM \"Sh\"\"op\".lines l WHERE NOT EXISTS (SELECT FROM \"Sh\"\"op\".\"Ord 🦀ers\" o WHERE o.id = l.order_id)";
    assert_eq!(text(database, lines).await, "0", "lines without an order");
}

/// The users' trigger has fired once for each write.
async fn fired(database: &Database, expected: &std::collections::BTreeMap<(String, i64, String), u64>) {
    let sql = "SELECT op, id::text, mark, count(*)::text FROM \"Sh\"\"op\".audit WHERE id >= 10000 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3";
    let found = rows(database, sql).await;
    let found: std::collections::BTreeMap<_, u64> = found
        .into_iter()
        .map(|r| ((r[0].clone(), r[1].parse().expect("a number"), r[2].clone()), r[3].parse().expect("a number")))
        .collect();
    let differ: Vec<_> = expected.iter().filter(|(write, times)| found.get(write) != Some(times)).collect();
    assert!(differ.is_empty() && found.len() == expected.len(), "{differ:?}, {} of {}", found.len(), expected.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_everything_hangs_on_is_widened_under_writers() {
    for major in majors().expect("majors") {
        let database = shop(major);
        let twin = Database::create(major);
        twin.execute(shop::BASE);
        twin.execute(WIDEN);
        twin.execute(shop::BOUND);
        let writers = Writers::start(&database.url).await;
        writers.more(300).await;
        let trace = locks::Trace::start(&database.url).await;
        well(apply(&database, WIDEN).await);
        writers.more(300).await;
        contract(&database, WIDEN).await;
        writers.more(100).await;
        println!("{major}: longest locks {:?}", trace.stop().await);
        let (known, fires) = writers.stop().await;
        written(&database, &known).await;
        fired(&database, &fires).await;
        let difference = catalog::difference(&catalog::lines(&twin).await, &catalog::lines(&database).await);
        assert_eq!(difference, Vec::<String>::new(), "PostgreSQL {major}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_after_the_switch_keeps_what_was_written_since() {
    for major in majors().expect("majors") {
        let database = shop(major);
        let before = catalog::lines(&database).await;
        let writers = Writers::start(&database.url).await;
        writers.more(200).await;
        well(apply(&database, WIDEN).await);
        writers.more(500).await;
        well(undo(&database, WIDEN).await);
        writers.more(100).await;
        let (known, fires) = writers.stop().await;
        written(&database, &known).await;
        fired(&database, &fires).await;
        let difference = catalog::difference(&before, &catalog::lines(&database).await);
        assert_eq!(difference, Vec::<String>::new(), "PostgreSQL {major}");
    }
}
