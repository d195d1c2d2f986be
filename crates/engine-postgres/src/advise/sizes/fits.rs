//! Whether every row fits into an index: what is too long for a page makes `CREATE INDEX` fail, or later writes.

use dbwright_advise::index::Index;
use dbwright_sql::Dialect;
use dbwright_sql::model::Table;

use crate::body::PgBody;

/// Most bytes of an entry in a b-tree: a third of a page.
const MOST: i32 = 2704;
/// Types whose values have no usual length, so that one of them is too long some day.
const DOCUMENTS: [&str; 7] = ["json", "jsonb", "xml", "bytea", "tsvector", "geometry", "geography"];

/// Why an index can't hold every row, as far as statistics tell.
pub(super) fn refused(index: &Index, body: &PgBody, table: &Table) -> Option<String> {
    if index.method != "btree" {
        return None;
    }
    let keys = index.keys.iter().filter_map(|key| key.part.column());
    let included = index.include.iter().map(String::as_str);
    let document = included
        .clone()
        .find(|name| table.column(name).is_some_and(|column| DOCUMENTS.contains(&column.base_type.as_str())));
    let long = keys.chain(included).find(|name| long(body, table, name));
    let name = document.or(long)?;
    Some(format!(
        "values of {} may be longer than an entry of a b-tree can be ({MOST} bytes)",
        Dialect::Postgres.name(name)
    ))
}

/// Whether the values of a column are too long. The server samples no value of more than 1 kB: a column of a sortable type
/// of which it knows neither a common value nor bounds, and that it takes to be unique, holds nothing shorter.
fn long(body: &PgBody, table: &Table, name: &str) -> bool {
    let stats =
        body.columns.get(&table.id).and_then(|all| all.iter().find(|stats| stats.column == name && !stats.inherited));
    let Some(stats) = stats else { return false };
    let texts = ["text", "varchar", "bpchar", "bytea"];
    let strings = table.column(name).is_some_and(|column| texts.contains(&column.base_type.as_str()));
    let filled = table.rows.is_some_and(|rows| rows > 1.0) && stats.null_frac < 1.0 && stats.n_distinct < 0.0;
    let unseen = stats.most_common_freqs.is_empty() && stats.histogram_bounds.is_none() && stats.correlation.is_none();
    stats.avg_width > MOST || (strings && filled && unseen)
}
