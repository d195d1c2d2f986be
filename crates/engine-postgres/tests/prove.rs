//! Missing indexes of foreign keys are measured in a copy, and only those that gain are proposed.

use dbwright_check::{Checks as _, Outcome};
use dbwright_core::engine::{Engine as _, ObserveOptions};
use dbwright_core::progress::Silent;
use dbwright_core::rule::Limits;
use dbwright_core::target::Address;
use dbwright_core::{Finding, Proof};
use dbwright_engine_postgres::Postgres;
use dbwright_testkit::Database;

const RULE: &str = "sql/unindexed-foreign-key";

async fn proved(database: &Database) -> Vec<Finding> {
    let address = Address::parse(&database.url).expect("an address");
    let options = ObserveOptions { programs: vec![dbwright_testkit::postgres_bin(17)], ..ObserveOptions::default() };
    let snapshot = Postgres.observe(&address, &options, &Silent).await.expect("a snapshot");
    let mut outcome: Outcome = Postgres.check(&snapshot, &Limits::new()).expect("an outcome");
    let prover = Postgres.prover().expect("PostgreSQL has experiments");
    prover.prove(&address, &snapshot, &options, &mut outcome, &Limits::new(), &Silent).await.expect("experiments");
    outcome.findings.into_iter().filter(|finding| finding.rule == RULE).collect()
}

#[tokio::test]
async fn an_index_that_gains_is_measured_and_proposed() {
    let database = Database::create(17);
    database.execute(
        r#"CREATE SCHEMA "odd ""schema""";
           CREATE TYPE "odd ""schema""".colour AS ENUM ('red', 'blue');
           CREATE TABLE "odd ""schema"""."the parent" (a int, "b'c" text, PRIMARY KEY (a, "b'c"));
           CREATE TABLE "odd ""schema"""."the child" (id bigint PRIMARY KEY, "x y" int, "z'""" text, paint "odd ""schema""".colour,
               twice bigint GENERATED ALWAYS AS (id * 2) STORED,
               FOREIGN KEY ("x y", "z'""") REFERENCES "odd ""schema"""."the parent");
           INSERT INTO "odd ""schema"""."the parent" SELECT n, 'key ' || n FROM generate_series(1, 2000) n;
           INSERT INTO "odd ""schema"""."the child" SELECT n, n % 2000 + 1, 'key ' || n % 2000 + 1, 'blue' FROM generate_series(1, 60000) n;
           ANALYZE"#,
    );
    let findings = proved(&database).await;
    let [finding] = findings.as_slice() else { panic!("one finding is expected: {findings:#?}") };
    let Proof::Measured(experiment) = &finding.proof else { panic!("not measured: {:?}", finding.proof) };
    assert!(experiment.after < experiment.before, "{experiment:?}");
    assert!(experiment.runs >= 5, "{experiment:?}");
    assert!(finding.change.is_some());
    assert!(finding.evidence.iter().any(|e| e.name == "index_bytes"), "{:?}", finding.evidence);
}

#[tokio::test]
async fn an_index_that_gains_nothing_is_not_proposed() {
    let database = Database::create(17);
    database.execute(
        "CREATE TABLE parent (id int PRIMARY KEY);
         CREATE TABLE child (id int PRIMARY KEY, parent_id int REFERENCES parent);
         INSERT INTO parent VALUES (1);
         INSERT INTO child SELECT n, 1 FROM generate_series(1, 3000) n;
         CREATE TABLE unused (id int PRIMARY KEY, parent_id int REFERENCES parent);
         ANALYZE",
    );
    let findings = proved(&database).await;
    let child = findings.iter().find(|f| f.subject.starts_with("public.child")).expect("a finding for child");
    assert!(matches!(child.proof, Proof::Measured(_)), "{:?}", child.proof);
    assert!(child.change.is_none(), "every row has the same key, so the index can't help: {child:#?}");
    let empty = findings.iter().find(|f| f.subject.starts_with("public.unused")).expect("a finding for unused");
    assert!(
        matches!(&empty.proof, Proof::Unproven { note } if note.contains("nothing to measure")),
        "{:?}",
        empty.proof
    );
    assert!(empty.change.is_some(), "what can't be measured keeps its fix");
}
