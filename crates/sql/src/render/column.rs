//! Changing the type of columns.

use dbwright_core::Change;

use super::{Surroundings, mysql, rebuild, size};
use crate::Dialect;
use crate::model::{Catalog, Column, Generated, Sequence, Table, TableKind};

/// One column and the type that it gets.
#[derive(Debug, Clone, Copy)]
pub struct Retype<'a> {
    /// Its table.
    pub table: &'a Table,
    /// The column.
    pub column: &'a Column,
    /// The new type as SQL.
    pub to: &'a str,
}

/// The change that gives columns new types, own sequences included; or why it can't be given.
///
/// # Errors
/// When the engine can't, or a view or trigger would have to be dropped first.
pub fn retype(around: &Surroundings<'_>, columns: &[Retype<'_>]) -> Result<Change, String> {
    let catalog = around.catalog;
    match catalog.dialect {
        Dialect::Sqlite => return rebuild::retype(around, columns),
        Dialect::Mysql => return mysql::retype(catalog, columns),
        Dialect::Postgres => {}
    }
    for one in columns {
        blocked(catalog, one)?;
    }
    let (mut forward, mut back, mut tables) = (Vec::new(), Vec::new(), Vec::new());
    for one in columns {
        let table = catalog.qualified(one.table);
        let column = catalog.dialect.name(&one.column.name);
        forward.push(format!("ALTER TABLE {table} ALTER COLUMN {column} TYPE {}", one.to));
        back.push(format!("ALTER TABLE {table} ALTER COLUMN {column} TYPE {}", one.column.data_type));
        for sequence in own_sequences(catalog, one) {
            let name = catalog.dialect.qualified(&sequence.schema, &sequence.name);
            forward.push(format!("ALTER SEQUENCE {name} AS {}", one.to));
            back.push(format!("ALTER SEQUENCE {name} AS {}", one.column.data_type));
        }
        tables.push(format!("{table} ({})", size(catalog, one.table)));
    }
    tables.dedup();
    back.reverse();
    let lock = format!(
        "ACCESS EXCLUSIVE while rows and indexes are written anew: reads and writes of {} wait; going back needs the values to fit",
        tables.join(" and ")
    );
    Ok(Change::new(forward, lock).back(back))
}

/// The sequences that only a `serial` column owns: those of identity columns change with the column.
fn own_sequences<'a>(catalog: &'a Catalog, one: &Retype<'_>) -> Vec<&'a Sequence> {
    let identity = matches!(one.column.generated, Some(Generated::IdentityAlways | Generated::IdentityByDefault));
    let whole = |kind: &str| matches!(kind, "smallint" | "integer" | "bigint");
    if identity || !whole(one.to) || !whole(&one.column.data_type) {
        return Vec::new();
    }
    let owns = |sequence: &&Sequence| {
        sequence.column.as_ref().is_some_and(|(table, column)| *table == one.table.id && *column == one.column.name)
            && sequence.data_type == one.column.base_type
    };
    catalog.sequences.iter().filter(owns).collect()
}

/// Fails when something that is known refers to the column so that the engine would refuse.
fn blocked(catalog: &Catalog, one: &Retype<'_>) -> Result<(), String> {
    let column = &one.column.name;
    if one.table.is_partition || one.table.kind == TableKind::Foreign {
        return Err("the type of a partition's or foreign table's column can't be changed by itself".to_owned());
    }
    if let Some(trigger) = one.table.triggers.iter().find(|t| t.definition.contains(" UPDATE OF ")) {
        return Err(format!("the trigger {} names columns and has to be dropped and made again", trigger.name));
    }
    let views = catalog.tables.iter().filter(|t| matches!(t.kind, TableKind::View | TableKind::MaterializedView));
    let uses =
        |definition: &String| definition.contains(one.table.name.as_str()) && definition.contains(column.as_str());
    let view =
        views.filter(|view| view.definition.as_ref().is_some_and(uses)).map(|view| catalog.qualified(view)).next();
    view.map_or(Ok(()), |view| {
        Err(format!("the view {view} seems to use the column and has to be dropped and made again"))
    })
}
