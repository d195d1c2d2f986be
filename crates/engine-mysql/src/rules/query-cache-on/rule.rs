//! `mysql/query-cache-on`: one mutex for all sessions.

use dbwright_core::Cx;

use crate::body::Body;
use crate::settings::{self, When};
use crate::words;

/// Reports a cache that is in use.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    let size = body.number("query_cache_size").unwrap_or(0.0);
    let on = body.variable("query_cache_type").is_some_and(|kind| !matches!(kind, "OFF" | "0"));
    if !on || size <= 0.0 {
        return;
    }
    let to = [("query_cache_type", "OFF"), ("query_cache_size", "0")];
    let why = "every SELECT and every write of all sessions passes one mutex, and a write waits until all results of its table are removed";
    let finding = cx.finding("query_cache_type", "the query cache is on, and all sessions queue for it");
    let finding =
        settings::evidence(body, finding.why(format!("{why}{}", settings::file_line(body, &to))), "query_cache_type");
    let mut finding = settings::evidence(body, finding, "query_cache_size");
    if let (Some(hits), Some(selects)) = (body.counter("Qcache_hits"), body.counter("Com_select")) {
        let share = words::percent(hits / (hits + selects).max(1.0));
        finding = finding.evidence("hits", share, "", "SHOW GLOBAL STATUS (Qcache_hits, Com_select)");
    }
    cx.report(finding.change(settings::change(body, &to, When::Now)));
}
