//! Apply, contract, undo and what the journal says of them.

use std::sync::Arc;

use dbwright_core::progress::Silent;
use dbwright_migrate::journal::State;
use dbwright_migrate::run;
use dbwright_testkit::{Database, majors};

use crate::child::verb;
use crate::common::{Plans, cell, migration, open, options, schema, states};
use crate::scenario;

const PLAIN: &str = "ALTER TABLE t ALTER COLUMN v TYPE bigint; CREATE INDEX t_v ON t (v); \
    ALTER TABLE t ADD CONSTRAINT t_positive CHECK (v >= 0)";

#[tokio::test]
async fn a_change_ends_with_the_schema_of_the_plain_statements_and_undo_goes_back() {
    for major in majors().expect("majors") {
        let (plain, online) = (Database::create(major), Database::create(major));
        plain.execute(&scenario::table(1000));
        plain.execute(PLAIN);
        online.execute(&scenario::table(1000));
        let before = schema(&online.url);

        let outcome = verb(&online.url, "apply", &Silent).await.expect("applied");
        assert_eq!(outcome.migrations[0].state, State::AwaitsContract);
        assert_eq!(cell(&online.url, "SELECT pg_typeof(v) FROM t LIMIT 1"), "bigint");
        verb(&online.url, "undo", &Silent).await.expect("undone");
        assert_eq!(schema(&online.url), before, "PostgreSQL {major}");

        verb(&online.url, "apply", &Silent).await.expect("applied again");
        verb(&online.url, "contract", &Silent).await.expect("finished");
        let (is, should) = (schema(&online.url), schema(&plain.url));
        let sorted = |text: &str| text.lines().map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
        assert_eq!(sorted(&is), sorted(&should), "PostgreSQL {major}");
        assert!(states(&online.url).iter().all(|state| state == "done"));
        let row = cell(
            &online.url,
            "SELECT state || ' ' || (applied_at IS NOT NULL) || ' ' || (execution_time_ms > 0) \
            || ' ' || rolled_back FROM dbwright.migrations",
        );
        assert_eq!(row, "applied true true false");
        let failure = verb(&online.url, "undo", &Silent).await.expect_err("the old column is gone");
        assert_eq!(failure.code, "migrate.irreversible");
    }
}

#[tokio::test]
async fn a_finished_migration_goes_back_by_its_down_part() {
    let database = Database::create(17);
    database.execute("CREATE TABLE t (id int PRIMARY KEY)");
    let migrations = [migration("1", "ALTER TABLE t ADD COLUMN a int", Some("ALTER TABLE t DROP COLUMN a"))];
    let mut session = open(&database.url, &Arc::new(Plans::new())).await.expect("open");
    let before = schema(&database.url);
    run::apply(&mut session, &migrations, &options(), &Silent).await.expect("applied");
    assert_ne!(schema(&database.url), before);
    let outcome = run::undo(&mut session, &migrations, &options(), &Silent).await.expect("undone");
    assert_eq!(outcome.migrations[0].state, State::RolledBack);
    assert_eq!(schema(&database.url), before);
    let row = cell(&database.url, "SELECT rolled_back || ' ' || (rolled_back_at IS NOT NULL) FROM dbwright.migrations");
    assert_eq!(row, "true true");
    let failure = run::undo(&mut session, &migrations, &options(), &Silent).await.expect_err("nothing is left");
    assert_eq!(failure.code, "migrate.nothing-to-undo");
}

#[tokio::test]
async fn a_statement_that_failed_can_be_mended_in_its_file_but_not_what_is_done() {
    let database = Database::create(17);
    let mut session = open(&database.url, &Arc::new(Plans::new())).await.expect("open");
    let broken = [migration("1", "CREATE TABLE a (i int); INSERT INTO a VALUES ('x')", None)];
    let failure = run::apply(&mut session, &broken, &options(), &Silent).await.expect_err("no number");
    assert!(failure.message.contains("22P02") && failure.hints.iter().any(|h| h.contains("resume")), "{failure:?}");
    let failure = run::apply(&mut session, &broken, &options(), &Silent).await.expect_err("unfinished");
    assert_eq!(failure.code, "migrate.unfinished");
    assert!(failure.excerpt.is_some_and(|text| text.contains("invalid input syntax")));

    let other = [migration("1", "CREATE TABLE b (i int); INSERT INTO a VALUES (1)", None)];
    let failure = run::resume(&mut session, &other, &options(), &Silent).await.expect_err("done already");
    assert_eq!(failure.code, "migrate.changed");
    let mended = [migration("1", "CREATE TABLE a (i int); INSERT INTO a VALUES (7)", None)];
    run::resume(&mut session, &mended, &options(), &Silent).await.expect("resumed");
    assert_eq!(cell(&database.url, "SELECT i FROM a"), "7");
    assert!(run::verify(&mut session, &mended).await.expect("looked").is_empty());
    let problems = run::verify(&mut session, &broken).await.expect("looked");
    assert_eq!(problems[0].code, "drift");
    let failure = run::apply(&mut session, &broken, &options(), &Silent).await.expect_err("drift");
    assert_eq!(failure.code, "migrate.drift");
}

#[tokio::test]
async fn a_baseline_is_recorded_and_not_run() {
    let database = Database::create(17);
    let mut session = open(&database.url, &Arc::new(Plans::new())).await.expect("open");
    let migrations = [migration("1", "CREATE TABLE a (i int)", None), migration("2", "CREATE TABLE b (i int)", None)];
    let upto = run::Options { to: Some("1".to_owned()), ..options() };
    run::baseline(&mut session, &migrations, &upto, &Silent).await.expect("recorded");
    let outcome = run::apply(&mut session, &migrations, &options(), &Silent).await.expect("applied");
    assert_eq!(outcome.migrations.iter().map(|m| m.version.as_str()).collect::<Vec<_>>(), ["2"]);
    assert_eq!(cell(&database.url, "SELECT to_regclass('a') IS NULL AND to_regclass('b') IS NOT NULL"), "t");
    let twice = [migrations[0].clone(), migrations[0].clone()];
    let failure = run::apply(&mut session, &twice, &options(), &Silent).await.expect_err("one version");
    assert_eq!(failure.code, "migrate.version-conflict");
}

#[tokio::test]
async fn a_throttled_statement_takes_one_of_the_servers_processes_unless_the_file_says_otherwise() {
    let said = "SELECT current_setting('max_parallel_maintenance_workers') || ' ' || current_setting('max_parallel_workers_per_gather')";
    let database = Database::create(17);
    let own = cell(&database.url, said);
    assert_ne!(own, "0 0", "the server's own setting tells nothing");
    let usual = options();
    let throttled =
        run::Options { limits: dbwright_migrate::Limits { pause: 0.5, ..usual.limits.clone() }, ..usual.clone() };
    let plans = Arc::new(Plans::new());
    for (number, (before, options, expected)) in
        [("", &throttled, "0 0"), ("SET max_parallel_maintenance_workers = 5; ", &throttled, "5 2"), ("", &usual, &own)]
            .into_iter()
            .enumerate()
    {
        let version = number.to_string();
        let up = format!("{before}CREATE TABLE seen_{number} AS {said} AS said");
        let mut session = open(&database.url, &plans).await.expect("open");
        run::apply(&mut session, &[migration(&version, &up, None)], options, &Silent).await.expect("applied");
        assert_eq!(cell(&database.url, &format!("SELECT said FROM seen_{number}")), expected, "{up}");
    }
}
