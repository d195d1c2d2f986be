//! The scorecard on a real server: measured where there was traffic, null with the reason where not.

use crate::common::observe;
use dbwright_check::Checks;
use dbwright_core::Snapshot;
use dbwright_core::rule::Limits;
use dbwright_core::scorecard::Metric;
use dbwright_engine_postgres::Postgres;
use dbwright_testkit::Database;

fn metrics(snapshot: &Snapshot) -> Vec<Metric> {
    Postgres.check(snapshot, &Limits::new()).expect("checked").scorecard
}

fn metric(metrics: &[Metric], name: &str) -> Metric {
    metrics.iter().find(|metric| metric.metric == name).cloned().unwrap_or_else(|| panic!("no {name}"))
}

#[tokio::test]
async fn traffic_is_measured() {
    let database = Database::create(17);
    database.execute("CREATE EXTENSION pg_stat_statements; CREATE TABLE t (id int PRIMARY KEY)");
    database.execute("INSERT INTO t SELECT generate_series(1, 20000)");
    for _ in 0..3 {
        database.execute("SELECT count(*) FROM t");
    }
    database.execute("SELECT pg_sleep(0.2)");
    let all = metrics(&observe(&database.url).await);
    let calls = metric(&all, "calls_under_100ms");
    assert!(calls.value.is_some_and(|share| share > 0.4 && share < 1.0), "pg_sleep is slow: {calls:?}");
    assert!(calls.window_s.is_some());
    // The counters of a session arrive a moment after it has ended.
    for _ in 0..50 {
        let all = metrics(&observe(&database.url).await);
        let (index, cache) = (metric(&all, "index_hit_rate"), metric(&all, "cache_hit_rate"));
        if index.value.is_some() && cache.value.is_some() {
            assert!(index.met == Some(true) && cache.met.is_some(), "{index:?} {cache:?}");
            let headroom = metric(&all, "transaction_id_headroom");
            assert!(headroom.value.is_some_and(|share| share > 0.5 && share <= 1.0), "{headroom:?}");
            let connections = metric(&all, "connection_headroom");
            assert!(connections.value.is_some_and(|share| (0.0..=1.0).contains(&share)), "{connections:?}");
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the counters never arrived");
}

#[tokio::test]
async fn what_was_not_measured_is_null_with_the_reason() {
    let database = Database::create(15);
    let all = metrics(&observe(&database.url).await);
    assert_eq!(all.len(), 7);
    for name in ["calls_under_100ms", "index_hit_rate", "replication_lag", "backup_age"] {
        let metric = metric(&all, name);
        assert!(metric.value.is_none() && metric.met.is_none() && metric.note.is_some(), "{metric:?}");
    }
}
