//! `redis/connection-churn`: more handshakes than work.

use dbwright_core::Cx;

use crate::body::{Body, area};
use crate::words;

/// Reports node by node.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::INFO);
    super::tell_gaps(cx, area::NODES);
    let (least, few, rate) = (cx.limit("connections"), cx.limit("commands"), cx.limit("per_second"));
    for node in &cx.body.nodes {
        let number = |name: &str| node.info.number(name).unwrap_or(0.0);
        let (connections, commands) = (number("total_connections_received"), number("total_commands_processed"));
        let window = node.window_s().unwrap_or(0.0).max(1.0);
        if connections < least || connections / window < rate || commands / connections > few {
            continue;
        }
        let each = words::ratio(commands / connections);
        let finding = cx
            .finding(
                cx.body.subject(node, "connections"),
                format!("{} connections were opened in {}, for {each} commands each", words::count(connections), words::seconds(window)),
            )
            .why(
                "opening one costs more than what is done with it; a pool, or one client that is made once, keeps them open; only the \
                 program can do that, so there is no change; CONFIG RESETSTAT shows whether it goes on",
            )
            .evidence("total_connections_received", connections, "connections", "INFO stats")
            .evidence("total_commands_processed", commands, "commands", "INFO stats")
            .evidence("connected_clients", number("connected_clients"), "clients", "INFO clients")
            .evidence("window", window, "s", "INFO server, uptime_in_seconds");
        cx.report(finding);
    }
}
