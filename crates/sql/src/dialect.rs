//! What differs between SQL dialects where names and literals are written.
//!
//! Every identifier and literal that dbwright puts into SQL passes through this file.

use serde::{Deserialize, Serialize};

/// A SQL dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// PostgreSQL.
    Postgres,
    /// SQLite.
    Sqlite,
}

impl Dialect {
    /// A name, always quoted, for statements.
    #[must_use]
    pub fn ident(self, name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\""))
    }

    /// A schema-qualified name, for statements; each part quoted only where the dialect needs it.
    #[must_use]
    pub fn qualified(self, schema: &str, name: &str) -> String {
        format!("{}.{}", self.name(schema), self.name(name))
    }

    /// A name, quoted only where the dialect needs it (reserved words included), for statements and subjects.
    #[must_use]
    pub fn name(self, name: &str) -> String {
        if self.is_plain(name) { name.to_owned() } else { self.ident(name) }
    }

    /// A string literal.
    #[must_use]
    pub fn literal(self, text: &str) -> String {
        let quoted = text.replace('\'', "''");
        match self {
            Self::Postgres if text.contains('\\') => format!("E'{}'", quoted.replace('\\', "\\\\")),
            Self::Postgres | Self::Sqlite => format!("'{quoted}'"),
        }
    }

    /// An object path for findings: parts joined by dots, quoted only where SQL needs it.
    #[must_use]
    pub fn subject(self, parts: &[&str]) -> String {
        parts.iter().map(|part| self.name(part)).collect::<Vec<_>>().join(".")
    }

    fn is_plain(self, name: &str) -> bool {
        let starts = |c: char| c == '_' || c.is_ascii_lowercase() || (self == Self::Sqlite && c.is_ascii_uppercase());
        name.starts_with(starts) && name.chars().all(|c| starts(c) || c.is_ascii_digit())
    }
}
