//! `redis/cluster-node-timeout`: masters are replaced that were well, or missed for minutes.

use dbwright_core::{Cx, Severity};

use crate::body::{Body, area};
use crate::mend;
use crate::words;

const NAME: &str = "cluster-node-timeout";

/// Reports node by node.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::CONFIG);
    super::tell_gaps(cx, area::NODES);
    let (least, most) = (cx.limit("least"), cx.limit("most"));
    if cx.body.cluster.is_none() {
        return;
    }
    for node in &cx.body.nodes {
        let Some(timeout) = node.setting_number(NAME).filter(|timeout| *timeout < least || *timeout > most) else {
            continue;
        };
        let soon = timeout < least;
        let said = words::micros(timeout * 1_000.0);
        let finding = cx
            .finding(
                cx.body.subject(node, NAME),
                if soon { format!("a node that is silent for {said} counts as failed") } else { format!("a node counts as failed after {said} only") },
            )
            .severity(if soon { Severity::Medium } else { Severity::Low })
            .why(if soon {
                "a fork or one slow command takes that long: a master is replaced that is well, and loses what it took meanwhile"
            } else {
                "keys of a master that is gone are out of reach for that long, and then for the time of the election"
            })
            .evidence(NAME, timeout, "ms", "CONFIG GET")
            .change(mend::settings(node, &[(NAME, "15000")]));
        cx.report(finding);
    }
}
