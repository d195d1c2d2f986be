//! Building `ALTER TABLE` statements: algorithm and lock said each time, so that the server refuses rather than does more.

use dbwright_core::Change;
use dbwright_sql::Dialect;
use dbwright_sql::model::{Catalog, Column, Table};

use crate::body::{Body, TableFacts};

/// In place, beside reads and writes.
pub(crate) const ONLINE: &str = "ALGORITHM=INPLACE, LOCK=NONE";
/// In place; writes wait.
pub(crate) const SHARED: &str = "ALGORITHM=INPLACE, LOCK=SHARED";
/// The table is copied; writes wait.
pub(crate) const COPY: &str = "ALGORITHM=COPY, LOCK=SHARED";

/// What [`ONLINE`] means when the table is built anew.
pub(crate) const REBUILDS: &str =
    "LOCK=NONE: reads and writes go on while the table is built anew, apart from an instant at both ends";
/// What [`ONLINE`] means when nothing is built.
pub(crate) const INSTANT: &str =
    "an exclusive metadata lock for an instant: it waits for transactions that use the table";
/// What [`SHARED`] and [`COPY`] mean.
pub(crate) const WRITES_WAIT: &str = "LOCK=SHARED while the table is built anew: reads go on, writes wait";

/// Why there is no single statement for a column of a foreign key.
pub(crate) const FOREIGN_KEY: &str = "it is part of a foreign key, whose two sides have to change together: drop the foreign key, change \
     both columns, and add it again";

/// A change by DDL, which commits by itself.
pub(crate) fn ddl(forward: Vec<String>, lock: &str) -> Change {
    Change::new(forward, lock).outside_transaction()
}

/// Tables with rows of their own, with their figures.
pub(crate) fn tables(body: &Body) -> impl Iterator<Item = (&Table, &TableFacts)> {
    body.catalog.user_tables().filter_map(|table| Some((table, body.table(table.id)?)))
}

/// Those of InnoDB.
pub(crate) fn innodb(body: &Body) -> impl Iterator<Item = (&Table, &TableFacts)> {
    tables(body).filter(|(table, _)| is_innodb(table))
}

/// Whether a table is InnoDB's.
pub(crate) fn is_innodb(table: &Table) -> bool {
    table.storage.as_deref().is_some_and(|engine| engine.eq_ignore_ascii_case("innodb"))
}

/// Whether a column is part of a foreign key, on either side.
pub(crate) fn in_foreign_key(catalog: &Catalog, table: &Table, column: &str) -> bool {
    let has = |names: &[String]| names.iter().any(|name| Dialect::Mysql.same_name(name, column));
    let child = table.foreign_keys().any(|(key, _)| has(&key.columns));
    child
        || catalog.tables.iter().any(|other| {
            other.foreign_keys().any(|(_, references)| references.id == Some(table.id) && has(&references.columns))
        })
}

/// What stands behind a column's type in its definition, the character set left out.
pub(crate) fn attributes(column: &Column) -> Option<&str> {
    let rest = column.definition.as_deref()?.strip_prefix(column.data_type.as_str())?;
    let Some(charset) = rest.strip_prefix(" CHARACTER SET ") else { return Some(rest) };
    // ` CHARACTER SET a COLLATE b` is five words with the blank before it.
    let (_, after) = charset.split_once(" COLLATE ")?;
    Some(after.find(' ').map_or("", |at| &after[at..]))
}

/// `MODIFY COLUMN` that leaves a text column as it is apart from its character set and collation.
pub(crate) fn recode(column: &Column, charset: &str, collation: &str) -> Option<String> {
    let name = Dialect::Mysql.name(&column.name);
    let rest = attributes(column)?;
    Some(format!("MODIFY COLUMN {name} {} CHARACTER SET {charset} COLLATE {collation}{rest}", column.data_type))
}

/// `MODIFY COLUMN` that leaves a column as it is apart from its type.
pub(crate) fn retype(column: &Column, to: &str) -> Option<String> {
    Some(format!("MODIFY COLUMN {} {to}{}", Dialect::Mysql.name(&column.name), attributes(column)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(data_type: &str, definition: &str) -> Column {
        Column {
            name: "full name".to_owned(),
            number: 1,
            data_type: data_type.to_owned(),
            base_type: "varchar".to_owned(),
            not_null: true,
            default: None,
            generated: None,
            collation: None,
            highest: None,
            definition: Some(definition.to_owned()),
        }
    }

    #[test]
    fn a_character_set_is_replaced_wherever_it_was() {
        let own = column("varchar(9)", "varchar(9) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin NOT NULL DEFAULT 'x'");
        let text = recode(&own, "utf8mb4", "utf8mb4_bin").expect("known");
        assert_eq!(
            text,
            "MODIFY COLUMN `full name` varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT 'x'"
        );
        let bare = column("text", "text CHARACTER SET utf8mb3 COLLATE utf8mb3_bin");
        assert_eq!(attributes(&bare), Some(""));
        assert_eq!(
            retype(&column("varchar(9)", "varchar(9) NULL"), "int").as_deref(),
            Some("MODIFY COLUMN `full name` int NULL")
        );
    }
}
