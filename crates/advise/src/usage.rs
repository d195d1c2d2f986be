//! What a statement does with its tables, as far as indexes could serve it. Read from the engine's own plan, so that
//! views, search paths, row-level security and rewritten expressions are already resolved.

use crate::index::{Key, KeyPart, ObjectName};

/// What one statement does with each table that it mentions.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Usage {
    /// One entry for each reference: a self-join has two.
    pub tables: Vec<TableUse>,
}

/// What a statement does with one reference to a table.
#[derive(Debug, Clone, PartialEq)]
pub struct TableUse {
    /// The table; the parent for a partitioned one.
    pub table: ObjectName,
    /// Name of the reference inside the statement, unique in it.
    pub alias: String,
    /// Rows of the table.
    pub rows: f64,
    /// Estimated rows that are left after `conditions`.
    pub kept: f64,
    /// Conditions on this table alone, all of which hold.
    pub conditions: Vec<Condition>,
    /// Equality with another reference's columns.
    pub joins: Vec<Join>,
    /// Other comparisons with another reference's columns: an index serves them inside a nested loop only.
    pub nested: Vec<Condition>,
    /// Orders wanted by the statement (sort, merge, distinct on) whose keys all belong to this reference, outermost first.
    pub orders: Vec<Vec<Key>>,
    /// Groupings wanted whose keys all belong to this reference; any order of the keys serves.
    pub groups: Vec<Vec<KeyPart>>,
    /// Columns that anything above the scan, or its conditions, needs; none when the whole row is needed.
    pub needed: Option<Vec<String>>,
    /// Whether the statement asks for the smallest or greatest of a column, or for a few rows only.
    pub limited: bool,
    /// Whether the statement writes this table.
    pub written: bool,
    /// What is known of the columns that the statement names, by name.
    pub columns: Vec<ColumnFigures>,
}

/// What is known of a column.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnFigures {
    /// Its bare name.
    pub name: String,
    /// Average bytes of a value; a guess by its type without statistics.
    pub width: f64,
    /// Distinct values, when the statistics tell.
    pub distinct: Option<f64>,
    /// Whether an ordered index can have it as a key.
    pub ordered: bool,
}

impl TableUse {
    /// What is known of a column.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&ColumnFigures> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// A condition on one table.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// What is compared; the bare column, or an expression over columns of this table.
    pub part: KeyPart,
    /// How.
    pub operator: Operator,
    /// The constant as the engine prints it, when it is one.
    pub constant: Option<String>,
    /// The operator in the engine's own text: `=`, `@>`, `~~*`.
    pub symbol: String,
    /// The whole condition over unqualified columns, as it could stand in an index predicate.
    pub text: String,
    /// Share of the rows that it keeps, when the engine or its statistics tell.
    pub selectivity: Option<f64>,
    /// Conditions under an `OR`: those of one group are alternatives, and each must be served for an index to help.
    pub alternative: Option<u32>,
    /// Which alternative of the group it belongs to: conditions of one arm hold together. 0 outside of groups.
    pub arm: u32,
}

/// What kind of comparison a condition is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `= constant`, `IS NULL`, a bare boolean.
    Equal,
    /// `IN (…)`, `= ANY (…)`.
    In,
    /// `<`, `<=`, `>=`, `>`, `BETWEEN`, and what else an ordered index finds in one stretch.
    Range,
    /// `LIKE 'x%'` and the like: a stretch only under a suitable collation or operator class.
    Prefix,
    /// `LIKE '%x%'`, `ILIKE`, regular expressions.
    Pattern,
    /// `@>`, `<@`, `&&`, `?`, `@@`: what inverted and generalised search trees serve.
    Contains,
    /// `IS NOT NULL`, `<>`: no path, but it may stand in a predicate.
    Filter,
    /// Ordering by a distance, `ORDER BY a <-> constant`.
    Nearest,
}

/// An equality with columns of another reference.
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    /// This side.
    pub part: KeyPart,
    /// Alias of the other reference.
    pub other: String,
    /// The other side.
    pub other_part: KeyPart,
}
