//! `redis/too-many-clients`: the next one is refused.

use dbwright_core::{Cx, Finding};

use crate::body::{Body, Node, area};
use crate::mend;
use crate::words;

/// Reports node by node.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::INFO);
    super::tell_gaps(cx, area::CONFIG);
    super::tell_gaps(cx, area::NODES);
    let share = cx.limit("share");
    for node in &cx.body.nodes {
        let Some((clients, most)) = node.info.number("connected_clients").zip(node.setting_number("maxclients")) else {
            continue;
        };
        if most > 0.0 && clients >= most * share {
            let finding = finding(cx, node, clients, most);
            cx.report(finding);
        }
    }
}

fn finding(cx: &Cx<'_, Body>, node: &Node, clients: f64, most: f64) -> Finding {
    let idle: u64 = node.clients.groups.iter().map(|group| group.idle).sum();
    let title = format!("{} of {} places for clients are taken", words::count(clients), words::count(most));
    let finding = cx
        .finding(cx.body.subject(node, "maxclients"), title)
        .why(
            "the next ones are refused, those of monitoring included; grant more, then look at who has them: a program that \
             opens one for each request, a pool that is far too large, connections that are idle (CONFIG SET timeout 300)",
        )
        .evidence("connected_clients", clients, "clients", "INFO clients")
        .evidence("maxclients", most, "clients", "CONFIG GET")
        .evidence("rejected_connections", node.info.count("rejected_connections").unwrap_or(0), "clients", "INFO stats")
        .evidence("idle_for_5_minutes", idle, "clients", "CLIENT LIST");
    let finding = match node.clients.groups.iter().max_by_key(|group| group.count) {
        Some(group) => finding.evidence("most_of_one_kind", group.count, "clients", "CLIENT LIST"),
        None => finding,
    };
    if let Some(limit) = node.open_files() {
        return finding.why(format!(
            "the next ones are refused, those of monitoring included; the system lets the server open {limit} files, so that CONFIG SET \
             maxclients can't grant more before `ulimit -n` (LimitNOFILE= of its service) does, which takes a restart. No change is \
             given: look at who has them first: a program that opens one for each request, a pool that is far too large, connections \
             that are idle (CONFIG SET timeout 300)"
        ));
    }
    finding.change(mend::settings(node, &[("maxclients", &format!("{:.0}", most * 2.0))]))
}
