//! `mysql/semisync-fallen-back`: semi-synchronous replication that is on and does nothing.

use dbwright_core::{Cx, Finding, Severity};

use crate::body::Body;
use crate::settings;

/// Where counters are read.
const STATUS: &str = "SHOW GLOBAL STATUS";

/// The words of the two sides: new ones of `MySQL` 8.0.26, and old ones that `MariaDB` keeps.
const OF_SOURCE: [&str; 2] = ["rpl_semi_sync_source", "rpl_semi_sync_master"];
const OF_REPLICA: [&str; 2] = ["rpl_semi_sync_replica", "rpl_semi_sync_slave"];

/// Reports either side.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let found = [of_source(cx), of_replica(cx)];
    for finding in found.into_iter().flatten() {
        cx.report(finding);
    }
}

/// The words by which a side is on.
fn on(body: &Body, words: [&'static str; 2]) -> Option<&'static str> {
    words.into_iter().find(|word| body.is_on(&format!("{word}_enabled")) == Some(true))
}

/// A counter or state below a word; the status writes its first letter large.
fn state<'a>(body: &'a Body, word: &str, name: &str) -> Option<(String, &'a str)> {
    let name = format!("R{}_{name}", &word[1..]);
    let value = body.status.get(&name)?;
    Some((name, value))
}

fn of_source(cx: &Cx<'_, Body>) -> Option<Finding> {
    let body = cx.body;
    let word = on(body, OF_SOURCE)?;
    let (_, status) = state(body, word, "status")?;
    let clients: f64 = state(body, word, "clients")?.1.parse().ok()?;
    let wanted = ["wait_for_replica_count", "wait_for_slave_count"];
    let wanted = wanted.iter().find_map(|name| body.number(&format!("{word}_{name}"))).unwrap_or(1.0);
    if status == "ON" && clients >= wanted {
        return None;
    }
    let (title, severity) = if status == "ON" {
        ("semi-synchronous replication is on, and too few replicas are there that acknowledge", Severity::Medium)
    } else {
        ("semi-synchronous replication is on, and commits go on without a replica", Severity::High)
    };
    let lacks = if clients < wanted {
        "connect a replica that acknowledges: semi-synchronous replication switched on there, and its receiver started anew afterwards (STOP and START REPLICA IO_THREAD)"
    } else {
        "the replicas that acknowledge are behind (mysql/replication-lag on them); it comes back when they have caught up"
    };
    let mut finding = cx.finding("source", title).severity(severity).why(format!(
        "an acknowledged commit is meant to be on a second server; without one, it is lost when this server is, and the first commit that finds none waits for the whole of {word}_timeout. No change is given, because what is missing is on the \
         replicas: {lacks}"
    ));
    for name in ["status", "clients", "yes_tx", "no_tx", "no_times"] {
        if let Some((name, value)) = state(body, word, name) {
            finding = finding.evidence(&name, value, "", STATUS);
        }
    }
    Some(settings::evidence(body, finding, &format!("{word}_timeout")))
}

fn of_replica(cx: &Cx<'_, Body>) -> Option<Finding> {
    let body = cx.body;
    let word = on(body, OF_REPLICA)?;
    let (name, status) = state(body, word, "status")?;
    let channel = body.replication.first().filter(|channel| channel.receiver == "Yes")?;
    if status == "ON" {
        return None;
    }
    let finding = cx
        .finding("replica", "the replica is to acknowledge what it gets, and does not")
        .severity(Severity::Low)
        .why(
            "its source does not wait for it. No change is given, because either side can be the reason: it takes effect when the receiver is started anew (STOP and START REPLICA IO_THREAD), and only when semi-synchronous \
             replication is on at the source too",
        )
        .evidence("source", channel.source.as_str(), "", body.server.replica_words().status)
        .evidence(&name, status, "", STATUS);
    Some(settings::evidence(body, finding, &format!("{word}_enabled")))
}
