//! Reads the statements that the server counted.

use dbwright_core::engine::Values;

use super::activity::PERFORMANCE_SCHEMA_ON;
use super::session::Session;
use crate::body::{Digest, Digests, area};
use crate::flavour::Server;
use crate::joins;
use crate::lists;
use crate::zones;

/// Statements told one by one.
const MOST: usize = 1000;

/// Statements of the user's, most time first. The row without a digest is the rest, for which there was no room.
const DIGESTS: &str = "SELECT /* dbwright */ DIGEST, SCHEMA_NAME, DIGEST_TEXT, COUNT_STAR, SUM_TIMER_WAIT, MAX_TIMER_WAIT, SUM_LOCK_TIME, \
     SUM_ROWS_EXAMINED, SUM_ROWS_SENT, SUM_ROWS_AFFECTED, SUM_CREATED_TMP_TABLES, SUM_CREATED_TMP_DISK_TABLES, \
     SUM_SORT_MERGE_PASSES, SUM_SORT_ROWS, SUM_NO_INDEX_USED, {sample} FROM performance_schema.events_statements_summary_by_digest \
     WHERE DIGEST IS NOT NULL AND (SCHEMA_NAME IS NULL OR SCHEMA_NAME NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')) \
     AND DIGEST_TEXT NOT LIKE '%`information_schema`%' AND DIGEST_TEXT NOT LIKE '%`performance_schema`%' AND DIGEST_TEXT NOT LIKE '%`dbwright` . %' \
     ORDER BY SUM_TIMER_WAIT DESC LIMIT 1000";

/// All of them, and since when they are counted: the oldest that was first seen proves no more than that.
const TOTAL: &str = "SELECT /* dbwright */ SUM(SUM_TIMER_WAIT), TIMESTAMPDIFF(SECOND, MIN(FIRST_SEEN), NOW()) \
     FROM performance_schema.events_statements_summary_by_digest";

/// What our own statements say: one of them names time zones.
const OURS: &str = "/* dbwright */";

/// Reads them. Where the server keeps a statement of each shape with its values, these may be looked at unless `values` is none, and are kept
/// when it is all.
pub(super) async fn read(session: &mut Session, server: &Server, values: Values) -> Digests {
    if !server.performance_schema {
        session.gap(area::STATEMENTS, "performance_schema is off", Some(PERFORMANCE_SCHEMA_ON));
        return Digests::default();
    }
    let grant = "GRANT SELECT ON performance_schema.* TO the account";
    let total = session.read(area::STATEMENTS, grant, TOTAL, |row| (row.picoseconds(), row.number::<f64>())).await;
    let (total_ms, window_s) = total.first().copied().unwrap_or_default();
    let keep = values == Values::All;
    let kept = values != Values::None && server.flavour.keeps_samples();
    let sql = DIGESTS.replace("{sample}", if kept { "QUERY_SAMPLE_TEXT" } else { "NULL" });
    let mut statements = session
        .read(area::STATEMENTS, grant, &sql, |row| Digest {
            id: row.text(),
            schema: row.opt_text(),
            text: row.text(),
            calls: row.counter(),
            total_ms: row.picoseconds().unwrap_or(0.0),
            max_ms: row.picoseconds().unwrap_or(0.0),
            lock_ms: row.picoseconds().unwrap_or(0.0),
            examined: row.counter(),
            sent: row.counter(),
            affected: row.counter(),
            tmp_tables: row.counter(),
            tmp_disk_tables: row.counter(),
            merge_passes: row.counter(),
            sorted: row.counter(),
            no_index: row.counter(),
            sample: row.opt_text(),
            ..Digest::default()
        })
        .await;
    // Whatever else is in a statement about accounts or replication, a password may be.
    statements.iter_mut().filter(|one| !about_rows(&one.text)).for_each(|one| one.sample = None);
    for one in &mut statements {
        one.numbers = one.sample.as_deref().map(joins::compared_with_numbers).unwrap_or_default();
        (one.list, one.list_cut) = one.sample.as_deref().map(lists::longest).unwrap_or_default();
        one.zones = one.sample.as_deref().filter(|sample| !sample.contains(OURS)).map(zones::named).unwrap_or_default();
        one.sample = one.sample.take().filter(|_| keep);
    }
    debug_assert!(statements.len() <= MOST, "the query has a limit");
    Digests { window_s: window_s.unwrap_or(0.0).max(0.0), total_ms: total_ms.unwrap_or(0.0), statements }
}

/// Whether a statement, as the server writes its shape, reads or writes rows.
fn about_rows(shape: &str) -> bool {
    const VERBS: [&str; 8] = ["SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH", "TABLE", "VALUES"];
    let word = shape.trim_start_matches([' ', '(']).split([' ', '(']).next().unwrap_or_default();
    VERBS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::about_rows;

    #[test]
    fn only_of_statements_about_rows_a_sample_is_kept() {
        for shape in
            ["SELECT ?", "( SELECT `a` FROM `t` )", "WITH `x` AS ( ... )", "VALUES ROW (...)", "REPLACE INTO `t`"]
        {
            assert!(about_rows(shape), "{shape}");
        }
        for shape in [
            "ALTER USER `u` IDENTIFIED BY ?",
            "SET PASSWORD = ?",
            "CHANGE REPLICATION SOURCE TO SOURCE_PASSWORD = ?",
            "",
        ] {
            assert!(!about_rows(shape), "{shape}");
        }
    }
}
