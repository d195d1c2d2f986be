//! A statement of a script, read once.

use dbwright_migrate::Statement;

use crate::migrate::parse::{Act, Kind, act};

/// A statement of the script.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// Its text.
    pub(crate) sql: String,
    /// Its row in the file, from 1.
    pub(crate) row: usize,
    /// Column, from 1.
    pub(crate) column: usize,
    /// What it does.
    pub(crate) act: Act,
}

impl Line {
    /// Reads a statement.
    pub(super) fn read(statement: &Statement) -> Self {
        Self { sql: statement.sql.clone(), row: statement.line, column: statement.column, act: act(&statement.sql) }
    }

    /// The table that it is about, as written.
    pub(crate) fn table(&self) -> Option<&str> {
        match &self.act {
            Act::Alter { table, .. }
            | Act::Insert { table }
            | Act::Update { table, .. }
            | Act::Delete { table, .. } => Some(table),
            Act::Create { kind: Kind::Index | Kind::Trigger, on, .. } => on.as_deref(),
            Act::Create { kind: Kind::Table | Kind::Virtual, name, .. } | Act::Drop { kind: Kind::Table, name, .. } => {
                Some(name)
            }
            _ => None,
        }
    }

    /// Whether it writes to the file.
    pub(crate) fn writes(&self) -> bool {
        match &self.act {
            Act::Alter { .. }
            | Act::Create { .. }
            | Act::Drop { .. }
            | Act::Upkeep
            | Act::Insert { .. }
            | Act::Update { .. }
            | Act::Delete { .. } => true,
            Act::Pragma { name, value } => {
                value.is_some() && matches!(name.as_str(), "user_version" | "application_id")
            }
            _ => false,
        }
    }

    /// Whether it reads tables and writes nothing.
    pub(crate) fn reads(&self) -> bool {
        match &self.act {
            Act::Query => {
                !self.sql.to_ascii_lowercase().starts_with("explain") && self.sql.to_ascii_lowercase().contains("from")
            }
            Act::Pragma { name, .. } => {
                matches!(name.as_str(), "foreign_key_check" | "integrity_check" | "quick_check")
            }
            _ => false,
        }
    }
}
