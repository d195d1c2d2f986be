//! `sql/unindexed-foreign-key`: the referencing side of a foreign key can only be searched by reading it all.

use std::collections::{HashMap, HashSet};

use dbwright_core::{Cx, Severity};

use crate::Dialect;
use crate::indexing::{self, collates, has_path};
use crate::model::{Catalog, Constraint, ObjectId, References, Table, Writes};
use crate::render::{self, Surroundings};

/// Seconds after which counters that show no delete are believed.
const BELIEVABLE_WINDOW_S: f64 = 7.0 * 86_400.0;

/// Reports foreign keys that no index serves, one for each set of columns.
pub(super) fn check(cx: &mut Cx<'_, Catalog>) {
    let catalog = cx.body;
    let by_id = catalog.by_id();
    let around = Surroundings::of(catalog);
    for table in catalog.user_tables() {
        let mut seen = HashSet::new();
        for (constraint, references) in table.foreign_keys().filter(|(c, _)| !c.inherited && !c.columns.is_empty()) {
            if has_path(catalog, table, &constraint.columns) || !seen.insert(&constraint.columns) {
                continue;
            }
            report(cx, &around, &by_id, table, constraint, references);
        }
    }
}

fn report(
    cx: &mut Cx<'_, Catalog>,
    around: &Surroundings<'_>,
    by_id: &HashMap<ObjectId, &Table>,
    table: &Table,
    constraint: &Constraint,
    references: &References,
) {
    let catalog = cx.body;
    let dialect = catalog.dialect;
    let columns: Vec<&str> = constraint.columns.iter().map(String::as_str).collect();
    let parent = references.id.and_then(|id| by_id.get(&id).copied());
    let writes = parent.and_then(|parent| indexing::writes(catalog, parent));
    let rows = indexing::rows(catalog, table);
    let partly = table.indexes.iter().any(|index| {
        index.valid
            && index.predicate.is_none()
            && index.leading_columns().next().is_some_and(|first| columns.contains(&first))
            && collates(catalog, table, &index.keys[0])
    });
    let source = match dialect {
        Dialect::Postgres => "pg_constraint, pg_index",
        Dialect::Sqlite => "PRAGMA foreign_key_list, index_list",
        Dialect::Mysql => "information_schema",
    };
    let title = format!("foreign key ({}) of {} has no index", dialect.names(&columns), catalog.qualified(table));
    let mut finding = cx
        .finding(subject(catalog, table, constraint), title)
        .why(format!(
            "deleting a row of {parent}, changing its key, or joining from it reads all of {child}",
            parent = dialect.qualified(&references.schema, &references.table),
            child = catalog.qualified(table),
        ))
        .severity(severity(rows, writes, partly, cx.limit("small_rows"), cx.limit("large_rows")))
        .evidence("indexes_that_serve", 0, "indexes", source)
        .change(render::create_index(around, table, &columns));
    if let Some(rows) = rows {
        finding = finding.evidence("referencing_rows", rows.round(), "rows", "catalog");
    }
    if let Some(bytes) = indexing::bytes(catalog, table) {
        finding = finding.evidence("referencing_bytes", bytes, "bytes", "catalog");
    }
    if let Some(writes) = writes {
        finding = finding.evidence("referenced_deletes", writes.deletes, "rows", "table statistics").evidence(
            "referenced_updates",
            writes.updates,
            "rows",
            "table statistics",
        );
    }
    cx.report(finding);
}

/// The constraint, or its column where the engine knows no names of constraints.
fn subject(catalog: &Catalog, table: &Table, constraint: &Constraint) -> String {
    match (catalog.dialect, constraint.columns.as_slice()) {
        (Dialect::Sqlite, [column]) => catalog.subject_in(table, column),
        _ => catalog.subject_in(table, &constraint.name),
    }
}

/// Harm grows with the rows to read and with how often the referenced rows go away.
fn severity(rows: Option<f64>, writes: Option<Writes>, partly: bool, small: f64, large: f64) -> Severity {
    // An empty table says nothing about how large it will be.
    let tiny = rows.is_some_and(|rows| rows > 0.0 && rows < small);
    let huge = rows.is_some_and(|rows| rows >= large);
    let deletes = writes.is_some_and(|writes| writes.deletes > 0);
    let quiet = writes.is_some_and(|writes| {
        writes.deletes == 0
            && writes.updates == 0
            && writes.window_s.is_some_and(|window| window >= BELIEVABLE_WINDOW_S)
    });
    match (tiny || partly || quiet, huge && deletes) {
        (true, _) => Severity::Low,
        (false, true) => Severity::High,
        (false, false) => Severity::Medium,
    }
}
