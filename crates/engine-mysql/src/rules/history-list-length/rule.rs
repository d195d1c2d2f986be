//! `mysql/history-list-length`: purge can't keep up, mostly because of one open transaction.

use dbwright_core::{Cx, Severity};

use crate::body::Body;
use crate::sessions;
use crate::words;

/// Reports a long list with the oldest transaction.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    let Some(length) = body.innodb.history else { return };
    if words::as_f64(length) < cx.limit("length") {
        return;
    }
    let severity = if words::as_f64(length) >= cx.limit("high_length") { Severity::High } else { Severity::Medium };
    let finding = cx
        .finding(
            "server",
            format!("the old versions of {} transactions wait to be purged", words::count(words::as_f64(length))),
        )
        .severity(severity)
        .evidence("history_list_length", length, "transactions", body.server.flavour.innodb_metrics().source);
    let why = "each read of a changed row goes through its versions, and the undo tablespaces grow";
    let oldest = body.activity.transactions.iter().find(|one| !sessions::is_servers_own(body, one.id));
    let Some(oldest) = oldest else {
        cx.report(finding.why(format!(
            "{why}. No change is given: no open transaction is in the way, so that purge is slower than the writes; give it more threads (innodb_purge_threads, at the next restart), or \
             slow the writers down (innodb_max_purge_lag)"
        )));
        return;
    };
    let finding = finding
        .why(format!("{why}; the oldest transaction, of pid {}, keeps all that is younger", oldest.id))
        .evidence("oldest transaction", oldest.id, "", "information_schema.INNODB_TRX.trx_mysql_thread_id")
        .evidence("its age", oldest.seconds, "s", "information_schema.INNODB_TRX");
    let session = sessions::find(body, oldest.id);
    cx.report(sessions::evidence(finding, session).change(sessions::kill(oldest.id)));
}
