//! The advisor's side of SQLite: trial indexes are shown and hidden in a copy, costs are counted, writers pay upkeep.

use dbwright_advise::port::{Ask, CopyOptions, Measurer, Query, Run, WhatIf, WhatIfOptions};
use dbwright_advise::{Advises as _, Index, ObjectName};
use dbwright_core::engine::ObserveOptions;
use dbwright_core::progress::Silent;
use dbwright_core::workload::Workload;
use dbwright_engine_sqlite::Sqlite;
use dbwright_sql::Dialect;

use crate::common::{Database, address, now, observe_with};

fn orders() -> Database {
    Database::of(
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL, state TEXT, at INTEGER);
         CREATE INDEX \"by at\" ON orders (at);
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
         INSERT INTO orders SELECT i, i * 7 % 5000, CASE i % 100 WHEN 0 THEN 'open' ELSE 'done' END, i * 13 % 10007 FROM n;",
    )
}

fn workload(text: &str) -> Workload {
    dbwright_sql::workload::from_sql(text, Dialect::Sqlite, "file workload.sql").expect("a workload")
}

fn open(database: &Database, workload: &Workload) -> Box<dyn WhatIf> {
    let observe = ObserveOptions { workload: Some(workload.clone()), ..ObserveOptions::default() };
    let snapshot = observe_with(&database.path, &observe).expect("a snapshot");
    let options = WhatIfOptions { observe, ..WhatIfOptions::default() };
    now(Sqlite.what_if(&snapshot, Some(&address(&database.path)), &options, &Silent)).expect("a copy")
}

fn queries(what_if: &dyn WhatIf, workload: &Workload) -> Vec<Query> {
    let prepared = now(what_if.prepare(&workload.statements, &Silent)).expect("prepared");
    let queries: Vec<Query> = prepared.into_iter().flat_map(|p| p.unwrap_or_else(|s| panic!("{}", s.reason))).collect();
    now(what_if.admit(&queries)).expect("admitted");
    queries
}

fn table() -> ObjectName {
    ObjectName { schema: "main".to_owned(), name: "orders".to_owned() }
}

fn ask(query: usize, with: &[usize], without: &[usize]) -> Ask {
    Ask { query, with: with.to_vec(), without: without.to_vec() }
}

#[test]
fn a_trial_index_is_used_while_it_is_shown_and_an_existing_one_not_while_it_is_hidden() {
    let database = orders();
    let before = database.listing();
    let workload = workload(
        "-- weight: 2\nSELECT id FROM orders WHERE customer = 77;\n-- weight: 1\nSELECT count(*) FROM orders WHERE at = 5;",
    );
    let what_if = open(&database, &workload);
    let queries = queries(&*what_if, &workload);
    assert!(queries[0].usage.tables.iter().any(|t| t.conditions.iter().any(|c| c.text.contains("customer"))));
    assert_eq!(what_if.existing().len(), 1, "one index exists");
    let estimates = now(what_if.define(&[Index::btree(table(), ["customer"]), Index::btree(table(), ["missing"])]));
    let estimates = estimates.expect("defined");
    assert!(estimates[0].as_ref().is_ok_and(|e| e.bytes >= 100_000 && e.upkeep == 0.0), "{estimates:?}");
    assert!(estimates[1].as_ref().is_err_and(|e| e.contains("missing")), "{estimates:?}");
    let asks = [ask(0, &[], &[]), ask(0, &[1], &[]), ask(0, &[], &[]), ask(1, &[], &[]), ask(1, &[], &[0])];
    let answers = now(what_if.plan(&asks)).expect("answers");
    let costs: Vec<f64> = answers.iter().map(|answer| answer.as_ref().expect("a plan").cost).collect();
    assert!(costs[1] < costs[0] / 100.0, "{costs:?}");
    assert_eq!(costs[0], costs[2], "hidden again");
    assert!(costs[4] > costs[3] * 10.0, "{costs:?}");
    let used = |at: usize| answers[at].as_ref().expect("a plan").used.clone();
    assert_eq!((used(0), used(1), used(3), used(4)), (vec![], vec![1], vec![0], vec![]));
    drop(what_if);
    assert!(before == database.listing(), "the target was touched");
}

#[test]
fn writers_pay_for_the_indexes_that_they_keep_up() {
    let database = orders();
    let workload = workload("-- weight: 10\nUPDATE orders SET state = 'late' WHERE at = 99;\nSELECT 1;");
    let what_if = open(&database, &workload);
    let queries = queries(&*what_if, &workload);
    let indexes = [Index::btree(table(), ["state"]), Index::btree(table(), ["customer"])];
    let estimates = now(what_if.define(&indexes)).expect("defined");
    let upkeep: Vec<f64> = estimates.iter().map(|e| e.as_ref().expect("built").upkeep).collect();
    assert!(upkeep[0] > 0.0 && upkeep[1] == 0.0, "{upkeep:?}");
    let with = now(what_if.plan(&[ask(0, &[1, 2], &[])])).expect("answers");
    let cost = with[0].as_ref().expect("a plan").cost;
    assert!((cost - queries[0].cost).abs() <= queries[0].cost * 0.5, "{cost} against {}", queries[0].cost);
}

#[test]
fn what_can_not_be_run_is_skipped_with_the_reason() {
    let database = orders();
    let workload =
        workload("SELECT missing FROM orders; PRAGMA user_version; SELECT id FROM orders WHERE customer = ?;");
    let what_if = open(&database, &workload);
    let prepared = now(what_if.prepare(&workload.statements, &Silent)).expect("prepared");
    let of = |text: &str| {
        let at = workload
            .statements
            .iter()
            .position(|s| s.text.to_lowercase().contains(&text.to_lowercase()))
            .expect("it is there");
        prepared[at].as_ref().map(|queries| queries[0].sql.clone()).map_err(|skip| skip.reason.clone())
    };
    assert!(of("missing").is_err_and(|reason| reason.contains("no such column")), "{prepared:?}");
    assert!(of("PRAGMA").is_err_and(|reason| reason.contains("neither reads nor changes rows")));
    assert!(of("customer").is_ok_and(|sql| !sql.contains('?')));
}

#[test]
fn built_indexes_are_measured_with_equal_results_and_slow_writers_down() {
    let database = orders();
    let snapshot = observe_with(&database.path, &ObserveOptions::default()).expect("a snapshot");
    let at = address(&database.path);
    let options = CopyOptions::default();
    let bench: Box<dyn Measurer> = now(Sqlite.measurer(&snapshot, &at, &options, &Silent)).expect("a copy");
    let indexes = [Index::btree(table(), ["customer"]), Index::btree(table(), ["state", "customer", "at"])];
    let built = now(bench.build(&indexes, &Silent)).expect("built");
    assert!(built.iter().all(|b| b.as_ref().is_ok_and(|b| b.bytes > 100_000)), "{built:?}");
    let run = |with: &[usize]| Run {
        sql: "SELECT * FROM orders WHERE customer = 7".to_owned(),
        with: with.to_vec(),
        without: Vec::new(),
    };
    let timings = now(bench.run(&[run(&[]), run(&[0])], 3, 1e6, &Silent)).expect("times");
    let [without, with] = [0, 1].map(|at| timings[at].as_ref().expect("it runs"));
    assert_eq!((without.result, without.ms.len(), with.ms.len()), (with.result, 3, 3));
    assert!(without.result.is_some_and(|digest| digest.rows == 4), "{without:?}");
    assert_eq!((without.used.as_slice(), with.used.as_slice()), (&[][..], &[0][..]));
    let rate = |with: &[usize]| now(bench.writes(&table(), with, &Silent)).expect("a rate");
    let (plain, indexed) = (rate(&[]), rate(&[0, 1]));
    assert!(indexed.inserts > 0.0 && indexed.updates > 0.0 && plain.inserts > 0.0, "{plain:?} {indexed:?}");
}

#[test]
fn the_advisor_finds_what_the_shop_lacks() {
    let database = Database::named("shop.db");
    dbwright_sample_shop::sqlite::build(&database.path, 20_000, &Silent).expect("the shop");
    let workload = workload(include_str!("../../../../samples/shop/workload.sql"));
    let what_if = open(&database, &workload);
    let target = dbwright_core::report::ReportTarget {
        engine: "sqlite".to_owned(),
        version: rusqlite::version().to_owned(),
        name: "shop.db".to_owned(),
    };
    let subject = dbwright_advise::run::Subject { target, workload };
    let options = dbwright_advise::run::Options { drops: true, ..Default::default() };
    let advised = now(dbwright_advise::run::advise(&*what_if, subject, &options, &Silent)).expect("an advice");
    let advice = advised.advice;
    let statements: Vec<&str> = advice.create.iter().map(|create| create.statement.as_str()).collect();
    for planted in ["customers (email", "orders (customer_id", "order_items (order_id"] {
        assert!(statements.iter().any(|s| s.contains(planted)), "{planted} is not among {statements:#?}");
    }
    assert!(advice.cost_after < advice.cost_before / 2.0, "{} {}", advice.cost_before, advice.cost_after);
    for create in &advice.create {
        database.run(&format!("{};", create.change.forward.join(";")));
    }
    for create in &advice.create {
        database.run(&format!("{};", create.change.back.join(";")));
    }
}
