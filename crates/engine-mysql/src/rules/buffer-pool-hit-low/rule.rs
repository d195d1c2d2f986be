//! `mysql/buffer-pool-hit-low`: too much is read from the disk.

use dbwright_core::Cx;

use crate::body::Body;
use crate::settings;
use crate::words;

/// Where the counters are read.
const SOURCE: &str = "SHOW GLOBAL STATUS";

/// Reports a low share of hits, or that the server is too young to tell.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    let (Some(reads), Some(requests)) =
        (body.counter("Innodb_buffer_pool_reads"), body.counter("Innodb_buffer_pool_read_requests"))
    else {
        return;
    };
    let up = words::as_f64(body.server.uptime_s).max(1.0);
    let hit = 1.0 - reads / requests.max(1.0);
    if hit >= cx.limit("hit") || reads / up < cx.limit("reads_per_s") {
        return;
    }
    if up < cx.limit("minutes") * 60.0 {
        let reason =
            format!("the server has run for only {}; at first every page has to be read once", words::seconds(up));
        cx.not_looked(reason, Some("check again later, or lower minutes of mysql/buffer-pool-hit-low"));
        return;
    }
    let title =
        format!("{} of the page requests are answered from memory, the rest waits for the disk", words::percent(hit));
    let finding = cx
        .finding("innodb_buffer_pool_size", title)
        .why(
            "either the pool is smaller than what is used all the time, or statements read more than they need. No change is given: mend what mysql/full-scan-statement \
             names first; else SET GLOBAL innodb_buffer_pool_size to more, as far as the machine has memory, which it does not tell",
        )
        .evidence("Innodb_buffer_pool_reads", reads, "reads", SOURCE)
        .evidence("Innodb_buffer_pool_read_requests", requests, "requests", SOURCE)
        .evidence("hit", (hit * 10_000.0).round() / 10_000.0, "ratio", "computed")
        .evidence("Uptime", body.server.uptime_s, "s", SOURCE);
    cx.report(settings::evidence(body, finding, "innodb_buffer_pool_size"));
}
