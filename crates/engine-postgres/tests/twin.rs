//! The planner twin plans as its target does, on real servers.

use dbwright_advise::lab::Compared;
use dbwright_core::Snapshot;
use dbwright_core::engine::{Engine as _, ObserveOptions};
use dbwright_core::progress::Silent;
use dbwright_core::target::Address;
use dbwright_engine_postgres::Postgres;
use dbwright_engine_postgres::twin::check::compare;
use dbwright_engine_postgres::twin::{Twin, TwinOptions};
use dbwright_sql::Dialect;
use dbwright_testkit::{Database, majors, postgres_bin};

const SCHEMA: &str = include_str!("twin_schema.sql");
const QUERIES: &str = include_str!("twin_queries.sql");

fn options(major: u32) -> TwinOptions {
    TwinOptions { programs: vec![postgres_bin(major)], ..TwinOptions::default() }
}

fn filled(major: u32) -> Database {
    let database = Database::create(major);
    database.execute(SCHEMA);
    if major >= 14 {
        database.execute("CREATE STATISTICS customer_text ON lower(name), (paid * 2), region FROM customer");
    }
    database.execute("VACUUM ANALYZE");
    database
}

async fn observed(url: &str) -> Snapshot {
    let address = Address::parse(url).expect("a URL");
    Postgres.observe(&address, &ObserveOptions::default(), &Silent).await.expect("a snapshot")
}

/// The snapshot after a journey through a file.
fn through_a_file(snapshot: &Snapshot) -> Snapshot {
    let bytes = snapshot.encode().expect("bytes");
    let (header, body) = dbwright_core::snapshot::decode("file", &bytes).expect("readable");
    Postgres.decode(header, body.get()).expect("our own")
}

async fn plans(twin: &Twin, url: &str) -> Vec<Compared> {
    let workload = dbwright_sql::workload::from_sql(QUERIES, Dialect::Postgres, "queries").expect("statements");
    let address = Address::parse(url).expect("a URL");
    compare(twin, &address, &ObserveOptions::default(), &workload.statements, &Silent).await.expect("plans")
}

/// All that differ, for the message of a failing test.
fn different(plans: &[Compared]) -> Vec<&Compared> {
    plans.iter().filter(|plan| plan.outcome.same() != Some(true)).collect()
}

#[tokio::test]
async fn a_twin_from_a_snapshot_file_plans_everything_alike() {
    for major in majors().expect("numbers") {
        let database = filled(major);
        let snapshot = through_a_file(&observed(&database.url).await);
        let twin = Twin::build(&snapshot, None, &options(major), &Silent).await.expect("a twin");
        assert_eq!(twin.gaps(), [], "{major}");
        assert_eq!(twin.database(), database.name);
        let plans = plans(&twin, &database.url).await;
        assert!(plans.len() > 60, "{major}: {}", plans.len());
        let different = different(&plans);
        assert!(different.is_empty(), "{major}: {} of {} differ: {different:#?}", different.len(), plans.len());
    }
}

/// A role that may read and nothing more; dropped with this value.
struct Reader<'a> {
    database: &'a Database,
    name: String,
    url: String,
}

impl<'a> Reader<'a> {
    fn of(database: &'a Database) -> Self {
        let name = format!("{}_reader", database.name);
        database.execute(&format!("CREATE ROLE {name} LOGIN; GRANT pg_read_all_data TO {name}"));
        let (_, place) = database.url.split_once('@').expect("it names a role");
        Self { database, url: format!("postgres://{name}@{place}"), name }
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        self.database.execute(&format!("DROP OWNED BY {0}; DROP ROLE {0}", self.name));
    }
}

/// Whether a gap announces that a statement may be planned otherwise for a role that may only read.
fn announced(twin: &Twin, statement: &str) -> bool {
    let gap = |area: &str| twin.gaps().iter().any(|gap| gap.area == area);
    gap("extended-statistics") && (statement.contains("feeling") || statement.contains("code"))
        || gap("range-statistics") && statement.contains("during")
}

#[tokio::test]
async fn a_role_that_may_only_read_is_enough() {
    for major in [15, 17, 18] {
        let database = filled(major);
        let reader = Reader::of(&database);
        let snapshot = observed(&reader.url).await;
        let twin = Twin::build(&snapshot, None, &options(major), &Silent).await.expect("a twin");
        let plans = plans(&twin, &reader.url).await;
        let refused = plans.iter().filter(|plan| plan.outcome.same().is_none()).count();
        assert_eq!(refused, 3, "an INSERT, an UPDATE and a DELETE");
        let judged: Vec<_> = plans.into_iter().filter(|plan| plan.outcome.same().is_some()).collect();
        let different = different(&judged);
        assert!(different.iter().all(|plan| announced(&twin, &plan.statement)), "{major}: {different:#?}");
        assert_eq!(twin.gaps().iter().any(|gap| gap.area == "range-statistics"), major < 17, "{:#?}", twin.gaps());
    }
}

/// Whatever ANALYZE wrote stands in the twin as well, operators, collations and all.
#[tokio::test]
async fn the_twin_has_the_targets_own_rows_of_statistics() {
    const ROWS: &str = "SELECT string_agg(concat_ws(' ', c.relname, a.attname, s.stainherit, s.stanullfrac, s.stawidth, s.stadistinct, s.stakind1, \
        s.stakind2, s.stakind3, s.stakind4, s.stakind5, s.staop1::regoperator, s.staop2::regoperator, s.staop3::regoperator, s.staop4::regoperator, \
        s.staop5::regoperator, s.stacoll1, s.stacoll2, s.stacoll3, s.stacoll4, s.stacoll5, s.stanumbers1, s.stanumbers2, s.stanumbers3, s.stanumbers4, \
        s.stanumbers5, s.stavalues1, s.stavalues2, s.stavalues3, s.stavalues4, s.stavalues5), E'\\n' ORDER BY c.relname, a.attname, s.stainherit) \
        FROM pg_statistic s JOIN pg_class c ON c.oid = s.starelid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = s.staattnum \
        WHERE c.relnamespace = 'public'::regnamespace";
    let database = filled(17);
    let twin = Twin::build(&observed(&database.url).await, None, &options(17), &Silent).await.expect("a twin");
    let (target, own) = (rows(&database.url, ROWS).await, rows(&twin.url(), ROWS).await);
    assert!(target.lines().count() > 60, "{target}");
    for (left, right) in target.lines().zip(own.lines()) {
        assert_eq!(left, right);
    }
    assert_eq!(target.lines().count(), own.lines().count());
}

async fn rows(url: &str, sql: &str) -> String {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.expect("a connection");
    let task = tokio::spawn(connection);
    let row = client.query_one(sql, &[]).await.expect("a row");
    task.abort();
    row.get(0)
}

#[tokio::test]
async fn an_index_that_is_made_in_the_twin_is_grown_while_it_runs() {
    let database = Database::create(18);
    database.execute("CREATE TABLE t (a int, b int) WITH (autovacuum_enabled = off); INSERT INTO t SELECT i, i % 1000 FROM generate_series(1, 200000) i");
    database.execute("VACUUM ANALYZE t");
    let twin = Twin::build(&observed(&database.url).await, None, &options(18), &Silent).await.expect("a twin");
    database.execute("CREATE INDEX i ON t (b)");
    database.execute("CHECKPOINT");
    let file = "SELECT c.oid || ' ' || pg_relation_filepath(c.oid) || ' ' || c.relpages || ' ' || c.reltuples FROM pg_class c WHERE c.relname = ";
    let table = rows(&twin.url(), &format!("{file}'t'")).await;
    let parts: Vec<&str> = table.split(' ').collect();
    let (before, behind) = twin.aside(parts[0].parse().expect("an oid"), parts[1]).expect("an empty file");
    let (client, connection) = tokio_postgres::connect(&twin.url(), tokio_postgres::NoTls).await.expect("a connection");
    let task = tokio::spawn(connection);
    client.batch_execute(&format!("BEGIN; {before}; CREATE INDEX i ON t (b); {behind}")).await.expect("an index");
    let path: String = client.query_one("SELECT pg_relation_filepath('i')", &[]).await.expect("a path").get(0);
    let real = rows(&database.url, &format!("{file}'i'")).await;
    let pages: u64 = real.split(' ').nth(2).and_then(|pages| pages.parse().ok()).expect("pages");
    twin.make_btree(&twin.path_of(&path), pages, 1).expect("a tree");
    client
        .batch_execute(&format!(
            "UPDATE pg_class SET relpages = {pages}, reltuples = 200000 WHERE relname = 'i'; COMMIT"
        ))
        .await
        .expect("figures");
    task.abort();
    assert_eq!(rows(&twin.url(), &format!("{file}'t'")).await, table, "file and figures of the table are as before");
    let workload = dbwright_sql::workload::from_sql(
        "SELECT * FROM t WHERE b = 7; SELECT * FROM t WHERE b BETWEEN 3 AND 4 ORDER BY b",
        Dialect::Postgres,
        "two",
    );
    let statements = workload.expect("statements").statements;
    let address = Address::parse(&database.url).expect("a URL");
    let plans = compare(&twin, &address, &ObserveOptions::default(), &statements, &Silent).await.expect("plans");
    assert!(different(&plans).is_empty(), "{plans:#?}");
}
