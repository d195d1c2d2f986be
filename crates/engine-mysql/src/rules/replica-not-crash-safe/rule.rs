//! `mysql/replica-not-crash-safe`: where a replica goes on after a crash is luck.

use dbwright_core::Cx;

use crate::body::Body;
use crate::settings;

/// Reports a replica that goes by position.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    let name = "relay_log_recovery";
    if body.is_on(name) != Some(false) {
        return;
    }
    let Some(channel) = body.replication.iter().find(|channel| !channel.by_gtid) else { return };
    let finding = cx
        .finding(name, format!("after a crash the replica of {} may go on in the wrong place", channel.source))
        .why(
            "the end of its relay log may be damaged or missing then. No change is given, because it can be changed with a restart only: put `relay_log_recovery = ON` \
             into the configuration file, or let the replica go by GTID, which needs none of it",
        )
        .evidence("by GTID", false, "", body.server.replica_words().status);
    cx.report(settings::evidence(body, finding, name));
}
