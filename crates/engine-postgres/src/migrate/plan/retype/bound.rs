//! What is bound to the columns of a type change, and what stands in its way.

use dbwright_core::Failure;

use super::super::catalog::{Constraint, Index, Table};
use super::super::draft::Cx;
use super::super::tokens;
use super::Wanted;
use super::objects::{self, Bound as Thing, Statistics, View};

/// All that has to go over to the new columns.
#[derive(Debug, Default)]
pub(super) struct Bound {
    pub(super) indexes: Vec<Index>,
    /// CHECK and FOREIGN KEY.
    pub(super) constraints: Vec<Constraint>,
    /// NOT NULL constraints with names (PostgreSQL 18).
    pub(super) not_nulls: Vec<Constraint>,
    pub(super) views: Vec<View>,
    pub(super) things: Vec<Thing>,
    pub(super) statistics: Vec<Statistics>,
    /// The server itself would refuse the statement.
    pub(super) refused: bool,
    /// Why it can't be done by new columns.
    pub(super) hindrance: Option<String>,
}

/// Asks for all of it.
pub(super) async fn of(cx: &Cx<'_, '_>, table: &Table, changes: &[Wanted<'_>]) -> Result<Bound, Failure> {
    let columns: Vec<&str> = changes.iter().map(|change| change.column).collect();
    let used = |names: &[String]| columns.iter().any(|column| names.iter().any(|name| name == column));
    let mentioned = |text: &str| columns.iter().any(|column| tokens::mentions(text, column));
    let mut indexes = cx.catalog.indexes(table.oid).await?;
    indexes.retain(|index| used(&index.columns) || index.expressions && mentioned(&index.tail()));
    let mut constraints = cx.catalog.constraints(table.oid).await?;
    let not_nulls = constraints.iter().filter(|one| one.kind == "n" && used(&one.columns)).cloned().collect();
    constraints.retain(|one| matches!(one.kind.as_str(), "c" | "f") && used(&one.columns));
    let mut things = objects::triggers(cx, table, &columns).await?;
    things.extend(objects::policies(cx, table, &columns).await?);
    things.extend(objects::publications(cx, table, &columns).await?);
    let mut bound = Bound {
        indexes,
        constraints,
        not_nulls,
        things,
        views: objects::views(cx, table, &columns).await?,
        statistics: objects::statistics(cx, table, &columns).await?,
        refused: refused(cx, table, &columns).await?,
        hindrance: None,
    };
    bound.refused |= bound.views.iter().any(|view| view.kind != "v");
    bound.hindrance = hindrance(table, &bound);
    Ok(bound)
}

/// Generated columns, rules and functions that use the column: the server refuses, and so would the switch.
async fn refused(cx: &Cx<'_, '_>, table: &Table, columns: &[&str]) -> Result<bool, Failure> {
    let query = format!(
        "EXISTS (SELECT FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid \
         WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = {oid} AND a.attname IN ({columns}) \
         AND (d.classid = 'pg_proc'::regclass \
         OR d.classid = 'pg_rewrite'::regclass AND EXISTS (SELECT FROM pg_catalog.pg_rewrite r WHERE r.oid = d.objid AND r.ev_class = {oid}) \
         OR d.classid = 'pg_attrdef'::regclass AND EXISTS (SELECT FROM pg_catalog.pg_attrdef f JOIN pg_catalog.pg_attribute g \
         ON g.attrelid = f.adrelid AND g.attnum = f.adnum WHERE f.oid = d.objid AND g.attgenerated <> '' AND g.attnum <> a.attnum) \
         OR d.classid = 'pg_class'::regclass AND d.objid = {oid} AND d.objsubid > 0 AND d.objsubid <> a.attnum))",
        oid = table.oid,
        columns = objects::listed(columns)
    );
    cx.catalog.holds(&query).await
}

fn hindrance(table: &Table, bound: &Bound) -> Option<String> {
    if table.has_children {
        return Some("other tables inherit from it, whose rows no trigger of this table sees".to_owned());
    }
    if table.is_partition {
        return Some("it is a partition, whose columns are those of its parent".to_owned());
    }
    if let Some(index) = bound.indexes.iter().find(|index| index.referenced) {
        return Some(format!("foreign keys refer to {}, and would have to change with it", index.sql()));
    }
    if table.is_partitioned() && !bound.indexes.is_empty() {
        return Some("the table is partitioned and an index covers the column".to_owned());
    }
    let exclusion = |index: &&Index| index.constraint_kind.as_deref() == Some("x");
    if let Some(index) = bound.indexes.iter().find(exclusion) {
        return Some(format!(
            "the exclusion constraint {} can't be made from an index that was built before",
            index.sql()
        ));
    }
    None
}
