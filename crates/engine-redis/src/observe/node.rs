//! Everything that one node is asked about itself.

use super::visit::{Gaps, Visit};
use super::{acl, alive, clients, commands, latency, memory, settings, slowlog};
use crate::body::{Role, area};

/// Asks the node about itself; what it refuses becomes a gap. A node that is lost on the way gets one gap for the rest.
pub(super) async fn observe(visit: &mut Visit, gaps: &mut Gaps) {
    settings::read(visit, gaps).await;
    if visit.node.role != Role::Sentinel {
        commands::look(visit, gaps);
        slowlog::read(visit, gaps).await;
        latency::read(visit, gaps).await;
        memory::read(visit, gaps).await;
    }
    clients::read(visit, gaps).await;
    acl::read(visit, gaps).await;
    visit.observed = true;
    if !alive(&visit.client) {
        let reason = visit.client.ended().map(ToString::to_string).unwrap_or_default();
        gaps.add(
            area::NODES,
            format!("{} was lost while it was observed: {reason}", visit.node.address),
            Some("run the command again when the server is well".to_owned()),
        );
    }
}
