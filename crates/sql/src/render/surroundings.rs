//! What a new object must fit into, looked up once for many statements: a catalog can hold tens of thousands.

use std::collections::HashSet;

use crate::Dialect;
use crate::model::{Catalog, ObjectId, Table};

/// The catalog with what is asked of it again and again.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// The catalog.
    pub catalog: &'a Catalog,
    /// Names that are taken, with their schema: tables, indexes, views, sequences and types share one name space.
    taken: HashSet<(&'a str, String)>,
    /// Tables that others inherit from, or are partitions of.
    parents: HashSet<ObjectId>,
    /// Columns that own a sequence.
    numbered: HashSet<(ObjectId, &'a str)>,
}

impl<'a> Surroundings<'a> {
    /// Looks a catalog through.
    #[must_use]
    pub fn of(catalog: &'a Catalog) -> Self {
        let dialect = catalog.dialect;
        let mut taken = HashSet::new();
        let mut take = |schema: &'a str, name: &str| {
            taken.insert((schema, folded(dialect, name)));
        };
        for table in &catalog.tables {
            take(&table.schema, &table.name);
            for index in &table.indexes {
                take(&table.schema, &index.name);
            }
        }
        catalog.sequences.iter().for_each(|sequence| take(&sequence.schema, &sequence.name));
        catalog.types.iter().for_each(|kind| take(&kind.schema, &kind.name));
        let owners = catalog.sequences.iter().filter_map(|sequence| sequence.column.as_ref());
        Self {
            catalog,
            taken,
            parents: catalog.tables.iter().flat_map(|table| table.parents.iter().copied()).collect(),
            numbered: owners.map(|(table, column)| (*table, column.as_str())).collect(),
        }
    }

    /// Whether a name is taken in the schema of a table.
    pub(super) fn taken(&self, table: &Table, name: &str) -> bool {
        self.taken.contains(&(table.schema.as_str(), folded(self.catalog.dialect, name)))
    }

    /// Whether other tables inherit from a table, or are its partitions.
    pub(super) fn has_children(&self, table: &Table) -> bool {
        self.parents.contains(&table.id)
    }

    /// Whether a column owns a sequence.
    pub(super) fn owns_sequence(&self, table: &Table, column: &str) -> bool {
        self.numbered.contains(&(table.id, column))
    }
}

/// A name as the dialect compares it.
fn folded(dialect: Dialect, name: &str) -> String {
    match dialect {
        Dialect::Postgres => name.to_owned(),
        Dialect::Sqlite => name.to_ascii_lowercase(),
        Dialect::Mysql => name.to_lowercase(),
    }
}
