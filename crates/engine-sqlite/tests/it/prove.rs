//! Experiments on the sample shop and on small databases: what is proposed gains, and nothing else is.

use dbwright_check::Outcome;
use dbwright_core::{Finding, Proof};

use crate::common::{Database, prove};

fn missing(outcome: &Outcome) -> Vec<&Finding> {
    outcome.findings.iter().filter(|finding| finding.rule == "sqlite/missing-index").collect()
}

fn subjects(outcome: &Outcome) -> Vec<&str> {
    let mut found: Vec<_> = missing(outcome).into_iter().map(|finding| finding.subject.as_str()).collect();
    found.sort_unstable();
    found
}

/// Orders with customers, `rows` of them.
fn orders(rows: u32) -> Database {
    Database::of(&format!(
        "CREATE TABLE customers (id INTEGER PRIMARY KEY, mail TEXT NOT NULL);
         CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), state TEXT, at INTEGER);
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
         INSERT INTO customers SELECT i, 'm' || i FROM n;
         INSERT INTO orders SELECT id, 1 + id * 7 % {rows}, CASE id % 100 WHEN 0 THEN 'open' ELSE 'done' END, id * 13 % 100003 FROM customers;"
    ))
}

#[test]
fn the_shop_gets_the_indexes_it_misses_and_the_file_stays_as_it_is() {
    let database = Database::named("shop.db");
    dbwright_sample_shop::sqlite::build(&database.path, 60_000, &dbwright_core::progress::Silent).expect("the shop");
    let before = database.listing();
    let workload = include_str!("../../../../samples/shop/workload.sql");
    let outcome = prove(&database.path, workload);
    assert!(before == database.listing(), "the target was touched");
    let subjects = subjects(&outcome);
    for planted in ["main.customers.email", "main.orders.customer_id", "main.order_items.order_id"] {
        assert!(subjects.iter().any(|subject| subject.starts_with(planted)), "{planted} is not among {subjects:?}");
    }
    for finding in missing(&outcome) {
        let Proof::Measured(e) = &finding.proof else { panic!("{finding:#?}") };
        assert!(e.before - e.after >= 0.25 && e.after < e.before * 0.8 && (e.runs >= 5 || e.before == 5000.0), "{e:?}");
        assert!(e.repeat.contains("--workload workload.sql"), "{}", e.repeat);
    }
    let key = outcome
        .findings
        .iter()
        .find(|f| f.rule == "sql/unindexed-foreign-key" && f.subject.contains("order_items.order_id"));
    assert!(matches!(key.map(|f| &f.proof), Some(Proof::Measured(_))), "{key:#?}");
    assert!(outcome.scorecard.iter().any(|m| m.metric == "calls_under_100ms" && m.value.is_some()));
}

#[test]
fn wider_indexes_only_where_they_pay() {
    let database = orders(60_000);
    let narrow = prove(&database.path, "SELECT id FROM orders WHERE state = 'open' AND customer_id = 99 ORDER BY at;");
    assert_eq!(subjects(&narrow), ["main.orders.customer_id"], "{:#?}", missing(&narrow));
    let wide = prove(&database.path, "SELECT sum(at) FROM orders WHERE state = 'done' AND at BETWEEN 500 AND 520;");
    assert_eq!(subjects(&wide), ["main.orders.state,at"], "{:#?}", missing(&wide));
}

#[test]
fn statements_that_write_are_measured_and_undone() {
    let database = orders(60_000);
    let outcome = prove(&database.path, "UPDATE orders SET at = at + 1 WHERE customer_id = 4;");
    assert_eq!(subjects(&outcome), ["main.orders.customer_id"], "{:#?}", missing(&outcome));
}

#[test]
fn a_small_table_needs_no_index() {
    let outcome = prove(&orders(300).path, "SELECT id FROM orders WHERE customer_id = 9;");
    assert_eq!(subjects(&outcome), [""; 0]);
}

#[test]
fn what_can_not_be_run_is_told() {
    let outcome = prove(
        &orders(5_000).path,
        "SELECT nothing_here FROM orders; SELECT id FROM orders WHERE abs(customer_id) = ?; SELEC 1; DROP TABLE orders; PRAGMA user_version = 7;
         ATTACH 'other.db' AS o; SELECT random() FROM orders ORDER BY 1 LIMIT 1;",
    );
    let reasons: Vec<_> = outcome
        .not_looked_at
        .iter()
        .filter(|entry| entry.rule == "sqlite/missing-index")
        .map(|entry| entry.reason.as_str())
        .collect();
    for said in ["no such column", "has parameters", "syntax error", "DROP TABLE", "PRAGMA", "ATTACH"] {
        assert!(reasons.iter().any(|reason| reason.contains(said)), "{said} is not among {reasons:#?}");
    }
    assert!(!std::path::Path::new("other.db").exists());
}

#[test]
fn without_a_workload_foreign_keys_are_measured() {
    let outcome = prove(&orders(60_000).path, "");
    let key = outcome.findings.iter().find(|f| f.rule == "sql/unindexed-foreign-key").expect("the key");
    assert!(matches!(key.proof, Proof::Measured(_)), "{key:#?}");
    assert!(
        outcome.not_looked_at.iter().any(|entry| entry.remedy.as_deref().is_some_and(|r| r.contains("--workload")))
    );
}

#[test]
fn hostile_names_are_proposed_as_they_are() {
    let database = Database::of(
        "CREATE TABLE \"my \"\"group\" (\"or.der\" INTEGER PRIMARY KEY, \"sel ect\" INT, \"😀\" TEXT);
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
         INSERT INTO \"my \"\"group\" SELECT i, i, 'text ' || i FROM n;",
    );
    let outcome = prove(&database.path, "SELECT \"😀\" FROM \"my \"\"group\" WHERE \"sel ect\" = 5;");
    let found = missing(&outcome);
    assert_eq!(found[0].subject, "main.\"my \"\"group\".\"sel ect\"");
    database.run(&found[0].change.as_ref().expect("a change").forward[0]);
}

#[test]
fn statistics_and_a_write_ahead_log_are_no_hindrance() {
    let database = orders(60_000);
    database.run("ANALYZE; PRAGMA journal_mode = wal; UPDATE orders SET at = at + 1 WHERE id = 1;");
    let before = database.listing();
    let outcome = prove(&database.path, "SELECT id FROM orders WHERE customer_id = 99;");
    assert_eq!(subjects(&outcome), ["main.orders.customer_id"], "{:#?}", missing(&outcome));
    assert!(before == database.listing(), "the target was touched");
}

#[test]
fn parameters_take_their_values_from_the_data() {
    let outcome =
        prove(&orders(60_000).path, "SELECT id FROM orders AS o WHERE o.customer_id = :who ORDER BY at LIMIT ?;");
    let found = missing(&outcome);
    assert_eq!(subjects(&outcome), ["main.orders.customer_id"], "{found:#?}");
    let note = found[0].proof.experiment().and_then(|e| e.note.clone()).unwrap_or_default();
    assert!(note.contains("a row in the middle of the table"), "{note}");
}

#[test]
fn filter_and_order_get_one_index_and_no_index_is_left_that_others_replace() {
    let database = orders(60_000);
    database.run("ANALYZE");
    let paged = prove(&database.path, "SELECT id FROM orders WHERE state = ? ORDER BY at DESC LIMIT 20;");
    assert_eq!(subjects(&paged), ["main.orders.state,at"], "{:#?}", missing(&paged));
    let outcome = prove(
        &database.path,
        "SELECT max(at) FROM orders;
         WITH recent AS (SELECT * FROM orders WHERE at > 100000) SELECT mail, count(*) FROM recent JOIN customers c ON c.id = customer_id GROUP BY 1;",
    );
    assert_eq!(subjects(&outcome), ["main.orders.at"], "{:#?}", missing(&outcome));
}
