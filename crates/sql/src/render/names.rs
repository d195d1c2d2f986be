//! New names that no object of the catalog has.

use super::Surroundings;
use crate::model::{Catalog, Table};

/// Longest name that PostgreSQL keeps, in bytes. SQLite has no limit; its generated names stay as short.
const LONGEST: usize = 63;

/// A free name for an index on columns of a table: `table_a_b_idx`.
#[must_use]
pub fn index_name(around: &Surroundings<'_>, table: &Table, columns: &[&str]) -> String {
    free(&format!("{}_{}", table.name, columns.join("_")), "_idx", |name| around.taken(table, name))
}

/// A free name for a key constraint of a table, which becomes the name of an index as well: `table_pkey`.
pub(super) fn key_name(around: &Surroundings<'_>, table: &Table) -> String {
    let constraint = |name: &str| table.constraints.iter().any(|known| known.name == name);
    free(&table.name, "_pkey", |name| constraint(name) || around.taken(table, name))
}

/// A free name for a table that takes another one's place: `table_new`.
pub(super) fn table_name(around: &Surroundings<'_>, table: &Table) -> String {
    free(&table.name, "_new", |name| around.taken(table, name))
}

/// A free name for a new column, `wanted` or one that begins so.
#[must_use]
pub fn column_name(catalog: &Catalog, table: &Table, wanted: &str) -> String {
    free(wanted, "", |name| table.columns.iter().any(|column| catalog.dialect.same_name(&column.name, name)))
}

/// `stem` and `ending` within the limit; with a number when that is taken.
fn free(stem: &str, ending: &str, taken: impl Fn(&str) -> bool) -> String {
    let fit = |ending: &str| {
        let mut end = stem.len().min(LONGEST - ending.len());
        while !stem.is_char_boundary(end) {
            end -= 1;
        }
        format!("{}{ending}", &stem[..end])
    };
    let first = fit(ending);
    if !taken(&first) {
        return first;
    }
    (2_u32..10_000).map(|number| fit(&format!("{ending}_{number}"))).find(|name| !taken(name)).unwrap_or(first)
}
