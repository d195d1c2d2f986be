//! `mysql/replica-writable`: a replica that takes writes of its own.

use dbwright_core::Cx;

use crate::body::Body;
use crate::settings::{self, When};

/// Reports the setting on a replica.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    let name = body.server.flavour.read_only_variable();
    let Some(channel) = body.replication.first() else { return };
    if body.is_on(name) != Some(false) {
        return;
    }
    let finding = cx
        .finding(name, format!("a replica of {} takes writes of its own", channel.source))
        .why("a program that connects to the wrong server writes where nobody will look for it, and one day the replica stops at a row that it has already, or lacks")
        .evidence("source", channel.source.as_str(), "", body.server.replica_words().status);
    cx.report(settings::mended(body, finding, name, "ON", When::Now));
}
