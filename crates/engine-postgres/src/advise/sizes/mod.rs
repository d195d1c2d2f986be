//! How large an index would be when built, and what its upkeep would cost.
//!
//! The figures follow what PostgreSQL does when it builds an index, fed from the column statistics: rows that share a key
//! share an entry in a b-tree, pages are left partly empty, short strings have short headers, and every entry is rounded
//! up to eight bytes.

mod btree;
mod columns;
mod fits;
mod groups;
mod others;
mod upkeep;

use dbwright_advise::index::Index;
use dbwright_advise::port::Estimate;
use dbwright_sql::model::{Table, TableKind};
use dbwright_sql::render;

use crate::body::PgBody;

/// Bytes of a page.
const PAGE: f64 = 8192.0;
/// Share of the rows that a predicate keeps when nobody knows.
const UNKNOWN: f64 = 1.0 / 3.0;

/// What an index's file would be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Shape {
    /// Entries, before those that share a key are put together.
    pub(crate) rows: f64,
    /// Pages of the file.
    pub(crate) pages: u64,
    /// Levels above the leaves of a b-tree.
    pub(crate) height: u32,
}

/// What an index would take, by what the statistics tell of its table. How much a predicate keeps is not known here:
/// [`estimate_share`] is told.
#[must_use]
pub(crate) fn estimate(index: &Index, body: &PgBody) -> Estimate {
    estimate_share(index, body, if index.predicate.is_some() { UNKNOWN } else { 1.0 })
}

/// The same, for an index that holds a share of the rows.
#[must_use]
pub(crate) fn estimate_share(index: &Index, body: &PgBody, share: f64) -> Estimate {
    let Some(table) = find(index, body) else { return Estimate::default() };
    let mut bytes = 0;
    let (mut costs, mut entry) = (0.0, 0.0_f64);
    let mut reasons = Vec::new();
    for stored in stored(body, table) {
        let shape = shape(index, body, stored, share);
        bytes += whole(shape.pages as f64 * PAGE);
        let upkeep = upkeep::of(index, body, stored, &shape, share);
        costs += upkeep.cost;
        // A row is written to one partition; the dearest stands for all.
        entry = entry.max(upkeep.entry);
        reasons.push((upkeep.cost, upkeep.reason));
    }
    reasons.sort_by(|a, b| b.0.total_cmp(&a.0));
    let reason = reasons.into_iter().next().map(|(_, reason)| reason).unwrap_or_default();
    Estimate { bytes, upkeep: costs, reason, entry }
}

/// Why an index can't hold every row of its table, as far as statistics tell.
pub(crate) fn refused(index: &Index, body: &PgBody) -> Option<String> {
    let table = find(index, body)?;
    stored(body, table).into_iter().find_map(|stored| fits::refused(index, body, stored))
}

/// The file of an index on one table with rows of its own.
pub(crate) fn shape(index: &Index, body: &PgBody, table: &Table, share: f64) -> Shape {
    let whole = table.rows.or_else(|| body.tables.get(&table.id)?.reltuples).unwrap_or(0.0).max(0.0);
    let rows = (whole * share).round();
    let keys: Vec<_> = index.keys.iter().map(|key| columns::figures(body, table, &key.part)).collect();
    match index.method.as_str() {
        "btree" => btree::shape(index, body, table, &keys, (rows, whole)),
        method => Shape { rows, pages: others::pages(method, index, body, table, (&keys, rows)), height: 0 },
    }
}

/// What an index's expression is estimated to hold, in the words of `pg_statistic`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Expression {
    /// Position of the key, from 1.
    pub(crate) number: usize,
    /// Share of nulls.
    pub(crate) nulls: f64,
    /// Mean bytes.
    pub(crate) width: u64,
    /// Distinct values; negative means a share of the rows.
    pub(crate) distinct: f64,
}

/// Estimates for the expressions among the keys of an index, whose statistics don't exist before it is built.
pub(crate) fn expressions(index: &Index, body: &PgBody, table: &Table, rows: f64) -> Vec<Expression> {
    let keys = index.keys.iter().enumerate().filter(|(_, key)| key.part.column().is_none());
    let of = |(at, key): (usize, &dbwright_advise::Key)| {
        let figures = columns::figures(body, table, &key.part);
        let width = figures.lengths.iter().sum::<f64>() / figures.lengths.len().max(1) as f64;
        let distinct = figures.distinct?;
        let distinct = if distinct > 0.1 * rows { -(distinct / rows.max(1.0)).min(1.0) } else { distinct };
        Some(Expression { number: at + 1, nulls: figures.nulls, width: whole(width), distinct })
    };
    keys.filter_map(of).collect()
}

fn find<'a>(index: &Index, body: &'a PgBody) -> Option<&'a Table> {
    body.catalog.tables.iter().find(|table| table.schema == index.table.schema && table.name == index.table.name)
}

/// The table, or the partitions that hold its rows.
fn stored<'a>(body: &'a PgBody, table: &'a Table) -> Vec<&'a Table> {
    if table.kind == TableKind::Partitioned { render::leaves(&body.catalog, table) } else { vec![table] }
}

/// A figure as a whole number; none is negative or near the limit.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(figure: f64) -> u64 {
    figure.ceil() as u64 // saturates
}
