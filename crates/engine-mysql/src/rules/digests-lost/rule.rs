//! `mysql/digests-lost`: statements that the server could not count one by one, because the table for them is full.

use dbwright_core::{Cx, Severity};

use crate::body::Body;
use crate::settings;
use crate::words;

/// The counter.
const NAME: &str = "Performance_schema_digest_lost";
/// The table's size.
const SIZE: &str = "performance_schema_digests_size";

/// Reports once for the server.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    let (Some(lost), Some(all)) = (body.counter(NAME), body.counter("Questions")) else { return };
    if !body.server.performance_schema || lost <= 0.0 || lost < cx.limit("share") * all {
        return;
    }
    let size = body.number(SIZE).unwrap_or(0.0);
    let finding = cx
        .finding(SIZE, format!("{} statements were not counted one by one: the table for {} shapes is full", words::count(lost), words::count(size)))
        .severity(Severity::Low)
        .why(format!(
            "what came late is summed up in one row without a text: rules about statements, and advise, do not see it. TRUNCATE TABLE performance_schema.events_statements_summary_by_digest makes room \
             now, and forgets what was counted. No change is given, because only a restart makes the table larger (`{SIZE} = {:.0}` below [mysqld]), and because statements that differ in names or \
             in the length of their lists, as a program writes them, fill any table",
            (size * 4.0).max(10_000.0)
        ))
        .evidence(NAME, lost, "statements", "SHOW GLOBAL STATUS")
        .evidence("Questions", all, "statements", "SHOW GLOBAL STATUS");
    cx.report(settings::evidence(body, finding, SIZE));
}
