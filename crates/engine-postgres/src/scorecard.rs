//! The scorecard: seven promises as value against target.
//!
//! A value that could not be measured is null with the reason; it is never guessed. A server without
//! traffic has no hit rates, and a server without replicas no lag.

use dbwright_core::scorecard::Metric;
use dbwright_core::snapshot::Header;

use crate::body::{PgBody, area};

/// Transaction ids that lie between a row and the point where it would seem to be in the future.
const HORIZON: f64 = 2_147_483_648.0;

/// Block accesses below which a hit rate says nothing: the first reads of a fresh server all miss.
const FEW_BLOCKS: u64 = 1_000;

/// All metrics, in a fixed order; none for a schema file, which promises nothing.
#[must_use]
pub(crate) fn scorecard(body: &PgBody, header: &Header) -> Vec<Metric> {
    if header.gaps.iter().any(|gap| gap.area == area::SERVER) {
        return Vec::new();
    }
    vec![
        calls_under_100ms(body, header),
        index_hit_rate(body),
        cache_hit_rate(body),
        replication_lag(body, header),
        backup_age(body),
        transaction_id_headroom(body),
        connection_headroom(body),
    ]
}

/// Target: 95 % of calls. A call counts by its statement's mean: single calls are not kept by the server.
fn calls_under_100ms(body: &PgBody, header: &Header) -> Metric {
    let metric = Metric::at_least("calls_under_100ms", "ratio", 0.95, "pg_stat_statements");
    let window = body.workload.as_ref().and_then(|workload| workload.window_s);
    match body.statement_totals {
        Some(totals) if totals.calls > 0 => metric
            .value(Some(totals.calls_under_100ms as f64 / totals.calls as f64))
            .window(window)
            .note("a call counts as fast when its statement's mean is under 100 ms"),
        Some(_) => metric.window(window).note("no statements were counted"),
        None => {
            let gap = header.gaps.iter().find(|gap| gap.area == area::STATEMENTS);
            metric.note(gap.map_or("pg_stat_statements was not read", |gap| gap.reason.as_str()))
        }
    }
}

/// Target: 90 %. Index blocks found in shared buffers, over all indexes of user tables.
fn index_hit_rate(body: &PgBody) -> Metric {
    let (hit, read) = body.indexes.values().fold((0, 0), |(h, r), i| (h + i.idx_blks_hit, r + i.idx_blks_read));
    let metric = Metric::at_least("index_hit_rate", "ratio", 0.90, "pg_statio_user_indexes");
    hit_rate(metric, hit, read, body)
}

/// Target: 90 %. Blocks of all kinds found in shared buffers, this database.
fn cache_hit_rate(body: &PgBody) -> Metric {
    let metric = Metric::at_least("cache_hit_rate", "ratio", 0.90, "pg_stat_database");
    match body.database() {
        Some(database) => hit_rate(metric, database.blks_hit, database.blks_read, body),
        None => metric.note("pg_stat_database has no row for this database"),
    }
}

fn hit_rate(metric: Metric, hit: u64, read: u64, body: &PgBody) -> Metric {
    let all = hit + read;
    let metric = metric.window(body.server.window_s());
    if all < FEW_BLOCKS {
        return metric.note(format!("too little traffic: {all} block accesses in the window"));
    }
    metric.value(Some(hit as f64 / all as f64))
}

/// Target: at most 1 s behind, the worst replica or this standby itself.
fn replication_lag(body: &PgBody, header: &Header) -> Metric {
    let metric = Metric::at_most("replication_lag", "s", 1.0, "pg_stat_replication.replay_lag");
    let replication = &body.replication;
    if body.server.in_recovery {
        let source = "pg_last_xact_replay_timestamp()".to_owned();
        let metric = Metric { source, ..metric }.value(replication.standby_lag_s);
        return match metric.value {
            Some(_) => metric.note("a standby: its own distance to what it received"),
            None => metric.note("this standby has replayed no transaction yet"),
        };
    }
    if header.gaps.iter().any(|gap| gap.area == area::REPLICATION) {
        return metric.note("the role may not see how far the replicas are");
    }
    // A replica that is idle and has everything reports no lag at all.
    let lags = replication.replicas.iter().map(|replica| match (replica.replay_lag_s, replica.replay_lag_bytes) {
        (Some(seconds), _) => Some(seconds),
        (None, Some(0)) => Some(0.0),
        (None, _) => None,
    });
    match lags.collect::<Option<Vec<f64>>>() {
        Some(lags) if lags.is_empty() => metric.note("no replica streams from this server"),
        Some(lags) => {
            let count = lags.len();
            metric.value(lags.into_iter().reduce(f64::max)).note(format!("the worst of {count} replicas"))
        }
        None => metric.note("a replica is behind by an unknown time"),
    }
}

/// Target: at most 10 minutes since the last archived WAL file, twice the usual `archive_timeout` of 5 minutes.
fn backup_age(body: &PgBody) -> Metric {
    let metric = Metric::at_most("backup_age", "s", 600.0, "pg_stat_archiver.last_archived_time");
    let off = body.setting("archive_mode").is_some_and(|mode| mode.value == "off");
    match &body.replication.archiver {
        _ if off => metric.note("archive_mode is off; backups that other tools make are not visible in the server"),
        Some(archiver) => match archiver.last_archived_s {
            Some(age) => {
                metric.value(Some(age)).note("age of the last archived WAL file; base backups are not visible")
            }
            None => metric.note("archiving is on, but nothing was archived since the counters' reset"),
        },
        None => metric.note("pg_stat_archiver can't be read"),
    }
}

/// Target: at least 0.8, which a working autovacuum keeps: it freezes at an age of 200 million by default.
fn transaction_id_headroom(body: &PgBody) -> Metric {
    let metric = Metric::at_least("transaction_id_headroom", "ratio", 0.8, "age(pg_database.datfrozenxid)");
    let worst = body.databases.iter().max_by_key(|database| database.xid_age.max(database.mxid_age));
    match worst {
        Some(database) => metric
            .value(Some(1.0 - database.xid_age.max(database.mxid_age) as f64 / HORIZON))
            .note(format!("1 − age ÷ 2³¹ of the oldest database, {}", database.name)),
        None => metric.note("pg_database can't be read"),
    }
}

/// Target: at least 0.2 of the connections that ordinary roles may open are free.
fn connection_headroom(body: &PgBody) -> Metric {
    let metric = Metric::at_least("connection_headroom", "ratio", 0.2, "pg_stat_activity, max_connections");
    let number = |name| body.setting(name).and_then(|setting| setting.value.parse::<f64>().ok());
    let reserved =
        number("superuser_reserved_connections").unwrap_or(0.0) + number("reserved_connections").unwrap_or(0.0);
    match number("max_connections").map(|max| max - reserved) {
        Some(slots) if slots > 0.0 => {
            let used = body.sessions.len() as f64;
            metric
                .value(Some((1.0 - used / slots).max(0.0)))
                .note(format!("{used} of {slots} connections are in use; dbwright's own is not counted"))
        }
        _ => metric.note("max_connections can't be read"),
    }
}
