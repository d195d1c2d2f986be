//! `pg/unused-index`: an index that no query has used for a week or more.
//!
//! Unused is not useless: an index that enforces something, identifies rows for replication or keeps
//! deletes of a referenced table fast is left alone. An index of a partitioned table is judged as one,
//! over all its partitions.

use std::collections::HashMap;

use dbwright_core::{Change, Cx, Finding, Severity};
use dbwright_sql::model::{Index, ObjectId, Table, TableKind};

use crate::body::{PgBody, area};
use crate::words;

/// What an index and the indexes attached to it come to.
#[derive(Clone, Copy, Default)]
struct Use {
    scans: u64,
    bytes: u64,
}

/// Reports unused indexes, or that the counters are too young to tell.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let uses = Uses::of(cx.body);
    let unused: Vec<_> = candidates(cx.body)
        .map(|(table, index)| (table, index, uses.total(index.id)))
        .filter(|(table, _, total)| total.scans == 0 && holds_rows(cx.body, table))
        .collect();
    if unused.is_empty() {
        return;
    }
    let Some(window) = long_enough(cx, unused.len()) else { return };
    for (table, index, total) in unused {
        let finding = finding(cx, table, index, total, window);
        cx.report(finding);
    }
}

/// How long nobody used the indexes.
#[derive(Clone, Copy)]
struct Window {
    seconds: f64,
    /// Whether the database may be younger than that.
    guess: bool,
}

/// The window when it is long enough; else the reason goes to "not looked at".
fn long_enough(cx: &mut Cx<'_, PgBody>, unused: usize) -> Option<Window> {
    let least_days = cx.limit("min_window_days");
    let Some(seconds) = cx.body.server.window_s() else {
        cx.not_looked("since when the counters run is unknown", Some("SELECT stats_reset FROM pg_stat_database"));
        return None;
    };
    let proven = proven_s(cx.body).min(seconds);
    if proven > 0.0 && proven >= least_days * 86_400.0 {
        return Some(Window { seconds: proven, guess: false });
    }
    if seconds >= least_days * 86_400.0 {
        return Some(Window { seconds, guess: true });
    }
    let which = if unused == 1 { "an index has".to_owned() } else { format!("{unused} indexes have") };
    let reason = format!(
        "{which} no scans, but the counters cover only {}; {least_days} days are needed",
        words::seconds(seconds)
    );
    cx.not_looked(reason, Some("check again later, or lower min_window_days of pg/unused-index"));
    None
}

/// Seconds for which the counters certainly run. Without a reset, and without the right to see when the database was made,
/// the oldest time among the counters tells that they ran by then.
fn proven_s(body: &PgBody) -> f64 {
    let server = &body.server;
    if server.stats_reset.is_some() || server.created_at.is_some() {
        return server.window_s().unwrap_or(0.0);
    }
    let tables = body.tables.values();
    let times = tables.flat_map(|t| [t.last_vacuum, t.last_autovacuum, t.last_analyze, t.last_autoanalyze]);
    let times = times.chain(body.indexes.values().map(|index| index.last_idx_scan));
    let oldest = times.flatten().min();
    oldest.map_or(0.0, |oldest| server.now.duration_since(oldest).as_secs_f64())
}

/// Indexes that may be dropped if nobody uses them.
fn candidates(body: &PgBody) -> impl Iterator<Item = (&Table, &Index)> {
    let tables = body.catalog.tables.iter();
    let tables = tables.filter(|t| {
        !t.internal && matches!(t.kind, TableKind::Table | TableKind::Partitioned | TableKind::MaterializedView)
    });
    tables.flat_map(|table| {
        let droppable = move |index: &&Index| {
            let needed = index.unique || index.primary || index.constraint.is_some() || index.replica_identity;
            index.valid && !needed && index.parent.is_none() && !index.automatic && !serves_foreign_key(table, index)
        };
        table.indexes.iter().filter(droppable).map(move |index| (table, index))
    })
}

/// Whether the table, or a partition of it, has any pages: on an empty one, no scan says nothing.
fn holds_rows(body: &PgBody, table: &Table) -> bool {
    if table.kind == TableKind::Partitioned {
        let mut partitions = body.catalog.tables.iter().filter(|child| child.parents.contains(&table.id));
        return partitions.any(|child| holds_rows(body, child));
    }
    body.tables.get(&table.id).is_some_and(|stats| stats.heap_bytes > 0)
}

/// Whether the leading columns are those of a foreign key: deletes of referenced rows may be rarer than any window.
fn serves_foreign_key(table: &Table, index: &Index) -> bool {
    let leading: Vec<_> = index.leading_columns().collect();
    index.predicate.is_none()
        && table.foreign_keys().any(|(key, _)| {
            let columns = &key.columns;
            leading.len() >= columns.len() && columns.iter().all(|c| leading[..columns.len()].contains(&c.as_str()))
        })
}

fn finding(cx: &Cx<'_, PgBody>, table: &Table, index: &Index, total: Use, window: Window) -> Finding {
    let body = cx.body;
    let replicas = body.server.in_recovery || !body.replication.replicas.is_empty();
    let small = words::as_f64(total.bytes) < cx.limit("small_mb") * 1_048_576.0;
    let low = small || replicas || window.guess || cx.gap(area::REPLICATION);
    let severity = if low { Severity::Low } else { Severity::Medium };
    let name = body.catalog.dialect.name(&index.name);
    let title =
        format!("index {name} ({}) was not used in {}", words::bytes(total.bytes), words::seconds(window.seconds));
    let mut finding = cx
        .finding(body.catalog.subject_in(table, &index.name), title)
        .severity(severity)
        .why(why(body, index, replicas, window.guess))
        .evidence("idx_scan", total.scans, "scans", "pg_stat_user_indexes")
        .evidence("window", window.seconds.round(), "s", "pg_stat_database.stats_reset")
        .evidence("bytes", total.bytes, "bytes", "pg_relation_size");
    if let Some(writes) = &table.writes {
        let written = writes.inserts + writes.updates + writes.deletes;
        finding = finding.evidence("rows written to the table", written, "rows", "pg_stat_user_tables");
    }
    match change(body, table, index) {
        Some(change) => finding.change(change),
        None => finding,
    }
}

fn why(body: &PgBody, index: &Index, replicas: bool, guess: bool) -> String {
    let mut why = "every write maintains it, and it takes up memory and space, for no query".to_owned();
    if body.server.in_recovery {
        why += "; this is a standby, whose counters know nothing of queries on the primary: look there too";
    } else if replicas {
        why += "; this server has replicas, whose scans are counted there and not here: look there before dropping it";
    }
    if index.keys.iter().any(|key| key.expression.is_some()) {
        why += "; the planner also keeps statistics on its expression, which a CREATE STATISTICS can replace (14 and later)";
    }
    if guess {
        why += "; when this database was made can't be seen, so the time is the server's since its start";
    }
    why + "; an index younger than the counters, or for a yearly job, looks the same"
}

fn change(body: &PgBody, table: &Table, index: &Index) -> Option<Change> {
    let name = body.catalog.dialect.qualified(&table.schema, &index.name);
    let definition = index.definition.as_deref()?;
    if table.kind == TableKind::Partitioned {
        let own = format!(" ON ONLY {} ", body.catalog.qualified(table));
        let all = format!(" ON {} ", body.catalog.qualified(table));
        let change =
            Change::new([format!("DROP INDEX {name}")], "ACCESS EXCLUSIVE on the table and its partitions, briefly");
        return Some(change.back([definition.replacen(&own, &all, 1)]));
    }
    let back = definition.strip_prefix("CREATE INDEX ").map(|rest| format!("CREATE INDEX CONCURRENTLY {rest}"))?;
    let lock = "SHARE UPDATE EXCLUSIVE on the table: reads and writes go on, but it waits for running transactions";
    Some(Change::new([format!("DROP INDEX CONCURRENTLY {name}")], lock).outside_transaction().back([back]))
}

/// Figures of indexes, with the way down to the attached ones.
struct Uses<'a> {
    body: &'a PgBody,
    children: HashMap<ObjectId, Vec<ObjectId>>,
}

impl<'a> Uses<'a> {
    fn of(body: &'a PgBody) -> Self {
        let mut children: HashMap<_, Vec<_>> = HashMap::new();
        for index in body.catalog.tables.iter().flat_map(|table| &table.indexes) {
            if let Some(parent) = index.parent {
                children.entry(parent).or_default().push(index.id);
            }
        }
        Self { body, children }
    }

    fn total(&self, index: ObjectId) -> Use {
        let mut total = Use::default();
        let mut open = vec![index];
        while let Some(id) = open.pop() {
            if let Some(stats) = self.body.indexes.get(&id) {
                total.scans += stats.idx_scan;
                total.bytes += stats.bytes;
            }
            open.extend(self.children.get(&id).into_iter().flatten());
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::{IndexStats, Replica, TableStats};
    use crate::sample;

    /// A table with one large unused index.
    fn unused() -> PgBody {
        let mut body = sample::body();
        let mut table = sample::table(1, "orders");
        table.indexes.push(sample::index(2, "orders_note_idx", "note"));
        body.catalog.tables.push(table);
        body.tables.insert(1, TableStats { heap_bytes: 1 << 30, ..TableStats::default() });
        body.indexes.insert(2, IndexStats { bytes: 1 << 28, ..IndexStats::default() });
        body.server.created_at = body.server.started_at;
        body
    }

    fn severity(body: &PgBody) -> Severity {
        sample::run("pg/unused-index", body)[0].severity
    }

    #[test]
    fn a_month_without_a_scan_is_enough() {
        assert_eq!(severity(&unused()), Severity::Medium);
    }

    #[test]
    fn scans_that_are_counted_elsewhere_make_it_low() {
        let mut body = unused();
        body.replication.replicas.push(Replica::default());
        assert_eq!(severity(&body), Severity::Low);
        let mut standby = unused();
        standby.server.in_recovery = true;
        assert_eq!(severity(&standby), Severity::Low);
    }

    #[test]
    fn a_database_of_unknown_age_may_be_young() {
        let mut body = unused();
        body.server.created_at = None;
        assert_eq!(severity(&body), Severity::Low);
        let old = body.server.started_at;
        body.tables.insert(3, TableStats { last_analyze: old, ..TableStats::default() });
        assert_eq!(severity(&body), Severity::Medium);
    }

    #[test]
    fn a_young_database_says_so() {
        let mut body = unused();
        body.server.created_at = Some(body.server.now);
        let (found, skipped) = sample::run_with("pg/unused-index", &body, &[], &[]);
        assert!(found.is_empty());
        assert_eq!(skipped[0].reason, "an index has no scans, but the counters cover only 0 s; 7 days are needed");
    }
}
