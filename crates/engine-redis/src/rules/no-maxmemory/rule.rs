//! `redis/no-maxmemory`: the server takes as much memory as the machine gives it.

use dbwright_core::{Change, Cx, Severity};

use crate::body::{Body, area};

/// Reports once for each node that holds keys.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::CONFIG);
    super::tell_gaps(cx, area::NODES);
    let body = cx.body;
    for node in &body.nodes {
        if node.setting("maxmemory") != Some("0") {
            continue;
        }
        let used = node.info.count("used_memory").unwrap_or(0);
        let total = node.info.count("total_system_memory").unwrap_or(0);
        // Not below what is in use: setting the limit must not evict anything.
        let share = total as f64 * cx.limit("share_of_memory");
        let limit = share.max(used as f64 * 1.2) as u64 / MEGABYTE;
        let high = total > 0 && used as f64 >= total as f64 * cx.limit("large_share");
        let finding = cx
            .finding(body.subject(node, "maxmemory"), "memory has no limit")
            .severity(if high { Severity::High } else { Severity::Medium })
            .why(
                "when the machine's memory is used up, the kernel kills the server or every command waits for the disk",
            )
            .evidence("maxmemory", 0, "bytes", "CONFIG GET maxmemory")
            .evidence("used_memory", used, "bytes", "INFO memory")
            .evidence("total_system_memory", total, "bytes", "INFO memory")
            .evidence("maxmemory-policy", node.setting("maxmemory-policy").unwrap_or_default(), "", "CONFIG GET");
        let finding = if total == 0 {
            finding
        } else {
            finding.change(
                Change::new([format!("CONFIG SET maxmemory {limit}mb")], "none; it takes effect at once")
                    .back(["CONFIG SET maxmemory 0"])
                    .outside_transaction(),
            )
        };
        cx.report(finding);
    }
}

/// What `mb` means to the server.
const MEGABYTE: u64 = 1 << 20;
