//! `mysql/sync-binlog-off`: the binary log is not on disk when a commit returns.

use dbwright_core::{Cx, Severity};

use crate::body::Body;
use crate::settings::{self, When};

/// The variable.
const NAME: &str = "sync_binlog";

/// Reports the setting when there is a binary log.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    if cx.body.is_on("log_bin") != Some(true) {
        return;
    }
    let Some(value) = cx.body.variable(NAME).filter(|value| *value != "1") else { return };
    let when = if value == "0" {
        "whenever the operating system likes".to_owned()
    } else {
        format!("after every {value} commits")
    };
    let severity = if cx.body.replication.is_empty() { Severity::High } else { Severity::Medium };
    let finding = cx
        .finding(NAME, format!("the binary log is written to disk {when}"))
        .severity(severity)
        .why("after a crash of the machine it lacks transactions that the tables have, so that replicas and a restore to a point in time lack them as well");
    cx.report(settings::mended(cx.body, finding, NAME, "1", When::Now));
}
