//! What a statement does with its tables, read from the text into which the server resolves it.
//!
//! `EXPLAIN` leaves a note with the statement as the optimizer sees it: names are whole, `*` is written out, subqueries
//! have become joins, and constants are folded. So no name has to be looked up here.

mod blocks;
mod conditions;
mod expr;
#[cfg(test)]
mod tests;
mod text;
mod whole;

use dbwright_advise::index::{Key, KeyPart, ObjectName};
use dbwright_advise::usage::{ColumnFigures, Condition, Join, Operator, TableUse, Usage};
use dbwright_sql::model::{Catalog, Table};

use self::blocks::Reading;
use self::expr::{Expr, What};
use self::text::Text;

/// What a statement does with one reference to a table, before figures are known.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Draft {
    pub(super) table: ObjectName,
    pub(super) alias: String,
    pub(super) conditions: Vec<Condition>,
    /// This side, the other reference, and its side.
    pub(super) joins: Vec<(KeyPart, usize, KeyPart)>,
    nested: Vec<Condition>,
    pub(super) orders: Vec<Vec<Key>>,
    groups: Vec<Vec<KeyPart>>,
    needed: Vec<String>,
    /// Whether the whole row is needed.
    whole: bool,
    pub(super) limited: bool,
    pub(super) written: bool,
    /// Columns that it assigns to; none means all, when it is written.
    pub(super) changed: Vec<String>,
}

impl Draft {
    const fn new(table: ObjectName, alias: String) -> Self {
        Self {
            table,
            alias,
            conditions: Vec::new(),
            joins: Vec::new(),
            nested: Vec::new(),
            orders: Vec::new(),
            groups: Vec::new(),
            needed: Vec::new(),
            whole: false,
            limited: false,
            written: false,
            changed: Vec::new(),
        }
    }

    /// The same among others, of which so many come before.
    fn moved(mut self, offset: usize) -> Self {
        for (_, other, _) in &mut self.joins {
            *other += offset;
        }
        self
    }

    /// Every column that figures are wanted of.
    pub(super) fn columns(&self) -> Vec<&str> {
        let parts = self.conditions.iter().chain(&self.nested).map(|condition| &condition.part);
        let parts = parts.chain(self.joins.iter().map(|(part, ..)| part)).chain(self.groups.iter().flatten());
        let parts = parts.chain(self.orders.iter().flatten().map(|key| &key.part));
        let mut names: Vec<&str> = parts.filter_map(KeyPart::column).collect();
        names.extend(self.needed.iter().map(String::as_str));
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// Reads a resolved statement. `expressions` says whether the server has indexes on them.
pub(super) fn read(resolved: &str, catalog: &Catalog, expressions: bool) -> Vec<Draft> {
    let text = Text::new(resolved);
    let mut reading = Reading::new(&text, catalog, expressions);
    reading.statement();
    reading.drafts
}

/// Reads a statement as the server counts it, without values; none when it can't be told for certain which tables and
/// columns it names. `home` is the database in which it ran.
pub(super) fn counted(text: &str, home: &str, catalog: &Catalog) -> Option<Vec<Draft>> {
    whole::names(text, home, catalog).map(|whole| read(&whole, catalog, false))
}

/// The drafts with figures of tables and columns.
pub(super) fn finish(drafts: &[Draft], catalog: &Catalog, figures: &dyn Figures) -> Usage {
    let name = |at: usize| drafts.get(at).map_or_else(String::new, |draft| format!("{}#{at}", draft.alias));
    let of = |(at, draft): (usize, &Draft)| {
        let table = table(catalog, &draft.table);
        let rows = figures.rows(&draft.table);
        let columns: Vec<ColumnFigures> =
            draft.columns().into_iter().filter_map(|column| figures.column(&draft.table, column)).collect();
        let share = |condition: &Condition| selectivity(condition, &columns);
        let conditions: Vec<Condition> =
            draft.conditions.iter().map(|one| Condition { selectivity: share(one), ..one.clone() }).collect();
        let alone = conditions.iter().filter(|one| one.alternative.is_none());
        let kept: f64 = alone.map(|one| one.selectivity.unwrap_or(0.33)).product();
        let joins = draft.joins.iter().map(|(part, other, far)| Join {
            part: part.clone(),
            other: name(*other),
            other_part: far.clone(),
        });
        TableUse {
            table: draft.table.clone(),
            alias: name(at),
            rows,
            kept: rows * kept,
            conditions,
            joins: joins.collect(),
            nested: draft.nested.clone(),
            orders: draft.orders.clone(),
            groups: draft.groups.clone(),
            needed: table.and_then(|table| needed(draft, table)),
            limited: draft.limited,
            written: draft.written,
            columns,
        }
    };
    Usage { tables: drafts.iter().enumerate().map(of).collect() }
}

/// Where figures come from.
pub(super) trait Figures {
    /// Rows of a table.
    fn rows(&self, table: &ObjectName) -> f64;
    /// What is known of a column.
    fn column(&self, table: &ObjectName, column: &str) -> Option<ColumnFigures>;
}

fn selectivity(condition: &Condition, columns: &[ColumnFigures]) -> Option<f64> {
    let name = condition.part.column()?;
    let distinct = columns.iter().find(|column| column.name == name)?.distinct?.max(1.0);
    match condition.operator {
        Operator::Equal => Some(1.0 / distinct),
        Operator::In => Some((3.0 / distinct).min(1.0)),
        _ => None,
    }
}

/// Columns that an index must hold to stand for the table; those of the primary key are in every index. None when the row
/// is changed, or a column is too long for an index.
fn needed(draft: &Draft, table: &Table) -> Option<Vec<String>> {
    let primary = table.primary_key().map(|key| key.columns.as_slice()).unwrap_or_default();
    let short = |name: &String| table.column(name).is_some_and(|column| !is_long(&column.base_type));
    if draft.whole || draft.written || !draft.needed.iter().all(short) {
        return None;
    }
    Some(draft.needed.iter().filter(|name| !primary.contains(name)).cloned().collect())
}

/// Types of which an index can hold only the beginning, or nothing.
pub(super) fn is_long(base_type: &str) -> bool {
    base_type.ends_with("text") || base_type.ends_with("blob") || !is_ordered(base_type)
}

/// Whether an ordered index can have it as a key.
pub(super) fn is_ordered(base_type: &str) -> bool {
    let spatial = base_type.ends_with("point")
        || base_type.ends_with("polygon")
        || base_type.ends_with("string")
        || base_type.starts_with("geom");
    !(spatial || matches!(base_type, "json" | "vector"))
}

/// A table of the catalog.
pub(super) fn table<'c>(catalog: &'c Catalog, name: &ObjectName) -> Option<&'c Table> {
    catalog.tables.iter().find(|table| table.schema == name.schema && table.name == name.name)
}

/// The one reference whose columns a calculation is over; none when there are none, several, or a query.
fn expressions_of(expr: &Expr, whose: impl Fn(&[String]) -> Option<usize>) -> Option<usize> {
    if matches!(expr.what, What::Query) || has_query(expr) {
        return None;
    }
    let owners: Option<Vec<usize>> = expr.columns().into_iter().map(whose).collect();
    let owners = owners?;
    let first = *owners.first()?;
    owners.iter().all(|owner| *owner == first).then_some(first)
}

fn has_query(expr: &Expr) -> bool {
    match &expr.what {
        What::Query => true,
        What::Of(parts) | What::Row(parts) | What::And(parts) | What::Or(parts) => parts.iter().any(has_query),
        _ => false,
    }
}
