//! How many rows share a key: what decides the size of a b-tree.

use dbwright_sql::model::Table;

use super::columns::Figures;
use crate::body::PgBody;

/// Rows that are spread over possible keys: `rows` over `cells`, some of which may stay empty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Class {
    /// Rows.
    pub(super) rows: f64,
    /// Possible keys.
    pub(super) cells: f64,
}

/// Classes of rows by how often their key repeats. `whole` are the rows of the table, of which the index holds `rows`.
pub(super) fn of(keys: &[Figures], body: &PgBody, table: &Table, rows: f64, whole: f64) -> Vec<Class> {
    if rows < 1.0 {
        return Vec::new();
    }
    if unique(keys, table) {
        return vec![Class { rows, cells: f64::INFINITY }];
    }
    if let Some(known) = extended(keys, body, table) {
        return vec![Class { rows, cells: cells(whole, known) }];
    }
    if let Some(bound) = referenced(keys, body, table) {
        let others = keys.iter().map(|key| key.distinct.unwrap_or(whole)).product::<f64>();
        return vec![Class { rows, cells: bound.min(others) }];
    }
    // The values of the key with the most unequal frequencies are taken apart; the others are taken as even.
    let mass = |key: &Figures| key.common.iter().sum::<f64>() + key.nulls;
    let first = (0..keys.len()).max_by(|a, b| mass(&keys[*a]).total_cmp(&mass(&keys[*b]))).unwrap_or(0);
    let values = |key: &Figures| key.distinct.unwrap_or(whole).max(1.0) + if key.nulls > 0.0 { 1.0 } else { 0.0 };
    let others: f64 = keys.iter().enumerate().filter(|(at, _)| *at != first).map(|(_, key)| values(key)).product();
    let single = keys.len() == 1;
    let key = &keys[first];
    let mut classes: Vec<Class> = key
        .common
        .iter()
        .chain((key.nulls > 0.0).then_some(&key.nulls))
        .map(|share| Class { rows: share * rows, cells: others })
        .collect();
    let left = (1.0 - mass(key)).max(0.0);
    let distinct = (values(key) - classes.len() as f64).max(1.0);
    if left > 1e-9 {
        let possible = if single { cells(left * whole, distinct) } else { distinct * others };
        classes.push(Class { rows: left * rows, cells: possible });
    }
    classes
}

/// Whether a unique index of the table makes every key different.
fn unique(keys: &[Figures], table: &Table) -> bool {
    let columns: Vec<&str> = keys.iter().filter_map(|key| key.column.as_deref()).collect();
    table.indexes.iter().any(|index| {
        let whole = index.predicate.is_none() && index.keys.iter().all(|key| key.column.is_some());
        index.unique && whole && index.leading_columns().all(|column| columns.contains(&column))
    })
}

/// Distinct values of all keys together, when extended statistics tell.
fn extended(keys: &[Figures], body: &PgBody, table: &Table) -> Option<f64> {
    let mut numbers: Vec<i32> =
        keys.iter().map(|key| Some(table.column(key.column.as_deref()?)?.number)).collect::<Option<_>>()?;
    numbers.sort_unstable();
    numbers.dedup();
    let text = numbers.iter().map(i32::to_string).collect::<Vec<_>>().join(", ");
    let wanted = format!("\"{text}\": ");
    let of = body.extended.iter().filter(|stats| stats.table == table.id);
    let mut found = of.filter_map(|stats| {
        let all = stats.n_distinct.as_deref()?;
        let rest = &all[all.find(&wanted)? + wanted.len()..];
        rest.split([',', '}']).next()?.trim().parse::<f64>().ok()
    });
    found.next()
}

/// Rows that a foreign key over exactly these columns, several, can refer to: there are no more keys than that.
fn referenced(keys: &[Figures], body: &PgBody, table: &Table) -> Option<f64> {
    let columns: Vec<&str> = keys.iter().map(|key| key.column.as_deref()).collect::<Option<_>>()?;
    let same =
        |names: &[String]| names.len() == columns.len() && names.iter().all(|name| columns.contains(&name.as_str()));
    let (_, found) = table.foreign_keys().find(|(key, _)| columns.len() > 1 && same(&key.columns))?;
    body.catalog.tables.iter().find(|table| Some(table.id) == found.id)?.rows.filter(|rows| *rows >= 1.0)
}

/// Possible keys when so many different ones were seen among so many rows thrown at random.
fn cells(rows: f64, seen: f64) -> f64 {
    let mean = rows / seen;
    if mean <= 1.02 {
        return f64::INFINITY;
    }
    // λ / (1 − e^−λ) = mean, by fixed-point steps, which converge from above.
    let mut lambda = mean;
    for _ in 0..60 {
        lambda = mean * (1.0 - (-lambda).exp());
    }
    rows / lambda.max(1e-9)
}

/// Numbers of rows that share a key with their expected numbers of keys, for one class: a Poisson distribution in steps.
pub(super) fn sizes(class: Class) -> Vec<(f64, f64)> {
    let mean = class.rows / class.cells;
    if !mean.is_finite() || mean <= 1e-6 {
        return vec![(1.0, class.rows)];
    }
    if mean > 400.0 || class.cells <= 1.0 {
        return vec![(mean, class.cells)];
    }
    let mut sizes = Vec::new();
    let mut chance = -mean; // as a logarithm
    let most = whole_steps(mean + 8.0 * mean.sqrt() + 12.0);
    for number in 1..=most {
        chance += (mean / f64::from(number)).ln();
        let keys = class.cells * chance.exp();
        if keys > 1e-6 {
            sizes.push((f64::from(number), keys));
        }
    }
    sizes
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole_steps(figure: f64) -> u32 {
    figure as u32 // at most some hundreds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_rows_are_in_some_group() {
        for (rows, cells) in [(6e6, 2e5), (1e6, 1e9), (5e5, 7.0), (1000.0, f64::INFINITY), (100.0, 100.0)] {
            let sizes = sizes(Class { rows, cells });
            let sum: f64 = sizes.iter().map(|(size, keys)| size * keys).sum();
            assert!((sum / rows - 1.0).abs() < 0.001, "{rows} {cells}: {sum}");
        }
    }

    #[test]
    fn what_was_seen_is_seen_again() {
        let possible = cells(1000.0, 400.0);
        let seen: f64 = sizes(Class { rows: 1000.0, cells: possible }).iter().map(|(_, keys)| keys).sum();
        assert!((seen - 400.0).abs() < 1.0, "{seen}");
    }
}
