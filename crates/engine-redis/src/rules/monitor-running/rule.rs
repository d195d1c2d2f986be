//! `redis/monitor-running`: every command is sent twice.

use dbwright_core::{Change, Cx};

use crate::body::{Body, area};
use crate::words;

const SOURCE: &str = "CLIENT LIST";

/// Reports group by group.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::CLIENTS);
    super::tell_gaps(cx, area::NODES);
    for node in &cx.body.nodes {
        for group in node.clients.groups.iter().filter(|group| group.kind == "monitor") {
            let title = match group.count {
                1 => "a client has every command written to it (MONITOR)".to_owned(),
                many => format!("{many} clients have every command written to them (MONITOR)"),
            };
            let finding = cx
                .finding(cx.body.subject(node, &group.subject()), title)
                .why(if group.count == 1 {
                    "that can halve what the server does, and shows values to whoever reads it"
                } else {
                    "that can halve what the server does, and shows values to whoever reads it; CLIENT LIST has their numbers for \
                     CLIENT KILL ID; there are several, so there is no change"
                })
                .evidence("clients", group.count, "clients", SOURCE)
                .evidence("user", group.user.as_str(), "", SOURCE)
                .evidence("connected_for", group.oldest_s, "s", SOURCE)
                .evidence("output", group.output_bytes, "bytes", SOURCE);
            cx.report(match (group.count, group.largest_output_id) {
                (1, id) if id > 0 => finding.change(
                    Change::new(
                        [format!("CLIENT KILL ID {id}")],
                        format!("one client loses its connection, {} old", words::seconds(group.oldest_s as f64)),
                    )
                    .outside_transaction()
                    .irreversible("the client connects anew by itself or not at all"),
                ),
                _ => finding,
            });
        }
    }
}
