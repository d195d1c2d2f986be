//! The copy lab: rows arrive whole, indexes are really built, and runs are timed and compared.

use dbwright_advise::index::{Index, ObjectName};
use dbwright_advise::port::{Advises as _, CopyOptions, Measurer, Run};
use dbwright_core::engine::{Engine as _, ObserveOptions};
use dbwright_core::progress::Silent;
use dbwright_core::target::Address;
use dbwright_engine_postgres::Postgres;
use dbwright_testkit::Database;

const SCHEMA: &str = r#"
CREATE SCHEMA "odd ""schema""";
CREATE TYPE "odd ""schema""".colour AS ENUM ('red', 'blue');
CREATE DOMAIN "odd ""schema""".amount AS numeric(10,2) CHECK (VALUE >= 0);
CREATE TABLE "odd ""schema"""."the parent" (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text);
CREATE TABLE "odd ""schema"""."the child" (id bigint PRIMARY KEY, parent int REFERENCES "odd ""schema"""."the parent",
    "x y" int, paint "odd ""schema""".colour, price "odd ""schema""".amount, weight float8,
    twice bigint GENERATED ALWAYS AS (id * 2) STORED);
CREATE TABLE part (id int, day date NOT NULL, note text) PARTITION BY RANGE (day);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM ('2024-01-01') TO ('2024-07-01');
CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM ('2024-07-01') TO ('2025-01-01');
INSERT INTO "odd ""schema"""."the parent" (name) SELECT 'name ' || n FROM generate_series(1, 2000) n;
INSERT INTO "odd ""schema"""."the child"
    SELECT n, n % 2000 + 1, n % 10000, CASE WHEN n % 3 = 0 THEN 'red' ELSE 'blue' END::"odd ""schema""".colour, n % 100, n / 7.0
    FROM generate_series(1, 60000) n;
INSERT INTO part SELECT n, date '2024-01-01' + n % 366, 'note ' || n FROM generate_series(1, 20000) n;
ANALYZE"#;

const CHILD: &str = r#""odd ""schema"""."the child""#;

fn child() -> ObjectName {
    ObjectName { schema: "odd \"schema\"".to_owned(), name: "the child".to_owned() }
}

async fn copy(database: &Database, major: u32, bytes: Option<u64>) -> Box<dyn Measurer> {
    let address = Address::parse(&database.url).expect("an address");
    let programs = vec![dbwright_testkit::postgres_bin(major)];
    let snapshot = Postgres.observe(&address, &ObserveOptions::default(), &Silent).await.expect("a snapshot");
    let options = CopyOptions { programs, bytes, tables: None };
    Postgres.measurer(&snapshot, &address, &options, &Silent).await.expect("a copy")
}

fn run(sql: &str, with: &[usize]) -> Run {
    Run { sql: sql.to_owned(), with: with.to_vec(), without: Vec::new() }
}

#[tokio::test]
async fn rows_arrive_whole_and_an_index_is_measured() {
    for major in [15, 17, 18] {
        let database = Database::create(major);
        database.execute(SCHEMA);
        let copy = copy(&database, major, None).await;
        assert!(copy.place().contains("all 82000 rows of 4 tables"), "{}", copy.place());
        let notes = ObjectName { schema: "public".to_owned(), name: "part".to_owned() };
        let indexes = [Index::btree(child(), ["x y"]), Index::btree(notes, ["id"]), Index::btree(child(), ["nothing"])];
        let built = copy.build(&indexes, &Silent).await.expect("answers");
        assert!(
            built[0].as_ref().is_ok_and(|built| built.bytes > 100_000 && built.scaled_bytes == built.bytes),
            "{built:?}"
        );
        assert!(built[1].as_ref().is_ok_and(|built| built.bytes > 100_000), "of both partitions: {built:?}");
        assert!(built[2].as_ref().is_err_and(|reason| reason.contains("nothing")), "{built:?}");
        let read =
            format!(r#"SELECT id, sum(weight), min(price) FROM {CHILD} WHERE "x y" = 77 GROUP BY id ORDER BY id"#);
        let write = format!(r#"UPDATE {CHILD} SET price = 1 WHERE "x y" = 78"#);
        let partitioned = "SELECT * FROM part WHERE id = 4711";
        let runs: Vec<Run> =
            [read.as_str(), &write, partitioned].iter().flat_map(|sql| [run(sql, &[]), run(sql, &[0, 1])]).collect();
        let timings = copy.run(&runs, 3, 60_000.0, &Silent).await.expect("answers");
        for (pair, used) in timings.chunks(2).zip([0, 0, 1]) {
            let [Ok(before), Ok(after)] = pair else { panic!("{pair:?}") };
            assert_eq!((before.ms.len(), after.ms.len()), (3, 3));
            assert!(before.used.is_empty() && after.used == [used], "{before:?} {after:?}");
            let (one, other) = (before.result.expect("rows"), after.result.expect("rows"));
            assert!(one.same(&other) && one.rows > 0, "{one:?} {other:?}");
        }
        let shapes = copy.plans(&runs).await.expect("answers");
        let [Ok(before), Ok(after)] = &shapes[..2] else { panic!("{shapes:?}") };
        assert!(before.hash != after.hash && after.cost < before.cost && after.used == [0], "{shapes:?}");
        let untouched = run(&format!("SELECT count(*) FROM {CHILD} WHERE price = 1 AND \"x y\" = 78"), &[]);
        let counted = copy.run(std::slice::from_ref(&untouched), 1, 60_000.0, &Silent).await.expect("answers");
        let again = copy.run(std::slice::from_ref(&untouched), 1, 60_000.0, &Silent).await.expect("answers");
        let result = |timings: &[Result<dbwright_advise::port::Timing, String>]| {
            timings[0].as_ref().ok().and_then(|one| one.result)
        };
        assert_eq!(result(&counted), result(&again), "writes are undone");
    }
}

#[tokio::test]
async fn hidden_and_cut_runs_say_so() {
    let database = Database::create(17);
    database.execute(SCHEMA);
    let copy = copy(&database, 17, None).await;
    let key = format!("SELECT * FROM {CHILD} WHERE id = 5");
    let hidden = Run { without: vec![(child(), "the child_pkey".to_owned())], ..run(&key, &[]) };
    let shapes = copy.plans(&[run(&key, &[]), hidden]).await.expect("answers");
    let [Ok(before), Ok(after)] = shapes.as_slice() else { panic!("{shapes:?}") };
    assert!(after.cost > 10.0 * before.cost, "{shapes:?}");
    let runs = [run("SELECT pg_sleep(30)", &[]), run("SELECT nonsense", &[]), run("SELECT random()", &[])];
    let timings = copy.run(&runs, 2, 50.0, &Silent).await.expect("answers");
    assert!(timings[0].as_ref().is_ok_and(|one| one.cut && one.ms == [one.ms[0]] && one.ms[0] >= 50.0), "{timings:?}");
    assert!(timings[1].as_ref().is_err_and(|reason| reason.contains("nonsense")), "{timings:?}");
    assert!(timings[2].as_ref().is_ok_and(|one| one.result.is_none()), "results that differ are none: {timings:?}");
}

#[tokio::test]
async fn writes_are_slower_with_indexes() {
    let database = Database::create(17);
    database.execute(SCHEMA);
    let copy = copy(&database, 17, None).await;
    let columns = ["x y", "paint", "price", "weight", "twice", "parent"];
    let indexes: Vec<Index> = columns.iter().map(|column| Index::btree(child(), [*column])).collect();
    let built = copy.build(&indexes, &Silent).await.expect("answers");
    assert!(built.iter().all(Result::is_ok), "{built:?}");
    let bare = copy.writes(&child(), &[], &Silent).await.expect("rates");
    let indexed = copy.writes(&child(), &[0, 1, 2, 3, 4, 5], &Silent).await.expect("rates");
    assert!(indexed.inserts < bare.inserts && indexed.updates < bare.updates, "{bare:?} {indexed:?}");
    let read = run(&format!("SELECT count(*), sum(price) FROM {CHILD}"), &[]);
    let rows = copy.run(&[read], 1, 60_000.0, &Silent).await.expect("answers");
    assert!(rows[0].is_ok(), "{rows:?}");
}

#[tokio::test]
async fn a_sample_keeps_foreign_keys_whole() {
    let database = Database::create(17);
    database.execute(
        "CREATE TABLE maker (id int PRIMARY KEY, name text);
         CREATE TABLE head (id int PRIMARY KEY, above int REFERENCES head, note text);
         CREATE TABLE line (head bigint REFERENCES head, n int, maker int REFERENCES maker, note text, PRIMARY KEY (head, n));
         INSERT INTO maker SELECT n, repeat('x', 100) FROM generate_series(1, 20000) n;
         INSERT INTO head SELECT n, nullif(n / 2, 0), repeat('y', 100) FROM generate_series(1, 20000) n;
         INSERT INTO line SELECT n / 3 + 1, n % 3, n % 20000 + 1, repeat('z', 100) FROM generate_series(3, 59999) n;
         ANALYZE",
    );
    let copy = copy(&database, 17, Some(3 << 20)).await;
    assert!(copy.place().contains("a sample of"), "{}", copy.place());
    let counts = "SELECT (SELECT count(*) FROM line), (SELECT count(*) FROM head), (SELECT count(*) FROM line l JOIN head h ON h.id = l.head JOIN maker m ON m.id = l.maker)";
    let whole = "SELECT 1 FROM pg_constraint WHERE contype = 'f' AND convalidated";
    let lost = "SELECT 1 FROM line l LEFT JOIN head h ON h.id = l.head LEFT JOIN maker m ON m.id = l.maker WHERE h.id IS NULL OR m.id IS NULL";
    let some = "SELECT 1 FROM line";
    let siblings = "SELECT 1 FROM line l JOIN line o ON o.head = l.head AND o.n <> l.n";
    let runs: Vec<Run> = [counts, whole, lost, some, siblings].iter().map(|sql| run(sql, &[])).collect();
    let timings = copy.run(&runs, 1, 60_000.0, &Silent).await.expect("answers");
    let rows: Vec<u64> =
        timings.iter().map(|one| one.as_ref().ok().and_then(|one| one.result).expect("rows").rows).collect();
    assert_eq!(rows[1], 3, "all foreign keys stand");
    assert_eq!(rows[2], 0, "nothing refers to what is not there");
    assert!((3_000..40_000).contains(&rows[3]), "{rows:?}");
    assert!(rows[4] * 10 > rows[3] * 19, "the lines of a head stay together: {rows:?}");
    let line = ObjectName { schema: "public".to_owned(), name: "line".to_owned() };
    let built = copy.build(&[Index::btree(line, ["maker"])], &Silent).await.expect("answers");
    assert!(built[0].as_ref().is_ok_and(|one| one.scaled_bytes > one.bytes * 3 / 2), "{built:?}");
}
