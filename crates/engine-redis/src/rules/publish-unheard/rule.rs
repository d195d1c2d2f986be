//! `redis/publish-unheard`: messages that nobody gets.

use dbwright_core::Cx;

use crate::body::{Body, Role, area};
use crate::words;

const SOURCE: &str = "INFO stats";

/// Reports a place where much is published while nobody listens on any server that is seen.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::COMMANDS);
    super::tell_gaps(cx, area::INFO);
    super::tell_gaps(cx, area::NODES);
    let body = cx.body;
    let published: u64 = body
        .nodes
        .iter()
        .filter(|node| node.role == Role::Master)
        .flat_map(|node| ["publish", "spublish"].map(|name| node.command(name).map_or(0, |command| command.calls)))
        .sum();
    let listens = body.nodes.iter().any(|node| {
        ["pubsub_channels", "pubsub_patterns", "pubsubshard_channels"]
            .iter()
            .any(|name| node.info.number(name) != Some(0.0) && node.info.number(name).is_some())
    });
    if listens || (published as f64) < cx.limit("messages") {
        return;
    }
    // What is published on a master is heard on its replicas, too.
    let seen: Vec<&str> = body.nodes.iter().map(|node| node.address.as_str()).collect();
    let elsewhere: Vec<&str> = body
        .nodes
        .iter()
        .flat_map(|node| &node.replication.replicas)
        .map(|replica| replica.address.as_str())
        .filter(|address| !seen.contains(address))
        .collect();
    let unless = if elsewhere.is_empty() {
        String::new()
    } else {
        format!(", unless they listen on {}, which was not looked at", words::list(&elsewhere))
    };
    let up = body.nodes.iter().filter_map(|node| node.info.number("uptime_in_seconds")).fold(0.0, f64::max);
    let finding = cx
        .finding("PUBLISH", format!("{} messages were published, and nobody listens", words::count(published as f64)))
        .why(format!(
            "a message of Pub/Sub is thrown away when nobody is there to get it: subscribers are gone, or lost their connections and did not \
             come back, or what publishes is no longer needed{unless}; what must not be lost belongs in a stream (XADD); start the \
             subscribers, or stop publishing: there is no change to the server"
        ))
        .evidence("published", published, "messages", "INFO commandstats")
        .evidence("channels and patterns", 0_u64, "subscriptions", SOURCE)
        .evidence("counted for", up, "s", "INFO server");
    cx.report(finding);
}
