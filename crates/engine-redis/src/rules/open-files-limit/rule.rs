//! `redis/open-files-limit`: fewer clients than were asked for, because the system grants no more open files.

use dbwright_core::{Cx, Finding, Severity};

use crate::body::{Body, Node, area};
use crate::words;

/// What a server has room for by default.
const USUAL: f64 = 10_000.0;

/// Reports node by node.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::CONFIG);
    super::tell_gaps(cx, area::NODES);
    for node in &cx.body.nodes {
        if let Some((limit, most)) = node.open_files().zip(node.setting_number("maxclients")) {
            let finding = finding(cx, node, limit, most);
            cx.report(finding);
        }
    }
}

fn finding(cx: &Cx<'_, Body>, node: &Node, limit: u64, most: f64) -> Finding {
    let finding = cx
        .finding(
            cx.body.subject(node, "maxclients"),
            format!("the system's limit of {} open files leaves room for {} clients", words::count(limit as f64), words::count(most)),
        )
        .severity(if most < USUAL { Severity::Medium } else { Severity::Low })
        .why(
            "whatever the configuration asks for, the server lowered it when it started, with a line in its log alone (maxclients has \
             been reduced); the client after the last is refused. No change is given, because only the system can grant more: raise \
             `ulimit -n` of the server's account (LimitNOFILE= of its service, --ulimit nofile= of its container), then restart it, or \
             set maxclients to what is really wanted",
        )
        .evidence("maxclients", most, "clients", "CONFIG GET")
        .evidence("open_files", limit, "files", "maxclients and the 32 files that the server keeps for itself");
    match node.info.count("connected_clients") {
        Some(clients) => finding.evidence("connected_clients", clients, "clients", "INFO clients"),
        None => finding,
    }
}
