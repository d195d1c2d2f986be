//! `redis/numbered-databases-used`: names apart, everything else shared.

use std::collections::BTreeMap;

use dbwright_core::Cx;

use crate::body::{Body, Deployment};
use crate::words;

/// Reports once.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    if cx.body.deployment == Deployment::Cluster {
        return;
    }
    let mut used: BTreeMap<u64, u64> = BTreeMap::new();
    for database in cx.body.keyspace.databases.iter().filter(|database| database.keys > 0) {
        *used.entry(database.number).or_default() += database.keys;
    }
    if used.keys().all(|number| *number == 0) {
        return;
    }
    let numbers: Vec<_> = used.keys().map(u64::to_string).collect();
    let mut finding = cx.finding("databases", format!("keys are in the databases {}", words::list(&numbers))).why(
        "they share memory, evictions, the one thread and FLUSHALL, and a cluster has database 0 only; tell keys apart by a \
         prefix, or use a server for each purpose; MOVE key 0 moves one, when the application looks there",
    );
    for (number, keys) in &used {
        finding = finding.evidence(&format!("db{number}"), *keys, "keys", "INFO keyspace");
    }
    cx.report(finding);
}
