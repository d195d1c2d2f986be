//! Which indexes come into question, by the snapshot alone.

use dbwright_core::Cx;
use dbwright_sql::model::{Index, Table, TableKind};

use super::BRIN;
use crate::body::PgBody;
use crate::words;

const MB: f64 = 1_048_576.0;

/// A large index that may have a smaller replacement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing<'a> {
    /// Its table.
    pub(crate) table: &'a Table,
    /// The index.
    pub(crate) index: &'a Index,
    /// How well the rows lie in the order of its first column, when known.
    pub(crate) correlation: Option<f64>,
}

/// The indexes that come into question for a rule.
pub(crate) fn all<'a>(cx: &Cx<'a, PgBody>, rule: &str) -> Vec<Standing<'a>> {
    let body = cx.body;
    let tables = body.catalog.tables.iter();
    let tables = tables.filter(|table| !table.internal && table.kind == TableKind::Table && !table.is_partition);
    let all = tables.flat_map(|table| table.indexes.iter().map(move |index| (table, index)));
    let fits = |(table, index): &(&Table, &Index)| {
        let large = words::as_f64(index.bytes.unwrap_or(0)) >= cx.limit("min_index_mb") * MB;
        large && replaceable(index) && (rule != BRIN || block_range(cx, table, index))
    };
    all.filter(fits)
        .map(|(table, index)| Standing { table, index, correlation: correlation(body, table, index) })
        .collect()
}

/// Whether nothing but statements needs the index, and all of it is there.
fn replaceable(index: &Index) -> bool {
    let bound = index.unique || index.primary || index.constraint.is_some() || index.replica_identity;
    index.method == "btree" && index.valid && !bound && index.predicate.is_none() && index.parent.is_none()
}

/// Whether rows are only added to the table, in the order of the index's one column.
fn block_range(cx: &Cx<'_, PgBody>, table: &Table, index: &Index) -> bool {
    let Some(writes) = &table.writes else { return false };
    let rewritten = words::as_f64(writes.updates + writes.deletes);
    let rows = table.rows.unwrap_or(0.0).max(words::as_f64(writes.inserts));
    let ordered = correlation(cx.body, table, index).is_some_and(|one| one.abs() > cx.limit("min_correlation"));
    ordered && index.keys.len() == 1 && index.include.is_empty() && rewritten <= rows * cx.limit("max_rewritten_share")
}

fn correlation(body: &PgBody, table: &Table, index: &Index) -> Option<f64> {
    let column = index.keys.first()?.column.as_ref()?;
    let known = body.columns.get(&table.id)?;
    known.iter().find(|stats| stats.column == *column && !stats.inherited)?.correlation
}

/// What the rules say of a snapshot alone: which indexes plans would have to be made for.
pub(crate) fn not_looked(cx: &mut Cx<'_, PgBody>, rule: &str) {
    let names: Vec<String> =
        all(cx, rule).iter().map(|one| cx.body.catalog.subject_in(one.table, &one.index.name)).collect();
    if names.is_empty() {
        return;
    }
    let reason = format!(
        "whether a smaller index could replace {} is told by plans, and none were made",
        words::some_of(&names)
    );
    let known = cx.body.workload.as_ref().is_some_and(|workload| !workload.statements.is_empty());
    let remedy = if known {
        "check the live database with --prove"
    } else {
        "CREATE EXTENSION pg_stat_statements, or --workload FILE --prove"
    };
    cx.not_looked(reason, Some(remedy));
}
