//! `mysql/isolation-read-uncommitted`: sessions that read what was never true.

use dbwright_core::Cx;

use crate::body::Body;
use crate::settings::{self, When};

/// Reports the global level, by the name that the server has for it.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    let known = ["transaction_isolation", "tx_isolation"].into_iter().find(|name| body.variables.contains_key(*name));
    let Some(name) = known.filter(|name| body.variable(name) == Some("READ-UNCOMMITTED")) else { return };
    let finding = cx
        .finding(name, "sessions read rows that others may still take back")
        .why("they see sums that were never true, and act on them; it saves nothing, because plain reads of InnoDB take no locks at READ-COMMITTED either");
    cx.report(settings::mended(body, finding, name, "'REPEATABLE-READ'", When::NewSessions));
}
