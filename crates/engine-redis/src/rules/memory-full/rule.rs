//! `redis/memory-full`: nothing can be written any more, or soon.

use dbwright_core::{Cx, Finding, Severity};

use crate::body::{Body, Node, area};
use crate::mend;
use crate::words;

const MB: f64 = 1_048_576.0;

/// Reports masters that refuse writes when they are full; those that evict are told by `redis/evictions`.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::INFO);
    super::tell_gaps(cx, area::CONFIG);
    super::tell_gaps(cx, area::NODES);
    let (share, critical) = (cx.limit("share"), cx.limit("critical_share"));
    for node in cx.body.masters() {
        let number = |name: &str| node.info.number(name).unwrap_or(0.0);
        let Some(limit) = node.setting_number("maxmemory").filter(|limit| *limit > 0.0) else { continue };
        // Buffers of replicas and of the append-only file don't count against the limit.
        let used = number("used_memory") - number("mem_not_counted_for_evict");
        if used < limit * share || evicts(cx.body, node) {
            continue;
        }
        let severity = if used >= limit * critical { Severity::Critical } else { Severity::High };
        let finding = finding(cx, node, used, limit).severity(severity);
        cx.report(finding);
    }
}

/// Whether there is something that may go when memory is full.
fn evicts(body: &Body, node: &Node) -> bool {
    match node.setting("maxmemory-policy") {
        Some("noeviction") => false,
        Some(policy) if policy.starts_with("volatile") => {
            body.keyspace.databases.iter().any(|one| one.node == node.address && one.expires > 0)
        }
        _ => true,
    }
}

fn finding(cx: &Cx<'_, Body>, node: &Node, used: f64, limit: f64) -> Finding {
    let policy = node.setting("maxmemory-policy").unwrap_or("?");
    let full = used >= limit;
    let title = if full {
        format!("memory is full ({}), and writes are refused", words::bytes(limit))
    } else {
        format!("{} of {} are taken; when memory is full, writes are refused", words::bytes(used), words::bytes(limit))
    };
    let finding = cx
        .finding(cx.body.subject(node, "maxmemory"), title)
        .evidence("used_memory", used, "bytes", "INFO memory, less mem_not_counted_for_evict")
        .evidence("maxmemory", limit, "bytes", "CONFIG GET")
        .evidence("maxmemory-policy", policy, "", "CONFIG GET");
    let finding = match refused(node) {
        Some(count) => finding.evidence("writes refused (OOM)", count, "errors", "INFO errorstats"),
        None => finding,
    };
    let why =
        "clients get OOM for every command that may take memory, deletes of some programs included, until keys go";
    let less = "keep less: give keys a time to live (redis/no-ttl-on-cache-keys), delete what grew (redis/big-key, redis/keyspace-pattern-unbounded)";
    let wanted = limit.max(used) * 1.5;
    if wanted > node.info.number("total_system_memory").unwrap_or(0.0) * 0.75 {
        return finding.why(format!("{why}; the machine has no more to give, so {less}"));
    }
    finding
        .why(format!("{why}; give it more, and {less}"))
        .change(mend::settings(node, &[("maxmemory", &format!("{:.0}mb", (wanted / MB).ceil()))]))
}

/// How many commands were refused for want of memory, where the server counts errors by kind.
fn refused(node: &Node) -> Option<u64> {
    node.errors.iter().find(|(kind, _)| *kind == "OOM").map(|(_, count)| *count)
}

#[cfg(test)]
mod tests {
    use dbwright_core::Severity;

    use crate::sample;

    fn severity(policy: &str, used: &str, expires: u64) -> Option<Severity> {
        let mut node = sample::node(&[("maxmemory", "1000000"), ("maxmemory-policy", policy)]);
        let facts = [("used_memory", used), ("total_system_memory", "1073741824")];
        node.info.0.extend(facts.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let mut body = sample::body(node);
        body.keyspace.databases.push(sample::keys(1_000, expires));
        sample::run("redis/memory-full", &body).first().map(|finding| finding.severity)
    }

    #[test]
    fn what_can_evict_is_never_full() {
        assert_eq!(severity("noeviction", "899999", 0), None);
        assert_eq!(severity("noeviction", "900000", 500), Some(Severity::High));
        assert_eq!(severity("noeviction", "990000", 500), Some(Severity::Critical));
        assert_eq!(severity("volatile-lru", "990000", 0), Some(Severity::Critical));
        assert_eq!(severity("volatile-lru", "990000", 5), None);
        assert_eq!(severity("allkeys-lru", "990000", 0), None);
    }
}
