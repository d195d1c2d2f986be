//! The whole way from statements to an advice, on a real server with data whose best indexes are known.

use dbwright_advise::port::{Advises as _, WhatIfOptions};
use dbwright_advise::run::{self, Advised, Options, Subject};
use dbwright_core::engine::{Engine as _, ObserveOptions};
use dbwright_core::progress::Silent;
use dbwright_core::report::ReportTarget;
use dbwright_core::target::Address;
use dbwright_core::workload::{Statement, Workload};
use dbwright_engine_postgres::Postgres;
use dbwright_testkit::Database;

const SCHEMA: &str = "
    CREATE TABLE orders (id int PRIMARY KEY, customer int, day date, note text);
    INSERT INTO orders SELECT n, n % 4000, date '2020-01-01' + n % 1000, repeat('x', 80) FROM generate_series(1, 40000) n;
    CREATE TABLE lines (id int PRIMARY KEY, part int, amount int, note text);
    INSERT INTO lines SELECT n, (n::bigint * 7919 % 9000)::int, n % 10, repeat('y', 80) FROM generate_series(1, 60000) n;
    ANALYZE";

const QUERIES: [&str; 3] = [
    "SELECT note FROM orders WHERE customer = 77",
    "SELECT note FROM lines WHERE part = 5",
    "SELECT count(*) FROM orders WHERE note IS NULL AND id < 0",
];

async fn advise(database: &Database, options: &Options) -> Advised {
    let address = Address::parse(&database.url).expect("an address");
    let snapshot = Postgres.observe(&address, &ObserveOptions::default(), &Silent).await.expect("a snapshot");
    let observe = ObserveOptions { programs: vec![dbwright_testkit::postgres_bin(17)], ..ObserveOptions::default() };
    let place = WhatIfOptions { observe, ..WhatIfOptions::default() };
    let place = Postgres.what_if(&snapshot, Some(&address), &place, &Silent).await;
    let place = place.unwrap_or_else(|failure| panic!("{failure:?}"));
    let statement = |text: &&str| Statement {
        text: (*text).to_owned(),
        fingerprint: (*text).to_owned(),
        calls: 1.0,
        ..Statement::default()
    };
    let workload = Workload {
        source: "a list".to_owned(),
        statements: QUERIES.iter().map(statement).collect(),
        ..Workload::default()
    };
    let target = ReportTarget { engine: "postgres".to_owned(), version: "17".to_owned(), name: "shop".to_owned() };
    run::advise(place.as_ref(), Subject { target, workload }, options, &Silent).await.expect("an advice")
}

#[tokio::test]
async fn the_known_best_indexes_are_found_and_a_budget_is_kept() {
    let database = Database::create(17);
    database.execute(SCHEMA);
    let whole = advise(&database, &Options::default()).await.advice;
    let tables: Vec<_> = whole.create.iter().map(|c| c.table.as_str()).collect();
    assert_eq!(tables.len(), 2, "{:?}", whole.create);
    assert!(tables.contains(&"public.orders") && tables.contains(&"public.lines"), "{tables:?}");
    assert!(whole.cost_after < whole.cost_before / 10.0, "{} of {}", whole.cost_after, whole.cost_before);
    assert!(whole.optimality_gap < 0.01, "{}", whole.optimality_gap);
    assert!(whole.planner_calls < 60, "{}", whole.planner_calls);
    assert!(whole.create.iter().all(|c| c.gain > 0.0 && c.helps.len() == 1), "{:?}", whole.create);

    let small = whole.create.iter().map(|c| c.bytes).min().expect("two indexes");
    let one = advise(&database, &Options { bytes: Some(small + 1), ..Options::default() }).await.advice;
    assert_eq!(one.create.len(), 1);
    assert!(one.create[0].bytes <= small + 1 && one.cost_after > whole.cost_after);

    let none = advise(&database, &Options { bytes: Some(0), ..Options::default() }).await.advice;
    assert!(none.create.is_empty() && none.cost_after == none.cost_before);
    assert!(none.curve.iter().any(|point| point.chosen && point.bytes == 0), "{:?}", none.curve);
}
