//! `mysql/replication-lag`: a replica that has stopped, or is behind.

mod errors;

use dbwright_core::{Change, Cx, Finding, Severity};

use crate::body::{Body, Channel};
use crate::words;

/// What a receiver says that has no connection yet, or none any more.
const CONNECTING: &str = "Connecting";

/// Reports each channel.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let found: Vec<Finding> = cx.body.replication.iter().filter_map(|channel| look(cx, channel)).collect();
    for finding in found {
        cx.report(finding);
    }
}

fn look(cx: &Cx<'_, Body>, channel: &Channel) -> Option<Finding> {
    let stopped: Vec<&str> = [("receiver", &channel.receiver), ("applier", &channel.applier)]
        .into_iter()
        .filter(|(_, state)| *state != "Yes")
        .map(|(part, _)| part)
        .collect();
    if !stopped.is_empty() {
        return Some(halted(cx, channel, &stopped));
    }
    let behind = words::as_f64(channel.behind_s?.saturating_sub(channel.delay_s));
    if behind < cx.limit("seconds") {
        return None;
    }
    let severity = if behind >= cx.limit("high_seconds") { Severity::High } else { Severity::Medium };
    let title = format!("the replica is {} behind {}", words::seconds(behind), channel.source);
    Some(evidence(cx.finding(subject(channel), title), cx.body, channel).severity(severity).why(
        "readers see old data, and what has not come over is lost when the source fails now. No change is given: it needs more parallel appliers, primary keys on all tables (mysql/no-primary-key-innodb), or \
         smaller transactions on its source",
    ))
}

fn halted(cx: &Cx<'_, Body>, channel: &Channel, stopped: &[&str]) -> Finding {
    let failed = (channel.receiver_error, channel.applier_error) != (0, 0);
    let words = &cx.body.server.replica_words();
    let title = title(channel, stopped, failed);
    let finding = evidence(cx.finding(subject(channel), title), cx.body, channel);
    let why =
        "readers see old data, and the replica falls behind until its source no longer has the logs that it needs";
    if failed {
        return finding.why(after_an_error(cx.body, channel, why));
    }
    if channel.receiver == CONNECTING && stopped == ["receiver"] {
        return finding.severity(Severity::Medium).why(format!("{why}. No change is given: it is connecting at this moment; check again, and when it still is, look whether the source can be reached"));
    }
    let of = if channel.name.is_empty() { String::new() } else { words.channel(&channel.name) };
    let part = match stopped {
        ["receiver"] => " IO_THREAD",
        ["applier"] => " SQL_THREAD",
        _ => "",
    };
    let (forward, back) = words.start_stop(part, &of);
    let change = Change::new([forward], "no lock").outside_transaction().back([back]);
    finding.why(format!("{why}; somebody may have stopped it on purpose: ask before")).change(change)
}

fn title(channel: &Channel, stopped: &[&str], failed: bool) -> String {
    let source = &channel.source;
    if channel.receiver == CONNECTING && stopped == ["receiver"] {
        let how = if failed { "can't connect" } else { "is connecting" };
        return format!("replication from {source} stands still: its receiver {how}");
    }
    let failed = if failed { ", after an error" } else { "" };
    format!("replication from {source} has stopped{failed}: its {} does not run", stopped.join(" and "))
}

/// What an error means, and what to do; no statement mends what only a look at both servers tells.
fn after_an_error(body: &Body, channel: &Channel, why: &str) -> String {
    let number = if channel.applier_error == 0 { channel.receiver_error } else { channel.applier_error };
    let text = body.server.flavour.applier_errors().filter(|_| channel.applier_error != 0);
    let text = text.unwrap_or_else(|| body.server.replica_words().status);
    match errors::meaning(channel) {
        Some((what, remedy)) => {
            format!(
                "{what} (error {number}; {text} has its text, which may hold values); {why}. No change is given, because it takes a look at both servers: {remedy}. Skip nothing without looking"
            )
        }
        None => format!(
            "{why}. No change is given: mend the cause first, which the error tells ({text}), and skip nothing without looking"
        ),
    }
}

fn subject(channel: &Channel) -> String {
    if channel.name.is_empty() { "server".to_owned() } else { channel.name.clone() }
}

fn evidence(finding: Finding, body: &Body, channel: &Channel) -> Finding {
    let source = body.server.replica_words().status;
    let mut finding = finding
        .evidence("source", channel.source.as_str(), "", source)
        .evidence("receiver", channel.receiver.as_str(), "", source)
        .evidence("applier", channel.applier.as_str(), "", source);
    if let Some(behind) = channel.behind_s {
        finding = finding.evidence("seconds behind", behind, "s", source);
    }
    for (name, number) in [("receiver's error", channel.receiver_error), ("applier's error", channel.applier_error)] {
        if number != 0 {
            finding = finding.evidence(name, number, "", source);
        }
    }
    finding
}
