//! What a statement does with its tables, from what SQLite's planner asks of virtual tables.

use dbwright_advise::index::{Key, KeyPart, ObjectName};
use std::collections::HashMap;

use dbwright_advise::usage::{ColumnFigures, Condition, Operator, TableUse, Usage};
use dbwright_sql::model::{Catalog, Table};
use rusqlite::Connection;

use super::copy::quoted;

use crate::prove::{Access, Probe};

/// Rows that a column's figures are estimated from.
const SAMPLE: u32 = 20_000;

/// Figures of columns, each gathered once from the first rows of its table.
#[derive(Debug, Default)]
pub(super) struct Figures(HashMap<(String, String), ColumnFigures>);

impl Figures {
    fn of(&mut self, db: &Connection, table: &Table, column: &str) -> ColumnFigures {
        let key = (table.name.clone(), column.to_owned());
        let rows = table.rows.unwrap_or(0.0);
        self.0.entry(key).or_insert_with(|| gather(db, table, column, rows)).clone()
    }
}

fn gather(db: &Connection, table: &Table, column: &str, rows: f64) -> ColumnFigures {
    let (name, from) = (quoted(column), quoted(&table.name));
    let sql = format!(
        "SELECT count(*), count(DISTINCT v), coalesce(avg(length(CAST(v AS BLOB))), 8) FROM (SELECT {name} AS v FROM main.{from} LIMIT {SAMPLE})"
    );
    let seen = db.query_row(&sql, [], |row| Ok((row.get::<_, f64>(0)?, row.get::<_, f64>(1)?, row.get::<_, f64>(2)?)));
    // A column that can't be read (a virtual table's) is only known by name.
    let (width, distinct) = seen.map_or((8.0, None), |(count, distinct, width)| {
        // What is mostly different in the sample stays so in the whole table.
        let scale = if distinct > count / 2.0 && count > 0.0 { (rows / count).max(1.0) } else { 1.0 };
        (width, Some(distinct * scale))
    });
    ColumnFigures { name: column.to_owned(), width, distinct, ordered: true }
}

/// One entry for each way in which the planner could read a table.
pub(super) fn of(probe: &Probe, catalog: &Catalog, sql: &str, (db, figures): (&Connection, &mut Figures)) -> Usage {
    // What virtual tables can't stand in for (upserts, INDEXED BY) is still run, without candidates of its own.
    let accesses = probe.ask(sql).unwrap_or_default();
    let uses = accesses.iter().enumerate().filter_map(|(at, access)| {
        let table = catalog.tables.iter().find(|table| table.name.eq_ignore_ascii_case(&access.table))?;
        let mut found = table_use(at, access, table);
        found.columns = named(&found).iter().map(|column| figures.of(db, table, column)).collect();
        Some(found)
    });
    Usage { tables: uses.collect() }
}

/// The columns that an access names.
fn named(found: &TableUse) -> Vec<String> {
    let keys = found.orders.iter().flatten().map(|key| &key.part);
    let parts = found.conditions.iter().map(|condition| &condition.part).chain(keys);
    let mut names: Vec<String> = parts.filter_map(|part| part.column().map(str::to_owned)).collect();
    names.extend(found.needed.iter().flatten().cloned());
    names.sort_unstable();
    names.dedup();
    names
}

fn table_use(at: usize, access: &Access, table: &Table) -> TableUse {
    let name = |column: &usize| table.columns.get(*column).map(|column| column.name.clone());
    let condition = |column: &usize, operator, symbol: &str| {
        let column = name(column)?;
        Some(Condition {
            part: KeyPart::Column(column.clone()),
            operator,
            constant: None,
            symbol: symbol.to_owned(),
            text: format!("{column} {symbol} ?"),
            selectivity: None,
            alternative: None,
            arm: 0,
        })
    };
    let equal = access.equal.iter().filter_map(|column| condition(column, Operator::Equal, "="));
    let range = access.range.iter().filter_map(|column| condition(column, Operator::Range, ">"));
    let key = |(column, descending): &(usize, bool)| {
        let mut key = Key::column(name(column)?);
        key.descending = *descending;
        Some(key)
    };
    let order: Option<Vec<Key>> = access.order.iter().map(key).collect();
    TableUse {
        table: ObjectName { schema: table.schema.clone(), name: table.name.clone() },
        alias: format!("{}#{at}", table.name),
        rows: table.rows.unwrap_or(0.0),
        kept: table.rows.unwrap_or(0.0),
        conditions: equal.chain(range).collect(),
        joins: Vec::new(),
        nested: Vec::new(),
        orders: order.filter(|order| !order.is_empty()).into_iter().collect(),
        groups: Vec::new(),
        needed: needed(access, table),
        limited: false,
        written: false,
        columns: Vec::new(),
    }
}

/// The columns that the statement reads; bit 63 stands for the 64th and all behind it.
fn needed(access: &Access, table: &Table) -> Option<Vec<String>> {
    if access.used >> 63 != 0 {
        return None;
    }
    let columns = table.columns.iter().enumerate().filter(|(at, _)| access.used >> at & 1 != 0);
    Some(columns.map(|(_, column)| column.name.clone()).collect())
}
