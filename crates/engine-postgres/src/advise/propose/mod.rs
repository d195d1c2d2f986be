//! Candidates of PostgreSQL's own kinds: inverted, spatial, block range, hash, vector, trigram.

mod block;
mod search;
#[cfg(test)]
mod tests;
mod text;
mod vector;

use std::collections::HashSet;

use dbwright_advise::Query;
use dbwright_advise::index::{Index, Key, KeyPart};
use dbwright_advise::usage::{Condition, Operator, TableUse};
use dbwright_sql::Dialect;
use dbwright_sql::model::{Column, Table};

use crate::body::{ColumnStats, PgBody};

/// Candidates of PostgreSQL's own kinds for a query.
pub(crate) fn of(query: &Query, body: &PgBody) -> Vec<Index> {
    let mut found = Vec::new();
    for table_use in &query.usage.tables {
        let name = &table_use.table;
        let table = body.catalog.tables.iter().find(|table| table.schema == name.schema && table.name == name.name);
        let Some(table) = table else { continue };
        let subject = Subject { body, table, uses: table_use };
        found.extend(search::candidates(&subject));
        found.extend(text::candidates(&subject));
        found.extend(vector::candidates(&subject));
        found.extend(block::candidates(&subject));
    }
    let mut seen = HashSet::new();
    found.retain(|index| seen.insert(index.clone()));
    found
}

/// The statement that must run first because an index needs an extension which the database does not have yet.
pub(crate) fn needs(index: &Index, body: &PgBody) -> Option<String> {
    let (name, statement) = extension(index)?;
    let has = body.catalog.extensions.iter().any(|extension| extension.name == name);
    (!has).then_some(statement)
}

/// The extension that an index needs, and the statement that makes it where it is not there yet.
pub(crate) fn extension(index: &Index) -> Option<(&'static str, String)> {
    let name = index.keys.iter().filter_map(|key| key.opclass.as_deref()).find_map(owner)?;
    Some((name, format!("CREATE EXTENSION IF NOT EXISTS {name} SCHEMA public")))
}

/// The extension that an operator class belongs to, when it is one of those that are proposed.
fn owner(opclass: &str) -> Option<&'static str> {
    let bare = opclass.rsplit('.').next().unwrap_or(opclass);
    match bare {
        "gin_trgm_ops" | "gist_trgm_ops" => Some("pg_trgm"),
        "gin__int_ops" => Some("intarray"),
        _ if SCALARS.iter().any(|(_, gist, _)| *gist == bare) => Some("btree_gist"),
        _ if SCALARS.iter().any(|(_, _, gin)| *gin == bare) => Some("btree_gin"),
        _ => None,
    }
}

/// Types that `btree_gist` and `btree_gin` make keys of their kinds, with the names of the operator classes.
const SCALARS: &[(&str, &str, &str)] = &[
    ("int2", "gist_int2_ops", "int2_ops"),
    ("int4", "gist_int4_ops", "int4_ops"),
    ("int8", "gist_int8_ops", "int8_ops"),
    ("text", "gist_text_ops", "text_ops"),
    ("varchar", "gist_text_ops", "text_ops"),
    ("uuid", "gist_uuid_ops", "uuid_ops"),
    ("date", "gist_date_ops", "date_ops"),
];

/// One reference to a table and what is known of the table.
struct Subject<'a> {
    body: &'a PgBody,
    table: &'a Table,
    uses: &'a TableUse,
}

impl Subject<'_> {
    /// An index of a method with these keys.
    fn index(&self, method: &str, keys: Vec<Key>) -> Index {
        Index { method: method.to_owned(), keys, ..Index::btree::<String>(self.uses.table.clone(), []) }
    }

    /// The column that a condition is on.
    fn column(&self, part: &KeyPart) -> Option<&Column> {
        part.column().and_then(|name| self.table.column(name))
    }

    /// Statistics of a column; those of the largest partition for a partitioned table.
    fn statistics(&self, column: &str) -> Option<&ColumnStats> {
        let of = |table: &Table| {
            self.body.columns.get(&table.id)?.iter().find(|stats| stats.column == column && !stats.inherited)
        };
        let leaves = dbwright_sql::render::leaves(&self.body.catalog, self.table);
        let largest = leaves.into_iter().max_by_key(|leaf| leaf.bytes);
        of(self.table).or_else(|| of(largest?))
    }

    /// Pages of the table; of the largest partition of a partitioned one.
    fn pages(&self) -> i64 {
        let of = |table: &Table| self.body.tables.get(&table.id).map_or(0, |stats| stats.relpages);
        let leaves = dbwright_sql::render::leaves(&self.body.catalog, self.table);
        leaves.into_iter().map(of).chain([of(self.table)]).max().unwrap_or(0)
    }

    /// Conditions that an index could be read for: those that hold, those of alternatives, and those of nested loops.
    fn conditions(&self) -> impl Iterator<Item = &Condition> {
        self.uses.conditions.iter().chain(&self.uses.nested)
    }

    /// Equalities with constants on columns, the most selective first.
    fn equalities(&self) -> Vec<&Condition> {
        let all =
            self.uses.conditions.iter().filter(|one| one.alternative.is_none() && one.operator == Operator::Equal);
        let mut found: Vec<&Condition> =
            all.filter(|one| one.symbol == "=" && self.column(&one.part).is_some()).collect();
        found.sort_by(|a, b| a.selectivity.unwrap_or(1.0).total_cmp(&b.selectivity.unwrap_or(1.0)));
        found
    }

    /// An operator class of an extension, with its schema; none when the server has no such extension.
    fn opclass(&self, extension: &str, name: &str) -> Option<String> {
        let installed = self.body.catalog.extensions.iter().find(|known| known.name == extension);
        let available =
            || self.body.available_extensions.as_ref().is_some_and(|all| all.iter().any(|known| known == extension));
        let schema = match installed {
            Some(extension) => extension.schema.as_str(),
            None if available() => "public",
            None => return None,
        };
        Some(Dialect::Postgres.qualified(schema, name))
    }
}

/// A key with an operator class.
fn key(part: &KeyPart, opclass: Option<&str>) -> Key {
    Key { opclass: opclass.map(str::to_owned), ..Key::of(part.clone()) }
}
