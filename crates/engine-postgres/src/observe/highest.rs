//! The greatest known value of whole-number columns, from a sequence or from statistics.

use std::collections::{BTreeMap, HashMap};

use dbwright_sql::model::{Highest, ObjectId, Sequence, Table};

use crate::body::{ColumnStats, TableStats};

/// Fills in `highest`. What the owning sequence gave out counts first; a greater value in the statistics
/// counts more, since rows may bring their own keys.
pub(super) fn fill(tables: &mut [Table], sequences: &[Sequence], columns: &BTreeMap<ObjectId, Vec<ColumnStats>>) {
    let given: HashMap<(ObjectId, &str), i64> = sequences
        .iter()
        .filter(|sequence| sequence.increment > 0)
        .filter_map(|sequence| Some((sequence.column.as_ref()?, sequence.last_value?)))
        .map(|((table, column), value)| ((*table, column.as_str()), value))
        .collect();
    for table in tables {
        let stats = columns.get(&table.id);
        for column in &mut table.columns {
            if !matches!(column.base_type.as_str(), "int2" | "int4" | "int8") {
                continue;
            }
            let sequence = given.get(&(table.id, column.name.as_str())).copied();
            let seen = stats.and_then(|stats| {
                stats
                    .iter()
                    .filter(|s| s.column == column.name)
                    .filter_map(greatest)
                    .max_by_key(|highest| highest.value)
            });
            column.highest = match (sequence, seen) {
                (Some(value), Some(seen)) if seen.value > value => Some(seen),
                (Some(value), _) => Some(Highest { value, source: "last_value of its sequence".to_owned() }),
                (None, seen) => seen,
            };
        }
    }
}

/// The greatest value that a column's statistics name.
fn greatest(stats: &ColumnStats) -> Option<Highest> {
    let last = |source: &str, list: &Option<String>| {
        let value = list.as_deref().and_then(|list| numbers(list).max())?;
        Some(Highest { value, source: format!("pg_stats.{source}") })
    };
    let histogram = last("histogram_bounds", &stats.histogram_bounds);
    let common = last("most_common_vals", &stats.most_common_vals);
    histogram.into_iter().chain(common).max_by_key(|highest| highest.value)
}

/// The numbers of an array of integers as text.
fn numbers(list: &str) -> impl Iterator<Item = i64> + '_ {
    list.trim_matches(['{', '}']).split(',').filter_map(|n| n.parse().ok())
}

/// Row width by column statistics: the sum over columns of average width where not null.
pub(super) fn widths(stats: &mut BTreeMap<ObjectId, TableStats>, columns: &BTreeMap<ObjectId, Vec<ColumnStats>>) {
    for (id, figures) in stats {
        let Some(columns) = columns.get(id) else { continue };
        let own = |inherited| columns.iter().filter(move |c| c.inherited == inherited);
        let inherited = own(false).next().is_none();
        figures.avg_width = Some(own(inherited).map(|c| f64::from(c.avg_width) * (1.0 - c.null_frac)).sum());
    }
}
