//! What a statement does with its tables, read from PostgreSQL's own plan.
//!
//! The plan must be made with [`SETTINGS`], so that each condition stands at the scan of its table and each order and
//! each join shows itself. Views, `search_path`, row-level security, inlined functions and rewritten operators are
//! resolved by then, and no parser of SQL is needed: only one for expressions as PostgreSQL prints them.

mod compare;
mod conditions;
mod expr;
mod figures;
mod lex;
mod names;
mod refs;
mod single;
#[cfg(test)]
pub(crate) mod tests;
mod tree;

use std::collections::BTreeSet;

use dbwright_advise::index::{KeyPart, ObjectName};
use dbwright_advise::usage::{ColumnFigures, Condition, Join, TableUse, Usage};
use dbwright_sql::model::TableKind;

use self::conditions::Found;
use self::refs::{Reference, References};
use crate::body::PgBody;
use crate::explain::Plan;

/// Settings of the session that explains a statement for [`of`]. With little memory, subqueries are not hashed and show
/// what they compare; without merge joins, no order shows that the statement does not ask for.
pub(crate) const SETTINGS: &[(&str, &str)] = &[
    ("enable_indexscan", "off"),
    ("enable_indexonlyscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_memoize", "off"),
    ("enable_mergejoin", "off"),
    ("work_mem", "64"),
    ("hash_mem_multiplier", "1"),
    ("max_parallel_workers_per_gather", "0"),
    ("jit", "off"),
];

/// What a statement does with its tables, from `EXPLAIN (VERBOSE, FORMAT JSON)` under [`SETTINGS`].
pub(crate) fn of(plan: &Plan, body: &PgBody) -> Usage {
    let references = References::of(plan, body);
    let mut found = Found::default();
    for (at, reference) in references.all.iter().enumerate() {
        for scan in &reference.scans {
            found.scan(&references, scan, at);
        }
    }
    for node in plan.walk() {
        found.join(&references, node, &tree::visible(&references, node));
    }
    close(&mut found.joins, &references);
    let needed = tree::needed(&references, plan);
    let limited = tree::limited(&references, plan);
    let mut tables: Vec<TableUse> = references.all.iter().map(|reference| empty(body, reference)).collect();
    fill(&mut tables, found);
    wishes(&mut tables, &references, plan);
    for (at, ((table, reference), needed)) in tables.iter_mut().zip(&references.all).zip(needed).enumerate() {
        table.limited |= limited.contains(&at);
        table.needed = needed.map(|columns| in_table_order(reference, &columns));
        estimate(body, reference, table);
        if table.written && reference.scans.is_empty() {
            table.kept = inserted(plan);
        }
    }
    Usage { tables }
}

fn empty(body: &PgBody, reference: &Reference<'_>) -> TableUse {
    let rows = rows(body, reference);
    TableUse {
        table: ObjectName { schema: reference.table.schema.clone(), name: reference.table.name.clone() },
        alias: reference.alias.clone(),
        rows,
        kept: rows,
        conditions: Vec::new(),
        joins: Vec::new(),
        nested: Vec::new(),
        orders: Vec::new(),
        groups: Vec::new(),
        needed: None,
        limited: false,
        written: reference.written,
        columns: Vec::new(),
    }
}

/// Rows of a table; of all partitions of a partitioned one.
fn rows(body: &PgBody, reference: &Reference<'_>) -> f64 {
    let of = |id| body.tables.get(&id).and_then(|stats| stats.reltuples);
    let table = reference.table;
    if table.kind != TableKind::Partitioned {
        return of(table.id).or(table.rows).unwrap_or(0.0).max(0.0);
    }
    let leaves = dbwright_sql::render::leaves(&body.catalog, table);
    leaves.iter().filter_map(|leaf| of(leaf.id).or(leaf.rows)).sum()
}

fn fill(tables: &mut [TableUse], found: Found) {
    for (at, condition) in found.conditions {
        if let Some(table) = tables.get_mut(at) {
            table.conditions.push(condition);
        }
    }
    for (at, join) in found.joins {
        if let Some(table) = tables.get_mut(at) {
            table.joins.push(join);
        }
    }
    for (at, condition) in found.nested {
        if let Some(table) = tables.get_mut(at) {
            table.nested.push(condition);
        }
    }
}

/// Orders, groups and nearest neighbours.
fn wishes(tables: &mut [TableUse], references: &References<'_>, plan: &Plan) {
    for node in plan.walk() {
        if let Some((at, condition, alone)) = tree::nearest(references, node) {
            if let Some(table) = tables.get_mut(at) {
                if alone { table.conditions.push(condition) } else { table.nested.push(condition) }
            }
            continue;
        }
        let ends = tree::ends(references, node);
        let few = !ends.is_empty();
        for (at, order) in tree::order(references, node).into_iter().chain(ends) {
            if let Some(table) = tables.get_mut(at) {
                table.limited |= few;
                if !table.orders.contains(&order) {
                    table.orders.push(order);
                }
            }
        }
        for (at, group) in tree::group(references, node) {
            if let Some(table) = tables.get_mut(at)
                && !table.groups.contains(&group)
            {
                table.groups.push(group);
            }
        }
    }
}

fn in_table_order(reference: &Reference<'_>, columns: &BTreeSet<String>) -> Vec<String> {
    reference.table.columns.iter().map(|column| &column.name).filter(|name| columns.contains(*name)).cloned().collect()
}

/// Equalities that follow from others: `a = b` and `b = c` give `a = c`, which PostgreSQL may join by as well.
fn close(joins: &mut Vec<(usize, Join)>, references: &References<'_>) {
    let mut classes: Vec<BTreeSet<(usize, String)>> = Vec::new();
    for (at, join) in joins.iter() {
        let other = references.all.iter().position(|reference| reference.alias == join.other);
        let (Some(left), Some(right), Some(other)) = (join.part.column(), join.other_part.column(), other) else {
            continue;
        };
        let mut class = BTreeSet::from([(*at, left.to_owned()), (other, right.to_owned())]);
        classes.retain(|known| {
            let apart = known.is_disjoint(&class);
            if !apart {
                class.extend(known.iter().cloned());
            }
            apart
        });
        classes.push(class);
    }
    for class in classes.iter().filter(|class| (3..=WIDEST_CLASS).contains(&class.len())) {
        for (at, column) in class {
            for (other, other_column) in class.iter().filter(|(other, _)| other != at) {
                let Some(alias) = references.all.get(*other).map(|reference| reference.alias.clone()) else { continue };
                let (part, other_part) = (KeyPart::Column(column.clone()), KeyPart::Column(other_column.clone()));
                let join = (*at, Join { part, other: alias, other_part });
                if !joins.contains(&join) {
                    joins.push(join);
                }
            }
        }
    }
}

/// Columns that are all equal to each other grow into pairs; beyond this many they say nothing new.
const WIDEST_CLASS: usize = 12;

/// Rows that a statement puts into a table that it does not read: those of its source.
fn inserted(plan: &Plan) -> f64 {
    let writes = plan.walk().filter(|node| node.node_type == "ModifyTable");
    writes.flat_map(|node| node.plans.iter().map(|source| source.rows)).fold(1.0, f64::max)
}

/// Selectivities, rows that are kept, and figures of the columns.
fn estimate(body: &PgBody, reference: &Reference<'_>, table: &mut TableUse) {
    let rows = table.rows;
    for condition in table.conditions.iter_mut().chain(&mut table.nested) {
        condition.selectivity = selectivity(body, reference, rows, condition);
    }
    let planned: f64 = reference.scans.iter().map(|scan| scan.rows).sum();
    let alone = table.nested.is_empty() && reference.scans.iter().all(|scan| plain_filter(scan));
    if alone && !reference.scans.is_empty() {
        table.kept = planned.min(rows.max(planned));
        if let ([condition], true) = (table.conditions.as_mut_slice(), rows > 0.0) {
            condition.selectivity = Some((planned / rows).clamp(0.0, 1.0));
        }
    } else {
        let share: f64 =
            table.conditions.iter().filter(|c| c.alternative.is_none()).filter_map(|c| c.selectivity).product();
        table.kept = rows * share;
    }
    table.columns = columns(body, reference, table);
}

/// Whether a scan's filter names no other reference and no plan of its own, so that its rows are what its conditions keep.
fn plain_filter(scan: &Plan) -> bool {
    scan.filter.as_deref().is_none_or(|text| {
        let source = lex::Source::new(text);
        let all = 0..source.tokens.len();
        let own = |alias: &Option<String>| alias.is_none() || *alias == scan.alias;
        !names::runs_a_plan(&source, all.clone()) && names::mentions(&source, all).iter().all(|(alias, _)| own(alias))
    })
}

fn selectivity(body: &PgBody, reference: &Reference<'_>, rows: f64, condition: &Condition) -> Option<f64> {
    let column = condition.part.column()?;
    let stats = figures::statistics(body, reference.table.id, column)?;
    figures::selectivity(stats, rows, condition.operator, &condition.symbol, condition.constant.as_deref())
}

/// Figures of every column that the statement names, in table order.
fn columns(body: &PgBody, reference: &Reference<'_>, table: &TableUse) -> Vec<ColumnFigures> {
    let parts = table.conditions.iter().chain(&table.nested).map(|condition| &condition.part);
    let parts = parts.chain(table.joins.iter().map(|join| &join.part)).chain(table.groups.iter().flatten());
    let parts = parts.chain(table.orders.iter().flatten().map(|key| &key.part));
    let mut named: BTreeSet<&str> = parts.filter_map(KeyPart::column).collect();
    named.extend(table.needed.iter().flatten().map(String::as_str));
    let columns = reference.table.columns.iter().filter(|column| named.contains(column.name.as_str()));
    columns.map(|column| figures::of(body, reference.table, column, table.rows)).collect()
}
