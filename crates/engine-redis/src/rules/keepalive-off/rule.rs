//! `redis/keepalive-off`: nobody asks whether a client is still there.

use dbwright_core::Cx;

use crate::body::{Body, area};
use crate::mend;

/// Reports node by node.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::CONFIG);
    super::tell_gaps(cx, area::NODES);
    for node in &cx.body.nodes {
        if node.setting("tcp-keepalive") != Some("0") || node.setting("timeout") != Some("0") {
            continue;
        }
        let idle: u64 = node.clients.groups.iter().map(|group| group.idle).sum();
        let finding = cx
            .finding(cx.body.subject(node, "tcp-keepalive"), "a connection whose other end is gone stays for ever")
            .why("it keeps its place among maxclients; a blocked one takes elements off lists that nobody gets")
            .evidence("tcp-keepalive", 0, "s", "CONFIG GET")
            .evidence("timeout", 0, "s", "CONFIG GET")
            .evidence("idle_for_5_minutes", idle, "clients", "CLIENT LIST")
            .change(mend::settings(node, &[("tcp-keepalive", "300")]));
        cx.report(finding);
    }
}
