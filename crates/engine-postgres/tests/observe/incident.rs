//! Observing in an incident, and without a trace: locks that others hold do not stop it, and it holds none
//! that would stop them.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::common::{VERSIONS, attempt, body, connect, observe, observe_with, table};
use dbwright_check::Checks as _;
use dbwright_core::engine::ObserveOptions;
use dbwright_core::progress::Silent;
use dbwright_core::rule::Limits;
use dbwright_engine_postgres::Postgres;
use dbwright_engine_postgres::lab::{Lab, LabOptions};
use dbwright_testkit::{Database, postgres_bin};

#[tokio::test]
async fn locked_tables_are_seen_and_what_is_hidden_is_named() {
    for major in VERSIONS {
        let database = Database::create(major);
        database.execute(include_str!("nasty.sql"));
        let holder = connect(&database.url).await;
        holder
            .batch_execute(
                "BEGIN; LOCK TABLE fk IN ACCESS EXCLUSIVE MODE; ALTER SEQUENCE lonely RESTART; DROP INDEX par_d_idx",
            )
            .await
            .expect("locks");
        // One more, which waits in the queue: readers of `base` now wait behind it.
        let reader = connect(&database.url).await;
        reader.batch_execute("BEGIN; SELECT 'geheim' FROM base LIMIT 1").await.expect("a lock");
        let waiter = connect(&database.url).await;
        let waiting =
            tokio::spawn(async move { waiter.batch_execute("BEGIN; LOCK TABLE base IN ACCESS EXCLUSIVE MODE").await });
        tokio::time::sleep(Duration::from_millis(300)).await;

        let began = Instant::now();
        let snapshot = observe(&database.url).await;
        assert!(began.elapsed() < Duration::from_mins(2), "{major}: it took {:?}", began.elapsed());
        let seen = body(&snapshot);
        let gap = |area: &str| snapshot.header.gaps.iter().find(|gap| gap.area == area);
        for area in ["definitions", "sizes"] {
            let gap = gap(area).unwrap_or_else(|| panic!("{major}: no gap {area}: {:?}", snapshot.header.gaps));
            assert!(gap.reason.contains("ACCESS EXCLUSIVE"), "{}", gap.reason);
        }
        let fk = table(seen, "public", "fk");
        assert!(!fk.indexes.is_empty() && fk.foreign_keys().count() == 2 && fk.bytes.is_some());
        assert_eq!(table(seen, "public", "v").definition, None, "its table is locked");
        let odd = table(seen, "s p.a\"c;e", "ta\"ble.x 😀\nnl");
        assert!(odd.constraints.iter().all(|constraint| constraint.definition.is_some()), "that one is free");
        let wait = seen.waits.iter().find(|wait| wait.relation.as_deref() == Some("public.base")).expect("a wait");
        assert_eq!(wait.mode.as_deref(), Some("AccessExclusiveLock"));
        let blocker = seen.sessions.iter().find(|session| wait.blocked_by.contains(&session.pid)).expect("the reader");
        assert_eq!(blocker.state.as_deref(), Some("idle in transaction"));
        assert!(blocker.query.as_deref().is_some_and(|query| !query.contains("geheim")), "{:?}", blocker.query);
        drop((holder, reader));
        let _ = waiting.await;
    }
}

#[tokio::test]
async fn tables_that_come_and_go_meanwhile_are_no_error() {
    let database = Database::create(17);
    let url = database.url.clone();
    let churn = tokio::spawn(async move {
        let client = connect(&url).await;
        for i in 0.. {
            let sql = format!(
                "CREATE TABLE c{i} (id serial PRIMARY KEY, v int CHECK (v > 0)); CREATE VIEW w{i} AS SELECT * FROM c{i}; \
                 CREATE INDEX ON c{i} (lower(v::text)) WHERE v > 1"
            );
            client.batch_execute(&sql).await.expect("created");
            client.batch_execute(&format!("DROP TABLE c{i} CASCADE")).await.expect("dropped");
        }
    });
    for _ in 0..15 {
        let snapshot = observe(&database.url).await;
        let wrong: Vec<_> = snapshot.header.gaps.iter().filter(|gap| gap.area == "catalog").collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
    churn.abort();
    let _ = churn.await;
}

#[tokio::test]
async fn observing_writes_nothing_and_holds_no_lock_that_a_select_would_not() {
    let options = LabOptions { programs: vec![postgres_bin(15)], ..LabOptions::default() };
    let lab = Lab::start(&options, &Silent).await.expect("a lab");
    lab.create_database("shop").await.expect("a database");
    lab.execute("shop", include_str!("nasty.sql")).await.expect("objects");
    // Any reader tidies pages that fresh DDL left (and logs that); so that is done before.
    connect(&lab.url("shop")).await.batch_execute("VACUUM").await.expect("a vacuum");
    observe(&lab.url("shop")).await;
    let watcher = connect(&lab.url("postgres")).await;
    watcher.batch_execute("CHECKPOINT").await.expect("a checkpoint, so that none comes in between");
    let position = "SELECT (pg_current_wal_insert_lsn() - '0/0')::int8";
    let before: i64 = watcher.query_one(position, &[]).await.expect("a row").get(0);
    let url = lab.url("shop");
    let observing = tokio::spawn(async move {
        for _ in 0..5 {
            observe_with(&url, &ObserveOptions::default()).await;
        }
    });
    // Whoever connects locks the database's entry until they are in; that is not counted.
    let mut modes = BTreeSet::new();
    while !observing.is_finished() {
        let locks = "SELECT l.locktype || ' ' || l.mode FROM pg_locks l JOIN pg_stat_activity a USING (pid) \
                     WHERE a.application_name = 'dbwright' AND l.classid IS DISTINCT FROM 'pg_database'::regclass";
        modes.extend(watcher.query(locks, &[]).await.expect("rows").iter().map(|row| row.get::<_, String>(0)));
    }
    observing.await.expect("observed");
    let after: i64 = watcher.query_one(position, &[]).await.expect("a row").get(0);
    assert_eq!(after - before, 0, "bytes of WAL were written");
    // Its own virtual transaction is what every transaction locks.
    let known: BTreeSet<_> = ["relation AccessShareLock", "virtualxid ExclusiveLock"].map(str::to_owned).into();
    assert!(modes.is_subset(&known) && modes.len() == 2, "{modes:?}");
}

#[tokio::test]
async fn a_locked_catalog_accuses_nobody_and_ends_in_time() {
    let database = Database::create(17);
    database.execute("CREATE TABLE t (id int PRIMARY KEY)");
    let holder = connect(&database.url).await;
    holder.batch_execute("BEGIN; LOCK TABLE pg_constraint IN ACCESS EXCLUSIVE MODE").await.expect("a lock");
    let snapshot = observe(&database.url).await;
    let outcome = Postgres.check(&snapshot, &Limits::new()).expect("rules run");
    assert!(outcome.findings.iter().all(|finding| !finding.rule.starts_with("sql/")), "{:?}", outcome.findings);
    let skipped = |rule: &str| outcome.not_looked_at.iter().filter(|skipped| skipped.rule == rule).count();
    assert_eq!([skipped("sql/no-primary-key"), skipped("pg/blocked-sessions")], [1, 0]);

    holder.batch_execute("ROLLBACK; BEGIN; LOCK TABLE pg_proc IN ACCESS EXCLUSIVE MODE").await.expect("a lock");
    let began = Instant::now();
    let options = ObserveOptions { statement_timeout: Duration::from_secs(1), ..ObserveOptions::default() };
    let failure = attempt(&database.url, &options).await.expect_err("no answer");
    assert!(failure.code == "postgres.timeout" && began.elapsed() < Duration::from_mins(2), "{failure:?}");
}
