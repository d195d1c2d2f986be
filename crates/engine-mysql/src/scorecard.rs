//! The scorecard: the promises as value against target.
//!
//! A value that could not be measured is null with the reason; it is never guessed.

use dbwright_core::scorecard::Metric;
use dbwright_core::snapshot::Header;

use crate::body::{Body, Channel, area};

/// Accesses below which a hit rate says nothing: the first reads of a fresh server all miss.
const FEW: f64 = 1_000.0;

/// All metrics, in a fixed order; none for a schema file, which promises nothing.
pub(crate) fn scorecard(body: &Body, header: &Header) -> Vec<Metric> {
    if header.gaps.iter().any(|gap| gap.area == area::SERVER) {
        return Vec::new();
    }
    vec![
        calls_under_100ms(body, header),
        index_hit_rate(body),
        cache_hit_rate(body),
        replication_lag(body, header),
        backup_age(body),
        connection_headroom(body),
    ]
}

/// Target: 95 % of calls.
fn calls_under_100ms(body: &Body, header: &Header) -> Metric {
    let metric = Metric::at_least("calls_under_100ms", "ratio", 0.95, "performance_schema");
    if let Some(latency) = body.latency.filter(|latency| latency.calls > 0) {
        let source = "performance_schema.events_statements_histogram_global".to_owned();
        return Metric { source, ..metric }
            .value(Some(latency.under_100ms as f64 / latency.calls as f64))
            .window(Some(body.server.uptime_s as f64))
            .note("all statements of the server, each by its own time");
    }
    let statements = body.workload.iter().flat_map(|workload| &workload.statements);
    let (mut all, mut fast) = (0.0, 0.0);
    for one in statements {
        all += one.calls;
        fast += if one.mean_ms.is_some_and(|mean| mean < 100.0) { one.calls } else { 0.0 };
    }
    if all > 0.0 {
        let window = body.workload.as_ref().and_then(|workload| workload.window_s);
        return metric
            .value(Some(fast / all))
            .window(window)
            .note("a call counts as fast when its statement's mean is under 100 ms");
    }
    let gap = header.gaps.iter().find(|gap| gap.area == area::STATEMENTS);
    metric.note(gap.map_or("no statements were counted", |gap| gap.reason.as_str()))
}

/// Target: 90 %. Rows found by way of an index, of all rows that were read.
fn index_hit_rate(body: &Body) -> Metric {
    let metric = Metric::at_least("index_hit_rate", "ratio", 0.90, "SHOW GLOBAL STATUS, Handler_read_…")
        .window(Some(body.server.uptime_s as f64));
    let sum = |names: &[&str]| names.iter().filter_map(|name| body.counter(name)).sum::<f64>();
    let by_index = sum(&["Handler_read_key", "Handler_read_next", "Handler_read_prev", "Handler_read_last"]);
    let by_scan = sum(&["Handler_read_rnd_next"]);
    rate(metric, by_index, by_scan, "rows read")
        .note("rows found by way of an index, of all rows read, temporary tables included")
}

/// Target: 90 %. Pages found in the buffer pool.
fn cache_hit_rate(body: &Body) -> Metric {
    let metric = Metric::at_least("cache_hit_rate", "ratio", 0.90, "SHOW GLOBAL STATUS, Innodb_buffer_pool_read…")
        .window(Some(body.server.uptime_s as f64));
    let asked = body.counter("Innodb_buffer_pool_read_requests").unwrap_or(0.0);
    let missed = body.counter("Innodb_buffer_pool_reads").unwrap_or(0.0).min(asked);
    rate(metric, asked - missed, missed, "page requests")
}

fn rate(metric: Metric, hit: f64, miss: f64, of: &str) -> Metric {
    let all = hit + miss;
    if all < FEW {
        return metric.note(format!("too little traffic: {all:.0} {of} in the window"));
    }
    metric.value(Some(hit / all))
}

/// Target: at most 1 s behind its source.
fn replication_lag(body: &Body, header: &Header) -> Metric {
    let metric = Metric::at_most("replication_lag", "s", 1.0, body.server.replica_words().status);
    if header.gaps.iter().any(|gap| gap.area == area::REPLICATION) {
        return metric.note("the account may not see the state of replication");
    }
    if body.replication.is_empty() {
        return metric.note("this server is no replica; replicas of it know how far they are themselves");
    }
    // Whose receiver has stopped is up to date with what it got, and the server says 0.
    let known = |channel: &Channel| channel.behind_s.filter(|_| channel.receiver == "Yes");
    let behind: Option<Vec<u64>> = body.replication.iter().map(known).collect();
    match behind.and_then(|all| all.into_iter().max()) {
        Some(seconds) => metric.value(Some(seconds as f64)).note("this replica's own distance to its source"),
        None => metric.note("replication is stopped, so nobody knows how far behind it is"),
    }
}

/// Target: at most a day. Neither server knows of its backups.
fn backup_age(body: &Body) -> Metric {
    let metric = Metric::at_most("backup_age", "s", 86_400.0, "variables");
    metric.note(match body.is_on("log_bin") {
        Some(true) => "backups are not visible in the server; the binary log is on, so that one can be rolled forward",
        Some(false) => {
            "backups are not visible in the server; the binary log is off, so that none can be rolled forward"
        }
        None => "backups are not visible in the server",
    })
}

/// Target: at least 0.2 of the connections are free.
fn connection_headroom(body: &Body) -> Metric {
    let metric = Metric::at_least("connection_headroom", "ratio", 0.2, "Threads_connected, max_connections");
    match (body.counter("Threads_connected"), body.number("max_connections")) {
        (Some(used), Some(slots)) if slots > 0.0 => {
            let used = (used - 1.0).max(0.0);
            metric
                .value(Some((1.0 - used / slots).max(0.0)))
                .note(format!("{used:.0} of {slots:.0} connections are in use; dbwright's own is not counted"))
        }
        _ => metric.note("the number of connections can't be read"),
    }
}
