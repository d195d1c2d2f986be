//! `redis/memory-fragmentation`: pages that hold little.

use dbwright_core::{Cx, Severity};

use crate::body::{Body, area};
use crate::words;

const SOURCE: &str = "INFO memory";

/// Reports node by node.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::INFO);
    super::tell_gaps(cx, area::NODES);
    let (least, bytes) = (cx.limit("ratio"), cx.limit("bytes"));
    let (share, small) = (cx.limit("maxmemory_share"), cx.limit("small_bytes"));
    for node in &cx.body.nodes {
        let number = |name: &str| node.info.number(name);
        // Some builds of Valkey leave allocator_frag_bytes at 0, so it is worked out from its parts.
        let Some((active, allocated)) = number("allocator_active").zip(number("allocator_allocated")) else { continue };
        let (ratio, holes) = (active / allocated.max(1.0), active - allocated);
        // Where memory is limited, what is much is a matter of the limit.
        let limit = number("maxmemory").filter(|limit| *limit > 0.0);
        let of_limit = limit.is_some_and(|limit| holes >= limit * share && holes >= small);
        if ratio < least || (holes < bytes && !of_limit) {
            continue;
        }
        let used = number("used_memory").unwrap_or(0.0);
        let running = node.setting("activedefrag") == Some("yes");
        let advice = if running {
            "activedefrag is on and works on it: see active_defrag_running and active-defrag-cycle-max"
        } else {
            "CONFIG SET activedefrag yes closes them, where the server is built with its own allocator (distributions' are \
             not, and refuse); else a restart or a failover does; no figure tells which build it is, so there is no change"
        };
        let finding = cx
            .finding(
                cx.body.subject(node, "server"),
                format!("{} of memory are holes between values", words::bytes(holes)),
            )
            .why(format!("only values of the same size fit into them, and the process is that much larger; {advice}"))
            .evidence("allocator_active", active, "bytes", SOURCE)
            .evidence("allocator_allocated", allocated, "bytes", SOURCE)
            .evidence("ratio", words::ratio(ratio), "ratio", SOURCE)
            .evidence("used_memory", used, "bytes", SOURCE)
            .evidence("mem_allocator", node.info.text("mem_allocator").unwrap_or("?"), "", SOURCE);
        cx.report(if holes < bytes { finding.severity(Severity::Low) } else { finding });
    }
}
