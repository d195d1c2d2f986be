//! `mysql/binlog-off-no-pitr`: what happened since the last backup can't be brought back.

use dbwright_core::Cx;

use crate::body::Body;
use crate::settings;

/// Reports a server without a binary log; a replica's source has one.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    if cx.body.is_on("log_bin") != Some(false) {
        return;
    }
    let line = cx.body.server.flavour.binary_log_line();
    let finding = cx.finding("log_bin", "there is no binary log, so that a restore ends at the last backup").why(format!(
        "after a wrong DELETE or a lost disk everything since the backup is gone, and neither replicas nor incremental backups are possible. \
         No statement switches it on: {line}, and restart the server"
    ));
    cx.report(settings::evidence(cx.body, finding, "log_bin"));
}
