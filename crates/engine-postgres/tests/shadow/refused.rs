//! What a shadow can't be made of is refused before anything is done, and says what to do.

use dbwright_testkit::Database;

use super::{apply, catalog, connect, undo, well};

const REFUSED: &[(&str, &str, &str, &str)] = &[
    ("CREATE TABLE t (id int); INSERT INTO t VALUES (1)", "VACUUM FULL t", "migrate.shadow-no-key", "no primary key"),
    (
        "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1); CREATE FUNCTION f(t) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "ALTER TABLE t ALTER id TYPE bigint",
        "migrate.shadow-bound",
        "function public.f(public.t)",
    ),
    (
        "CREATE TABLE t (id int PRIMARY KEY, day date); INSERT INTO t VALUES (1)",
        "ALTER TABLE t PARTITION BY RANGE (day) (PARTITION p DEFAULT)",
        "migrate.partition-key",
        "the primary key t_pkey (id) of t must contain the partition key (day)",
    ),
    (
        "CREATE TABLE t (id int, k int, CONSTRAINT t_pkey PRIMARY KEY (id)); INSERT INTO t VALUES (1, 1); CREATE TABLE c (t int REFERENCES t)",
        "ALTER TABLE t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (k)",
        "migrate.shadow-referenced",
        "c_t_fkey of public.c refers to the primary key that goes",
    ),
    (
        "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1); CREATE TABLE c (t int REFERENCES t)",
        "ALTER TABLE t SET UNLOGGED",
        "migrate.shadow-unlogged",
        "can't refer to an unlogged one",
    ),
    (
        "CREATE TABLE t (id text PRIMARY KEY); INSERT INTO t VALUES ('1')",
        "ALTER TABLE t ALTER id TYPE int USING id::int + 1",
        "migrate.shadow-key",
        "converted by an expression",
    ),
    (
        "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1); CREATE INDEX i ON t (v)",
        "CLUSTER t USING i",
        "migrate.cluster-index",
        "can't be copied in the order of the index i",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_lost_is_refused_before_anything_is_done() {
    for (before, change, code, words) in REFUSED {
        let database = Database::create(15);
        database.execute(before);
        let lines = catalog::lines(&database).await;
        let failure = apply(&database, change).await.expect_err(change);
        assert_eq!(failure.code, *code, "{failure:?}");
        assert!(failure.message.contains(words), "{}", failure.message);
        assert!(!failure.hints.is_empty(), "{failure:?}");
        assert_eq!(catalog::difference(&lines, &catalog::lines(&database).await), Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_altered_meanwhile_is_not_lost_but_found() {
    let database = Database::create(15);
    database.execute("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT n, n FROM generate_series(1, 100) n; CREATE TABLE c (t int REFERENCES t)");
    let lines = catalog::lines(&database).await;
    // Somebody holds the table, so that the switch has to wait; what he does is then there before it.
    let other = connect(&database.url).await;
    let client = connect(&database.url).await;
    let change = "ALTER TABLE t ALTER id TYPE bigint";
    let run = apply(&database, change);
    let meddle = async {
        // Readers don't disturb the copy; the switch waits for them.
        other.batch_execute("BEGIN; SELECT FROM t LIMIT 1").await.expect("read");
        let waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock' AND relation = 't'::regclass)";
        for waiting in [true, false] {
            while client.query_one(waits, &[]).await.expect("locks").get::<_, bool>(0) != waiting {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        }
        // It gave up for a while.
        other.batch_execute("ALTER TABLE t ADD COLUMN late int; COMMIT").await.expect("altered");
    };
    let (done, ()) = tokio::join!(run, meddle);
    let failure = done.expect_err("the switch finds it");
    assert!(failure.message.contains("was altered since the shadow was made"), "{failure:?}");
    well(undo(&database, change).await);
    database.execute("ALTER TABLE t DROP COLUMN late");
    assert_eq!(catalog::difference(&lines, &catalog::lines(&database).await), Vec::<String>::new());
}
