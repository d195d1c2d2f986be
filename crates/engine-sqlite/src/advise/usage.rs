//! What a statement does with its tables, from what SQLite's planner asks of virtual tables.

use dbwright_advise::index::{Key, KeyPart, ObjectName};
use dbwright_advise::usage::{Condition, Operator, TableUse, Usage};
use dbwright_sql::model::{Catalog, Table};

use crate::prove::{Access, Probe};

/// One entry for each way in which the planner could read a table.
pub(super) fn of(probe: &Probe, catalog: &Catalog, sql: &str) -> Usage {
    // What virtual tables can't stand in for (upserts, INDEXED BY) is still run, without candidates of its own.
    let accesses = probe.ask(sql).unwrap_or_default();
    let uses = accesses.iter().enumerate().filter_map(|(at, access)| {
        let table = catalog.tables.iter().find(|table| table.name.eq_ignore_ascii_case(&access.table))?;
        Some(table_use(at, access, table))
    });
    Usage { tables: uses.collect() }
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
