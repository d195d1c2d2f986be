//! What happens to single partitions while their table is copied: statements that name them, rows that move between them,
//! partitions that come and go.

use std::sync::atomic::{AtomicBool, Ordering};

use dbwright_core::progress::{Progress, Silent};
use dbwright_migrate::run;
use dbwright_testkit::{Database, majors, sql};

use super::{apply, catalog, connect, contract, migration, options, session, text, undo, well};

const TABLE: &str = "CREATE TABLE t (id int NOT NULL, day date NOT NULL, v text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
    CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
    CREATE TABLE t_2 PARTITION OF t FOR VALUES FROM ('2026-02-01') TO ('2026-03-01'); CREATE TABLE t_rest PARTITION OF t DEFAULT;
    INSERT INTO t SELECT n, date '2026-01-01' + n % 70, 'old' FROM generate_series(1, 1400) n";
const WIDEN: &str = "ALTER TABLE t ALTER COLUMN id TYPE bigint";

/// Rows of each partition, with a checksum.
async fn state(database: &Database) -> String {
    let sql = "SELECT string_agg(p || ' ' || n || ' ' || h, ', ' ORDER BY p) FROM (SELECT tableoid::regclass::text AS p, count(*) AS n, \
        sum(hashtextextended(id || ' ' || day || ' ' || v, 0)) AS h FROM t GROUP BY 1) x";
    text(database, sql).await
}

/// Does something once the step that compares rows has come, or whatever waits there.
async fn while_the_switch_waits(database: &Database, change: &str, act: &str) -> Result<(), dbwright_core::Failure> {
    let other = connect(&database.url).await;
    let client = connect(&database.url).await;
    let run = apply(database, change);
    let meddle = async {
        // Readers don't disturb the copy; the switch waits for them.
        other.batch_execute("BEGIN; SELECT FROM t LIMIT 1").await.expect("read");
        let waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock' AND relation = to_regclass('t'))";
        for waiting in [true, false] {
            while client.query_one(waits, &[]).await.expect("locks").get::<_, bool>(0) != waiting {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        }
        other.batch_execute(&format!("{act}; COMMIT")).await.unwrap_or_else(|e| panic!("{e:?}"));
    };
    let (done, ()) = tokio::join!(run, meddle);
    done
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_that_name_a_partition_are_not_lost() {
    let acts = "TRUNCATE t_2; INSERT INTO t_2 VALUES (5000, '2026-02-02', 'again'); UPDATE t SET day = day + 31 WHERE id % 70 < 9 AND day < '2026-02-01'; \
        DELETE FROM t_1 WHERE id % 5 = 0; UPDATE t_rest SET v = 'direct' WHERE id % 3 = 0; TRUNCATE t_rest; INSERT INTO t VALUES (6000, '2030-01-01', 'new')";
    for major in majors().expect("majors") {
        let (database, twin) = (Database::create(major), Database::create(major));
        for one in [&database, &twin] {
            one.execute(TABLE);
        }
        well(while_the_switch_waits(&database, WIDEN, acts).await);
        twin.execute(acts);
        assert_eq!(state(&database).await, state(&twin).await, "PostgreSQL {major}");
        // The same again on the new table, which the old one follows.
        let more = "TRUNCATE t_2; DELETE FROM t_1 WHERE id % 7 = 0; INSERT INTO t_1 VALUES (7000, '2026-01-02', 'last'); \
            UPDATE t SET day = '2026-02-05' WHERE id % 11 = 0 AND day < '2026-01-09'";
        for one in [&database, &twin] {
            one.execute(more);
        }
        well(undo(&database, WIDEN).await);
        assert_eq!(state(&database).await, state(&twin).await, "PostgreSQL {major}, undone");
        assert_eq!(
            catalog::difference(&catalog::lines(&twin).await, &catalog::lines(&database).await),
            Vec::<String>::new()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_that_comes_or_goes_is_noticed_before_the_switch() {
    let attach = "CREATE TABLE t_3 (id int NOT NULL, day date NOT NULL, v text); INSERT INTO t_3 SELECT n, '2027-01-05', 'x' FROM generate_series(1, 50) n; \
        ALTER TABLE t ATTACH PARTITION t_3 FOR VALUES FROM ('2027-01-01') TO ('2027-02-01')";
    let create = "CREATE TABLE t_3 PARTITION OF t FOR VALUES FROM ('2027-01-01') TO ('2027-02-01'); INSERT INTO t VALUES (1, '2027-01-05', 'x')";
    let cases = [
        (attach, "ALTER TABLE t DETACH PARTITION t_3; DROP TABLE t_3"),
        (create, "ALTER TABLE t DETACH PARTITION t_3; DROP TABLE t_3"),
        (
            "ALTER TABLE t DETACH PARTITION t_2",
            "ALTER TABLE t ATTACH PARTITION t_2 FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')",
        ),
    ];
    for major in majors().expect("majors") {
        for (act, taken_back) in cases {
            let database = Database::create(major);
            database.execute(TABLE);
            let before = (state(&database).await, catalog::lines(&database).await);
            let failure = while_the_switch_waits(&database, WIDEN, act).await.expect_err(act);
            assert!(failure.message.contains("altered since the shadow was made"), "{act} on {major}: {failure:?}");
            let resume = async || {
                run::resume(session(&database.url).await.as_mut(), &[migration(WIDEN)], &options(), &Silent).await
            };
            assert!(resume().await.is_err(), "{act} on {major}");
            database.execute(taken_back);
            well(undo(&database, WIDEN).await);
            assert_eq!(state(&database).await, before.0, "{act} on {major}");
            assert_eq!(
                catalog::difference(&before.1, &catalog::lines(&database).await),
                Vec::<String>::new(),
                "{act} on {major}"
            );
            well(apply(&database, WIDEN).await);
            contract(&database, WIDEN).await;
            assert_eq!(state(&database).await, before.0, "{act} on {major}");
        }
    }
}

/// Does something when a stage is reached.
struct At<'t> {
    stage: &'t str,
    url: &'t str,
    act: &'t str,
    done: AtomicBool,
}

impl Progress for At<'_> {
    fn stage(&self, what: &str, _total: Option<u64>) {
        if what.contains(self.stage) && !self.done.swap(true, Ordering::SeqCst) {
            // The client brings a runtime of its own.
            let done = std::thread::scope(|scope| scope.spawn(|| sql::execute(self.url, self.act)).join());
            done.expect("it ran").expect("done");
        }
    }

    fn step(&self, _done: u64) {}
}

/// Who brings rows over looks first, and says which partition it is; what is taken back does no harm.
#[tokio::test(flavor = "multi_thread")]
async fn a_partition_that_came_is_named_while_rows_are_brought_over() {
    let act = "CREATE TABLE \"t %3\" PARTITION OF t FOR VALUES FROM ('2027-01-01') TO ('2027-02-01'); INSERT INTO t VALUES (1, '2027-01-05', 'x')";
    for major in majors().expect("majors") {
        let database = Database::create(major);
        database.execute(TABLE);
        let before = state(&database).await;
        let at = At { stage: "build the index", url: &database.url, act, done: AtomicBool::new(false) };
        let all = [migration(WIDEN)];
        let failure =
            run::apply(session(&database.url).await.as_mut(), &all, &options(), &at).await.expect_err("it came");
        let told = "no longer those that its shadow was made with: \"t %3\"";
        assert!(failure.message.contains(told), "{major}: {failure:?}");
        database.execute("DELETE FROM t WHERE day >= '2027-01-01'; DROP TABLE \"t %3\"");
        well(run::resume(session(&database.url).await.as_mut(), &all, &options(), &Silent).await);
        contract(&database, WIDEN).await;
        assert_eq!(state(&database).await, before, "PostgreSQL {major}");
    }
}

/// After the switch a partition may come; what it brings along was never noted, and must not be lost by an undo.
#[tokio::test(flavor = "multi_thread")]
async fn an_undo_takes_no_rows_away_that_a_partition_brought_along() {
    let bring = "CREATE TABLE t_3 (LIKE t); INSERT INTO t_3 VALUES (9000, '2027-01-05', 'brought'); CREATE TABLE t_4 PARTITION OF t FOR VALUES FROM ('2028-01-01') TO ('2028-02-01'); \
        INSERT INTO t VALUES (9001, '2028-01-05', 'noted'); ALTER TABLE t ATTACH PARTITION t_3 FOR VALUES FROM ('2027-01-01') TO ('2027-02-01')";
    let plain = "CREATE TABLE t (id int NOT NULL, day date NOT NULL, v text, PRIMARY KEY (id, day)); INSERT INTO t VALUES (1, '2026-01-05', 'old')";
    let split =
        "ALTER TABLE t PARTITION BY RANGE (day) (PARTITION \"t %1\" FOR VALUES FROM ('2026-01-01') TO ('2026-02-01'))";
    for major in majors().expect("majors") {
        for (before, change, told) in
            [(TABLE, WIDEN, "has other partitions now"), (plain, split, "has rows that would be lost")]
        {
            let database = Database::create(major);
            database.execute(before);
            well(apply(&database, change).await);
            database.execute(bring);
            let failure = undo(&database, change).await.expect_err("rows would be lost");
            assert!(failure.message.contains(told) && failure.message.contains("t_3"), "{major}: {failure:?}");
            assert_eq!(
                text(&database, "SELECT string_agg(v, ' ' ORDER BY v) FROM t WHERE id >= 9000").await,
                "brought noted"
            );
            database.execute("ALTER TABLE t DETACH PARTITION t_3");
            if change == WIDEN {
                database.execute("ALTER TABLE t DETACH PARTITION t_4");
            }
            well(undo(&database, change).await);
            let kept = text(&database, "SELECT coalesce(string_agg(v, ' '), '') FROM t WHERE id >= 9000").await;
            assert_eq!(kept, if change == WIDEN { "" } else { "noted" }, "{major}");
            assert_eq!(text(&database, "SELECT v FROM t_3").await, "brought", "{major}");
        }
    }
}
