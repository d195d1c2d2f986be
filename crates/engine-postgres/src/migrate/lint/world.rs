//! What is known of the database before a statement: from the target, from earlier statements, else assumed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dbwright_sql::Dialect;
use dbwright_sql::model::TableKind;

use super::expression::Volatility;
use crate::body::ColumnUse;
use crate::ddl::Name;

/// Schema and name.
pub(super) type Key = (String, String);

/// The state of the database.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// Tables and what else has columns.
    pub(super) tables: BTreeMap<Key, Arc<Table>>,
    /// Enums with their values, as far as they are known.
    pub(super) enums: BTreeMap<Key, Vec<String>>,
    /// Domains, and whether they have constraints.
    pub(super) domains: BTreeMap<Key, bool>,
    /// What the target's domains are made of.
    pub(super) bases: BTreeMap<Key, String>,
    /// Functions that files or the target define.
    pub(super) functions: BTreeMap<String, Volatility>,
    /// Whether there is a target, so that what isn't here isn't there.
    pub known: bool,
    /// Whether the session's time zone is UTC, when that is known.
    pub utc: Option<bool>,
    /// Where unqualified names are looked up.
    pub(super) search_path: Vec<String>,
}

/// Where a table is known from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nothing is known; it is assumed to be large and in use.
    Assumed,
    /// It is in the target.
    Target,
    /// An earlier file made it.
    Earlier,
    /// This file made it: nobody else uses it yet.
    Here,
}

/// A table, as far as it is known.
#[derive(Debug, Clone)]
pub struct Table {
    /// Schema.
    pub schema: String,
    /// Name.
    pub name: String,
    /// What it is.
    pub kind: TableKind,
    /// Where it is known from.
    pub origin: Origin,
    /// Whether the target has it.
    pub in_target: bool,
    /// Whether it is known to hold no row.
    pub empty: bool,
    /// Whether it is temporary.
    pub temporary: bool,
    /// Whether all its columns, constraints and indexes are known.
    pub complete: bool,
    /// Columns.
    pub columns: Vec<Column>,
    /// Constraints.
    pub constraints: Vec<Constraint>,
    /// Indexes.
    pub indexes: Vec<Index>,
    /// Rows, about.
    pub rows: Option<f64>,
    /// Bytes with TOAST and without indexes.
    pub bytes: Option<u64>,
    /// Bytes of its indexes.
    pub index_bytes: Option<u64>,
    /// Rows written in a second, on average.
    pub writes: Option<f64>,
    /// Partitions, `schema.name`.
    pub partitions: Vec<String>,
    /// Its default partition: schema and name.
    pub default_partition: Option<(String, String)>,
    /// `d`efault, `n`othing, `f`ull, `i`ndex.
    pub replica_identity: String,
    /// Views that read it, `schema.name`.
    pub readers: Vec<String>,
    /// Policies that are known.
    pub policies: usize,
    /// What uses its columns so that the server refuses to change their types.
    pub uses: Vec<ColumnUse>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Name.
    pub name: String,
    /// Type as written or printed.
    pub ty: String,
    /// Whether it is NOT NULL.
    pub not_null: bool,
    /// Whether it has a default, an identity or is generated.
    pub filled: bool,
    /// Collation, when it is not the type's.
    pub collation: Option<String>,
    /// Whether this file made it.
    pub here: bool,
}

/// A constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    /// Name; empty when the server chooses it.
    pub name: String,
    /// `p`, `u`, `f`, `c`, `x`, `n`.
    pub kind: char,
    /// Columns.
    pub columns: Vec<String>,
    /// Whether it was validated.
    pub validated: bool,
    /// Its text: a CHECK's expression, else the definition.
    pub text: String,
    /// The table that a foreign key points to.
    pub references: Option<Name>,
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Name; empty when the server chooses it.
    pub name: String,
    /// Whether it is unique.
    pub unique: bool,
    /// Key columns; expressions as their text.
    pub keys: Vec<String>,
    /// Whether it is partial.
    pub partial: bool,
    /// Whether it is valid.
    pub valid: bool,
    /// Whether the replica identity uses it.
    pub replica_identity: bool,
    /// Bytes.
    pub bytes: Option<u64>,
    /// Whether this file made it.
    pub here: bool,
}

impl World {
    /// The key of a name.
    pub(super) fn key(&self, name: &Name) -> Key {
        if let Some(schema) = &name.schema {
            return (schema.clone(), name.name.clone());
        }
        let on_path = self.search_path.iter().map(|schema| (schema.clone(), name.name.clone()));
        let found = on_path.clone().find(|key| self.tables.contains_key(key) || self.enums.contains_key(key));
        let fallback = self.search_path.first().cloned().unwrap_or_else(|| "public".to_owned());
        found.unwrap_or((fallback, name.name.clone()))
    }

    /// The table of a name; one that is assumed when nothing is known.
    #[must_use]
    pub fn table(&self, name: &Name) -> Arc<Table> {
        let key = self.key(name);
        self.tables.get(&key).cloned().unwrap_or_else(|| Arc::new(Table::assumed(key)))
    }

    /// The table that an index belongs to, with the index.
    #[must_use]
    pub fn index(&self, name: &Name) -> Option<(Arc<Table>, Index)> {
        let schemas = name.schema.as_ref().map_or_else(|| self.search_path.clone(), |schema| vec![schema.clone()]);
        let tables = self.tables.values().filter(|table| schemas.contains(&table.schema));
        { tables }.find_map(|table| {
            let index = table.indexes.iter().find(|index| index.name == name.name)?;
            Some((Arc::clone(table), index.clone()))
        })
    }

    /// Whether a domain has constraints; none when no such domain is known.
    #[must_use]
    pub fn domain(&self, name: &Name) -> Option<bool> {
        self.domains.get(&self.key(name)).copied()
    }

    /// The type that values are stored as: what a domain of the target is made of, else the type itself.
    #[must_use]
    pub fn stored_type(&self, ty: &str) -> String {
        let mut parts = ty.trim().splitn(2, '.').map(|part| part.trim_matches('"').to_owned());
        let name = match (parts.next(), parts.next()) {
            (Some(schema), Some(name)) => Name { schema: Some(schema), name },
            (name, _) => Name { schema: None, name: name.unwrap_or_default() },
        };
        self.bases.get(&self.key(&name)).map_or_else(|| ty.to_owned(), |base| self.stored_type(base))
    }

    /// Whether the target tells that there is no such table, and no file made it.
    #[must_use]
    pub fn lacks(&self, name: &Name) -> bool {
        self.known && self.table(name).origin == Origin::Assumed
    }

    /// All tables.
    pub fn tables(&self) -> impl Iterator<Item = &Arc<Table>> {
        self.tables.values()
    }

    /// The table to be changed, made when nothing was known of it.
    pub(super) fn table_mut(&mut self, name: &Name) -> &mut Table {
        let key = self.key(name);
        let table = self.tables.entry(key.clone()).or_insert_with(|| Arc::new(Table::assumed(key)));
        Arc::make_mut(table)
    }
}

impl Table {
    /// A table of which nothing is known but its name.
    pub(super) fn assumed((schema, name): Key) -> Self {
        Self {
            schema,
            name,
            kind: TableKind::Table,
            origin: Origin::Assumed,
            in_target: false,
            empty: false,
            temporary: false,
            complete: false,
            columns: Vec::new(),
            constraints: Vec::new(),
            indexes: Vec::new(),
            rows: None,
            bytes: None,
            index_bytes: None,
            writes: None,
            partitions: Vec::new(),
            default_partition: None,
            replica_identity: "d".to_owned(),
            readers: Vec::new(),
            policies: 0,
            uses: Vec::new(),
        }
    }

    /// Whether nothing that is done to it can hurt anybody: made in this file, temporary, or without a row.
    #[must_use]
    pub fn quiet(&self) -> bool {
        self.fresh() || self.empty
    }

    /// Whether nobody else can use it yet: made in this file, or temporary.
    #[must_use]
    pub fn fresh(&self) -> bool {
        self.origin == Origin::Here || self.temporary
    }

    /// The column of a name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Whether it is partitioned.
    #[must_use]
    pub fn partitioned(&self) -> bool {
        self.kind == TableKind::Partitioned
    }

    /// Its name for statements: the schema only where it is not `public`.
    #[must_use]
    pub fn sql(&self) -> String {
        let dialect = Dialect::Postgres;
        if self.schema == "public" { dialect.name(&self.name) } else { dialect.qualified(&self.schema, &self.name) }
    }

    /// Its subject: `schema.table`.
    #[must_use]
    pub fn subject(&self) -> String {
        Dialect::Postgres.subject(&[&self.schema, &self.name])
    }

    /// The subject of something in it: `schema.table.name`.
    #[must_use]
    pub fn subject_in(&self, name: &str) -> String {
        Dialect::Postgres.subject(&[&self.schema, &self.name, name])
    }

    /// Whether a whole index starts with these columns, in any order.
    #[must_use]
    pub fn has_index_on(&self, columns: &[String]) -> bool {
        let starts = |index: &Index| {
            let lead: BTreeSet<&String> = index.keys.iter().take(columns.len()).collect();
            !index.partial && index.valid && columns.iter().all(|column| lead.contains(column))
        };
        let key = |constraint: &Constraint| {
            matches!(constraint.kind, 'p' | 'u')
                && columns.iter().all(|c| constraint.columns.iter().take(columns.len()).any(|k| k == c))
        };
        self.indexes.iter().any(starts) || self.constraints.iter().any(key)
    }
}
