//! Changes in the dialect of MySQL and MariaDB: every `ALTER TABLE` says its algorithm and lock, so that the server refuses
//! rather than doing more than was said.
//!
//! DDL commits by itself there, so no change runs in a transaction.

use dbwright_core::Change;

use super::names::{column_name, index_name};
use super::{Retype, Surroundings, bytes, size};
use crate::Dialect;
use crate::model::{Catalog, Column, Constraint, ConstraintKind, Generated, Index, Table};

/// Beside reads and writes, without a copy of the table.
const ONLINE: &str = "ALGORITHM=INPLACE, LOCK=NONE";
/// The table is written anew; writes wait.
const COPY: &str = "ALGORITHM=COPY, LOCK=SHARED";

/// Bytes of a text or blob that go into a generated index: those types can be indexed by a prefix only.
const PREFIX: u32 = 100;

/// The change that indexes columns of a table, in this order.
pub(super) fn create_index(around: &Surroundings<'_>, table: &Table, columns: &[&str]) -> Change {
    let (catalog, dialect) = (around.catalog, Dialect::Mysql);
    let name = dialect.name(&index_name(around, table, columns));
    let qualified = catalog.qualified(table);
    let list: Vec<String> = columns.iter().map(|column| part(table, column)).collect();
    let clause = clause(table, "btree");
    let change = Change::new(
        [format!("ALTER TABLE {qualified} ADD INDEX {name} ({}){}", list.join(", "), clause.suffix())],
        format!("{} while the index is built from the table ({})", clause.lock, size(catalog, table)),
    )
    .outside_transaction();
    if needed(table, columns) {
        return change.irreversible("from then on a foreign key relies on it, and the server refuses to drop it");
    }
    change.back([format!("ALTER TABLE {qualified} DROP INDEX {name}{}", clause.suffix())])
}

/// Whether a foreign key of the table has exactly these columns.
fn needed(table: &Table, columns: &[&str]) -> bool {
    table.foreign_keys().any(|(key, _)| key.columns.iter().map(String::as_str).eq(columns.iter().copied()))
}

/// A column as an index part; types without an own length take a prefix.
fn part(table: &Table, column: &str) -> String {
    let name = Dialect::Mysql.name(column);
    let long = table.column(column).is_some_and(|c| c.base_type.ends_with("text") || c.base_type.ends_with("blob"));
    if long { format!("{name}({PREFIX})") } else { name }
}

/// The change that drops an index; `definition` is the `ALTER TABLE … ADD` that makes it again.
pub(super) fn drop_index(catalog: &Catalog, table: &Table, index: &Index, definition: &str) -> Change {
    let (qualified, name) = (catalog.qualified(table), Dialect::Mysql.name(&index.name));
    let dropping = clause(table, "btree");
    let again = clause(table, &index.method);
    let bytes = index.bytes.map_or_else(String::new, |size| format!(" ({})", bytes(size)));
    let lock = format!("{} for a moment; going back builds the index again{bytes}", dropping.lock);
    Change::new([format!("ALTER TABLE {qualified} DROP INDEX {name}{}", dropping.suffix())], lock)
        .outside_transaction()
        .back([format!("{definition}{}", again.suffix())])
}

/// What an `ALTER TABLE` says of its algorithm and lock, and that in words.
struct Clause {
    text: &'static str,
    lock: &'static str,
}

impl Clause {
    fn suffix(&self) -> String {
        if self.text.is_empty() { String::new() } else { format!(", {}", self.text) }
    }
}

/// The least that the server needs for an index of a kind.
fn clause(table: &Table, method: &str) -> Clause {
    if !table.storage.as_deref().is_none_or(|engine| engine.eq_ignore_ascii_case("innodb")) {
        return Clause { text: "", lock: "the storage engine copies the table: writes wait" };
    }
    match method {
        "fulltext" | "spatial" => {
            Clause { text: "ALGORITHM=INPLACE, LOCK=SHARED", lock: "LOCK=SHARED: reads go on, writes wait" }
        }
        _ => Clause { text: ONLINE, lock: "LOCK=NONE: reads and writes go on" },
    }
}

/// The change that gives a table a primary key; or why it can't be given.
pub(super) fn add_key(catalog: &Catalog, table: &Table) -> Result<Change, String> {
    let name = catalog.qualified(table);
    let innodb = table.storage.as_deref().is_none_or(|engine| engine.eq_ignore_ascii_case("innodb"));
    let keyless = ["archive", "csv", "blackhole", "federated", "mrg_myisam"];
    if let Some(engine) = table.storage.as_deref().filter(|one| keyless.contains(&one.to_ascii_lowercase().as_str())) {
        return Err(format!("a table of {engine} can't have such a key: make it one of InnoDB first"));
    }
    if let Some(column) = table.columns.iter().find(|column| column.generated == Some(Generated::Autoincrement)) {
        let column = Dialect::Mysql.name(&column.name);
        let how = if innodb { ONLINE } else { COPY };
        let lock = format!(
            "{} while the table ({}) is written anew in the order of the key. If {column} holds a value twice, it fails and nothing has changed",
            if innodb { "LOCK=NONE: reads and writes go on" } else { "LOCK=SHARED: reads go on, writes wait" },
            size(catalog, table)
        );
        return Ok(Change::new([format!("ALTER TABLE {name} ADD PRIMARY KEY ({column}), {how}")], lock)
            .outside_transaction()
            .back([format!("ALTER TABLE {name} DROP PRIMARY KEY, {COPY}")]));
    }
    if table.partitioning.is_some() {
        return Err(
            "the key of a partitioned table must contain the columns that it is partitioned by, so which columns make it is for you to decide"
                .to_owned(),
        );
    }
    let column = Dialect::Mysql.name(&column_name(catalog, table, "id"));
    let how = if innodb { "ALGORITHM=INPLACE, LOCK=SHARED" } else { COPY };
    let lock = format!(
        "LOCK=SHARED while the table ({}) is written anew: reads go on, writes wait. The column is invisible, so that SELECT * and INSERT \
         without a list of columns mean what they did",
        size(catalog, table)
    );
    let forward = format!(
        "ALTER TABLE {name} ADD COLUMN {column} bigint unsigned NOT NULL AUTO_INCREMENT INVISIBLE PRIMARY KEY, {how}"
    );
    Ok(Change::new([forward], lock)
        .outside_transaction()
        .back([format!("ALTER TABLE {name} DROP COLUMN {column}, {COPY}")]))
}

/// The change that gives columns new types: foreign keys over them are dropped first and added again afterwards.
pub(super) fn retype(catalog: &Catalog, columns: &[Retype<'_>]) -> Result<Change, String> {
    let keys = foreign_keys(catalog, columns);
    let (mut forward, mut undo) = (Vec::new(), Vec::new());
    for (table, key) in &keys {
        let name = Dialect::Mysql.name(&key.name);
        forward.push(format!("ALTER TABLE {} DROP FOREIGN KEY {name}", catalog.qualified(table)));
    }
    undo.extend(forward.iter().cloned());
    let mut sizes = Vec::new();
    for one in columns {
        let definition = one.column.definition.as_deref().ok_or("the definition of the column is not known")?;
        let rest = definition.strip_prefix(one.column.data_type.as_str());
        let rest = rest.ok_or("the definition of the column could not be understood")?;
        let (table, column) = (catalog.qualified(one.table), Dialect::Mysql.name(&one.column.name));
        forward.push(format!("ALTER TABLE {table} MODIFY COLUMN {column} {}{rest}, {COPY}", one.to));
        undo.push(format!("ALTER TABLE {table} MODIFY COLUMN {column} {definition}, {COPY}"));
        sizes.push(format!("{table} ({})", size(catalog, one.table)));
    }
    for (table, key) in &keys {
        let definition = key.definition.as_deref().ok_or("the definition of a foreign key is not known")?;
        let again = format!(
            "ALTER TABLE {} ADD CONSTRAINT {} {definition}, {COPY}",
            catalog.qualified(table),
            Dialect::Mysql.name(&key.name)
        );
        forward.push(again.clone());
        undo.push(again);
    }
    sizes.dedup();
    let held = if keys.is_empty() { "" } else { "; between the statements its foreign keys are not enforced" };
    let lock = format!(
        "LOCK=SHARED while rows and indexes of {} are written anew: reads go on, writes wait{held}; going back needs the values to fit",
        sizes.join(" and ")
    );
    Ok(Change::new(forward, lock).outside_transaction().back(undo))
}

/// The foreign keys that one of the columns has a part in, on either side.
fn foreign_keys<'a>(catalog: &'a Catalog, columns: &[Retype<'_>]) -> Vec<(&'a Table, &'a Constraint)> {
    let among =
        |table: &Table, names: &[String]| columns.iter().any(|one| one.table.id == table.id && has(names, one.column));
    let mut found = Vec::new();
    for table in &catalog.tables {
        for constraint in &table.constraints {
            let ConstraintKind::ForeignKey(references) = &constraint.kind else { continue };
            let parent =
                columns.iter().any(|one| references.id == Some(one.table.id) && has(&references.columns, one.column));
            if parent || among(table, &constraint.columns) {
                found.push((table, constraint));
            }
        }
    }
    found
}

fn has(names: &[String], column: &Column) -> bool {
    names.iter().any(|name| Dialect::Mysql.same_name(name, &column.name))
}
