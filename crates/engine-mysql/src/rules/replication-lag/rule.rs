//! `mysql/replication-lag`: a replica that has stopped, or is behind.

use dbwright_core::{Change, Cx, Finding, Severity};

use crate::body::{Body, Channel};
use crate::words;

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
    let errors = (channel.receiver_error, channel.applier_error);
    let words = &cx.body.server.replica_words();
    let failed = if errors == (0, 0) { "" } else { ", after an error" };
    let title =
        format!("replication from {} has stopped{failed}: its {} does not run", channel.source, stopped.join(" and "));
    let finding = evidence(cx.finding(subject(channel), title), cx.body, channel);
    let why =
        "readers see old data, and the replica falls behind until its source no longer has the logs that it needs";
    if errors != (0, 0) {
        let look = words.status;
        return finding.why(format!("{why}. No change is given: mend the cause first, which the error tells ({look}), and skip nothing without looking"));
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
