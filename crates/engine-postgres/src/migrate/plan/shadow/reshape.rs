//! What a shadow table is to become: everything that can't be done inside the table.

/// The change of a table, as far as it differs from what it is now. What is not mentioned stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reshape {
    /// Columns that get another type.
    pub columns: Vec<Retype>,
    /// Further clauses of an `ALTER TABLE`, as written, that are carried out on the empty shadow (`ADD COLUMN … GENERATED … STORED`).
    /// They must not take away or rename a column.
    pub clauses: Vec<String>,
    /// Columns that the clauses drop or compute anew, and that are therefore not copied.
    pub not_copied: Vec<String>,
    /// The primary key that takes the place of the present one.
    pub primary_key: Option<PrimaryKey>,
    /// `PARTITION BY` and its partitions, as written after these words: `RANGE (day) (PARTITION p FOR VALUES FROM … TO …, PARTITION rest DEFAULT)`.
    pub partition_by: Option<String>,
    /// Where and how the rows are kept.
    pub storage: Storage,
}

/// A column that gets another type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retype {
    /// The column.
    pub column: String,
    /// The new type, as written.
    pub ty: String,
    /// The new collation, as written.
    pub collation: Option<String>,
    /// The conversion, as written after `USING`.
    pub using: Option<String>,
}

/// A primary key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrimaryKey {
    /// Its name, when written.
    pub name: Option<String>,
    /// Its columns.
    pub columns: Vec<String>,
    /// Columns that it only carries.
    pub include: Vec<String>,
}

/// Where and how the rows are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Storage {
    /// `SET TABLESPACE`.
    pub tablespace: Option<String>,
    /// `SET ACCESS METHOD`.
    pub method: Option<String>,
    /// `SET LOGGED` (true), `SET UNLOGGED` (false).
    pub logged: Option<bool>,
    /// `CLUSTER`: the order of the rows. `VACUUM FULL` needs nothing: a shadow has no gaps.
    pub order: Option<Order>,
}

/// The order that `CLUSTER` brings rows into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// That of the index that is marked.
    Marked,
    /// That of this index, which is marked by it.
    Index(String),
}
