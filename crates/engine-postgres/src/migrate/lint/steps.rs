//! The safe statements that findings show in place of the user's.

use dbwright_sql::Dialect;

use super::scene::Scene;
use super::world::Table;

/// The server's limit of a name's length in bytes.
const NAME_BYTES: usize = 63;
/// Rows of a batch.
const BATCH: u32 = 10_000;

/// A name made of parts, cut to the length that the server keeps.
#[must_use]
pub fn made_name(parts: &[&str], suffix: &str) -> String {
    let mut name = parts.join("_");
    let room = NAME_BYTES.saturating_sub(suffix.len() + 1);
    while name.len() > room {
        name.pop();
    }
    format!("{name}_{suffix}")
}

/// A name as statements have it.
#[must_use]
pub fn quoted(name: &str) -> String {
    Dialect::Postgres.name(name)
}

/// Names as statements have them, joined by commas.
#[must_use]
pub fn quoted_list(names: &[String]) -> String {
    Dialect::Postgres.names(names)
}

/// Rows changed in batches; to be run until it changes none.
#[must_use]
pub fn batched(table: &Table, set: &str, left: &str) -> String {
    let sql = table.sql();
    format!(
        "UPDATE {sql} SET {set} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {sql} WHERE {left} LIMIT {BATCH})) \
         /* again and again, each in a transaction of its own, until it changes no row */"
    )
}

/// NOT NULL without reading the table under a strong lock.
#[must_use]
pub fn not_null(scene: &Scene, table: &Table, column: &str) -> Vec<String> {
    let (sql, name) = (table.sql(), quoted(column));
    let constraint = quoted(&made_name(&[&table.name, column], "not_null"));
    if scene.at_least(18) {
        return vec![
            format!("ALTER TABLE {sql} ADD CONSTRAINT {constraint} NOT NULL {name} NOT VALID"),
            format!("ALTER TABLE {sql} VALIDATE CONSTRAINT {constraint}"),
        ];
    }
    vec![
        format!("ALTER TABLE {sql} ADD CONSTRAINT {constraint} CHECK ({name} IS NOT NULL) NOT VALID"),
        format!("ALTER TABLE {sql} VALIDATE CONSTRAINT {constraint}"),
        format!("ALTER TABLE {sql} ALTER COLUMN {name} SET NOT NULL"),
        format!("ALTER TABLE {sql} DROP CONSTRAINT {constraint}"),
    ]
}

/// A constraint that is checked without a strong lock.
#[must_use]
pub fn validate_later(table: &Table, constraint: &str, definition: &str) -> Vec<String> {
    let (sql, name) = (table.sql(), quoted(constraint));
    vec![
        format!("ALTER TABLE {sql} ADD CONSTRAINT {name} {definition} NOT VALID"),
        format!("ALTER TABLE {sql} VALIDATE CONSTRAINT {name}"),
    ]
}
