//! `redis/too-few-replicas`: every write is refused.

use dbwright_core::Cx;

use crate::body::{Body, Role, area};
use crate::mend;

const NAME: &str = "min-replicas-to-write";

/// Reports node by node.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::INFO);
    super::tell_gaps(cx, area::CONFIG);
    super::tell_gaps(cx, area::NODES);
    for node in cx.body.nodes.iter().filter(|node| node.role == Role::Master) {
        let wanted = node.setting_number(NAME).unwrap_or(0.0);
        let lag = node.setting_number("min-replicas-max-lag").unwrap_or(0.0);
        // The server tells it while the limit is in force.
        let Some(good) = node.info.number("min_slaves_good_slaves").filter(|good| lag > 0.0 && *good < wanted) else {
            continue;
        };
        let finding = cx
            .finding(cx.body.subject(node, NAME), format!("every write is refused for want of replicas: {good} instead of {wanted} follow"))
            .why("clients get NOREPLICAS; bring the replicas back, and ask for fewer meanwhile, if writes matter more than losing some with this master")
            .evidence(NAME, wanted, "replicas", "CONFIG GET")
            .evidence("min-replicas-max-lag", lag, "s", "CONFIG GET")
            .evidence("min_slaves_good_slaves", good, "replicas", "INFO replication")
            .evidence("errorstat_NOREPLICAS", node.errors.get("NOREPLICAS").copied().unwrap_or(0), "errors", "INFO errorstats")
            .change(mend::settings(node, &[(NAME, &format!("{good:.0}"))]));
        cx.report(finding);
    }
}
