//! `redis/encoding-not-compact`: just above the limit.

use dbwright_core::{Change, Cx, Finding};

use crate::body::{Body, Node, Pattern, area};
use crate::mend::{self, WALK_LOCK, Walk};
use crate::words;

/// Type, encoding that is not compact, and the setting with the limit.
const ENCODINGS: [(&str, &str, &str); 3] = [
    ("hash", "hashtable", "hash-max-listpack-entries"),
    ("zset", "skiplist", "zset-max-listpack-entries"),
    ("set", "hashtable", "set-max-listpack-entries"),
];

/// Reports pattern by pattern.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::CONFIG);
    super::tell_gaps(cx, area::CONTENTS);
    super::tell_gaps(cx, area::NODES);
    let (keys, times) = (cx.limit("keys"), cx.limit("times"));
    let Some(node) = cx.body.masters().next() else { return };
    for pattern in &cx.body.keyspace.patterns {
        for (kind, encoding, setting) in ENCODINGS {
            let Some(limit) = node.setting_number(setting) else { continue };
            let Some(lengths) = pattern.lengths else { continue };
            let large =
                pattern.encodings.get(encoding).copied().unwrap_or(0) as f64 / (pattern.detailed as f64).max(1.0);
            let above = lengths.median > limit && lengths.max <= limit * times;
            if pattern.share_of_type(kind) >= 0.95 && large >= 0.5 && pattern.keys.value >= keys && above {
                let finding = finding(cx, node, pattern, (kind, encoding, setting), lengths.max);
                cx.report(finding);
            }
        }
    }
}

fn finding(cx: &Cx<'_, Body>, node: &Node, pattern: &Pattern, what: (&str, &str, &str), most: f64) -> Finding {
    let (kind, encoding, setting) = what;
    let limit = node.setting_number(setting).unwrap_or(0.0);
    let wanted = words::whole(most).next_power_of_two().to_string();
    let title = format!("{} has up to {} elements a {kind}, just above {setting}", pattern.name, words::count(most));
    let finding = cx
        .finding(&pattern.name, title)
        .why("as a compact block they would take a fraction of the memory; the limit is raised, and the keys are stored anew")
        .evidence("largest", most, "elements", "HLEN, ZCARD or SCARD of a sample")
        .evidence(setting, limit, "elements", "CONFIG GET")
        .evidence("encoding", encoding, "", "OBJECT ENCODING of a sample")
        .evidence("keys", pattern.keys.value.round(), "keys", "sample of the keyspace")
        .evidence("bytes", pattern.bytes.value.round(), "bytes", "MEMORY USAGE of a sample");
    let Some(statement) = mend::walk(pattern, &Walk::Restore) else { return finding };
    let set = mend::settings(node, &[(setting, &wanted)]);
    let forward = set.forward.iter().cloned().chain([statement.clone()]);
    let back = set.back.into_iter().chain([statement]);
    finding.change(Change::new(forward, WALK_LOCK).back(back).outside_transaction())
}
