//! Which tables a migration touches: those whose names, or whose indexes' names, stand in it.
//!
//! A name that only looks like a table's costs a few rows that nobody needed, and nothing else.

use std::collections::BTreeSet;

use dbwright_migrate::Migration;
use dbwright_sql::Dialect;
use dbwright_sql::lex::{TokenKind, tokens};
use dbwright_sql::model::{ObjectId, Table, TableKind};

use crate::body::PgBody;

/// The tables of a rehearsal.
pub(in super::super) struct Touched<'a> {
    /// Those that readers and writers use: named in the migration, or bound to such a one by a foreign key.
    pub(in super::super) loaded: Vec<&'a Table>,
    /// Those that have rows: the loaded ones and what they refer to.
    pub(in super::super) filled: Vec<&'a Table>,
}

/// Finds them.
pub(in super::super) fn touched<'a>(body: &'a PgBody, migrations: &[Migration]) -> Touched<'a> {
    let words: BTreeSet<String> = migrations.iter().flat_map(|one| words(&one.up.text)).collect();
    let named =
        |table: &&Table| words.contains(&table.name) || table.indexes.iter().any(|index| words.contains(&index.name));
    let tables = || body.catalog.tables.iter().filter(|table| is_table(table));
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

fn is_table(table: &Table) -> bool {
    !table.internal && table.schema != "dbwright" && matches!(table.kind, TableKind::Table | TableKind::Partitioned)
}

fn refers_to(table: &Table) -> impl Iterator<Item = ObjectId> {
    table.foreign_keys().filter_map(|(_, references)| references.id)
}

/// The names in a text, as the server folds them; also those inside of bodies.
fn words(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    for token in tokens(text, Dialect::Postgres) {
        let part = token.text(text);
        match token.kind {
            TokenKind::Word => all.push(part.to_lowercase()),
            TokenKind::Quoted => all.push(part.trim_matches('"').replace("\"\"", "\"")),
            TokenKind::String => {
                all.extend(part.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_lowercase));
            }
            _ => {}
        }
    }
    all
}
