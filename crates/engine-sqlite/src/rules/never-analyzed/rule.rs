//! `sqlite/never-analyzed`: the planner guesses.

use dbwright_core::{Change, Cx};
use dbwright_sql::model::Table;

use crate::body::SqliteBody;

/// Reports once for the file, with its largest indexed table.
pub(super) fn check(cx: &mut Cx<'_, SqliteBody>) {
    if cx.body.statistics.is_some() {
        return;
    }
    let rows = |table: &&Table| table.rows.unwrap_or(0.0);
    let indexed: Vec<_> = cx.body.catalog.user_tables().filter(|table| !table.indexes.is_empty()).collect();
    let Some(largest) = indexed.iter().copied().max_by(|a, b| rows(a).total_cmp(&rows(b))) else { return };
    if rows(&largest) < cx.limit("rows") {
        return;
    }
    let subject = cx.body.catalog.subject(largest);
    let count: usize = indexed.iter().map(|table| table.indexes.len()).sum();
    let change = Change::new(["ANALYZE"], "other writers wait while every index is read once")
        .back(["DROP TABLE IF EXISTS sqlite_stat1", "DROP TABLE IF EXISTS sqlite_stat4"]);
    let finding = cx
        .finding("database", "the planner has no statistics: ANALYZE never ran")
        .why("where several indexes could be used, the planner guesses; PRAGMA optimize before closing keeps statistics current")
        .evidence("indexes", count, "indexes", "PRAGMA index_list")
        .evidence("largest_indexed_table", subject, "", "sqlite_schema")
        .evidence("rows", rows(&largest), "rows", "row count or range of rowids")
        .change(change);
    cx.report(finding);
}
