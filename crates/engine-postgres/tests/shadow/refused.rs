//! What a shadow can't be made of is refused before anything is done, and says what to do.

use dbwright_testkit::Database;

use super::{apply, catalog, connect, migration, session, undo, well};

const REFUSED: &[(&str, &str, &str, &str)] = &[
    ("CREATE TABLE t (id int); INSERT INTO t VALUES (1)", "VACUUM FULL t", "migrate.shadow-no-key", "no primary key"),
    (
        "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1); CREATE TABLE c (t int REFERENCES t); CREATE FUNCTION f(t) RETURNS int LANGUAGE sql AS 'SELECT 1'",
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
        "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1); CREATE TABLE c (t int REFERENCES t)",
        "ALTER TABLE t SET UNLOGGED",
        "migrate.shadow-unlogged",
        "can't refer to an unlogged one",
    ),
    (
        "CREATE TABLE t (id text PRIMARY KEY); INSERT INTO t VALUES ('1'); CREATE TABLE c (t text REFERENCES t)",
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
    (
        "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL); INSERT INTO t VALUES (1, 1); CREATE SCHEMA \"o\"\"s\"; CREATE TABLE \"o\"\"s\".c (t int CONSTRAINT \"c's\" REFERENCES t)",
        "ALTER TABLE t DROP CONSTRAINT t_pkey, ADD CONSTRAINT t_pkey PRIMARY KEY (n, id)",
        "migrate.key-needed",
        "the foreign key \"c's\" of \"o\"\"s\".c needs it",
    ),
    (
        "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1); CREATE TABLE k (more int) INHERITS (t); CREATE TABLE c (t int REFERENCES t)",
        "ALTER TABLE t ALTER id TYPE bigint",
        "migrate.blocking",
        "in an inheritance tree with public.k: a column of all of them changes in all of them at once, and no trigger or key of one table \
         sees the rows of the others; take the children out first (ALTER TABLE child NO INHERIT t)",
    ),
    (
        "CREATE TABLE t (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE t_1 PARTITION OF t DEFAULT; INSERT INTO t VALUES (1)",
        "VACUUM FULL t_1",
        "migrate.blocking",
        "t_1 is a partition, which can't be exchanged alone",
    ),
    (
        "CREATE TABLE t (id int, n int, PRIMARY KEY (id, n)) PARTITION BY RANGE (n); CREATE TABLE \"t'1\" PARTITION OF t DEFAULT; INSERT INTO t VALUES (1, 1); \
         CREATE VIEW v AS SELECT id FROM \"t'1\"; CREATE STATISTICS s ON id, n FROM \"t'1\"",
        "ALTER TABLE t ALTER id TYPE bigint",
        "migrate.blocking",
        "and 1 more is bound to a partition of t, or not to all of them, and can't be taken along",
    ),
    (
        "CREATE TABLE t (id int, n int, PRIMARY KEY (id, n)) PARTITION BY RANGE (n); CREATE TABLE t_1 PARTITION OF t DEFAULT PARTITION BY LIST (id); \
         CREATE TABLE t_2 PARTITION OF t_1 DEFAULT; INSERT INTO t VALUES (1, 1)",
        "ALTER TABLE t ALTER id TYPE bigint",
        "migrate.shadow-partition-key",
        "id is of the partition key LIST (id) of t",
    ),
    (
        "CREATE TABLE t (id int, n int, v int, PRIMARY KEY (id, n)) PARTITION BY RANGE (n); CREATE TABLE t_1 PARTITION OF t DEFAULT; \
         CREATE INDEX ON t (v); INSERT INTO t VALUES (1, 1)",
        "ALTER TABLE t ALTER id TYPE bigint; ALTER TABLE t ALTER v TYPE bigint",
        "migrate.blocking",
        "the statement on line 1 already puts another table in the place of public.t; write both changes as the clauses of one ALTER TABLE",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_lost_is_refused_before_anything_is_done() {
    for (before, change, code, words) in REFUSED {
        let database = Database::create(15);
        database.execute(before);
        let lines = catalog::lines(&database).await;
        let failure = apply(&database, change).await.expect_err(change);
        // Where a long lock would do it, the plan offers that, and says why there is no shadow.
        let told = if failure.code == "migrate.blocking" {
            let statements = migration(change).up.statements;
            let planned = well(session(&database.url).await.plan(&statements).await);
            planned.iter().flat_map(|one| one.notes.clone()).collect::<Vec<_>>().join("; ")
        } else {
            assert_eq!(failure.code, *code, "{failure:?}");
            failure.message.clone()
        };
        assert!(told.contains(words), "{change}: {told}");
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

/// The owner of the table need be no superuser, and who writes it needs no right on anything that the change makes; policies
/// hide nothing from the copy.
#[tokio::test(flavor = "multi_thread")]
async fn an_ordinary_owner_carries_it_out_while_others_write_with_the_rights_that_they_have() {
    let database = Database::create(15);
    database.execute(
        "DO $$ DECLARE r text; BEGIN FOREACH r IN ARRAY ARRAY['shadow_plain', 'shadow_app'] LOOP
           BEGIN EXECUTE format('CREATE ROLE %I', r); EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END; END LOOP;
           EXECUTE format('GRANT CREATE ON DATABASE %I TO shadow_plain', current_database()); END $$;
         GRANT CREATE, USAGE ON SCHEMA public TO shadow_plain; GRANT USAGE ON SCHEMA public TO shadow_app; SET ROLE shadow_plain;
         CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text); INSERT INTO t (v) SELECT n FROM generate_series(1, 3000) n;
         CREATE TABLE c (t int REFERENCES t); INSERT INTO c SELECT id FROM t; CREATE VIEW w AS SELECT id FROM t;
         CREATE POLICY own ON t USING (v > '2'); ALTER TABLE t ENABLE ROW LEVEL SECURITY; GRANT SELECT, INSERT, UPDATE ON t TO shadow_app",
    );
    let separator = if database.url.contains('?') { '&' } else { '?' };
    let url = format!("{}{separator}options=-c%20role%3Dshadow_plain", database.url);
    let writer = connect(&database.url).await;
    writer.batch_execute("SET ROLE shadow_app").await.expect("a role");
    let write = async |n: u32| {
        let sql =
            format!("INSERT INTO t (v) VALUES ('9 new {n}'); UPDATE t SET v = '9 done {n}' WHERE v = '9 new {n}'");
        writer.batch_execute(&sql).await.expect("written");
    };
    let before = catalog::lines(&database).await;
    let change = "ALTER TABLE t ALTER id TYPE bigint";
    let own = url.clone();
    let run = tokio::spawn(async move { super::apply_at(&own, change).await });
    let mut written = 0;
    while !run.is_finished() {
        write(written).await;
        written += 1;
    }
    well(run.await.expect("it ends"));
    write(written).await;
    well(super::undo_at(&url, change).await);
    let rows =
        super::text(&database, "SELECT count(*) || ' ' || count(*) FILTER (WHERE v LIKE '9 done %') FROM t").await;
    assert_eq!(rows, format!("{} {}", 3000 + written + 1, written + 1));
    assert_eq!(catalog::difference(&before, &catalog::lines(&database).await), Vec::<String>::new());
}
