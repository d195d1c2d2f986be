//! `redis/rss-far-above-used`: what a peak left behind.

use dbwright_core::{Change, Cx, Severity};

use crate::body::{Body, area};
use crate::words;

const SOURCE: &str = "INFO memory";

/// Reports node by node.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::INFO);
    super::tell_gaps(cx, area::NODES);
    let (ratio, bytes, high_share) = (cx.limit("ratio"), cx.limit("bytes"), cx.limit("high_share"));
    for node in &cx.body.nodes {
        let number = |name: &str| node.info.number(name).unwrap_or(0.0);
        let (rss, used) = (number("used_memory_rss"), number("used_memory"));
        if rss <= 0.0 {
            let reason = format!("{} does not know how large its process is (it can't read /proc)", node.address);
            cx.not_looked(reason, Some("run the server where /proc is mounted"));
            continue;
        }
        let beyond = number("allocator_rss_bytes").max(0.0) + number("rss_overhead_bytes").max(0.0);
        if rss < used * ratio || beyond < bytes {
            continue;
        }
        let machine = number("total_system_memory");
        let full = machine > 0.0 && rss >= machine * high_share;
        let change = Change::new(["MEMORY PURGE"], "others wait some ms")
            .outside_transaction()
            .irreversible("there is nothing to undo: pages that hold nothing go back to the system");
        let title = format!("the process holds {} for {} of data", words::bytes(rss), words::bytes(used));
        let finding = cx
            .finding(cx.body.subject(node, "server"), title)
            .severity(if full { Severity::High } else { Severity::Low })
            .why("pages of a peak that is over are still held, and the machine has that much less for others")
            .evidence("used_memory_rss", rss, "bytes", SOURCE)
            .evidence("used_memory", used, "bytes", SOURCE)
            .evidence("used_memory_peak", number("used_memory_peak"), "bytes", SOURCE)
            .evidence("allocator_rss_bytes", number("allocator_rss_bytes"), "bytes", SOURCE)
            .evidence("rss_overhead_bytes", number("rss_overhead_bytes"), "bytes", SOURCE)
            .change(change);
        cx.report(finding);
    }
}
