//! `mysql/max-connections-memory`: all connections at once would need more memory than there is.

use dbwright_core::Cx;

use crate::body::Body;
use crate::settings::{self, When};

/// Bytes of a gigabyte.
const GB: f64 = 1_073_741_824.0;
/// What each connection may take, with the default that most versions have.
const BUFFERS: [(&str, f64); 6] = [
    ("sort_buffer_size", 262_144.0),
    ("join_buffer_size", 262_144.0),
    ("read_buffer_size", 131_072.0),
    ("read_rnd_buffer_size", 262_144.0),
    ("binlog_cache_size", 32_768.0),
    ("thread_stack", 1_048_576.0),
];
/// How far above its default a buffer has to be to go back to it.
const RAISED: f64 = 8.0;

/// Reports the worst case when it is out of proportion.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    let (Some(most), Some(pool)) = (body.number("max_connections"), body.number("innodb_buffer_pool_size")) else {
        return;
    };
    let table =
        body.number("tmp_table_size").unwrap_or(0.0).min(body.number("max_heap_table_size").unwrap_or(f64::MAX));
    let one: f64 = BUFFERS.iter().filter_map(|(name, _)| body.number(name)).sum::<f64>() + table;
    let ram = cx.limit("ram_gb") * GB;
    let room = if ram > 0.0 { (ram - pool).max(0.0) } else { pool.max(cx.limit("gb") * GB) };
    if one * most <= room {
        return;
    }
    let title =
        format!("{most:.0} connections may take {} together, beside a buffer pool of {}", size(one * most), size(pool));
    let used = body.counter("Max_used_connections").unwrap_or(0.0);
    let why = "on the day when a program opens all of them and they sort at once, the machine swaps or the kernel ends the server";
    let mut finding = cx
        .finding("max_connections", title)
        .evidence("per connection", one, "bytes", "computed from SHOW GLOBAL VARIABLES")
        .evidence("all connections", one * most, "bytes", "computed")
        .evidence("Max_used_connections", used, "connections", "SHOW GLOBAL STATUS")
        .why(why);
    finding = settings::evidence(body, finding, "max_connections");
    finding = settings::evidence(body, finding, "innodb_buffer_pool_size");
    for (name, default) in BUFFERS {
        if body.number(name).is_some_and(|value| value >= default * RAISED) {
            finding = settings::evidence(body, finding, name);
        }
    }
    cx.report(match values(body, one, most, room, used) {
        Some(values) => {
            let to: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let why = format!("{why}{}", settings::file_line(body, &to));
            finding.why(why).change(settings::change(body, &to, When::NewSessions))
        }
        None => finding.why(format!("{why}. No change is given: as many connections as were used at once don't fit either; put a pool of connections in front")),
    });
}

/// What to set so that it fits: raised buffers first, then fewer connections.
fn values(body: &Body, one: f64, most: f64, room: f64, used: f64) -> Option<Vec<(&'static str, String)>> {
    let (mut one, mut values) = (one, Vec::new());
    for (name, default) in BUFFERS.into_iter().filter(|(name, _)| *name != "thread_stack") {
        let Some(value) = body.number(name).filter(|value| *value >= default * RAISED) else { continue };
        one -= value - default;
        values.push((name, format!("{default:.0}")));
    }
    if one * most > room {
        let fits = (room / one).floor();
        if fits < (used * 1.25).max(10.0) {
            return None;
        }
        values.push(("max_connections", format!("{fits:.0}")));
    }
    Some(values)
}

/// With the decimals that a comparison needs.
fn size(bytes: f64) -> String {
    if bytes < GB { format!("{:.0} MB", bytes / (GB / 1024.0)) } else { format!("{:.1} GB", bytes / GB) }
}
