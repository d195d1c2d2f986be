//! `redis/replication-timeout-short`: silence between two pings counts as failure.

use dbwright_core::{Cx, Severity};

use crate::body::{Body, Role, area};
use crate::mend;

/// Reports node by node; it is less where nobody replicates.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::CONFIG);
    super::tell_gaps(cx, area::NODES);
    for node in &cx.body.nodes {
        let limits = node.setting_number("repl-timeout").zip(node.setting_number("repl-ping-replica-period"));
        let Some((timeout, period)) = limits.filter(|(timeout, period)| timeout <= period) else { continue };
        let replicates = node.role == Role::Replica || !node.replication.replicas.is_empty();
        let finding = cx
            .finding(
                cx.body.subject(node, "repl-timeout"),
                format!("replication counts as broken after {timeout} s of silence, and a ping comes every {period} s"),
            )
            .severity(if replicates { Severity::Medium } else { Severity::Low })
            .why("whenever there is little to write, the link is ended though all is well, and the replica begins anew")
            .evidence("repl-timeout", timeout, "s", "CONFIG GET")
            .evidence("repl-ping-replica-period", period, "s", "CONFIG GET")
            .evidence("replicas", node.replication.replicas.len(), "replicas", "INFO replication")
            .change(mend::settings(node, &[("repl-timeout", "60"), ("repl-ping-replica-period", "10")]));
        cx.report(finding);
    }
}
