//! How far `AUTO_INCREMENT` columns have come in the range of their type.

use dbwright_core::Change;
use dbwright_sql::model::{Column, Generated, Table};
use dbwright_sql::render::{self, Retype, Surroundings};

use crate::alter;
use crate::body::Body;

/// Where the next value was read when InnoDB told it.
const FRESH: &str = "information_schema.INNODB_TABLESTATS";
/// Where it was read otherwise.
const CACHED: &str = "information_schema.TABLES";

/// A numbered column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Numbered<'a> {
    /// Table.
    pub(crate) table: &'a Table,
    /// Column.
    pub(crate) column: &'a Column,
    /// The value that comes next.
    pub(crate) next: u64,
    /// Where that was read.
    pub(crate) source: &'static str,
    /// The last value of the type.
    pub(crate) last: u64,
}

impl Numbered<'_> {
    /// Share of the values that is used.
    pub(crate) fn share(&self) -> f64 {
        self.next.saturating_sub(1) as f64 / self.last as f64
    }

    /// Whether the type has negative values, which are never given out.
    pub(crate) fn signed(&self) -> bool {
        !self.column.base_type.ends_with("unsigned")
    }
}

/// All numbered columns whose next value is known.
pub(crate) fn columns(body: &Body) -> Vec<Numbered<'_>> {
    let numbered = |(table, facts): (_, &crate::body::TableFacts)| {
        let table: &Table = table;
        let column = table.columns.iter().find(|column| column.generated == Some(Generated::Autoincrement))?;
        let fresh = body.innodb.tables.get(&table.id).map(|figures| figures.next).filter(|next| *next > 0);
        let (next, source) = match fresh {
            Some(next) => (next, FRESH),
            None => (facts.auto_increment?, CACHED),
        };
        Some(Numbered { table, column, next, source, last: last(&column.base_type)? })
    };
    alter::tables(body).filter_map(numbered).collect()
}

/// The last value of a whole-number type.
fn last(base_type: &str) -> Option<u64> {
    let (name, unsigned) = base_type.split_once(' ').map_or((base_type, false), |(name, _)| (name, true));
    let bits = match name {
        "tinyint" => 8,
        "smallint" => 16,
        "mediumint" => 24,
        "int" => 32,
        "bigint" => 64,
        _ => return None,
    };
    Some(u64::MAX >> (64 - bits + u32::from(!unsigned)))
}

/// The change that gives the column, and each that refers to it, another type.
///
/// # Errors
/// The reason why it can't be given.
pub(crate) fn widen(body: &Body, numbered: &Numbered<'_>, to: &str) -> Result<Change, String> {
    let around = Surroundings::of(&body.catalog);
    let mut columns = vec![(numbered.table, numbered.column)];
    let mut at = 0;
    while let Some(&(parent, column)) = columns.get(at) {
        at += 1;
        for (child, own) in referring(body, parent, column) {
            if !columns.iter().any(|(table, known)| table.id == child.id && known.name == own.name) {
                columns.push((child, own));
            }
        }
    }
    let columns: Vec<Retype<'_>> = columns.into_iter().map(|(table, column)| Retype { table, column, to }).collect();
    render::retype(&around, &columns)
}

/// The columns that refer to a column.
fn referring<'a>(body: &'a Body, parent: &Table, column: &Column) -> Vec<(&'a Table, &'a Column)> {
    let mut found = Vec::new();
    for table in &body.catalog.tables {
        for (key, references) in table.foreign_keys().filter(|(_, references)| references.id == Some(parent.id)) {
            let place = references.columns.iter().position(|name| *name == column.name);
            let own = place.and_then(|place| table.column(key.columns.get(place)?));
            found.extend(own.map(|own| (table, own)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_end_where_the_manual_says() {
        assert_eq!(last("tinyint"), Some(127));
        assert_eq!(last("mediumint unsigned"), Some(16_777_215));
        assert_eq!(last("int"), Some(2_147_483_647));
        assert_eq!(last("bigint unsigned"), Some(u64::MAX));
        assert_eq!(last("double"), None);
    }
}
