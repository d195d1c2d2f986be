//! Rows at another size than the target's: its own, thinned out or multiplied.

use std::collections::HashMap;

use dbwright_core::progress::Progress;
use dbwright_sql::model::{ObjectId, Table};
use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::stage::SQL;
use crate::migrate::schema::main_name;
use crate::observe::rowid;

/// How often orphans are looked for, which deleting others can make.
const ROUNDS: usize = 8;

/// Gives each table about as many rows as are wanted; what could not be done, for people.
///
/// # Errors
/// When the disk is full.
pub(super) fn scale(
    db: &Connection,
    tables: &[&Table],
    counts: &HashMap<ObjectId, u64>,
    progress: &dyn Progress,
) -> rusqlite::Result<Vec<String>> {
    progress.stage("making rows at another size", None);
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    db.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; BEGIN")?;
    let (mut notes, mut thinned) = (Vec::new(), false);
    for table in tables {
        let wanted = counts.get(&table.id).copied().unwrap_or(0);
        let have = rows(db, table)?;
        if have > wanted {
            thinned = true;
            notes.extend(thin(db, table, wanted)?);
        } else if have < wanted {
            notes.extend(multiply(db, table, have, wanted)?);
        }
    }
    if thinned {
        orphans(db, tables);
    }
    db.execute_batch("COMMIT")?;
    if thinned {
        db.execute_batch("VACUUM")?;
    }
    Ok(notes)
}

fn rows(db: &Connection, table: &Table) -> rusqlite::Result<u64> {
    let sql = format!("SELECT count(*) FROM {}", main_name(&table.name));
    db.query_row(&sql, [], |row| row.get::<_, i64>(0)).map(i64::cast_unsigned)
}

fn thin(db: &Connection, table: &Table, wanted: u64) -> rusqlite::Result<Option<String>> {
    let name = main_name(&table.name);
    let Some(rowid) = rowid(table).filter(|rowid| db.prepare(&format!("SELECT {rowid} FROM {name}")).is_ok()) else {
        return Ok(Some(format!("{} has no rowid, so all of its rows stay", table.name)));
    };
    db.execute_batch(&format!(
        "DELETE FROM {name} WHERE {rowid} NOT IN (SELECT {rowid} FROM {name} ORDER BY {rowid} LIMIT {wanted})"
    ))?;
    Ok(None)
}

fn multiply(db: &Connection, table: &Table, have: u64, wanted: u64) -> rusqlite::Result<Option<String>> {
    let name = main_name(&table.name);
    let copied = table.columns.iter().filter(|column| column.generated.is_none());
    let columns = SQL.names(copied.map(|column| column.name.as_str()));
    let mut now = have;
    while now > 0 && now < wanted && !columns.is_empty() {
        let more = wanted - now;
        db.execute_batch(&format!(
            "INSERT OR IGNORE INTO {name} ({columns}) SELECT {columns} FROM {name} LIMIT {more}"
        ))?;
        let after = rows(db, table)?;
        if after == now {
            break;
        }
        now = after;
    }
    let short = now < wanted;
    Ok(short.then(|| format!("{} has {now} rows instead of {wanted}: its own can't be multiplied further", table.name)))
}

/// Deletes rows that refer to rows that were left out.
fn orphans(db: &Connection, tables: &[&Table]) {
    for _ in 0..ROUNDS {
        let mut gone = 0;
        for table in tables.iter().filter(|table| table.foreign_keys().next().is_some()) {
            let Some(rowid) = rowid(table) else { continue };
            let sql = format!(
                "DELETE FROM {} WHERE {rowid} IN (SELECT rowid FROM pragma_foreign_key_check({}))",
                main_name(&table.name),
                SQL.literal(&table.name)
            );
            // A key that can't be checked leaves its rows.
            gone += db.execute(&sql, []).unwrap_or(0);
        }
        if gone == 0 {
            break;
        }
    }
}
