//! SQLite's part of a snapshot: catalog, file, statistics, storage classes, integrity, workload.
//!
//! No table rows and no values: columns are described by how many values of which storage class were
//! seen. A part that could not be read is empty, and the header has a gap for its area (see [`area`]).

use std::collections::BTreeMap;

use dbwright_core::workload::Workload;
use dbwright_migrate::observed::Observed;
use dbwright_sql::model::{Catalog, ObjectId};
use serde::{Deserialize, Serialize};

/// Names of the areas that can have a gap; rules name them in `needs`.
pub mod area {
    /// Tables, columns, indexes.
    pub const CATALOG: &str = "catalog";
    /// `PRAGMA quick_check` / `integrity_check`.
    pub const INTEGRITY: &str = "integrity";
    /// `PRAGMA foreign_key_check`.
    pub const FOREIGN_KEYS: &str = "foreign-keys";
    /// Storage classes of a sample of rows.
    pub const STORAGE_CLASSES: &str = "storage-classes";
    /// Bytes of each table and index (`dbstat`).
    pub const SIZES: &str = "sizes";
    /// `sqlite_stat1`.
    pub const STATISTICS: &str = "statistics";
    /// Row counts and greatest keys.
    pub const ROWS: &str = "rows";
}

/// What was observed of one database file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SqliteBody {
    /// The file and its header.
    pub file: FileFacts,
    /// The schema.
    pub catalog: Catalog,
    /// Figures of each table, by its id in the catalog.
    pub tables: BTreeMap<ObjectId, TableFacts>,
    /// What `ANALYZE` gathered; none when it never ran.
    pub statistics: Option<Statistics>,
    /// What the integrity check said.
    pub integrity: Integrity,
    /// Rows that refer to nothing, by foreign key.
    pub orphans: Vec<Orphans>,
    /// The journal of migrations, and what changes have left.
    #[serde(default)]
    pub migrations: Observed,
    /// Statements that the user gave.
    pub workload: Option<Workload>,
}

/// The file, from its header and the file system.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct FileFacts {
    /// Length in bytes.
    pub bytes: u64,
    /// Length that the header promises, when the file is shorter.
    pub missing_bytes: u64,
    /// Length of the write-ahead log; none when there is none.
    pub wal_bytes: Option<u64>,
    /// Bytes of a page.
    pub page_size: u32,
    /// Pages.
    pub page_count: u64,
    /// Pages that hold nothing.
    pub free_pages: u64,
    /// `wal` or `rollback`.
    pub journal: String,
    /// `UTF-8`, `UTF-16le`, `UTF-16be`.
    pub encoding: String,
    /// `none`, `full` or `incremental`.
    pub auto_vacuum: String,
    /// `PRAGMA user_version`.
    pub user_version: i32,
    /// `PRAGMA application_id`.
    pub application_id: i32,
    /// Whether the library that observed enforces foreign keys without being told to.
    pub library_enforces_foreign_keys: bool,
    /// How it was read: `in place`, or why from a copy.
    pub read: String,
}

impl FileFacts {
    /// Share of the pages that hold nothing, 0 to 1.
    #[must_use]
    pub fn free_share(&self) -> f64 {
        if self.page_count == 0 { 0.0 } else { self.free_pages as f64 / self.page_count as f64 }
    }
}

/// Figures of one table.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TableFacts {
    /// Whether it is `STRICT`.
    pub strict: bool,
    /// Whether it is `WITHOUT ROWID`.
    pub without_rowid: bool,
    /// How `rows` of the catalog was found: `counted`, `sqlite_stat1`, `rowid range`, or empty.
    pub rows_from: String,
    /// Rows whose storage classes were looked at, half from each end of the table.
    pub sampled_rows: u64,
    /// Storage classes by column name; columns without a value are left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub classes: BTreeMap<String, Classes>,
}

/// How many values of each storage class a column has in the sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Classes {
    /// Nulls.
    pub null: u64,
    /// Integers.
    pub integer: u64,
    /// Floating point numbers.
    pub real: u64,
    /// Texts.
    pub text: u64,
    /// Blobs.
    pub blob: u64,
    /// Texts of no characters, counted in `text` too.
    pub empty_text: u64,
    /// Blobs that are valid text without a NUL, counted in `blob` too.
    pub text_in_blob: u64,
}

impl Classes {
    /// Values that are not null.
    #[must_use]
    pub const fn values(&self) -> u64 {
        self.integer + self.real + self.text + self.blob
    }
}

/// What `ANALYZE` gathered.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Statistics {
    /// Rows of `sqlite_stat1`.
    pub rows: Vec<Stat>,
    /// Whether `sqlite_stat4` holds samples.
    pub has_samples: bool,
}

impl Statistics {
    /// Rows of a table by the statistics.
    #[must_use]
    pub fn table_rows(&self, table: &str) -> Option<f64> {
        let of_table = self.rows.iter().filter(|stat| stat.table.eq_ignore_ascii_case(table));
        of_table.filter_map(|stat| stat.figures.first().copied()).max_by(f64::total_cmp)
    }
}

/// One row of `sqlite_stat1`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stat {
    /// Table.
    pub table: String,
    /// Index; none for a table without one.
    pub index: Option<String>,
    /// Rows, then the mean number of rows for each value of 1, 2, … leading columns.
    pub figures: Vec<f64>,
}

/// What the integrity check said.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Integrity {
    /// `integrity_check`, `quick_check`, or empty when nothing could be checked.
    pub check: String,
    /// Whether it came to the end.
    pub complete: bool,
    /// Tables that it finished, when it did not come to the end.
    pub tables_checked: u64,
    /// What it complained about, in SQLite's words, the first hundred.
    pub problems: Vec<String>,
}

/// Rows whose foreign key refers to nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orphans {
    /// Id of the referencing table.
    pub table: ObjectId,
    /// Name of the constraint in the catalog.
    pub constraint: String,
    /// How many such rows were found.
    pub rows: u64,
    /// Whether there may be more: counting stopped.
    pub at_least: bool,
    /// Why SQLite can't check this key, when it can't (no unique index on the referenced columns).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unusable: Option<String>,
}

impl SqliteBody {
    /// The figures of a table.
    #[must_use]
    pub fn facts(&self, id: ObjectId) -> Option<&TableFacts> {
        self.tables.get(&id)
    }
}
