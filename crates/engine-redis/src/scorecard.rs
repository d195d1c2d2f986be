//! The scorecard of a server or cluster: hits, speed, replicas, memory, connections, and how old the saved data is.

use dbwright_core::scorecard::Metric;

use crate::body::{Body, Deployment, Node, Role};

/// The metrics; of several nodes the worst counts.
pub(crate) fn scorecard(body: &Body) -> Vec<Metric> {
    if body.deployment == Deployment::Sentinel {
        return Vec::new();
    }
    vec![
        under_100ms(body),
        hit_rate(body),
        replication_lag(body),
        backup_age(body),
        memory_headroom(body),
        connection_headroom(body),
    ]
}

/// The counters' window: that of the node that was started last.
fn window(body: &Body) -> Option<f64> {
    body.masters().filter_map(Node::window_s).min_by(f64::total_cmp)
}

fn under_100ms(body: &Body) -> Metric {
    let metric = Metric::at_least("calls_under_100ms", "ratio", 0.95, "INFO latencystats").window(window(body));
    let stats = || body.masters().flat_map(|node| &node.commands).filter(|stat| stat.calls > 0);
    if !stats().any(|stat| stat.p99_us.is_some()) {
        return metric.note("the server keeps no percentiles: CONFIG SET latency-tracking yes");
    }
    let calls: f64 = stats().map(|stat| stat.calls as f64).sum();
    let fast: f64 = stats().map(|stat| stat.calls as f64 * share_below(stat, 100_000.0)).sum();
    metric
        .value(Some(fast / calls))
        .note("at least: of a command whose 99th percentile is above, the share is counted by halves")
}

/// The share of a command's calls that surely took less, by its percentiles.
fn share_below(stat: &crate::body::CommandStat, limit_us: f64) -> f64 {
    let below = |at: Option<f64>| at.is_none_or(|us| us < limit_us);
    match () {
        () if below(stat.p999_us) => 1.0,
        () if below(stat.p99_us) => 0.99,
        () if below(stat.p50_us) => 0.5,
        () => 0.0,
    }
}

fn hit_rate(body: &Body) -> Metric {
    let sum = |name: &str| body.masters().filter_map(|node| node.info.number(name)).sum::<f64>();
    let (hits, misses) = (sum("keyspace_hits"), sum("keyspace_misses"));
    let metric = Metric::at_least("cache_hit_rate", "ratio", 0.9, "INFO stats: keyspace_hits, keyspace_misses");
    metric.window(window(body)).value(Some(hits / (hits + misses)))
}

fn replication_lag(body: &Body) -> Metric {
    let metric = Metric::at_most("replication_lag", "s", 5.0, "INFO replication");
    let seen = body.nodes.iter().filter(|node| node.role == Role::Master).flat_map(|node| &node.replication.replicas);
    let own = body.nodes.iter().filter(|node| node.role == Role::Replica).filter_map(|node| node.replication.last_io_s);
    let worst = seen.filter_map(|replica| replica.lag_s).chain(own).max_by(f64::total_cmp);
    let metric = metric.value(worst);
    if worst.is_none() { metric.note("there is no replica") } else { metric }
}

fn backup_age(body: &Body) -> Metric {
    let metric = Metric::at_most("backup_age", "s", 86_400.0, "INFO persistence: rdb_last_save_time, aof_enabled");
    let kept = |node: &Node| {
        let saves = node.setting("save").is_none_or(|save| !save.is_empty());
        node.info.is_set("aof_enabled") || saves
    };
    if let Some(node) = body.masters().find(|node| !kept(node)) {
        return metric.note(format!("{} saves nothing: neither `save` nor `appendonly` is set", node.address));
    }
    let age = |node: &Node| {
        let (saved, now) = (node.info.number("rdb_last_save_time")?, node.info.number("server_time_usec")? / 1e6);
        Some(now - saved)
    };
    metric
        .value(body.masters().filter_map(age).max_by(f64::total_cmp))
        .note("the last snapshot on the server's own disk, or its start; whether it is copied elsewhere is not known")
}

fn memory_headroom(body: &Body) -> Metric {
    let metric = Metric::at_least("memory_headroom", "ratio", 0.1, "INFO memory: used_memory, maxmemory");
    let free = |node: &Node| {
        let limit = node.info.number("maxmemory").filter(|limit| *limit > 0.0)?;
        Some((1.0 - node.info.number("used_memory")? / limit).max(0.0))
    };
    let least = body.masters().filter_map(free).min_by(f64::total_cmp);
    let metric = metric.value(least);
    if least.is_none() { metric.note("there is no limit: maxmemory is 0") } else { metric }
}

fn connection_headroom(body: &Body) -> Metric {
    let metric = Metric::at_least("connection_headroom", "ratio", 0.2, "INFO clients: connected_clients, maxclients");
    let free = |node: &Node| {
        let limit = node.info.number("maxclients").or_else(|| node.setting_number("maxclients"))?;
        Some(1.0 - node.info.number("connected_clients")? / limit)
    };
    metric.value(body.nodes.iter().filter_map(free).min_by(f64::total_cmp))
}
