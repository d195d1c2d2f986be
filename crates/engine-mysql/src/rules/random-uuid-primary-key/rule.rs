//! `mysql/random-uuid-primary-key`: rows in the order of random numbers.
//!
//! Told by the definition alone: the type and the name or default of the key's first column. Rows are not read.

use dbwright_core::{Change, Cx, Severity};
use dbwright_sql::Dialect;
use dbwright_sql::model::{Column, Constraint, Generated, Table};
use dbwright_sql::render::{self, Surroundings};

use crate::alter::{self, ONLINE, SHARED, WRITES_WAIT};
use crate::body::Body;
use crate::words;

/// Reports tables that are large enough.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let catalog = &cx.body.catalog;
    let around = Surroundings::of(catalog);
    for (table, _) in alter::innodb(cx.body) {
        let Some(key) = table.primary_key() else { continue };
        let Some(column) = key.columns.first().and_then(|name| table.column(name)) else { continue };
        let rows = table.rows.unwrap_or(0.0);
        if rows < cx.limit("rows") || !is_uuid(column, key.columns.len() == 1) {
            continue;
        }
        let secondary = table.indexes.iter().filter(|index| !index.primary).count();
        let title = format!("the rows of {} are stored in the order of random UUIDs", catalog.qualified(table));
        let severity = if rows >= cx.limit("high_rows") { Severity::High } else { Severity::Medium };
        let finding = cx
            .finding(catalog.subject_in(table, &column.name), title)
            .severity(severity)
            .evidence("type", column.data_type.as_str(), "", "information_schema.COLUMNS")
            .evidence("rows", rows.round(), "rows", words::ROWS)
            .evidence("secondary_indexes", secondary, "indexes", "information_schema.STATISTICS");
        let why = "each insert goes to another page, the pages stay half empty, and every secondary index carries the long key; \
                   with version 7 or swapped UUIDs in it, which are ordered, ignore this finding";
        cx.report(match change(&around, table, key) {
            Ok(change) => finding.why(why).change(change),
            Err(reason) => finding.why(format!("{why}. No change is given: {reason}")),
        });
    }
}

/// Whether a column holds UUIDs, by its type and its name or default.
fn is_uuid(column: &Column, alone: bool) -> bool {
    let of_type = matches!(
        column.data_type.to_ascii_lowercase().as_str(),
        "char(36)" | "varchar(36)" | "char(32)" | "varchar(32)" | "binary(16)" | "uuid"
    );
    let name = column.name.to_ascii_lowercase();
    let named = name.ends_with("uuid") || name.ends_with("guid");
    let made = column.default.as_deref().is_some_and(|default| default.to_ascii_lowercase().contains("uuid"));
    let id = alone && (name == "id" || name.ends_with("_id")) && !column.data_type.contains("(32)");
    // A text of 36 characters that names rows is hardly anything else.
    let long = alone && matches!(column.data_type.to_ascii_lowercase().as_str(), "char(36)" | "varchar(36)");
    of_type && (named || made || id || long)
}

/// A number becomes the key, the UUID stays unique.
fn change(around: &Surroundings<'_>, table: &Table, key: &Constraint) -> Result<Change, String> {
    if table.columns.iter().any(|column| column.generated == Some(Generated::Autoincrement)) {
        return Err("the table has a numbered column already: make that the primary key".to_owned());
    }
    if table.partitioning.is_some() {
        return Err("the primary key of a partitioned table has to contain what it is partitioned by".to_owned());
    }
    let (catalog, dialect) = (around.catalog, Dialect::Mysql);
    let name = catalog.qualified(table);
    let number = dialect.name(&render::column_name(catalog, table, "row_no"));
    let columns: Vec<&str> = key.columns.iter().map(String::as_str).collect();
    let unique = dialect.name(&render::index_name(around, table, &columns));
    let list = dialect.names(&key.columns);
    let forward = format!(
        "ALTER TABLE {name} DROP PRIMARY KEY, ADD COLUMN {number} bigint unsigned NOT NULL AUTO_INCREMENT INVISIBLE PRIMARY KEY, \
         ADD UNIQUE INDEX {unique} ({list}), {SHARED}"
    );
    let back = format!(
        "ALTER TABLE {name} DROP PRIMARY KEY, DROP COLUMN {number}, ADD PRIMARY KEY ({list}), DROP INDEX {unique}, {ONLINE}"
    );
    Ok(alter::ddl(vec![forward], WRITES_WAIT).back([back]))
}
