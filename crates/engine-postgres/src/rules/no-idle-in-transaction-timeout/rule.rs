//! `pg/no-idle-in-transaction-timeout`: nothing ends a transaction that its client has forgotten.

use dbwright_core::Cx;

use crate::body::PgBody;
use crate::timeouts;

const NAME: &str = "idle_in_transaction_session_timeout";

/// Reports the observed database.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let limited = timeouts::is_set(cx.body, "transaction_timeout") == Some(true);
    if limited || timeouts::is_set(cx.body, NAME) != Some(false) {
        return;
    }
    let finding = cx.finding(NAME, "nothing ends a transaction that its client has forgotten").why(
        "a client that hangs between BEGIN and COMMIT keeps its locks, and keeps dead rows alive, until somebody looks",
    );
    cx.report(timeouts::limited(cx.body, finding, NAME, "10min"));
}
