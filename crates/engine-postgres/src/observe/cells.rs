//! Reading a row cell by cell, in the order of the SELECT list.
//!
//! The order is the contract, not the names: a struct literal that calls these in field order reads like
//! the SELECT list beside it, and needs no column aliases.

use std::error::Error;
use std::time::SystemTime;

use jiff::Timestamp;
use tokio_postgres::types::{FromSql, Type};
use tokio_postgres::{Error as PgError, Row};

/// A row, and how far it has been read.
pub(super) struct Cells<'a> {
    row: &'a Row,
    at: usize,
}

impl<'a> Cells<'a> {
    /// Begins at the first cell.
    pub(super) const fn new(row: &'a Row) -> Self {
        Self { row, at: 0 }
    }

    /// The next cell.
    pub(super) fn get<T: FromSql<'a>>(&mut self) -> Result<T, PgError> {
        let cell = self.row.try_get(self.at);
        self.at += 1;
        cell
    }

    /// The next cell as text; null reads as empty.
    pub(super) fn text(&mut self) -> Result<String, PgError> {
        Ok(self.opt_text()?.unwrap_or_default())
    }

    /// The next cell as text.
    pub(super) fn opt_text(&mut self) -> Result<Option<String>, PgError> {
        Ok(self.get::<Option<Lossy>>()?.map(|text| text.0))
    }

    /// The next cell as a list of texts; null reads as empty, and so do its null elements.
    pub(super) fn texts(&mut self) -> Result<Vec<String>, PgError> {
        let list: Option<Vec<Option<Lossy>>> = self.get()?;
        Ok(list.unwrap_or_default().into_iter().map(|text| text.map_or_else(String::new, |t| t.0)).collect())
    }

    /// The next cell, an `int8`, as a counter or id; null and negative figures read as 0.
    pub(super) fn count(&mut self) -> Result<u64, PgError> {
        Ok(self.get::<Option<i64>>()?.and_then(|n| u64::try_from(n).ok()).unwrap_or(0))
    }

    /// The next cell, an `int8`, as a counter that may be unknown.
    pub(super) fn opt_count(&mut self) -> Result<Option<u64>, PgError> {
        Ok(self.get::<Option<i64>>()?.and_then(|n| u64::try_from(n).ok()))
    }

    /// The next cell as a list of numbers; null reads as empty.
    pub(super) fn list<T: FromSql<'a>>(&mut self) -> Result<Vec<T>, PgError> {
        Ok(self.get::<Option<Vec<T>>>()?.unwrap_or_default())
    }

    /// The next cell as a point in time; null and infinity read as none.
    pub(super) fn time(&mut self) -> Result<Option<Timestamp>, PgError> {
        Ok(self.get::<Option<SystemTime>>()?.and_then(|time| Timestamp::try_from(time).ok()))
    }
}

/// Text whose bytes need not be UTF-8: databases in `SQL_ASCII` hold whatever was sent.
struct Lossy(String);

impl<'a> FromSql<'a> for Lossy {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(String::from_utf8_lossy(raw).into_owned()))
    }

    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::TEXT | Type::NAME | Type::VARCHAR | Type::BPCHAR | Type::UNKNOWN)
    }
}
