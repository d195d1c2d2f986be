//! What it costs to keep an index while its table is written, in the unit of plan costs.

use dbwright_advise::index::Index;
use dbwright_sql::model::Table;

use super::{Shape, columns};
use crate::body::{PgBody, TableStats};

/// What keeping an index costs.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Upkeep {
    /// Over the window of the counters.
    pub(super) cost: f64,
    /// For one written row.
    pub(super) entry: f64,
    /// Why, in words.
    pub(super) reason: String,
}

/// Upkeep of an index over the window of the counters, and why.
pub(super) fn of(index: &Index, body: &PgBody, table: &Table, shape: &Shape, share: f64) -> Upkeep {
    let Some(stats) = body.tables.get(&table.id) else {
        return Upkeep { reason: "the table's writes are not counted".to_owned(), ..Upkeep::default() };
    };
    let rising = rising(index, body, table);
    let entry = insertion(body, shape, rising);
    let writes = Writes::of(stats);
    if writes.entries() + writes.lost < 0.5 {
        let reason = "the table was not written to in the window".to_owned();
        return Upkeep { cost: 0.0, entry: share * entry, reason };
    }
    // A lost HOT update writes an entry into every index of the table, this one and the others, and leaves a dead one.
    let others = table.indexes.iter().filter(|index| index.valid).count() as f64;
    let cost = share * (writes.entries() * entry + writes.lost * entry * (1.0 + others));
    Upkeep { cost, entry: share * entry, reason: writes.said(rising, table) }
}

/// Rows written in the window.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Writes {
    inserts: f64,
    /// Updates that write a new entry into every index already.
    cold: f64,
    deletes: f64,
    /// Updates that touch no index today, and would if they change a column of this one.
    lost: f64,
}

impl Writes {
    /// Which columns updates change is not counted. One of them in a new index is one of many, so that a tenth of the HOT
    /// updates is taken as lost.
    fn of(stats: &TableStats) -> Self {
        let (updates, hot) = (stats.n_tup_upd as f64, stats.n_tup_hot_upd as f64);
        Self {
            inserts: stats.n_tup_ins as f64,
            cold: (updates - hot).max(0.0),
            deletes: stats.n_tup_del as f64,
            lost: hot * ASSUMED,
        }
    }

    /// Entries to be written or cleared away.
    fn entries(&self) -> f64 {
        self.inserts + self.cold + CLEARING * self.deletes
    }

    fn said(&self, rising: bool, table: &Table) -> String {
        let order = if rising { "rising keys, always at the same end" } else { "keys at random places" };
        let mut text = format!(
            "{} was written to {:.0} times ({:.0} inserts, {:.0} updates, {:.0} deletes), {order}",
            table.name,
            self.inserts + self.cold + self.deletes,
            self.inserts,
            self.cold,
            self.deletes
        );
        if self.lost > 0.0 {
            let assumed = format!("{:.0} updates that touch no index today, a tenth of them all", self.lost);
            text = format!("{text}; {assumed}, are assumed to touch this one");
        }
        text
    }
}

/// Share of the HOT updates that a new index is assumed to end.
const ASSUMED: f64 = 0.1;
/// What a deleted row costs an index, against an inserted one: its entry goes with many others in one VACUUM.
const CLEARING: f64 = 0.25;

/// Whether new keys go to one end: the leading column follows the order in which rows came, or numbers them.
fn rising(index: &Index, body: &PgBody, table: &Table) -> bool {
    let Some(key) = index.keys.first() else { return false };
    let numbered = key.part.column().and_then(|name| table.column(name)).is_some_and(|column| {
        column.generated.is_some() || column.default.as_ref().is_some_and(|default| default.contains("nextval("))
    });
    numbered || columns::figures(body, table, &key.part).correlation > 0.95
}

/// Cost of one entry: a descent as the planner charges it, the entry itself, and a page that must be read and written when
/// the place is a random one beyond what the cache holds.
fn insertion(body: &PgBody, shape: &Shape, rising: bool) -> f64 {
    let setting = |name: &str, default: f64| {
        let found = body.settings.iter().find(|setting| setting.name == name);
        found.and_then(|setting| setting.value.parse().ok()).unwrap_or(default)
    };
    let operator = setting("cpu_operator_cost", 0.0025);
    let descent = (shape.rows.max(2.0).log2().ceil() + f64::from(shape.height + 1) * 50.0) * operator;
    let entry = setting("cpu_index_tuple_cost", 0.005) + setting("cpu_tuple_cost", 0.01);
    let cached = setting("effective_cache_size", 524_288.0).max(1.0);
    let pages = shape.pages as f64;
    // Half of the cache is taken as there for this index; what it exceeds must be fetched.
    let missed = if rising { 0.0 } else { (1.0 - cached / 2.0 / pages.max(1.0)).clamp(0.02, 1.0) };
    descent + entry + missed * setting("random_page_cost", 4.0)
}
