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
    "SELECT id FROM orders WHERE id < 0",
];

async fn advise(database: &Database, options: &Options) -> Advised {
    advise_on(database, &QUERIES, options).await
}

async fn advise_on(database: &Database, queries: &[&str], options: &Options) -> Advised {
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
        statements: queries.iter().map(statement).collect(),
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

#[tokio::test]
async fn a_queue_gets_an_index_of_what_is_open_alone() {
    let database = Database::create(17);
    database.execute(
        "CREATE TABLE jobs (id int PRIMARY KEY, due timestamptz, done timestamptz, body text);
         INSERT INTO jobs SELECT n, now() - n * interval '1 s', CASE WHEN n % 100 > 0 THEN now() END, repeat('x', 80)
         FROM generate_series(1, 40000) n;
         ANALYZE",
    );
    let queries =
        ["SELECT body FROM jobs WHERE done IS NULL ORDER BY due LIMIT 10", "SELECT body FROM jobs WHERE id = 5"];
    let advised = advise_on(&database, &queries, &Options { bytes: Some(100_000), ..Options::default() }).await;
    let statements: Vec<_> = advised.advice.create.iter().map(|create| create.statement.as_str()).collect();
    let [one] = statements.as_slice() else { panic!("{statements:?}") };
    assert!(one.contains("(due) WHERE (done IS NULL)"), "{one}");
    assert!(advised.advice.cost_after < advised.advice.cost_before / 20.0, "{:?}", advised.advice);
    database.execute(one);
}

#[tokio::test]
async fn a_stopped_search_claims_no_more_than_it_proved() {
    let database = Database::create(17);
    database.execute(SCHEMA);
    let whole = advise(&database, &Options::default()).await.advice;
    let time = Some(std::time::Duration::from_nanos(1));
    let cut = advise(&database, &Options { time, keep: vec!["no_such".to_owned()], ..Options::default() }).await.advice;
    let bound = cut.cost_after * (1.0 - cut.optimality_gap);
    assert!(bound <= whole.cost_after, "{bound} is claimed, but {} was reached", whole.cost_after);
    assert!(cut.interrupted && cut.notes.iter().any(|note| note.contains("stopped before its end")), "{:?}", cut.notes);
    assert!(cut.notes.iter().any(|note| note.contains("no index no_such")), "{:?}", cut.notes);
}

#[tokio::test]
async fn what_is_advised_can_be_built_and_serves_more_than_invented_constants() {
    let database = Database::create(17);
    database.execute(
        "CREATE TABLE long (id int, t text COLLATE \"C\", body jsonb);
         ALTER TABLE long ALTER t SET STORAGE EXTERNAL;
         INSERT INTO long SELECT i, repeat(md5(i::text), 120), '{}' FROM generate_series(1, 3000) i;
         CREATE TABLE orders (id int, customer int, state text, mail text, note text);
         INSERT INTO orders SELECT i, i % 9000, CASE WHEN i % 50 = 0 THEN 'open' ELSE 'done' END, 'M' || i, repeat('x', 90)
         FROM generate_series(1, 40000) i; ANALYZE",
    );
    let queries = [
        "SELECT id FROM long WHERE t = 'x'",
        "SELECT id, body FROM long WHERE id = 5",
        "SELECT note FROM orders WHERE customer = $1 AND state = $2",
        "SELECT note FROM orders WHERE lower(mail) = 'm7'",
    ];
    let advice = advise_on(&database, &queries, &Options::default()).await.advice;
    let all: Vec<_> =
        advice.create.iter().flat_map(|create| create.change.forward.iter().map(String::as_str)).collect();
    assert!(!all.iter().any(|sql| sql.contains(" WHERE ")), "a predicate of invented constants: {all:?}");
    assert!(!all.iter().any(|sql| sql.contains("INCLUDE (body")), "documents have no usual length: {all:?}");
    assert!(all.contains(&"ANALYZE public.orders"), "an expression has no statistics yet: {all:?}");
    for sql in &all {
        database.execute(sql);
    }
    for create in &advice.create {
        for sql in &create.change.back {
            database.execute(sql);
        }
    }
}

#[tokio::test]
async fn without_a_budget_no_index_is_wide_for_hardly_any_gain() {
    let database = Database::create(17);
    // Ten rows have each value of `a`, and eight of them are wanted; `note` is in no index, whatever is known to be visible.
    database.execute(
        "CREATE TABLE items (a int, b int, note jsonb);
         INSERT INTO items SELECT i % 6000, i / 6000 * 10, '{\"k\": \"lorem ipsum dolor sit amet\"}' FROM generate_series(0, 59999) i;
         ANALYZE",
    );
    let queries = ["SELECT note FROM items WHERE a = 77 AND b < 80"];
    let free = advise_on(&database, &queries, &Options::default()).await.advice;
    let narrow: Vec<_> = free.create.iter().map(|create| create.statement.as_str()).collect();
    assert!(narrow.len() == 1 && narrow[0].ends_with("(a)"), "{narrow:?}");
    assert!(free.cost_after < free.cost_before / 10.0, "{} of {}", free.cost_after, free.cost_before);
    // Who gives a budget has said what bytes are worth.
    let budget = Options { bytes: Some(1 << 30), ..Options::default() };
    let given = advise_on(&database, &queries, &budget).await.advice;
    assert!(
        given.cost_after < free.cost_after && given.create[0].bytes > 2 * free.create[0].bytes,
        "{:?}",
        given.create
    );
}
