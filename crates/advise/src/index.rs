//! An index that could be: the common shape for every engine whose indexes have ordered keys.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A table, as the engine resolved it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ObjectName {
    /// Schema; empty where the engine has none.
    pub schema: String,
    /// Name.
    pub name: String,
}

/// What a key is made of.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum KeyPart {
    /// A column, by its bare name.
    Column(String),
    /// An expression over the table's columns, in the engine's own text, column names unqualified and quoted.
    Expression(String),
}

/// One key of an index.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Key {
    /// What it is made of.
    pub part: KeyPart,
    /// Whether it is sorted downwards.
    pub descending: bool,
    /// Whether nulls come first; none for the engine's default.
    pub nulls_first: Option<bool>,
    /// Operator class, when not the type's default.
    pub opclass: Option<String>,
    /// Collation, when not the column's own.
    pub collation: Option<String>,
}

/// A definition of an index. Two equal definitions are the same index.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Index {
    /// Its table.
    pub table: ObjectName,
    /// Access method in the engine's word: `btree`, `gin`, `brin`, …
    pub method: String,
    /// Keys in order.
    pub keys: Vec<Key>,
    /// Columns stored along with the keys.
    pub include: Vec<String>,
    /// Which rows it holds, when not all, in the engine's own text.
    pub predicate: Option<String>,
    /// Storage parameters, such as `lists` of `ivfflat`.
    pub options: Vec<(String, String)>,
}

impl fmt::Display for ObjectName {
    /// As a subject: `schema.table`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.schema.is_empty() { f.write_str(&self.name) } else { write!(f, "{}.{}", self.schema, self.name) }
    }
}

impl KeyPart {
    /// The column, when it is one.
    #[must_use]
    pub fn column(&self) -> Option<&str> {
        match self {
            Self::Column(name) => Some(name),
            Self::Expression(_) => None,
        }
    }
}

impl Key {
    /// An ascending key on a column, everything else by default.
    pub fn column(name: impl Into<String>) -> Self {
        Self::of(KeyPart::Column(name.into()))
    }

    /// An ascending key, everything else by default.
    #[must_use]
    pub const fn of(part: KeyPart) -> Self {
        Self { part, descending: false, nulls_first: None, opclass: None, collation: None }
    }
}

impl Index {
    /// A b-tree over columns.
    #[must_use]
    pub fn btree<S: Into<String>>(table: ObjectName, columns: impl IntoIterator<Item = S>) -> Self {
        let keys = columns.into_iter().map(Key::column).collect();
        Self { table, method: "btree".to_owned(), keys, include: Vec::new(), predicate: None, options: Vec::new() }
    }
}
