//! What a plan says of statements that the server will refuse, or that nobody can foresee.

use dbwright_testkit::Database;

use crate::harness::{connect, plan_all, plan_on};

const SETUP: &str = "CREATE SCHEMA \"o's\"; CREATE TABLE \"o's\".\"T\" (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY); \
    CREATE VIEW v AS SELECT id FROM t; CREATE INDEX i ON t (id); CREATE SEQUENCE s; CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; \
    CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'";

/// Statements, and what their plan must say; nothing for those without a doubt.
const TOLD: &[(&str, Option<&str>)] = &[
    ("ALTER TABLE tt ADD COLUMN a int", Some("there is no tt in this database")),
    ("ALTER TABLE IF EXISTS tt ADD COLUMN a int", Some("IF EXISTS")),
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
