//! Row counts and greatest keys, without reading large tables: a count stops at a bound, after which the
//! statistics or the range of rowids must do.

use std::collections::BTreeMap;
use std::time::Duration;

use dbwright_sql::model::{Catalog, Generated, Highest, Table, TableKind};

use super::reader::Reader;
use crate::body::{Statistics, TableFacts, area};

/// Rows up to which a table is counted; about five milliseconds.
const COUNTED: i64 = 100_000;

/// Fills row counts and greatest keys in.
pub(super) fn read(
    reader: &mut Reader<'_>,
    time: Duration,
    catalog: &mut Catalog,
    facts: &mut BTreeMap<u64, TableFacts>,
    statistics: Option<&Statistics>,
) {
    let mut failed = Vec::new();
    reader.within(time, |reader| {
        for table in catalog.tables.iter_mut().filter(|table| table.kind == TableKind::Table) {
            let Some(facts) = facts.get_mut(&table.id) else { continue };
            match rows(reader, table, facts, statistics) {
                Ok((rows, from)) => (table.rows, facts.rows_from) = (rows, from.to_owned()),
                Err(error) => failed.push(format!("{}: {error}", table.name)),
            }
            highest(reader, table, facts.without_rowid);
        }
    });
    if let Some(first) = failed.first() {
        let reason = format!("rows of {} tables could not be counted, the first: {first}", failed.len());
        reader.gap(area::ROWS, reason, Some("--statement-timeout, ten times as long"));
    }
}

/// Rows, and where the number comes from.
fn rows(
    reader: &mut Reader<'_>,
    table: &Table,
    facts: &TableFacts,
    statistics: Option<&Statistics>,
) -> rusqlite::Result<(Option<f64>, &'static str)> {
    let name = quoted(&table.name);
    let sql = format!("SELECT count(*) FROM (SELECT 1 FROM main.{name} LIMIT {})", COUNTED + 1);
    let counted: i64 = reader.first(&sql, [], |row| row.get(0))?.unwrap_or(0);
    if counted <= COUNTED {
        return Ok((Some(counted as f64), "counted"));
    }
    if let Some(rows) = statistics.and_then(|s| s.table_rows(&table.name)).filter(|rows| *rows >= counted as f64) {
        return Ok((Some(rows), "sqlite_stat1"));
    }
    if facts.without_rowid {
        return Ok((None, ""));
    }
    let range = |row: &rusqlite::Row<'_>| Ok(row.get::<_, i64>(0)?.saturating_sub(row.get(1)?).saturating_add(1));
    let name = rowid(table)
        .map(|rowid| format!("SELECT (SELECT max({rowid}) FROM main.{name}), (SELECT min({rowid}) FROM main.{name})"));
    match name {
        Some(sql) => Ok((reader.first(&sql, [], range)?.map(|rows| rows as f64), "rowid range")),
        None => Ok((None, "")),
    }
}

/// A name of the rowid that no column hides.
pub(crate) fn rowid(table: &Table) -> Option<&'static str> {
    let hidden = |name: &&str| !table.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
    ["rowid", "_rowid_", "oid"].into_iter().find(hidden)
}

/// Fills in the greatest value of integer columns that lead a key, which costs one step down a tree each.
fn highest(reader: &mut Reader<'_>, table: &mut Table, without_rowid: bool) {
    let mut leading: Vec<(String, &str)> = Vec::new();
    if without_rowid && let Some(key) = table.primary_key() {
        leading.extend(key.columns.first().map(|column| (column.clone(), "max() of the primary key")));
    }
    for index in table.indexes.iter().filter(|index| index.predicate.is_none() && index.unique) {
        leading.extend(index.leading_columns().next().map(|column| (column.to_owned(), "max() of an index")));
    }
    let name = quoted(&table.name);
    for column in table.columns.iter_mut().filter(|column| column.base_type == "integer") {
        let key = matches!(column.generated, Some(Generated::Rowid | Generated::Autoincrement));
        let known = leading.iter().find(|(leading, _)| *leading == column.name);
        let Some(source) = known.map(|(_, source)| *source).or(key.then_some("max() of the rowid")) else { continue };
        let sql = format!("SELECT max({}) FROM main.{name}", quoted(&column.name));
        let value = reader.first(&sql, [], |row| row.get::<_, Option<i64>>(0));
        column.highest = value.ok().flatten().flatten().map(|value| Highest { value, source: source.to_owned() });
    }
}

/// A name for statements.
pub(crate) fn quoted(name: &str) -> String {
    dbwright_sql::Dialect::Sqlite.ident(name)
}
