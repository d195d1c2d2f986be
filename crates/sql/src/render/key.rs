//! Giving a table a key.

use dbwright_core::Change;

use super::names::{column_name, key_name};
use super::{Surroundings, mysql, rebuild, size};
use crate::Dialect;
use crate::model::{Catalog, Column, Generated, Index, Table, TableKind};

/// The change that gives a table a primary key; or why it can't be given.
///
/// `unique` is an index over columns that can't be null, when there is one: it becomes the key, or at
/// least the replica identity. Otherwise a column that numbers the rows already becomes the key, or a new one is added.
///
/// # Errors
/// When the engine can't add a key to such a table.
pub fn add_key(around: &Surroundings<'_>, table: &Table, unique: Option<&Index>) -> Result<Change, String> {
    let catalog = around.catalog;
    match catalog.dialect {
        Dialect::Sqlite => return rebuild::add_key(around, table),
        Dialect::Mysql => return mysql::add_key(catalog, table),
        Dialect::Postgres => {}
    }
    if table.kind == TableKind::Partitioned {
        return Err(format!(
            "the key of a partitioned table must contain its partition key ({}), so which columns make it is for you to decide: \
             ALTER TABLE {} ADD PRIMARY KEY (…)",
            table.partitioning.as_deref().unwrap_or("unknown"),
            catalog.qualified(table),
        ));
    }
    if let Some(index) = unique {
        return Ok(from_index(catalog, table, index));
    }
    if let Some(column) = table.columns.iter().find(|column| numbers_rows(around, table, column)) {
        return Ok(from_column(around, table, column));
    }
    if around.has_children(table) || !table.parents.is_empty() {
        return Err("tables that inherit from one another can't share a key; give each its own".to_owned());
    }
    let column = catalog.dialect.name(&column_name(catalog, table, "id"));
    let name = catalog.qualified(table);
    let forward = format!("ALTER TABLE {name} ADD COLUMN {column} bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY");
    let lock =
        format!("ACCESS EXCLUSIVE while the table ({}) is written anew: reads and writes wait", size(catalog, table));
    Ok(Change::new([forward], lock).back([format!("ALTER TABLE {name} DROP COLUMN {column}")]))
}

/// A unique index becomes the primary key; one that a constraint owns already, the replica identity.
fn from_index(catalog: &Catalog, table: &Table, index: &Index) -> Change {
    let (name, key) = (catalog.qualified(table), catalog.dialect.name(&index.name));
    let ordinary = index.keys.iter().all(|key| !key.descending && !key.nulls_first);
    match &index.definition {
        Some(definition) if index.constraint.is_none() && ordinary => {
            let forward = format!("ALTER TABLE {name} ADD CONSTRAINT {key} PRIMARY KEY USING INDEX {key}");
            let lock =
                "ACCESS EXCLUSIVE for a moment: the index is there already; going back builds it again under SHARE";
            Change::new([forward], lock).back([format!("ALTER TABLE {name} DROP CONSTRAINT {key}"), definition.clone()])
        }
        _ => Change::new(
            [format!("ALTER TABLE {name} REPLICA IDENTITY USING INDEX {key}")],
            "ACCESS EXCLUSIVE for a moment",
        )
        .back([format!("ALTER TABLE {name} REPLICA IDENTITY DEFAULT")]),
    }
}

/// A column that numbers the rows becomes the primary key.
fn from_column(around: &Surroundings<'_>, table: &Table, column: &Column) -> Change {
    let catalog = around.catalog;
    let (name, column) = (catalog.qualified(table), catalog.dialect.name(&column.name));
    let key_name = key_name(around, table);
    let key = catalog.dialect.name(&key_name);
    let index = catalog.dialect.qualified(&table.schema, &key_name);
    let forward = [
        format!("CREATE UNIQUE INDEX CONCURRENTLY {key} ON {name} ({column})"),
        format!("ALTER TABLE {name} ADD CONSTRAINT {key} PRIMARY KEY USING INDEX {key}"),
    ];
    let lock = format!(
        "SHARE UPDATE EXCLUSIVE while the index is built, reads and writes go on; then ACCESS EXCLUSIVE for a moment. \
         If {column} holds a value twice, the first statement fails: drop {index} and mend the rows first"
    );
    Change::new(forward, lock).outside_transaction().back([format!("ALTER TABLE {name} DROP CONSTRAINT {key}")])
}

/// Whether the engine numbers the rows in this column (identity, or an own sequence).
fn numbers_rows(around: &Surroundings<'_>, table: &Table, column: &Column) -> bool {
    let identity = matches!(column.generated, Some(Generated::IdentityAlways | Generated::IdentityByDefault));
    column.not_null && (identity || around.owns_sequence(table, &column.name))
}
