//! What is bound to the columns of a type change, and what stands in its way.

use dbwright_core::Failure;

use crate::ddl::Clause;

use super::super::alter::goes_before;
use super::super::catalog::{Catalog, Constraint, Index, Table};
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
    /// What the server itself refuses the statement for, and no new column helps with.
    pub(super) refusing: Refusing,
    /// Why it can't be done by new columns.
    pub(super) hindrance: Option<String>,
}

/// Asks for all of it, but for the constraints that the statement drops before.
pub(super) async fn of(
    cx: &Cx<'_, '_>,
    table: &Table,
    changes: &[Wanted<'_>],
    all: &[Clause],
) -> Result<Bound, Failure> {
    let columns: Vec<&str> = changes.iter().map(|change| change.column).collect();
    let used = |names: &[String]| columns.iter().any(|column| names.iter().any(|name| name == column));
    let mentioned = |text: &str| columns.iter().any(|column| tokens::mentions(text, column));
    let mut indexes = cx.catalog.indexes(table.oid).await?;
    let stays = |name: &str| !goes_before(name, all);
    indexes.retain(|index| used(&index.columns) || index.expressions && mentioned(&index.tail()));
    indexes.retain(|index| index.constraint.as_deref().is_none_or(stays));
    let mut constraints = cx.catalog.constraints(table.oid).await?;
    constraints.retain(|one| stays(&one.name));
    let not_nulls = constraints.iter().filter(|one| one.kind == "n" && used(&one.columns)).cloned().collect();
    constraints.retain(|one| matches!(one.kind.as_str(), "c" | "f") && used(&one.columns));
    let mut things = objects::triggers(cx, table, &columns).await?;
    things.extend(objects::policies(cx, table, &columns, objects::Policies::Told).await?);
    things.extend(objects::publications(cx, table, &columns).await?);
    let mut bound = Bound {
        indexes,
        constraints,
        not_nulls,
        things,
        views: objects::views(cx, table, &columns).await?,
        statistics: objects::statistics(cx, table, &columns).await?,
        refusing: refusing(cx.catalog, table.oid, &columns).await?,
        hindrance: None,
    };
    bound.hindrance = hindrance(table, &bound);
    Ok(bound)
}

/// What uses columns in a way that makes the server refuse to change their type, and that can't be made again in a moment.
#[derive(Debug, Default)]
pub(in super::super) struct Refusing {
    /// Materialized views, rules, and functions whose body the server has parsed: a shadow table takes them along.
    pub(in super::super) beside: Vec<String>,
    /// Columns that are computed from them.
    pub(in super::super) computed: Vec<String>,
}

impl Refusing {
    pub(super) fn is_empty(&self) -> bool {
        self.beside.is_empty() && self.computed.is_empty()
    }

    /// Why the plain statement is no way, and what is.
    pub(super) fn reason(&self) -> String {
        let all: Vec<String> = self.beside.iter().chain(&self.computed).cloned().collect();
        let them = crate::words::some_of(&all);
        let verb = if all.len() == 1 { "uses" } else { "use" };
        let way = if self.computed.is_empty() {
            "drop them before the statement, and make them again after it"
        } else {
            "drop the computed columns in a statement before, and add them again in one after it"
        };
        format!("{them} {verb} the column, so that the server refuses the statement: {way}")
    }
}

/// Asks for it.
pub(in super::super) async fn refusing(catalog: &Catalog<'_>, oid: u32, columns: &[&str]) -> Result<Refusing, Failure> {
    let query = REFUSING.replace("{oid}", &oid.to_string()).replace("{columns}", &objects::listed(columns));
    let (computed, beside) = catalog.pinned(&query).await?.into_iter().partition(|one| one.starts_with("column "));
    Ok(Refusing { beside, computed })
}

/// Servers differ in what they note as computed from a column: its default, or the column.
const REFUSING: &str = "\
WITH RECURSIVE d AS (SELECT d.* FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid \
  WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = {oid} AND a.attname IN ({columns})), \
u AS (SELECT r.ev_class AS id FROM d JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid WHERE r.ev_class <> {oid} \
  UNION SELECT r.ev_class FROM u JOIN pg_depend n ON n.refclassid = 'pg_class'::regclass AND n.refobjid = u.id \
  JOIN pg_rewrite r ON r.oid = n.objid AND n.classid = 'pg_rewrite'::regclass WHERE r.ev_class <> u.id) \
SELECT CASE d.classid \
  WHEN 'pg_rewrite'::regclass THEN (SELECT CASE WHEN c.relkind = 'm' THEN format('materialized view %I.%I', n.nspname, c.relname) \
    WHEN c.relkind = 'v' AND r.rulename = '_RETURN' THEN NULL ELSE format('rule %I on %I.%I', r.rulename, n.nspname, c.relname) END \
    FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace WHERE r.oid = d.objid) \
  WHEN 'pg_proc'::regclass THEN (SELECT format('function %s', d.objid::regprocedure)) \
  WHEN 'pg_attrdef'::regclass THEN (SELECT format('column %I', g.attname) FROM pg_attrdef f JOIN pg_attribute g \
    ON g.attrelid = f.adrelid AND g.attnum = f.adnum WHERE f.oid = d.objid AND g.attgenerated <> '' AND g.attnum <> d.refobjsubid) \
  WHEN 'pg_class'::regclass THEN (SELECT format('column %I', g.attname) FROM pg_attribute g \
    WHERE d.objid = {oid} AND g.attrelid = {oid} AND g.attnum = d.objsubid AND g.attgenerated <> '' AND g.attnum <> d.refobjsubid) END AS what \
FROM d UNION SELECT format('materialized view %I.%I', n.nspname, c.relname) FROM u JOIN pg_class c ON c.oid = u.id AND c.relkind = 'm' \
  JOIN pg_namespace n ON n.oid = c.relnamespace EXCEPT SELECT NULL ORDER BY 1";

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
