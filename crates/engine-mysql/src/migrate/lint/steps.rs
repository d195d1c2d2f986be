//! The safe statements that findings show in place of the user's.

use dbwright_core::Change;
use dbwright_sql::Dialect;

use super::definition::Definition;
use super::world::Table;
use crate::migrate::ways::{IN_PLACE, Way};

/// The server's limit of a name's length in characters.
const NAME_CHARACTERS: usize = 64;
/// Rows of a batch.
const BATCH: u32 = 1_000;

/// A name made of parts, cut to the length that the server takes.
pub(in crate::migrate) fn made_name(parts: &[&str], suffix: &str) -> String {
    let room = NAME_CHARACTERS.saturating_sub(suffix.chars().count() + 1);
    let name: String = parts.join("_").chars().take(room).collect();
    format!("{name}_{suffix}")
}

/// A name as statements have it.
pub(in crate::migrate) fn quoted(name: &str) -> String {
    Dialect::Mysql.name(name)
}

/// Names as statements have them, joined by commas.
pub(in crate::migrate) fn quoted_list(names: &[String]) -> String {
    Dialect::Mysql.names(names)
}

/// `ALTER TABLE` that says how: the server refuses it rather than do more.
pub(in crate::migrate) fn alter(table: &Table, way: Way, clauses: &str) -> String {
    format!("ALTER TABLE {} {}, {clauses}", table.sql(), way.clause())
}

/// The same in place, beside reads and writes.
pub(in crate::migrate) fn online(table: &Table, clauses: &str) -> String {
    alter(table, IN_PLACE, clauses)
}

/// Rows changed in batches; to be run until it changes none.
pub(in crate::migrate) fn batched(table: &Table, set: &str, left: &str) -> String {
    format!(
        "UPDATE {} SET {set} WHERE {left} LIMIT {BATCH} /* again and again, until it changes no row */",
        table.sql()
    )
}

/// Statements of DDL, each of which commits by itself.
pub(in crate::migrate) fn ddl(forward: Vec<String>, lock: &str) -> Change {
    Change::new(forward, lock).outside_transaction()
}

/// What [`online`] means for others.
pub(in crate::migrate) const LOCK_NONE: &str = "LOCK=NONE: reads and writes go on, apart from an instant at both ends";

/// A new column beside the old one, in whose place it is put; not for a key, whose column is bound to the table.
pub(in crate::migrate) fn beside(table: &Table, column: &str, new: &Definition) -> Option<Change> {
    let known = &table.column(column)?.definition;
    let bound = |names: &[String]| names.iter().any(|own| own.eq_ignore_ascii_case(column));
    let free = table.complete
        && table.triggers.is_empty()
        && table.keys_of(column).is_empty()
        && !table.foreign.iter().any(|foreign| bound(&foreign.columns));
    let plain = new.generated.is_none() && !new.auto_increment && new.position.is_none() && !known.auto_increment;
    if !free || !plain {
        return None;
    }
    let (sql, old) = (table.sql(), quoted(column));
    let (fresh, kept) = (quoted(&made_name(&[column], "new")), quoted(&made_name(&[column], "old")));
    let keep = |event: &str| quoted(&made_name(&[&table.name, column], event));
    let trigger = |event: &str| {
        let before = event.to_uppercase();
        format!("CREATE TRIGGER {} BEFORE {before} ON {sql} FOR EACH ROW SET NEW.{fresh} = NEW.{old}", keep(event))
    };
    let mut forward = vec![
        online(table, &format!("ADD COLUMN {fresh} {} NULL", typed(new))),
        trigger("insert"),
        trigger("update"),
        batched(table, &format!("{fresh} = {old}"), &format!("{fresh} IS NULL AND {old} IS NOT NULL")),
    ];
    if new.not_null || new.default.is_some() || new.comment.is_some() {
        forward.push(online(table, &format!("MODIFY COLUMN {fresh} {}", new.text)));
    }
    // Nobody fills the old column from then on.
    let value = if known.not_null && known.default.is_none() { Some(nothing(known)?) } else { None };
    // In one session: nobody writes between the two names.
    forward.extend([
        format!("LOCK TABLES {sql} WRITE"),
        format!("DROP TRIGGER {}", keep("insert")),
        format!("DROP TRIGGER {}", keep("update")),
        online(table, &format!("RENAME COLUMN {old} TO {kept}, RENAME COLUMN {fresh} TO {old}")),
    ]);
    forward.extend(value.map(|value| online(table, &format!("ALTER COLUMN {kept} SET DEFAULT {value}"))));
    forward.push("UNLOCK TABLES".to_owned());
    Some(ddl(forward, "an instant for each; a batch locks its rows alone"))
}

/// A type with its character set and collation, as far as they are written.
pub(in crate::migrate) fn typed(definition: &Definition) -> String {
    let mut text = definition.ty();
    if let Some(charset) = &definition.charset {
        text = format!("{text} CHARACTER SET {charset}");
    }
    if let Some(collation) = &definition.collation {
        text = format!("{text} COLLATE {collation}");
    }
    text
}

/// A value for a column that nobody fills.
fn nothing(definition: &Definition) -> Option<&'static str> {
    match definition.base.as_str() {
        "decimal" | "float" | "double" | "bit" => Some("0"),
        "char" | "varchar" | "binary" | "varbinary" => Some("''"),
        _ if definition.whole() => Some("0"),
        _ => None,
    }
}
