//! What differs between SQL dialects where names and literals are written.
//!
//! Every identifier and literal that dbwright puts into SQL passes through this file. No engine can hold
//! a NUL in a name, and PostgreSQL none in a text: it is left out rather than ending the statement.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::keywords;

/// A SQL dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// PostgreSQL.
    Postgres,
    /// SQLite.
    Sqlite,
    /// MySQL and MariaDB.
    Mysql,
}

impl Dialect {
    /// The dialect of a name; none when no dialect is called so.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "postgres" => Some(Self::Postgres),
            "sqlite" => Some(Self::Sqlite),
            "mysql" | "mariadb" => Some(Self::Mysql),
            _ => None,
        }
    }

    /// A name, always quoted, for statements.
    #[must_use]
    pub fn ident(self, name: &str) -> String {
        match self {
            Self::Mysql => format!("`{}`", without_nul(name).replace('`', "``")),
            Self::Postgres | Self::Sqlite => format!("\"{}\"", without_nul(name).replace('"', "\"\"")),
        }
    }

    /// A schema-qualified name, for statements; each part quoted only where the dialect needs it.
    #[must_use]
    pub fn qualified(self, schema: &str, name: &str) -> String {
        format!("{}.{}", self.name(schema), self.name(name))
    }

    /// A name, quoted only where the dialect needs it (reserved words included), for statements and
    /// subjects. For PostgreSQL the same as `quote_ident()`.
    #[must_use]
    pub fn name(self, name: &str) -> String {
        if self.is_plain(name) { name.to_owned() } else { self.ident(name) }
    }

    /// Names, quoted where needed and joined by commas.
    pub fn names<S: AsRef<str>>(self, names: impl IntoIterator<Item = S>) -> String {
        names.into_iter().map(|name| self.name(name.as_ref())).collect::<Vec<_>>().join(", ")
    }

    /// A string literal. It means the same whatever `standard_conforming_strings` or `NO_BACKSLASH_ESCAPES` says; in MySQL
    /// that makes a text with a backslash a hexadecimal literal, which stands in expressions only.
    #[must_use]
    pub fn literal(self, text: &str) -> String {
        match self {
            Self::Postgres => {
                let quoted = without_nul(text).replace('\'', "''");
                if quoted.contains('\\') {
                    format!("E'{}'", quoted.replace('\\', "\\\\"))
                } else {
                    format!("'{quoted}'")
                }
            }
            Self::Sqlite if text.contains('\0') => format!("CAST(x'{}' AS TEXT)", hex(text)),
            Self::Mysql if text.contains(['\0', '\\']) => format!("_utf8mb4 x'{}'", hex(text)),
            Self::Sqlite | Self::Mysql => format!("'{}'", text.replace('\'', "''")),
        }
    }

    /// An object path for findings: parts joined by dots, quoted only where SQL needs it.
    #[must_use]
    pub fn subject(self, parts: &[&str]) -> String {
        parts.iter().map(|part| self.name(part)).collect::<Vec<_>>().join(".")
    }

    /// Whether two names mean the same object: SQLite does not tell ASCII upper from lower case, and MySQL neither
    /// does for columns and indexes (whether it does for tables depends on the server).
    #[must_use]
    pub fn same_name(self, a: &str, b: &str) -> bool {
        match self {
            Self::Postgres => a == b,
            Self::Sqlite => a.eq_ignore_ascii_case(b),
            Self::Mysql => a.to_lowercase() == b.to_lowercase(),
        }
    }

    fn is_plain(self, name: &str) -> bool {
        let starts = |c: char| c == '_' || c.is_ascii_lowercase() || (self != Self::Postgres && c.is_ascii_uppercase());
        name.starts_with(starts)
            && name.chars().all(|c| starts(c) || c.is_ascii_digit())
            && !keywords::needs_quotes(self, &name.to_ascii_lowercase())
    }
}

fn hex(text: &str) -> String {
    let bytes: Vec<_> = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    bytes.concat()
}

fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "")) } else { Cow::Borrowed(text) }
}
