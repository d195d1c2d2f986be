//! What a planner twin needs beyond the catalog: the definitions that rules have no use for, and what the planner
//! looks up in files.
//!
//! It is observed only with all values ([`dbwright_core::engine::Values::All`]): what a snapshot file holds.

use std::collections::BTreeMap;

use dbwright_sql::model::ObjectId;
use serde::{Deserialize, Serialize};

use super::ColumnStats;

/// Everything beside the catalog that makes a database plan as it does.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Blueprint {
    /// Encoding and collation of the database.
    pub locale: Locale,
    /// Definitions that tables may need, in an order in which most can be run.
    pub before: Vec<Object>,
    /// Definitions that need tables.
    pub after: Vec<Object>,
    /// What is unusual about columns, by table.
    #[serde(default)]
    pub columns: BTreeMap<ObjectId, Vec<ColumnExtra>>,
    /// What is unusual about tables and views, by oid.
    #[serde(default)]
    pub relations: BTreeMap<ObjectId, RelationExtra>,
    /// Tablespaces that have costs of their own.
    #[serde(default)]
    pub tablespaces: Vec<Tablespace>,
    /// Index figures that stand in the index's own first page, by oid; only a superuser may read them.
    #[serde(default)]
    pub metapages: BTreeMap<ObjectId, Metapage>,
    /// Extended statistics, as gathered.
    #[serde(default)]
    pub extended: Vec<ExtendedData>,
    /// First and last values of columns that lead a b-tree, which the planner looks up when a constant lies at the
    /// end of the histogram.
    #[serde(default)]
    pub ends: Vec<ColumnEnds>,
}

/// Encoding and collation of a database (`pg_database`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Locale {
    /// Encoding by name.
    pub encoding: String,
    /// Provider: `c` for the system's library, `i` for ICU, `b` for built in.
    pub provider: String,
    /// `datcollate`.
    pub collate: String,
    /// `datctype`.
    pub ctype: String,
    /// Locale of ICU or of the built-in provider.
    pub locale: Option<String>,
    /// Rules of ICU.
    pub rules: Option<String>,
}

/// A definition.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Object {
    /// What it is: `function`, `type`, `policy`, …
    pub kind: String,
    /// Its name, qualified.
    pub name: String,
    /// The statement that makes it.
    pub sql: String,
}

/// What is unusual about a column.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ColumnExtra {
    /// Its number.
    pub number: i32,
    /// Qualified collation, when it is not the type's.
    pub collation: Option<String>,
    /// Whether the column itself is declared NOT NULL, and not only its domain.
    pub not_null: bool,
}

/// What is unusual about a table or view.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RelationExtra {
    /// Bounds of a partition.
    pub bound: Option<String>,
    /// Storage parameters of a view.
    #[serde(default)]
    pub view_options: Vec<String>,
    /// `SERVER … OPTIONS (…)` of a foreign table.
    pub foreign: Option<String>,
    /// `relpages` and `reltuples` of a foreign table.
    pub foreign_figures: Option<(i64, f64)>,
    /// Whether row-level security is on, and whether for the owner as well.
    #[serde(default)]
    pub row_security: (bool, bool),
    /// Tablespace, when it has costs of its own.
    pub tablespace: Option<String>,
}

/// A tablespace with costs of its own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tablespace {
    /// Name.
    pub name: String,
    /// Its parameters.
    pub options: Vec<String>,
    /// Whether it is the database's own.
    pub default: bool,
    /// Indexes in it.
    #[serde(default)]
    pub indexes: Vec<ObjectId>,
}

/// What stands in an index's first page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metapage {
    /// Levels above the leaves of a b-tree.
    Btree {
        /// `btm_fastlevel`.
        height: u32,
    },
    /// Pages and entries of a GIN index at its last vacuum.
    Gin {
        /// Pages of the pending list.
        pending_pages: u32,
        /// All pages.
        total_pages: u32,
        /// Pages of entries.
        entry_pages: u32,
        /// Pages of posting trees.
        data_pages: u32,
        /// Entries.
        entries: i64,
    },
}

/// Extended statistics as gathered (`pg_stats_ext`, `pg_stats_ext_exprs`).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ExtendedData {
    /// Schema.
    pub schema: String,
    /// Name.
    pub name: String,
    /// Whether they include inheritance children.
    pub inherited: bool,
    /// `n_distinct` as text.
    pub n_distinct: Option<String>,
    /// Functional dependencies as text.
    pub dependencies: Option<String>,
    /// Most common combinations of values, as text; a null is none.
    #[serde(default)]
    pub values: Vec<Vec<Option<String>>>,
    /// Their frequencies.
    #[serde(default)]
    pub frequencies: Vec<f64>,
    /// Their frequencies if the columns were independent.
    #[serde(default)]
    pub base_frequencies: Vec<f64>,
    /// Statistics of the expressions, in the order of the definition; `column` is the expression.
    #[serde(default)]
    pub expressions: Vec<ColumnStats>,
}

/// First and last value of a column.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ColumnEnds {
    /// Table.
    pub table: ObjectId,
    /// Column.
    pub column: String,
    /// The least value, as text.
    pub first: String,
    /// The greatest value, as text.
    pub last: String,
}
