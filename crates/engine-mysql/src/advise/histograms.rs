//! Histograms of the target in the copy, so that both guess alike how many rows a condition leaves.
//!
//! MySQL's tell shares of rows, which are those of a sample as well: they are copied. MariaDB's count rows of the whole table:
//! for the same columns they are gathered anew from the rows that are there.

use std::collections::BTreeMap;

use dbwright_sql::Dialect;
use dbwright_sql::model::Table;

use crate::body::Body;
use crate::error;
use crate::flavour::Flavour;
use crate::migrate::Link;

const SQL: Dialect = Dialect::Mysql;
/// Buckets of a histogram whose own number is not told.
const BUCKETS: u64 = 100;
/// Settings by which MariaDB makes histograms.
const MAKING: [&str; 2] = ["histogram_size", "histogram_type"];

/// Takes them over for some tables; what stands in the way, as a note.
pub(super) async fn take_over(copy: &mut Link, source: &mut Link, body: &Body, tables: &[&Table]) -> Option<String> {
    let done = match source.flavour {
        Flavour::MySql => copied(copy, source, tables).await,
        Flavour::MariaDb => gathered(copy, source, body, tables).await,
    };
    let why = done.err()?;
    Some(format!("The target's histograms are not in the copy, so that plans may differ where it has some: {why}."))
}

/// MySQL's, as they are.
async fn copied(copy: &mut Link, source: &mut Link, tables: &[&Table]) -> Result<(), String> {
    let sql = "SELECT /* dbwright */ schema_name, table_name, column_name, CAST(histogram AS CHAR), \
         histogram->>'$.\"number-of-buckets-specified\"' FROM information_schema.column_statistics";
    let rows = source.rows(sql).await.map_err(|e| error::text(&e))?;
    for row in rows {
        let [Some(schema), Some(table), Some(column), Some(histogram), buckets] = row.as_slice() else { continue };
        if !tables.iter().any(|one| one.schema == *schema && one.name == *table) {
            continue;
        }
        let update =
            format!("ANALYZE TABLE {} UPDATE HISTOGRAM ON {}", SQL.qualified(schema, table), SQL.ident(column));
        let data = format!("{update} USING DATA '{}'", histogram.replace('\\', "\\\\").replace('\'', "''"));
        if analyzed(copy, &data).await.is_ok() {
            continue;
        }
        // Before 8.0.31 none can be given.
        let buckets = buckets.as_deref().and_then(|text| text.parse::<u64>().ok()).unwrap_or(BUCKETS).clamp(1, 1024);
        analyzed(copy, &format!("{update} WITH {buckets} BUCKETS")).await?;
    }
    Ok(())
}

/// MariaDB's, of the same columns.
async fn gathered(copy: &mut Link, source: &mut Link, body: &Body, tables: &[&Table]) -> Result<(), String> {
    let sql = "SELECT /* dbwright */ db_name, table_name, column_name FROM mysql.column_stats";
    let rows = source.rows(sql).await.map_err(|e| error::text(&e))?;
    let mut columns: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for row in rows {
        if let [Some(schema), Some(table), Some(column)] = row.as_slice()
            && tables.iter().any(|one| one.schema == *schema && one.name == *table)
        {
            columns.entry((schema.clone(), table.clone())).or_default().push(SQL.ident(column));
        }
    }
    for name in MAKING {
        let Some(value) = body.variable(name) else { continue };
        let number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
        let text = if number { value.to_owned() } else { SQL.literal(value) };
        // A version that does not know the setting has none to differ in.
        let _ = copy.run(&format!("SET SESSION {name} = {text}")).await;
    }
    for ((schema, table), columns) in columns {
        let name = SQL.qualified(&schema, &table);
        let list = columns.join(", ");
        analyzed(copy, &format!("ANALYZE TABLE {name} PERSISTENT FOR COLUMNS ({list}) INDEXES ALL")).await?;
    }
    Ok(())
}

/// Runs an `ANALYZE`, which tells its errors as rows.
async fn analyzed(copy: &mut Link, sql: &str) -> Result<(), String> {
    let rows = copy.rows(sql).await.map_err(|e| error::text(&e))?;
    let is_error = |row: &&Vec<Option<String>>| {
        row.get(2).and_then(Option::as_deref).is_some_and(|kind| kind.eq_ignore_ascii_case("error"))
    };
    match rows.iter().find(is_error) {
        Some(row) => Err(row.get(3).cloned().flatten().unwrap_or_default()),
        None => Ok(()),
    }
}
