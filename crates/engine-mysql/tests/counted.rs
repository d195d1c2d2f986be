//! What servers count and log of statements becomes a workload, and the scorecard has figures.

use std::fs::File;
use std::io::BufReader;

use dbwright_check::Checks as _;
use dbwright_core::engine::{Engine as _, ObserveOptions};
use dbwright_core::progress::Silent;
use dbwright_core::rule::Limits;
use dbwright_core::scorecard::Metric;
use dbwright_core::target::Address;
use dbwright_core::{Snapshot, workload::Statement};
use dbwright_engine_mysql::MySql;
use dbwright_engine_mysql::body::Body;
use dbwright_sql::{Dialect, fingerprint};
use dbwright_testkit::{MyDatabase, engines, my_server};

fn observe(url: &str) -> Snapshot {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let address = Address::parse(url).expect("a URL");
    runtime.block_on(MySql.observe(&address, &ObserveOptions::default(), &Silent)).unwrap_or_else(|e| panic!("{e}"))
}

fn metric(snapshot: &Snapshot, name: &str) -> Metric {
    let outcome = MySql.check(snapshot, &Limits::new()).expect("its own");
    outcome.scorecard.into_iter().find(|metric| metric.metric == name).unwrap_or_else(|| panic!("no {name}"))
}

const SHAPE: &str = "SELECT note FROM orders WHERE id IN (1, 2) AND note = 'a'";

fn of_shape(statements: &[Statement]) -> &Statement {
    let name = fingerprint(SHAPE, Dialect::Mysql);
    statements.iter().find(|one| one.fingerprint == name).unwrap_or_else(|| panic!("no such shape in {statements:#?}"))
}

#[test]
fn counted_and_logged_statements_have_the_same_shapes() {
    for engine in engines(&["mysql", "mariadb", "mariadb11"]) {
        let server = my_server(
            engine,
            &["--slow-query-log=ON", "--long-query-time=0", "--log-output=FILE", "--slow-query-log-file=slow.log"],
        );
        let database = MyDatabase::on(&server.url);
        database.execute(
            "CREATE TABLE orders (id int PRIMARY KEY, note varchar(20)); INSERT INTO orders VALUES (1, 'a'), (2, 'b')",
        );
        database.execute(SHAPE);
        database.execute("select note from `orders` where id in (7) and note = 'it''s'");
        let snapshot = observe(&database.url);
        let body: &Body = snapshot.body().expect("a body");
        let counted = body.workload.as_ref().unwrap_or_else(|| panic!("{engine} counts nothing"));
        assert_eq!(of_shape(&counted.statements).calls, 2.0, "{engine}");
        let orders = body.catalog.tables.iter().find(|table| table.name == "orders").expect("the table");
        assert_eq!(orders.writes.map(|writes| writes.inserts), Some(2), "{engine}");
        let path = server.home().join("data/slow.log");
        let file = File::open(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let logged = MySql.log("slow.log", &mut BufReader::new(file)).expect("readable").expect("a slow log");
        let one = of_shape(&logged.statements);
        assert_eq!((one.calls, one.samples.len()), (2.0, 2), "{engine}");
        assert!(one.database.as_ref() == Some(&database.name) || engine == "mysql", "{engine}: {one:?}");
    }
}

#[test]
fn a_replica_knows_its_lag_and_a_source_has_none() {
    for engine in engines(&["mysql", "mariadb", "mariadb11"]) {
        let server = my_server(engine, &[]);
        let replica = server.replica(&[]);
        assert!(metric(&observe(&replica.url), "replication_lag").value.is_some(), "{engine}");
        let source = metric(&observe(&server.url), "replication_lag");
        assert!(source.value.is_none() && source.note.is_some(), "{engine}: {source:?}");
    }
}
