//! Fetches rows that copied ones refer to and that were not copied themselves, by the keys that they are referred by.

use dbwright_core::Failure;
use dbwright_core::progress::Progress;
use dbwright_sql::Dialect;
use dbwright_sql::model::{Column, Constraint, References, Table};
use mysql_async::Conn;

use super::copy::transfer;
use super::{literal, lost};
use crate::migrate::session::link::Link;

const SQL: Dialect = Dialect::Mysql;
/// Rows that are fetched for one foreign key, at most; what refers to others is removed.
const MOST: usize = 50_000;
/// Keys that are looked for in one query.
const TOGETHER: usize = 500;
/// How often: what was fetched may refer to more.
const ROUNDS: usize = 4;

/// Fetches them.
pub(super) async fn fetch(
    source: &mut Conn,
    stage: &mut Link,
    tables: &[&Table],
    progress: &dyn Progress,
) -> Result<(), Failure> {
    for _ in 0..ROUNDS {
        let mut fetched = 0;
        for table in tables {
            for (key, to) in table.foreign_keys() {
                let Some(parent) = tables.iter().find(|one| (&one.schema, &one.name) == (&to.schema, &to.table)) else {
                    continue;
                };
                let keys = missing(stage, table, key, to).await?;
                for lot in keys.chunks(TOGETHER) {
                    let part = format!(" WHERE ({}) IN ({})", SQL.names(&to.columns), lot.join(", "));
                    transfer(source, stage, parent, &part, progress).await?;
                }
                fetched += keys.len();
            }
        }
        if fetched == 0 {
            break;
        }
    }
    Ok(())
}

/// Keys that rows here refer to and that are not here, as literals.
async fn missing(stage: &mut Link, table: &Table, key: &Constraint, to: &References) -> Result<Vec<String>, Failure> {
    let columns: Vec<&Column> = key.columns.iter().filter_map(|name| table.column(name)).collect();
    let Some(first) = to.columns.first().filter(|_| columns.len() == to.columns.len()) else { return Ok(Vec::new()) };
    let pairs = key.columns.iter().zip(&to.columns);
    let join: Vec<_> = pairs.map(|(own, far)| format!("p.{} = c.{}", SQL.ident(far), SQL.ident(own))).collect();
    let set: Vec<_> = key.columns.iter().map(|own| format!("{} IS NOT NULL", SQL.ident(own))).collect();
    let shown: Vec<_> = columns.iter().map(|column| literal::shown(column)).collect();
    let sql = format!(
        "SELECT DISTINCT {} FROM (SELECT {} FROM {} WHERE {}) c LEFT JOIN {} p ON {} WHERE p.{} IS NULL LIMIT {MOST}",
        shown.join(", "),
        SQL.names(&key.columns),
        SQL.qualified(&table.schema, &table.name),
        set.join(" AND "),
        SQL.qualified(&to.schema, &to.table),
        join.join(" AND "),
        SQL.ident(first)
    );
    let rows = stage.rows(&sql).await.map_err(|e| lost(&e))?;
    let tuple = |row: Vec<Option<String>>| {
        let literals: Vec<_> =
            columns.iter().zip(&row).map(|(column, cell)| literal::of(column, cell.as_deref())).collect();
        format!("({})", literals.join(", "))
    };
    Ok(rows.into_iter().map(tuple).collect())
}
