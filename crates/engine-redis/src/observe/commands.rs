//! What `INFO commandstats` and `latencystats` leave open.

use super::visit::{Gaps, Visit};
use crate::body::area;

/// Says what is missing; the figures themselves came with the first `INFO`.
pub(super) fn look(visit: &Visit, gaps: &mut Gaps) {
    if visit.node.commands.is_empty() {
        let reason = format!("{} tells no figures of its commands", visit.node.address);
        gaps.add(area::COMMANDS, reason, Some(format!("ACL SETUSER {} +info", visit.user)));
    }
}
