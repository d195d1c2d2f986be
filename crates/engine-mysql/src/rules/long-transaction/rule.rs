//! `mysql/long-transaction`: a transaction that keeps old row versions and locks.

use dbwright_core::{Cx, Severity};

use crate::body::Body;
use crate::sessions;
use crate::words;

/// Where transactions are read.
const SOURCE: &str = "information_schema.INNODB_TRX";

/// Reports transactions above the age.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    for transaction in body.activity.transactions.iter().filter(|one| !sessions::is_servers_own(body, one.id)) {
        let age = transaction.seconds;
        if age < cx.limit("minutes") * 60.0 {
            continue;
        }
        let session = sessions::find(body, transaction.id);
        let idle = session.is_some_and(|session| !sessions::works(session));
        let severity = if age >= cx.limit("high_minutes") * 60.0 { Severity::High } else { Severity::Medium };
        let waits = if idle { "; it waits for its client, which may have forgotten it" } else { "" };
        let title = format!("pid {} has had a transaction open for {}", transaction.id, words::seconds(age));
        let finding = cx
            .finding(format!("pid {}", transaction.id), title)
            .severity(severity)
            .why(format!("no row version that is younger can be purged, in any table, and it keeps the locks of all that it touched{waits}"))
            .evidence("trx_started", age, "s ago", SOURCE)
            .evidence("trx_rows_modified", transaction.rows_modified, "rows", SOURCE)
            .evidence("trx_rows_locked", transaction.rows_locked, "rows", SOURCE)
            .evidence("trx_isolation_level", transaction.isolation.as_str(), "", SOURCE);
        cx.report(sessions::evidence(finding, session).change(sessions::kill(transaction.id)));
    }
}
