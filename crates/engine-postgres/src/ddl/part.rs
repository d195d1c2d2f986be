//! What a statement says inside of itself, each with its bytes: what the server looks up when the statement's turn comes.

use std::ops::Range;

use super::Name;

/// One thing that the server looks up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub kind: PartKind,
    /// Its bytes in the statement.
    pub range: Range<usize>,
}

/// What is looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartKind {
    /// A type; its name without schema.
    Type(String),
    /// An expression.
    Expression {
        /// What its columns are of.
        over: Over,
        /// The type that its value must have.
        becomes: Option<Becomes>,
    },
    /// The query of a view or of a table that is made from it.
    Query,
    /// Columns that a table must have.
    Columns(Name, Vec<String>),
    /// The function of a trigger, which takes no arguments.
    TriggerFunction(Name),
    /// A role.
    Role(String),
    /// A schema.
    Schema(String),
    /// An extension.
    Extension(String),
    /// A foreign key of a table: own columns, the other table, its columns when written.
    Foreign(Name, Vec<String>, Name, Vec<String>),
    /// A value that an enum gets, and its neighbour when one is named.
    AddValue(Name, String, Option<String>),
    /// A value of an enum that gets another name.
    RenameValue(Name, String, String),
}

/// What the columns of an expression are of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Over {
    /// It may have none.
    Nothing,
    /// A table.
    Table(Name),
    /// The old and the new row of a table.
    Rows(Name),
    /// A domain's value, of the type at these bytes.
    Value(Range<usize>),
}

/// The type that the value of a default gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Becomes {
    /// The one at these bytes.
    Written(Range<usize>),
    /// That of a column.
    OfColumn(Name, String),
}
