//! `INFO`: one text of sections, of which some have a type of their own in the body.

use std::collections::BTreeMap;

use super::visit::Visit;
use crate::body::{CommandStat, Replica, Replication, Role};

/// Sections with a type of their own.
const TYPED: [&str; 5] = ["commandstats", "latencystats", "errorstats", "keyspace", "modules"];

/// Splits the text into its sections, names in lower case.
pub(super) fn sections(text: &str) -> BTreeMap<String, Vec<(String, String)>> {
    let mut sections: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    let mut current = None;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("# ") {
            current = Some(name.trim().to_lowercase());
            continue;
        }
        if let (Some(section), Some((name, value))) = (&current, line.split_once(':')) {
            let value = value.trim_end().to_owned();
            sections.entry(section.clone()).or_default().push((name.to_owned(), value));
        }
    }
    sections
}

/// Fills the node in from its sections.
pub(super) fn read(visit: &mut Visit) {
    let sections = &visit.sections;
    let plain = sections.iter().filter(|(name, _)| !TYPED.contains(&name.as_str())).flat_map(|(_, fields)| fields);
    let node = &mut visit.node;
    node.info.0 = plain.cloned().collect();
    node.role = match node.info.text("role") {
        Some("slave" | "replica") => Role::Replica,
        _ if node.info.text("redis_mode") == Some("sentinel") => Role::Sentinel,
        _ => Role::Master,
    };
    let empty = Vec::new();
    let of = |name: &str| sections.get(name).unwrap_or(&empty);
    node.commands = commands(of("commandstats"), of("latencystats"));
    node.errors = of("errorstats")
        .iter()
        .filter_map(|(name, value)| {
            Some((name.strip_prefix("errorstat_")?.to_owned(), field(value, "count")?.parse().ok()?))
        })
        .collect();
    node.replication = replication(&node.info);
}

/// `a=1,b=2`: the value of a name.
pub(super) fn field<'a>(fields: &'a str, name: &str) -> Option<&'a str> {
    fields.split(',').find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name).map(|(_, value)| value))
}

fn commands(stats: &[(String, String)], latencies: &[(String, String)]) -> Vec<CommandStat> {
    let percentiles: BTreeMap<&str, &str> = latencies
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("latency_percentiles_usec_")?, value.as_str())))
        .collect();
    let mut found: Vec<CommandStat> = stats
        .iter()
        .filter_map(|(name, fields)| {
            let name = name.strip_prefix("cmdstat_")?;
            let count = |key| field(fields, key).and_then(|text| text.parse().ok()).unwrap_or(0);
            let at = |key| percentiles.get(name).and_then(|fields| field(fields, key)?.parse().ok());
            Some(CommandStat {
                name: name.to_owned(),
                calls: count("calls"),
                usec: count("usec"),
                rejected: count("rejected_calls"),
                failed: count("failed_calls"),
                p50_us: at("p50"),
                p99_us: at("p99"),
                p999_us: at("p99.9"),
            })
        })
        .collect();
    found.sort_by(|a, b| b.usec.cmp(&a.usec).then_with(|| a.name.cmp(&b.name)));
    found
}

fn replication(info: &crate::body::Info) -> Replication {
    let follows = info.text("master_host").zip(info.text("master_port"));
    let offset = info.count("master_repl_offset").unwrap_or(0);
    let replicas = info.0.iter().filter(|(name, _)| is_replica(name)).map(|(_, fields)| replica(fields, offset));
    Replication {
        link_up: follows.is_none() || info.text("master_link_status") == Some("up"),
        master: follows.map(|(host, port)| format!("{host}:{port}")),
        last_io_s: info.number("master_last_io_seconds_ago").filter(|seconds| *seconds >= 0.0),
        syncing: info.is_set("master_sync_in_progress"),
        offset: info.count("slave_repl_offset").unwrap_or(offset),
        replicas: replicas.collect(),
        backlog_size: if info.is_set("repl_backlog_active") { info.count("repl_backlog_size").unwrap_or(0) } else { 0 },
        backlog_filled: info.count("repl_backlog_histlen").unwrap_or(0),
    }
}

/// `slave0`, `slave1`, …
fn is_replica(name: &str) -> bool {
    name.strip_prefix("slave").is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
}

fn replica(fields: &str, offset: u64) -> Replica {
    let text = |name| field(fields, name).unwrap_or_default();
    Replica {
        address: format!("{}:{}", text("ip"), text("port")),
        state: text("state").to_owned(),
        behind_bytes: text("offset").parse().map_or(0, |at: u64| offset.saturating_sub(at)),
        lag_s: text("lag").parse().ok().filter(|lag: &f64| *lag >= 0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_and_fields_are_told_apart() {
        let text = "# Server\r\nredis_version:7.0.15\r\n\r\n# Commandstats\r\n\
                    cmdstat_config|get:calls=2,usec=30,usec_per_call=15.00,rejected_calls=0,failed_calls=1\r\n\
                    cmdstat_get:calls=5,usec=40,usec_per_call=8.00,rejected_calls=0,failed_calls=0\r\n\
                    # Latencystats\r\nlatency_percentiles_usec_get:p50=1.003,p99=9.023,p99.9=9.5\r\n";
        let sections = sections(text);
        assert_eq!(sections["server"], [("redis_version".to_owned(), "7.0.15".to_owned())]);
        let commands = commands(&sections["commandstats"], &sections["latencystats"]);
        assert_eq!((commands[0].name.as_str(), commands[0].p99_us), ("get", Some(9.023)));
        assert_eq!((commands[1].failed, commands[1].p99_us), (1, None));
    }
}
