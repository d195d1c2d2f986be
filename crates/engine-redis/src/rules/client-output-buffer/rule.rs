//! `redis/client-output-buffer`: answers that nobody fetches.

use dbwright_core::{Change, Cx, Finding, Severity};

use crate::body::{Body, ClientGroup, Node, area};
use crate::mend;
use crate::words;

const SOURCE: &str = "CLIENT LIST";
/// 256 MB at once, or 64 MB for a minute: what Redis grants replicas.
const LIMIT: &str = "normal 268435456 67108864 60";

/// Reports group by group: clients of one kind, user and name.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::CLIENTS);
    super::tell_gaps(cx, area::NODES);
    let bytes = cx.limit("bytes");
    for node in &cx.body.nodes {
        for group in &node.clients.groups {
            let ordinary = matches!(group.kind.as_str(), "normal" | "blocked" | "monitor");
            if ordinary && group.largest_output as f64 >= bytes {
                let finding = finding(cx, node, group);
                cx.report(finding);
            }
        }
    }
}

fn finding(cx: &Cx<'_, Body>, node: &Node, group: &ClientGroup) -> Finding {
    let maxmemory = node.setting_number("maxmemory").unwrap_or(0.0);
    let much = maxmemory > 0.0 && group.largest_output as f64 >= maxmemory * cx.limit("high_share");
    let limits = node.setting("client-output-buffer-limit").unwrap_or("?");
    let finding = cx
        .finding(
            cx.body.subject(node, &group.subject()),
            format!("{} wait for a client that does not read them", words::bytes(group.largest_output as f64)),
        )
        .severity(if much { Severity::High } else { Severity::Medium })
        .why("they take memory that keys could have; its last command and name say which program it is")
        .evidence("output", group.largest_output, "bytes", SOURCE)
        .evidence("command", group.command.as_str(), "", SOURCE)
        .evidence("user", group.user.as_str(), "", SOURCE)
        .evidence("client-output-buffer-limit", limits, "", "CONFIG GET");
    if group.largest_output_id == 0 {
        return finding;
    }
    let unlimited = limits.contains("normal 0 0 0");
    let mut forward =
        if unlimited { mend::settings(node, &[("client-output-buffer-limit", LIMIT)]).forward } else { Vec::new() };
    forward.push(format!("CLIENT KILL ID {}", group.largest_output_id));
    finding.change(Change::new(forward, "one client loses its connection").outside_transaction().irreversible(
        "the client connects anew by itself or not at all; CONFIG SET client-output-buffer-limit \"normal 0 0 0\" takes the limit away",
    ))
}
