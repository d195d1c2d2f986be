//! `redis/pubsub-output-buffer`: messages that nobody fetches.

use dbwright_core::{Change, Cx, Finding};

use crate::body::{Body, ClientGroup, Node, area};
use crate::words;

const SOURCE: &str = "CLIENT LIST";

/// Reports group by group: subscribers of one user and name.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::CLIENTS);
    super::tell_gaps(cx, area::NODES);
    let bytes = cx.limit("bytes");
    for node in &cx.body.nodes {
        for group in node.clients.groups.iter().filter(|group| group.kind == "pubsub") {
            if group.largest_output as f64 >= bytes {
                let finding = finding(cx, node, group);
                cx.report(finding);
            }
        }
    }
}

fn finding(cx: &Cx<'_, Body>, node: &Node, group: &ClientGroup) -> Finding {
    let finding = cx
        .finding(
            cx.body.subject(node, &group.subject()),
            format!("{} of messages wait for a subscriber that does not keep up", words::bytes(group.largest_output as f64)),
        )
        .why("soon the server closes it, and what waited is lost; what must not be lost belongs in a stream with a consumer group")
        .evidence("output", group.largest_output, "bytes", SOURCE)
        .evidence("subscriptions", group.subscriptions, "channels", SOURCE)
        .evidence("client-output-buffer-limit", node.setting("client-output-buffer-limit").unwrap_or("?"), "", "CONFIG GET");
    let finding = match node.info.count("client_output_buffer_limit_disconnections") {
        Some(closed) => finding.evidence("closed_so_far", closed, "clients", "INFO stats"),
        None => finding,
    };
    if group.largest_output_id == 0 {
        return finding;
    }
    finding.change(
        Change::new([format!("CLIENT KILL ID {}", group.largest_output_id)], "one subscriber loses its connection")
            .outside_transaction()
            .irreversible("the subscriber connects anew by itself or not at all"),
    )
}
