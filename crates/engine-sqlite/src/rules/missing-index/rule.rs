//! `sqlite/missing-index`: what a snapshot alone can say of it. The findings come from experiments (`prove/`).

use dbwright_core::Cx;

use crate::body::SqliteBody;

/// Says what the experiments need, for the runs that make none.
pub(super) fn check(cx: &mut Cx<'_, SqliteBody>) {
    if cx.body.catalog.user_tables().next().is_none() {
        return;
    }
    match &cx.body.workload {
        None => cx.not_looked(
            "SQLite keeps no statements, and none were given; only look-ups along foreign keys are measured",
            Some("--workload FILE, with the application's statements"),
        ),
        Some(_) => cx.not_looked(
            "indexes are proposed only after an experiment, and none was made",
            Some("check the database file itself, without --no-prove"),
        ),
    }
}
