//! The relational catalog: what a schema contains, without rows, in one shape for all SQL engines.
//!
//! Objects carry the engine's own id (`oid` in PostgreSQL, root page or ordinal in SQLite, ordinal in MySQL), so that an
//! engine can keep statistics beside the catalog without repeating names.

use std::collections::HashMap;

use dbwright_core::report::TableSize;
use serde::{Deserialize, Serialize};

use crate::Dialect;

/// An engine's own id of an object; unique among tables, and among indexes.
pub type ObjectId = u64;

/// Everything that a schema contains.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Catalog {
    /// How names and statements are written.
    pub dialect: Dialect,
    /// Tables and whatever else has columns, user schemas only, by schema and name.
    pub tables: Vec<Table>,
    /// Sequences.
    #[serde(default)]
    pub sequences: Vec<Sequence>,
    /// Functions and procedures of user schemas.
    #[serde(default)]
    pub functions: Vec<Function>,
    /// User-defined types (enum, composite, range, domain).
    #[serde(default)]
    pub types: Vec<UserType>,
    /// Extensions.
    #[serde(default)]
    pub extensions: Vec<Extension>,
}

/// A table, view, or whatever else has columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// The engine's id.
    pub id: ObjectId,
    /// Schema.
    pub schema: String,
    /// Name.
    pub name: String,
    /// What it is.
    pub kind: TableKind,
    /// Owner, where the engine has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The partitioned table or inheritance parents that it belongs to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<ObjectId>,
    /// Whether it is a partition of its (single) parent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_partition: bool,
    /// `PARTITION BY …` of a partitioned table, or the bounds of a partition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partitioning: Option<String>,
    /// Whether the engine makes or owns it (extension members, shadow tables of virtual tables).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub internal: bool,
    /// Columns in table order; dropped ones are absent.
    pub columns: Vec<Column>,
    /// Constraints except NOT NULL, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub constraints: Vec<Constraint>,
    /// Indexes by name, those of constraints included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Index>,
    /// Triggers by name; of the internal ones only those that are disabled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub triggers: Vec<Trigger>,
    /// Estimated or counted rows; none when the engine has no idea.
    pub rows: Option<f64>,
    /// Bytes of the table with TOAST or overflow, without indexes.
    pub bytes: Option<u64>,
    /// Rows inserted, updated and deleted in the statistics window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writes: Option<Writes>,
    /// Definition: `CREATE TABLE` text where the engine keeps it (SQLite), the query of a view.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<String>,
    /// Comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The storage engine, where tables of one server can have different ones (`InnoDB`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<String>,
}

/// What a table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TableKind {
    /// A table with rows of its own (a partition is one too).
    Table,
    /// A partitioned table; its rows are in its partitions.
    Partitioned,
    /// A view.
    View,
    /// A materialized view.
    MaterializedView,
    /// A table of a foreign server.
    Foreign,
    /// A virtual table of a module.
    Virtual,
}

/// Row changes in the statistics window.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Writes {
    /// Rows inserted.
    pub inserts: u64,
    /// Rows updated.
    pub updates: u64,
    /// Rows deleted.
    pub deletes: u64,
    /// Length of the window in seconds, when known.
    pub window_s: Option<f64>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Name.
    pub name: String,
    /// The engine's column number (`attnum`, `cid`).
    pub number: i32,
    /// Type as the engine prints it, with modifiers (`character varying(50)`, `INTEGER`; empty when SQLite has none).
    pub data_type: String,
    /// Base type without modifiers or domain, for comparing (`int4`, `int8`, `timestamptz`; SQLite: the affinity in lower case).
    pub base_type: String,
    /// Whether it is declared NOT NULL, or is implicitly so.
    pub not_null: bool,
    /// Default expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// Whether and how its value is made by the engine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generated: Option<Generated>,
    /// Collation when not the default one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// The greatest value known, with where it was read; only for whole-number columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub highest: Option<Highest>,
    /// Everything behind its name in a definition, for an engine that changes a column only by defining it anew (MySQL).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<String>,
}

/// How an engine makes a column's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Generated {
    /// `GENERATED ALWAYS AS IDENTITY`.
    IdentityAlways,
    /// `GENERATED BY DEFAULT AS IDENTITY`.
    IdentityByDefault,
    /// A stored expression.
    Stored,
    /// A virtual expression.
    Virtual,
    /// SQLite's rowid alias.
    Rowid,
    /// `AUTOINCREMENT` of SQLite, `AUTO_INCREMENT` of MySQL.
    Autoincrement,
}

/// The greatest value of a column that is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Highest {
    /// The value.
    pub value: i64,
    /// Where it was read (`pg_sequences.last_value`, `pg_stats.histogram_bounds`, `max()` of an index).
    pub source: String,
}

/// A constraint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Constraint {
    /// Name; engines without names give a made one such as `fk_0`.
    pub name: String,
    /// What it demands.
    pub kind: ConstraintKind,
    /// Columns in order; empty for a table-wide CHECK.
    pub columns: Vec<String>,
    /// Whether existing rows were checked (`false` after `NOT VALID`).
    pub validated: bool,
    /// Whether it is deferrable.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deferrable: bool,
    /// The index that enforces it; for a foreign key the index of the referenced table that it needs (PostgreSQL).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<ObjectId>,
    /// Whether it came from the parent of a partition or by inheritance.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inherited: bool,
    /// Definition as the engine prints it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<String>,
}

/// What a constraint demands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConstraintKind {
    /// A primary key.
    PrimaryKey,
    /// Unique values.
    Unique,
    /// A row of another table must exist.
    ForeignKey(References),
    /// An expression must not be false.
    Check,
    /// No two rows conflict under given operators.
    Exclusion,
}

/// What a foreign key refers to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct References {
    /// Schema of the referenced table.
    pub schema: String,
    /// Name of the referenced table.
    pub table: String,
    /// Id of the referenced table; none when it does not exist (SQLite allows that).
    pub id: Option<ObjectId>,
    /// Referenced columns, in the order of the constraint's columns.
    pub columns: Vec<String>,
    /// Action on delete, upper case (`NO ACTION`, `CASCADE`, …).
    pub on_delete: String,
    /// Action on update, upper case.
    pub on_update: String,
}

/// An index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Index {
    /// The engine's id.
    pub id: ObjectId,
    /// Name.
    pub name: String,
    /// Access method in lower case: `btree`, `gin`, …
    pub method: String,
    /// Whether it enforces uniqueness.
    pub unique: bool,
    /// Whether it belongs to a primary key.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub primary: bool,
    /// Name of the constraint that owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constraint: Option<String>,
    /// Key parts in order.
    pub keys: Vec<IndexKey>,
    /// Columns that are only carried along (`INCLUDE`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// Predicate of a partial index, as the engine prints it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predicate: Option<String>,
    /// Whether nulls count as equal (`NULLS NOT DISTINCT`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nulls_not_distinct: bool,
    /// Whether queries may use it (false after a failed concurrent build).
    pub valid: bool,
    /// Whether it is the table's replica identity.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replica_identity: bool,
    /// Index of the parent table that it is attached to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<ObjectId>,
    /// Whether the engine makes it on its own (`sqlite_autoindex_…`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub automatic: bool,
    /// Bytes.
    pub bytes: Option<u64>,
    /// `CREATE INDEX` statement as the engine prints it; none for automatic ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<String>,
}

/// One key part of an index.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct IndexKey {
    /// Column name, when it is a plain column.
    pub column: Option<String>,
    /// Expression as the engine prints it, when it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// Whether it is in descending order.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub descending: bool,
    /// Whether nulls come first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nulls_first: bool,
    /// Operator class with its options, empty when the engine has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub opclass: String,
    /// Collation, empty when it does not apply.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub collation: String,
}

/// A trigger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trigger {
    /// Name.
    pub name: String,
    /// Whether it fires: `origin`, `replica`, `always` or `disabled`.
    pub enabled: String,
    /// Definition as the engine prints it; empty for an internal trigger.
    pub definition: String,
    /// The foreign key that an internal trigger enforces. Internal triggers are here only when they are disabled,
    /// because then the foreign key is not enforced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constraint: Option<String>,
    /// The account with whose rights it runs, where a trigger has one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definer: Option<String>,
}

/// A sequence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sequence {
    /// The engine's id.
    pub id: ObjectId,
    /// Schema.
    pub schema: String,
    /// Name.
    pub name: String,
    /// Its type (`int4`, `int8`, `int2`).
    pub data_type: String,
    /// Last value given out; none when it was never used, or may not be read.
    pub last_value: Option<i64>,
    /// Whether `last_value` could be read at all.
    pub readable: bool,
    /// First value of a sequence that was never used.
    #[serde(default)]
    pub start: Option<i64>,
    /// Step.
    pub increment: i64,
    /// Smallest value.
    pub min_value: i64,
    /// Greatest value.
    pub max_value: i64,
    /// Whether it starts again after the end.
    pub cycle: bool,
    /// Values kept in memory by a session.
    pub cache: i64,
    /// Column that owns it or takes its default from it: table id and column name.
    pub column: Option<(ObjectId, String)>,
    /// Whether that column owns it, so that it goes with the column.
    #[serde(default)]
    pub owned: bool,
}

/// A function or procedure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Function {
    /// Schema.
    pub schema: String,
    /// Name.
    pub name: String,
    /// Argument types, as `DROP FUNCTION` wants them.
    pub arguments: String,
    /// Kind: `function`, `procedure`, `aggregate`, `window`.
    pub kind: String,
    /// Language.
    pub language: String,
    /// Owner.
    pub owner: String,
    /// Whether it runs with its owner's rights.
    pub security_definer: bool,
    /// Settings bound to it (`search_path=…`).
    pub settings: Vec<String>,
    /// Whether an extension owns it.
    pub from_extension: bool,
    /// Hash of its definition, so that a change can be noticed without keeping the body.
    pub body_hash: String,
}

/// A user-defined type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UserType {
    /// Schema.
    pub schema: String,
    /// Name.
    pub name: String,
    /// `enum`, `composite`, `range`, `domain`.
    pub kind: String,
    /// Labels of an enum, attributes of a composite, base of a domain or range.
    pub definition: String,
    /// Names of a domain's constraints that values from before were not checked against (`NOT VALID`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unvalidated: Vec<String>,
}

/// An extension.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Extension {
    /// Name.
    pub name: String,
    /// Installed version.
    pub version: String,
    /// Version that the server could install.
    pub default_version: Option<String>,
    /// Schema.
    pub schema: String,
}

impl Catalog {
    /// An empty catalog.
    #[must_use]
    pub const fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            tables: Vec::new(),
            sequences: Vec::new(),
            functions: Vec::new(),
            types: Vec::new(),
            extensions: Vec::new(),
        }
    }

    /// Takes out sizes and counters: what is left is the schema alone.
    pub fn forget_sizes(&mut self) {
        for table in &mut self.tables {
            (table.rows, table.bytes, table.writes) = (None, None, None);
            table.indexes.iter_mut().for_each(|index| index.bytes = None);
        }
    }

    /// Tables by id, for following references.
    #[must_use]
    pub fn by_id(&self) -> HashMap<ObjectId, &Table> {
        self.tables.iter().map(|table| (table.id, table)).collect()
    }

    /// Tables that hold rows of their own and belong to the user.
    pub fn user_tables(&self) -> impl Iterator<Item = &Table> {
        self.tables.iter().filter(|t| !t.internal && matches!(t.kind, TableKind::Table | TableKind::Partitioned))
    }

    /// Sizes of everything that takes space, the largest first.
    #[must_use]
    pub fn sizes(&self) -> Vec<TableSize> {
        let size = |table: &Table| TableSize {
            name: self.subject(table),
            bytes: table.bytes.unwrap_or(0),
            index_bytes: table.indexes.iter().filter_map(|index| index.bytes).sum(),
        };
        let mut sizes: Vec<_> = self.tables.iter().map(size).filter(|s| s.bytes + s.index_bytes > 0).collect();
        sizes.sort_by_key(|s| std::cmp::Reverse(s.bytes + s.index_bytes));
        sizes
    }

    /// Tables and materialized views of the user: what can have indexes.
    pub fn indexed_tables(&self) -> impl Iterator<Item = &Table> {
        let kinds = [TableKind::Table, TableKind::Partitioned, TableKind::MaterializedView];
        self.tables.iter().filter(move |t| !t.internal && kinds.contains(&t.kind))
    }

    /// Subject of a table.
    #[must_use]
    pub fn subject(&self, table: &Table) -> String {
        self.dialect.subject(&[&table.schema, &table.name])
    }

    /// Subject of a column, index, constraint or trigger of a table.
    #[must_use]
    pub fn subject_in(&self, table: &Table, part: &str) -> String {
        self.dialect.subject(&[&table.schema, &table.name, part])
    }

    /// Qualified name of a table for statements.
    #[must_use]
    pub fn qualified(&self, table: &Table) -> String {
        self.dialect.qualified(&table.schema, &table.name)
    }
}

impl Table {
    /// A column by name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The primary key.
    #[must_use]
    pub fn primary_key(&self) -> Option<&Constraint> {
        self.constraints.iter().find(|c| c.kind == ConstraintKind::PrimaryKey)
    }

    /// The foreign keys with what they refer to.
    pub fn foreign_keys(&self) -> impl Iterator<Item = (&Constraint, &References)> {
        self.constraints.iter().filter_map(|c| match &c.kind {
            ConstraintKind::ForeignKey(references) => Some((c, references)),
            _ => None,
        })
    }
}

impl Index {
    /// The key's column names, as long as the parts are plain columns.
    pub fn leading_columns(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map_while(|key| key.column.as_deref())
    }
}
