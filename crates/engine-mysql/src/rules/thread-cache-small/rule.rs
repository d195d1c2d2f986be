//! `mysql/thread-cache-small`: threads come and go with their connections.

use dbwright_core::Cx;

use crate::body::Body;
use crate::settings::{self, When};
use crate::words;

/// The variable.
const NAME: &str = "thread_cache_size";
/// Where counters are read.
const SOURCE: &str = "SHOW GLOBAL STATUS";

/// Reports a cache that is small, and shows it.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    let (Some(size), Some(most)) = (body.number(NAME), body.number("max_connections")) else { return };
    let (Some(made), Some(connections)) = (body.counter("Threads_created"), body.counter("Connections")) else {
        return;
    };
    let usual = (8.0 + (most / 100.0).floor()).min(100.0);
    let seconds = body.counter("Uptime").unwrap_or(0.0).max(1.0);
    // With a pool of threads there is nothing to keep.
    let pooled = body.variable("thread_handling").is_some_and(|how| how.contains("pool"));
    let often = connections >= cx.limit("connections") && connections / seconds >= cx.limit("per_second");
    if pooled || size >= usual || !often || made / connections.max(1.0) < cx.limit("share") {
        return;
    }
    let finding = cx
        .finding(NAME, format!("{} of {} connections had a thread made for them", words::count(made), words::count(connections)))
        .why("the cache of threads is smaller than by default, so that they come and go with their connections, which is slow when many come at once")
        .evidence("Threads_created", made, "threads", SOURCE)
        .evidence("Connections", connections, "connections", SOURCE)
        .evidence("Uptime", seconds, "s", SOURCE);
    cx.report(settings::mended(body, finding, NAME, &format!("{usual:.0}"), When::Now));
}
