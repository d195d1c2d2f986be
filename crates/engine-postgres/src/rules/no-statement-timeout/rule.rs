//! `pg/no-statement-timeout`: nothing ends a statement that runs for ever.

use dbwright_core::Cx;

use crate::body::PgBody;
use crate::timeouts;

/// Reports the observed database.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    if timeouts::is_set(cx.body, "statement_timeout") != Some(false) {
        return;
    }
    let finding = cx.finding("statement_timeout", "nothing ends a statement that runs for ever").why(
        "a runaway statement takes processor and disk from all others until somebody sees it; roles that need longer than \
         the limit get a larger one of their own",
    );
    cx.report(timeouts::limited(cx.body, finding, "statement_timeout", "10min"));
}
