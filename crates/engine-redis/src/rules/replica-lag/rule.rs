//! `redis/replica-lag`: what a failover would lose.

use dbwright_core::{Cx, Severity};

use crate::body::{Body, Node, Replica, Role, area};
use crate::words;

const SOURCE: &str = "INFO replication";

/// Reports replica by replica.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::INFO);
    super::tell_gaps(cx, area::NODES);
    let (seconds, share) = (cx.limit("seconds"), cx.limit("backlog_share"));
    for node in &cx.body.nodes {
        for replica in &node.replication.replicas {
            let behind = node.replication.backlog_size > 0
                && replica.behind_bytes as f64 >= node.replication.backlog_size as f64 * share;
            if behind || replica.lag_s.is_some_and(|lag| lag >= seconds) {
                of_replica(cx, node, replica);
            }
        }
        if node.role == Role::Replica && !node.replication.link_up {
            of_link(cx, node);
        }
    }
}

fn of_replica(cx: &mut Cx<'_, Body>, node: &Node, replica: &Replica) {
    let finding = cx
        .finding(format!("replica {}", replica.address), format!("the replica {} is behind", replica.address))
        .why(
            "after a failover, what it has not seen is gone; a slow command on it, its network or its disk holds it up; no \
             statement makes it faster, so there is no change",
        )
        .evidence("behind", replica.behind_bytes, "bytes", SOURCE)
        .evidence("state", replica.state.as_str(), "", SOURCE)
        .evidence("backlog", node.replication.backlog_size, "bytes", SOURCE);
    cx.report(match replica.lag_s {
        Some(lag) => finding.evidence("last_acknowledged", lag, "s ago", SOURCE),
        None => finding,
    });
}

fn of_link(cx: &mut Cx<'_, Body>, node: &Node) {
    let master = node.replication.master.as_deref().unwrap_or("its master");
    let down = node.info.number("master_link_down_since_seconds").filter(|down| *down >= 0.0);
    let syncing = node.replication.syncing;
    // It tries again each second; who looks right after a start or a moment's break sees what mends itself.
    let grace = cx.limit("grace_seconds");
    let fresh = node.window_s().is_some_and(|up| up < grace) || down.is_some_and(|down| down < grace);
    let title = match (syncing, down) {
        (true, _) => format!("the replica copies everything from {master}"),
        (false, Some(down)) => format!("the replica has had no link to {master} for {}", words::seconds(down)),
        (false, None) => format!("the replica has no link to {master}"),
    };
    let finding = cx
        .finding(cx.body.subject(node, "server"), title)
        .severity(match (fresh, syncing) {
            (true, _) => Severity::Low,
            (false, true) => Severity::Medium,
            (false, false) => Severity::High,
        })
        .why(if fresh {
            "it has just started, or lost its link just now, and tries again each second; look again in a minute: there is no change as long as it may mend itself"
        } else {
            "its data grows old, and it is no safeguard meanwhile; check that the master runs and lets it in (masterauth, \
             masteruser, network); no statement here mends it, so there is no change"
        })
        .evidence("uptime_in_seconds", node.window_s().unwrap_or_default(), "s", "INFO server")
        .evidence("master_link_status", if node.replication.link_up { "up" } else { "down" }, "", SOURCE)
        .evidence("master_sync_in_progress", syncing, "", SOURCE);
    cx.report(match down {
        Some(down) => finding.evidence("master_link_down_since", down, "s", SOURCE),
        None => finding,
    });
}

#[cfg(test)]
mod tests {
    use dbwright_core::Severity;

    use crate::body::{Node, Replica, Replication};
    use crate::sample;

    fn severity(behind_bytes: u64, lag_s: f64) -> Option<Severity> {
        let replica = Replica {
            address: "10.0.0.2:6379".to_owned(),
            state: "online".to_owned(),
            behind_bytes,
            lag_s: Some(lag_s),
        };
        let replication =
            Replication { link_up: true, replicas: vec![replica], backlog_size: 1_048_576, ..Replication::default() };
        let node = Node { replication, ..sample::node(&[]) };
        sample::run("redis/replica-lag", &sample::body(node)).first().map(|finding| finding.severity)
    }

    fn without_link(uptime: &str, down: &str, syncing: bool) -> Option<Severity> {
        let replication = Replication { syncing, master: Some("10.0.0.2:6379".to_owned()), ..Replication::default() };
        let mut node = Node { replication, role: crate::body::Role::Replica, ..sample::node(&[]) };
        let facts = [("uptime_in_seconds", uptime), ("master_link_down_since_seconds", down)];
        node.info.0.extend(facts.map(|(name, value)| (name.to_owned(), value.to_owned())));
        sample::run("redis/replica-lag", &sample::body(node)).first().map(|finding| finding.severity)
    }

    #[test]
    fn a_link_that_may_come_by_itself_is_given_time() {
        assert_eq!(without_link("5", "-1", false), Some(Severity::Low));
        assert_eq!(without_link("9000", "4", false), Some(Severity::Low));
        assert_eq!(without_link("9000", "40", false), Some(Severity::High));
        assert_eq!(without_link("9000", "-1", false), Some(Severity::High));
        assert_eq!(without_link("9000", "-1", true), Some(Severity::Medium));
    }

    #[test]
    fn bytes_count_against_the_backlog_and_seconds_for_themselves() {
        assert_eq!(severity(1_000, 1.0), None);
        assert_eq!(severity(524_288, 1.0), Some(Severity::High));
        assert_eq!(severity(0, 10.0), Some(Severity::High));
    }
}
