//! Creating and dropping indexes.

use dbwright_core::Change;

use super::names::index_name;
use super::{Surroundings, bytes, mysql, partitions};
use crate::Dialect;
use crate::model::{Catalog, Constraint, Index, Table, TableKind};

/// The change that indexes columns of a table, in this order.
#[must_use]
pub fn create_index(around: &Surroundings<'_>, table: &Table, columns: &[&str]) -> Change {
    let catalog = around.catalog;
    let dialect = catalog.dialect;
    if table.kind == TableKind::Partitioned {
        return partitions::create(around, table, columns);
    }
    let name = index_name(around, table, columns);
    let qualified = dialect.qualified(&table.schema, &name);
    let list = dialect.names(columns);
    match dialect {
        Dialect::Postgres => {
            let forward =
                format!("CREATE INDEX CONCURRENTLY {} ON {} ({list})", dialect.name(&name), catalog.qualified(table));
            let lock = "SHARE UPDATE EXCLUSIVE while the index is built: reads and writes go on, it waits for older transactions";
            Change::new([forward], lock).outside_transaction().back([format!("DROP INDEX CONCURRENTLY {qualified}")])
        }
        Dialect::Sqlite => {
            let forward = format!("CREATE INDEX {qualified} ON {} ({list})", dialect.name(&table.name));
            Change::new([forward], "the whole database is locked for writers while the index is built")
                .back([format!("DROP INDEX {qualified}")])
        }
        Dialect::Mysql => mysql::create_index(around, table, columns),
    }
}

/// The change that drops an index, or the constraint that owns it; or why it can't be given.
///
/// # Errors
/// When the index is part of a partitioned one, belongs to the engine, or its definition is not known.
pub fn drop_index(catalog: &Catalog, table: &Table, index: &Index) -> Result<Change, String> {
    if index.parent.is_some() {
        return Err("it is part of an index of the partitioned table and goes only with that one".to_owned());
    }
    let owner = index.constraint.as_ref().and_then(|name| table.constraints.iter().find(|known| known.name == *name));
    if let Some(constraint) = owner {
        return drop_constraint(catalog, table, constraint);
    }
    if index.automatic {
        return Err(
            "SQLite makes it for a UNIQUE or PRIMARY KEY clause of the table; it goes only when the table is rebuilt \
                    without that clause"
                .to_owned(),
        );
    }
    let Some(definition) = &index.definition else {
        return Err("its definition could not be read, so there would be no way back".to_owned());
    };
    let name = catalog.dialect.qualified(&table.schema, &index.name);
    let size = index.bytes.map_or_else(String::new, |size| format!(" ({})", bytes(size)));
    Ok(match (catalog.dialect, table.kind) {
        (Dialect::Mysql, _) => mysql::drop_index(catalog, table, index, definition),
        (Dialect::Sqlite, _) => {
            Change::new([format!("DROP INDEX {name}")], "the whole database is locked for writers for a moment")
                .back([definition.clone()])
        }
        (Dialect::Postgres, TableKind::Partitioned) => {
            let lock =
                "ACCESS EXCLUSIVE on the table and its partitions for a moment; going back builds it again under SHARE";
            Change::new([format!("DROP INDEX {name}")], lock).back([on_all(catalog, index, definition)])
        }
        (Dialect::Postgres, _) => {
            let lock = format!(
                "SHARE UPDATE EXCLUSIVE, reads and writes go on; it waits for older transactions, going back builds the index again{size}"
            );
            Change::new([format!("DROP INDEX CONCURRENTLY {name}")], lock)
                .outside_transaction()
                .back([definition.replacen("INDEX ", "INDEX CONCURRENTLY ", 1)])
        }
    })
}

/// The definition of a partitioned index without the `ONLY` that the engine prints, so that it reaches the
/// partitions again. Looks behind the name, which may hold any text.
fn on_all(catalog: &Catalog, index: &Index, definition: &str) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let start = format!("CREATE {unique}INDEX {} ON ", catalog.dialect.name(&index.name));
    let rest = definition.strip_prefix(&start).and_then(|rest| rest.strip_prefix("ONLY "));
    rest.map_or_else(|| definition.to_owned(), |rest| start + rest)
}

/// The change that drops a constraint; or why it can't be given.
fn drop_constraint(catalog: &Catalog, table: &Table, constraint: &Constraint) -> Result<Change, String> {
    if catalog.dialect == Dialect::Mysql {
        return Err("it is the primary key".to_owned());
    }
    if catalog.dialect == Dialect::Sqlite {
        return Err("it belongs to a constraint, and SQLite drops one only by rebuilding the table".to_owned());
    }
    let Some(definition) = &constraint.definition else {
        return Err("the definition of its constraint could not be read, so there would be no way back".to_owned());
    };
    if constraint.inherited {
        return Err("its constraint comes from the parent table and goes only with that one".to_owned());
    }
    let (table, name) = (catalog.qualified(table), catalog.dialect.name(&constraint.name));
    let lock = "ACCESS EXCLUSIVE for a moment; going back builds the index again under ACCESS EXCLUSIVE";
    Ok(Change::new([format!("ALTER TABLE {table} DROP CONSTRAINT {name}")], lock)
        .back([format!("ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")]))
}
