//! Which tables a migration touches: those whose names, or whose indexes' names, stand in it; and how many rows each gets.
//!
//! A name that only looks like a table's costs a few rows that nobody needed, and nothing else.

use std::collections::{BTreeSet, HashMap};

use dbwright_sql::Dialect;
use dbwright_sql::lex::{TokenKind, tokens};
use dbwright_sql::model::{Catalog, ObjectId, Table, TableKind};

use super::whole;
use crate::Migration;

/// Rows of a small table, at least.
const FEW: f64 = 100.0;

/// The tables of a rehearsal.
#[derive(Debug)]
pub struct Touched<'a> {
    /// Those that readers and writers use: named in the migration, or bound to such a one by a foreign key.
    pub loaded: Vec<&'a Table>,
    /// Those that have rows: the loaded ones and what they refer to.
    pub filled: Vec<&'a Table>,
}

impl Touched<'_> {
    /// Rows of the largest loaded table, when known.
    #[must_use]
    pub fn rows(&self) -> Option<u64> {
        let rows = self.loaded.iter().filter_map(|table| table.rows);
        rows.fold(None, |a: Option<f64>, b| Some(a.unwrap_or(0.0).max(b))).map(whole)
    }
}

/// Finds them.
#[must_use]
pub fn touched<'a>(catalog: &'a Catalog, migrations: &[Migration]) -> Touched<'a> {
    let words = Words::of(catalog.dialect, migrations);
    let named =
        |table: &&Table| words.has(&table.name) || table.indexes.iter().any(|index| words.has_index(&index.name));
    let tables = || catalog.tables.iter().filter(|table| is_table(table));
    let mut loaded: BTreeSet<ObjectId> = tables().filter(named).map(|table| table.id).collect();
    // A partition stands for its table.
    let parents = tables().filter(|table| table.is_partition && loaded.contains(&table.id));
    loaded.extend(parents.flat_map(|table| table.parents.clone()).collect::<Vec<_>>());
    let bound = tables().filter(|table| refers_to(table).any(|id| loaded.contains(&id)));
    loaded.extend(bound.map(|table| table.id).collect::<Vec<_>>());
    let mut filled = loaded.clone();
    loop {
        let before = filled.len();
        let more = tables().filter(|table| filled.contains(&table.id)).flat_map(refers_to).collect::<Vec<_>>();
        filled.extend(more);
        if filled.len() == before {
            break;
        }
    }
    let of = |ids: &BTreeSet<ObjectId>| tables().filter(|one| ids.contains(&one.id) && !one.is_partition).collect();
    Touched { loaded: of(&loaded), filled: of(&filled) }
}

/// Rows for each table: `rows` for the largest of `tables`, the others in the target's proportion.
#[must_use]
pub fn proportions(catalog: &Catalog, tables: &[&Table], rows: u64) -> HashMap<ObjectId, u64> {
    let estimate = |table: &Table| -> f64 {
        let parts = catalog.tables.iter().filter(|part| part.id == table.id || part.parents.contains(&table.id));
        parts.filter_map(|part| part.rows).sum()
    };
    let largest = tables.iter().map(|table| estimate(table)).fold(0.0, f64::max);
    let share = |table: &Table| match largest {
        0.0 => rows as f64,
        _ => (estimate(table) / largest * rows as f64).max(FEW.min(rows as f64)),
    };
    tables.iter().map(|table| (table.id, whole(share(table).round()))).collect()
}

fn is_table(table: &Table) -> bool {
    !table.internal && table.schema != "dbwright" && matches!(table.kind, TableKind::Table | TableKind::Partitioned)
}

fn refers_to(table: &Table) -> impl Iterator<Item = ObjectId> {
    table.foreign_keys().filter_map(|(_, references)| references.id)
}

/// The names in migrations, as the server folds them; also those inside of bodies.
struct Words {
    dialect: Dialect,
    all: BTreeSet<String>,
}

impl Words {
    fn of(dialect: Dialect, migrations: &[Migration]) -> Self {
        let all = migrations.iter().flat_map(|one| words(&one.up.text, dialect)).collect();
        Self { dialect, all }
    }

    fn has(&self, name: &str) -> bool {
        match self.dialect {
            Dialect::Postgres => self.all.contains(name),
            // Whether case counts is the server's setting; a table too many does no harm.
            _ => self.all.contains(&name.to_lowercase()),
        }
    }

    fn has_index(&self, name: &str) -> bool {
        // Every table of MySQL has an index of this name.
        !(self.dialect == Dialect::Mysql && name.eq_ignore_ascii_case("primary")) && self.has(name)
    }
}

fn words(text: &str, dialect: Dialect) -> Vec<String> {
    let mut all = Vec::new();
    for token in tokens(text, dialect) {
        let part = token.text(text);
        match token.kind {
            TokenKind::Word => all.push(part.to_lowercase()),
            TokenKind::Quoted => all.push(unquoted(part, dialect)),
            TokenKind::String => {
                all.extend(part.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_lowercase));
            }
            _ => {}
        }
    }
    all
}

fn unquoted(part: &str, dialect: Dialect) -> String {
    if dialect == Dialect::Postgres {
        return part.trim_matches('"').replace("\"\"", "\"");
    }
    let quote = part.chars().next().unwrap_or('`');
    let closes = if quote == '[' { ']' } else { quote };
    let inner = part.strip_prefix(quote).and_then(|part| part.strip_suffix(closes)).unwrap_or(part);
    inner.replace(&format!("{closes}{closes}"), &closes.to_string()).to_lowercase()
}
