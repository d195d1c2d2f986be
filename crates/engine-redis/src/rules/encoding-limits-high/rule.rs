//! `redis/encoding-limits-high`: each access reads the whole key.

use dbwright_core::Cx;

use crate::body::{Body, area};
use crate::mend;

/// Reports node by node and setting by setting.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::CONFIG);
    super::tell_gaps(cx, area::NODES);
    let (entries, bytes) = (cx.limit("entries"), cx.limit("bytes"));
    for node in &cx.body.nodes {
        for (name, value) in &node.config {
            // Since 7.0 the older name is another one of the same setting.
            let older =
                name.contains("-max-ziplist-") && node.config.contains_key(&name.replace("ziplist", "listpack"));
            let compact = name.contains("-max-listpack-") || (name.contains("-max-ziplist-") && !older);
            // The limit of lists is one of bytes, and each node of a list has its own.
            let Ok(limit) = value.parse::<f64>() else { continue };
            let (most, usual, unit) = match name.as_str() {
                name if name.starts_with("list-") || !compact => continue,
                name if name.ends_with("-value") => (bytes, "64", "bytes"),
                name if name.starts_with("hash-") => (entries, "512", "entries"),
                _ => (entries, "128", "entries"),
            };
            if limit < most {
                continue;
            }
            let finding = cx
                .finding(cx.body.subject(node, name), format!("{name} is {value}, and such keys are searched from the beginning"))
                .why("each access to a compact key reads it from its beginning, each change moves it; everybody waits for that")
                .evidence(name, limit, unit, "CONFIG GET")
                .change(mend::settings(node, &[(name, usual)]));
            cx.report(finding);
        }
    }
}
