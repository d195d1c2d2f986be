//! `redis/eviction-policy-mismatch`: a cache that refuses, a store that forgets.

use dbwright_core::{Cx, Severity};

use crate::body::{Body, Node, area};
use crate::mend;
use crate::words;

/// Reports node by node.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::CONFIG);
    super::tell_gaps(cx, area::NODES);
    let least = cx.limit("keys");
    for node in cx.body.masters() {
        let own = cx.body.keyspace.databases.iter().filter(|database| database.node == node.address);
        let (keys, expires) = own.fold((0, 0), |sum, database| (sum.0 + database.keys, sum.1 + database.expires));
        if (keys as f64) < least || node.setting_number("maxmemory").unwrap_or(0.0) == 0.0 {
            continue;
        }
        let share = expires as f64 / keys as f64;
        let Some((severity, policy, title, why)) = mismatch(cx, node, share) else { continue };
        let finding = cx
            .finding(cx.body.subject(node, "maxmemory-policy"), title)
            .severity(severity)
            .why(why)
            .evidence("maxmemory-policy", node.setting("maxmemory-policy").unwrap_or("?"), "", "CONFIG GET")
            .evidence("keys", keys, "keys", "INFO keyspace")
            .evidence("keys_that_expire", expires, "keys", "INFO keyspace")
            .evidence("share", words::ratio(share), "ratio", "INFO keyspace")
            .change(mend::settings(node, &[("maxmemory-policy", policy)]));
        cx.report(finding);
    }
}

type Mismatch = (Severity, &'static str, &'static str, &'static str);

fn mismatch(cx: &Cx<'_, Body>, node: &Node, share: f64) -> Option<Mismatch> {
    let policy = node.setting("maxmemory-policy")?;
    let kept = node.setting("appendonly") == Some("yes") || node.setting("save").is_some_and(|save| !save.is_empty());
    if policy == "noeviction" && share >= cx.limit("cache_share") {
        return Some((
            Severity::Medium,
            "allkeys-lru",
            "a cache refuses writes when it is full (noeviction)",
            "nearly all keys expire, so they can be made again; with allkeys-lru those that were not used for longest go first",
        ));
    }
    if policy.starts_with("allkeys") && share <= cx.limit("store_share") && kept {
        return Some((
            Severity::High,
            "noeviction",
            "a store deletes keys when it is full (allkeys)",
            "hardly any key expires and the data is kept on disk, so it is meant to stay; with noeviction writes fail when \
             memory is full, which somebody notices, and nothing is lost",
        ));
    }
    (policy.starts_with("volatile") && share == 0.0).then_some((
        Severity::Low,
        "noeviction",
        "only keys that expire may be evicted, and there are none",
        "so writes fail when memory is full, as with noeviction, which says so; or give what may go an expiry",
    ))
}

#[cfg(test)]
mod tests {
    use dbwright_core::Severity;

    use crate::sample;

    fn found(policy: &str, save: &str, keys: u64, expires: u64) -> Option<(Severity, String)> {
        let settings = [("maxmemory", "1000000"), ("maxmemory-policy", policy), ("save", save), ("appendonly", "no")];
        let mut body = sample::body(sample::node(&settings));
        body.keyspace.databases.push(sample::keys(keys, expires));
        let found = sample::run("redis/eviction-policy-mismatch", &body);
        let first = found.first()?;
        Some((first.severity, first.change.as_ref()?.forward.first()?.clone()))
    }

    #[test]
    fn a_cache_a_store_and_a_mixture_are_told_apart() {
        let change = |policy: &str| format!("CONFIG SET maxmemory-policy {policy}");
        assert_eq!(found("noeviction", "", 1_000, 990), Some((Severity::Medium, change("allkeys-lru"))));
        assert_eq!(found("allkeys-lru", "3600 1", 1_000, 10), Some((Severity::High, change("noeviction"))));
        assert_eq!(found("volatile-lru", "", 1_000, 0), Some((Severity::Low, change("noeviction"))));
        // A cache may have keys without an expiry, and a mixture is what volatile is for.
        assert_eq!(found("allkeys-lru", "", 1_000, 10), None);
        assert_eq!(found("volatile-lru", "3600 1", 1_000, 500), None);
        assert_eq!(found("noeviction", "3600 1", 1_000, 500), None);
        assert_eq!(found("noeviction", "", 99, 99), None);
    }
}
