//! What a plan says of statements that the server will refuse, or that nobody can foresee.

use dbwright_testkit::{Database, majors};

use crate::harness::{connect, plan_all, plan_on, run};

const SETUP: &str = "CREATE SCHEMA \"o's\"; CREATE TABLE \"o's\".\"T\" (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY); \
    CREATE VIEW v AS SELECT id FROM t; CREATE INDEX i ON t (id); CREATE SEQUENCE s; CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; \
    CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'";

/// Statements, and what their plan must say; nothing for those without a doubt.
const TOLD: &[(&str, Option<&str>)] = &[
    ("ALTER TABLE tt ADD COLUMN a int", Some("there is no tt in this database")),
    ("ALTER TABLE IF EXISTS tt ADD COLUMN a int", Some("leaves the statement out")),
    ("CREATE INDEX ON \"o's\".t (id)", Some("there is no \"o's\".t in this database")),
    ("UPDATE nowhere SET a = 1", Some("there is no nowhere")),
    ("ALTER TABLE t FROBNICATE COLUMN a", Some("can't read this statement")),
    ("ALTER TABLE t ADD COLUMN a int", None),
    ("ALTER TABLE \"o's\".\"T\" ADD COLUMN a int", None),
    ("ALTER VIEW v RENAME TO w", None),
    ("ALTER INDEX i RENAME TO j", None),
    ("ALTER SEQUENCE s AS int", None),
    ("REFRESH MATERIALIZED VIEW m", None),
    ("DROP FUNCTION f(int)", None),
    ("DROP SCHEMA \"o's\" CASCADE", None),
    ("CREATE TABLE fresh (id int)", None),
    ("SECURITY LABEL ON TABLE t IS NULL", None),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_and_what_can_t_be_read_is_said() {
    let database = Database::create(15);
    database.execute(SETUP);
    let client = connect(&database.url).await;
    for (statement, told) in TOLD {
        let planned = plan_on(&client, statement).await;
        let doubts: Vec<_> =
            planned.notes.iter().filter(|n| n.contains("there is no ") || n.contains("can't read")).collect();
        match told {
            Some(words) => assert!(doubts.iter().any(|note| note.contains(words)), "{statement}: {:?}", planned.notes),
            None => assert!(doubts.is_empty(), "{statement}: {doubts:?}"),
        }
    }
}

/// Statements that the server leaves out.
const LEFT_OUT: &str = r#"
ALTER TABLE IF EXISTS missing ADD COLUMN a int NOT NULL, DROP COLUMN b
ALTER TABLE IF EXISTS ONLY "o's".missing DROP CONSTRAINT x CASCADE
ALTER TABLE IF EXISTS missing RENAME TO "Other"
ALTER TABLE IF EXISTS missing DETACH PARTITION t CONCURRENTLY
ALTER INDEX IF EXISTS missing RENAME TO other
ALTER VIEW IF EXISTS missing OWNER TO CURRENT_USER
ALTER MATERIALIZED VIEW IF EXISTS missing SET SCHEMA "o's"
ALTER SEQUENCE IF EXISTS missing AS bigint
ALTER FOREIGN TABLE IF EXISTS missing DROP COLUMN a
DROP TABLE IF EXISTS missing, "o's"."Missing" CASCADE
DROP INDEX IF EXISTS missing
DROP INDEX CONCURRENTLY IF EXISTS missing
DROP VIEW IF EXISTS missing CASCADE
DROP MATERIALIZED VIEW IF EXISTS missing CASCADE
DROP SEQUENCE IF EXISTS missing CASCADE
DROP FOREIGN TABLE IF EXISTS missing CASCADE
DROP TYPE IF EXISTS missing CASCADE
DROP DOMAIN IF EXISTS missing CASCADE
DROP FUNCTION IF EXISTS missing(int, text) CASCADE
DROP PROCEDURE IF EXISTS "o's".missing CASCADE
DROP AGGREGATE IF EXISTS missing(int)
DROP TRIGGER IF EXISTS missing ON t CASCADE
DROP TRIGGER IF EXISTS missing ON missing
DROP POLICY IF EXISTS missing ON t
DROP RULE IF EXISTS missing ON "o's"."T" CASCADE
DROP SCHEMA IF EXISTS missing CASCADE
DROP EXTENSION IF EXISTS missing CASCADE
DROP PUBLICATION IF EXISTS missing
DROP STATISTICS IF EXISTS missing
DROP ROLE IF EXISTS dbwright_nobody
DROP DATABASE IF EXISTS dbwright_nowhere
DROP SUBSCRIPTION IF EXISTS missing
DROP COLLATION IF EXISTS missing CASCADE
DROP EVENT TRIGGER IF EXISTS missing
DROP SERVER IF EXISTS missing CASCADE
DROP FOREIGN DATA WRAPPER IF EXISTS missing
DROP LANGUAGE IF EXISTS missing
DROP TABLESPACE IF EXISTS missing
DROP TEXT SEARCH CONFIGURATION IF EXISTS missing"#;

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_leaves_out_has_nothing_to_undo() {
    for major in majors().expect("versions") {
        let database = Database::create(major);
        database.execute(SETUP);
        let client = connect(&database.url).await;
        for statement in LEFT_OUT.lines().filter(|line| !line.is_empty()) {
            let planned = plan_on(&client, statement).await;
            let place = format!("{statement} on {major}: {planned:#?}");
            assert!(planned.notes.iter().any(|note| note.contains("leaves the statement out")), "{place}");
            let [step] = planned.steps.as_slice() else { panic!("{place}") };
            assert!(step.back.irreversible.is_none() && step.back.statements.is_empty(), "{place}");
            run(&client, step, false).await;
        }
        let some = plan_on(&client, "DROP INDEX IF EXISTS missing, i").await;
        assert!(some.notes.iter().any(|note| note.contains("there is no missing")), "{some:#?}");
        assert!(some.steps.iter().all(|step| step.back.irreversible.is_none()), "{some:#?}");
    }
}

/// Statements of one run: what is said of the last one's turn, nothing when it can be planned now.
const RUNS: &[(&[&str], Option<&str>)] = &[
    (&["ALTER TABLE t ADD a int", "ALTER TABLE t ALTER a SET NOT NULL"], Some("line 1 makes or changes the column a")),
    (
        &["ALTER TABLE t RENAME id TO \"I\"", "ALTER TABLE public.t ALTER \"I\" TYPE bigint"],
        Some("line 1 makes or changes"),
    ),
    (&["ALTER TABLE t ADD a int", "CREATE INDEX ON t (a)", "ALTER TABLE t ADD PRIMARY KEY (a)"], Some("line 1")),
    (&["ALTER TABLE t RENAME TO u", "ALTER TABLE u ALTER id TYPE bigint"], Some("line 1 makes u")),
    (&["ALTER TABLE t SET SCHEMA \"o's\"", "ALTER TABLE \"o's\".t ADD b int"], Some("line 1 makes t")),
    (&["CREATE TABLE n (id int)", "ALTER TABLE n ADD PRIMARY KEY (id)"], Some("line 1 makes n")),
    (&["CREATE TYPE tone AS ENUM ('a')", "DROP TYPE IF EXISTS tone"], None),
    (&["ALTER TABLE t ADD a serial", "ALTER SEQUENCE IF EXISTS t_a_seq CYCLE"], Some("line 1")),
    (&["ALTER TABLE t ADD a int", "CREATE INDEX ON t (a)"], None),
    (&["ALTER TABLE t ADD a int", "ALTER TABLE t ALTER id SET NOT NULL"], None),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_depends_on_an_earlier_statement_waits_for_its_turn() {
    let database = Database::create(15);
    database.execute(SETUP);
    let client = connect(&database.url).await;
    for (run, told) in RUNS {
        let planned = plan_all(&client, run).await;
        let last = planned.last().expect("one at least");
        match told {
            Some(words) => assert!(last.later.as_ref().is_some_and(|l| l.contains(words)), "{run:?}: {last:?}"),
            None => assert!(last.later.is_none() && !last.steps.is_empty(), "{run:?}: {last:?}"),
        }
        assert!(last.notes.iter().all(|note| !note.contains("there is no ")), "{run:?}: {:?}", last.notes);
    }
}
