//! `mysql/read-only-without-source`: every write fails, and nobody else writes here.

use dbwright_core::Cx;

use crate::body::Body;
use crate::settings::{self, When};

/// Reports the setting on a server that is no replica.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    let name = "read_only";
    let member = body.is_on("wsrep_on") == Some(true)
        || body.is_on("innodb_read_only") == Some(true)
        || body.variable("group_replication_group_name").is_some_and(|group| !group.is_empty());
    if body.is_on(name) != Some(true) || !body.replication.is_empty() || member {
        return;
    }
    let finding = cx
        .finding(name, "the server refuses writes, and replicates from nobody")
        .why("each write of a program fails with error 1290; that is what is left when a replica was promoted, or after maintenance");
    let finding = if body.variables.contains_key("super_read_only") {
        settings::evidence(body, finding, "super_read_only")
    } else {
        finding
    };
    cx.report(settings::mended(body, finding, name, "OFF", When::Now));
}
