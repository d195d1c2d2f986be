//! How large an index would be when built, and what its upkeep would cost.

use dbwright_advise::index::{Index, KeyPart};
use dbwright_advise::port::Estimate;
use dbwright_sql::model::Table;

use crate::body::PgBody;

/// Bytes of a page that tuples can fill.
const PAGE: f64 = 8192.0;

/// What an index would take, by what is known of its table.
pub(crate) fn estimate(index: &Index, body: &PgBody) -> Estimate {
    let table = body.catalog.tables.iter().find(|t| t.schema == index.table.schema && t.name == index.table.name);
    let Some(table) = table else { return Estimate::default() };
    let rows = dbwright_sql::indexing::rows(&body.catalog, table).unwrap_or(0.0);
    let keys = index.keys.iter().map(|key| match &key.part {
        KeyPart::Column(name) => width(body, table, name),
        KeyPart::Expression(_) => 16.0,
    });
    let include = index.include.iter().map(|name| width(body, table, name));
    let tuple = 8.0 + 4.0 + (keys.chain(include).sum::<f64>() / 8.0).ceil() * 8.0;
    let pages = (rows * tuple / (PAGE * 0.9)).ceil() + 1.0;
    Estimate { bytes: whole(pages * PAGE), upkeep: 0.0, reason: String::new() }
}

fn width(body: &PgBody, table: &Table, column: &str) -> f64 {
    let stats = body.columns.get(&table.id);
    let known = stats.and_then(|stats| stats.iter().find(|stats| stats.column == column));
    known.map_or(8.0, |stats| f64::from(stats.avg_width))
}

/// A figure as a whole number; none is negative or near the limit.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
const fn whole(figure: f64) -> u64 {
    figure as u64 // saturates
}
