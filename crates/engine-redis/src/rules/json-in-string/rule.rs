//! `redis/json-in-string`: a text where a structure would do.

use dbwright_core::Cx;

use crate::body::Body;
use crate::words;

/// Reports pattern by pattern.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let (share, keys, bytes) = (cx.limit("share"), cx.limit("keys"), cx.limit("bytes"));
    for pattern in &cx.body.keyspace.patterns {
        let (Some(values), Some(size)) = (pattern.values, pattern.size) else { continue };
        let json = values.json as f64 / (values.looked as f64).max(1.0);
        if values.looked == 0 || json < share || pattern.keys.value < keys || size.median < bytes {
            continue;
        }
        let title =
            format!("the values of {} are JSON text of {} in the middle", pattern.name, words::bytes(size.median));
        let finding = cx
            .finding(&pattern.name, title)
            .why(
                "reading one field moves all of it, and of two writers one loses its change; HSET and HGET work on one field; \
                 the application has to read it differently, so there is no change",
            )
            .evidence("json", values.json, "strings", "GETRANGE of a sample")
            .evidence("looked_at", values.looked, "strings", "GETRANGE of a sample")
            .evidence("keys", pattern.keys.value.round(), "keys", "sample of the keyspace")
            .evidence("median_size", size.median.round(), "bytes", "MEMORY USAGE of a sample");
        cx.report(finding);
    }
}
