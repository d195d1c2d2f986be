//! Figures of columns, gathered from the rows of the copy.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use dbwright_advise::index::ObjectName;
use dbwright_advise::usage::ColumnFigures;
use dbwright_sql::Dialect;
use dbwright_sql::model::Catalog;

use super::copy::Copy;
use super::usage::{self, Draft, Figures};

const SQL: Dialect = Dialect::Mysql;
/// Rows that a column's figures are estimated from.
const SAMPLE: u32 = 20_000;

/// What is known by now.
#[derive(Default)]
pub(super) struct Gathered {
    columns: HashMap<(ObjectName, String), ColumnFigures>,
    rows: HashMap<ObjectName, f64>,
}

impl Gathered {
    /// Gathers what some drafts want to know.
    pub(super) async fn gather(&mut self, copy: &mut Copy, catalog: &Catalog, drafts: &[Draft]) {
        for draft in drafts {
            let rows = copy.rows(&draft.table);
            self.rows.insert(draft.table.clone(), rows);
            for column in draft.columns() {
                let key = (draft.table.clone(), column.to_owned());
                if let Entry::Vacant(place) = self.columns.entry(key) {
                    place.insert(of(copy, catalog, &draft.table, column, rows).await);
                }
            }
        }
    }
}

impl Figures for Gathered {
    fn rows(&self, table: &ObjectName) -> f64 {
        self.rows.get(table).copied().unwrap_or(0.0)
    }

    fn column(&self, table: &ObjectName, column: &str) -> Option<ColumnFigures> {
        self.columns.get(&(table.clone(), column.to_owned())).cloned()
    }
}

async fn of(copy: &mut Copy, catalog: &Catalog, table: &ObjectName, column: &str, rows: f64) -> ColumnFigures {
    let own = SQL.ident(column);
    let sql = format!(
        "SELECT COUNT(*), COUNT(DISTINCT v), COALESCE(AVG(LENGTH(v)), 8) FROM \
         (SELECT {own} AS v FROM {} LIMIT {SAMPLE}) AS rows_of_it",
        SQL.qualified(&table.schema, &table.name)
    );
    let seen = copy.link.rows(&sql).await.unwrap_or_default();
    let number = |at: usize| -> Option<f64> { seen.first()?.get(at)?.as_deref()?.parse().ok() };
    let distinct = number(0).zip(number(1)).map(|(count, distinct)| {
        // What is mostly different in the sample stays so in the whole table.
        let scale = if distinct > count / 2.0 && count > 0.0 { (rows / count).max(1.0) } else { 1.0 };
        distinct * scale
    });
    let kind = usage::table(catalog, table).and_then(|table| table.column(column));
    let ordered = kind.is_none_or(|kind| usage::is_ordered(&kind.base_type));
    ColumnFigures { name: column.to_owned(), width: number(2).unwrap_or(8.0), distinct, ordered }
}
