//! A b-tree as `CREATE INDEX` writes it: leaves filled to 90 %, one entry for rows that share a key, inner pages above.

use dbwright_advise::index::Index;
use dbwright_sql::model::Table;

use super::columns::{self, Figures};
use super::groups;
use super::{PAGE, Shape, whole};
use crate::body::PgBody;

/// What a page has for entries and their pointers, its header, its own data and the pointer of the high key taken off.
const ROOM: f64 = PAGE - 24.0 - 16.0 - 8.0;
/// Entry's pointer on the page.
const POINTER: f64 = 4.0;
/// Longest entry that holds several rows.
const LONGEST: f64 = 808.0;
/// Bytes of one more row in an entry.
const ROW: f64 = 6.0;
/// How full leaves are made, unless an option says otherwise.
const FILL: f64 = 90.0;
/// How full inner pages are made.
const INNER_FILL: f64 = 70.0;

/// The file of a b-tree of `rows.0` entries on a table of `rows.1`.
pub(super) fn shape(index: &Index, body: &PgBody, table: &Table, keys: &[Figures], rows: (f64, f64)) -> Shape {
    let include: Vec<Figures> = index.include.iter().map(|name| columns::column(body, table, name)).collect();
    let entry = Entry::of(keys.iter().chain(&include));
    let pivot = Entry::of(keys.iter());
    let option = |name: &str| index.options.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let fill = option("fillfactor").and_then(|value| value.parse().ok()).unwrap_or(FILL);
    let off = matches!(option("deduplicate_items"), Some("off" | "false"));
    let shares = !off && include.is_empty() && body.server.major() >= 13 && keys.iter().all(|key| key.shares);
    let leaves = if shares {
        let classes = groups::of(keys, body, table, rows.0, rows.1);
        shared(&entry, classes.into_iter().flat_map(groups::sizes), fill)
    } else {
        single(&entry, rows.0, fill)
    };
    let (inner, height) = above(leaves, pivot.mean);
    Shape { rows: rows.0, pages: whole(1.0 + leaves + inner), height }
}

/// Length of an entry.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Entry {
    mean: f64,
    even: bool,
}

impl Entry {
    /// Draws values of all columns and puts them together as PostgreSQL does.
    fn of<'a>(columns: impl Iterator<Item = &'a Figures>) -> Self {
        const DRAWS: usize = 291;
        let columns: Vec<&Figures> = columns.collect();
        let mut sizes = (0..DRAWS).map(|draw| drawn(&columns, draw, DRAWS));
        let first = sizes.next().unwrap_or(16.0);
        let (mut sum, mut even) = (first, true);
        for size in sizes {
            sum += size;
            even &= size == first;
        }
        Self { mean: sum / DRAWS as f64, even }
    }
}

fn drawn(columns: &[&Figures], draw: usize, draws: usize) -> f64 {
    let mut data = 0.0;
    let mut any_null = false;
    for (at, column) in columns.iter().enumerate() {
        // Steps of the golden ratio, another start for each column: nulls fall evenly and independently.
        let chance = (draw as f64 * 0.618_033_988_7 + at as f64 * 0.37).fract();
        if chance < column.nulls {
            any_null = true;
            continue;
        }
        let length = column.lengths[(draw * 7 + draws * at + at * 13) % column.lengths.len()];
        // A string longer than a short header can tell gets a long one, on a multiple of four.
        let (length, align) =
            if column.align == 1.0 && length > 127.0 { (length + 3.0, 4.0) } else { (length, column.align) };
        data = (f64::ceil(data / align) * align) + length;
    }
    aligned(if any_null { 16.0 } else { 8.0 } + data)
}

fn aligned(bytes: f64) -> f64 {
    (bytes / 8.0).ceil() * 8.0
}

/// Leaves of one entry a row.
fn single(entry: &Entry, rows: f64, fill: f64) -> f64 {
    let slot = entry.mean + POINTER;
    let target = ROOM - PAGE * (100.0 - fill) / 100.0;
    let per_page = if entry.even { (target / slot).floor() } else { target / slot - 0.5 };
    (rows / per_page.max(1.0)).ceil().max(1.0)
}

/// Leaves of entries that hold all rows of a key, as many as fit.
fn shared(entry: &Entry, groups: impl Iterator<Item = (f64, f64)>, fill: f64) -> f64 {
    let most = ((LONGEST - aligned(entry.mean)) / ROW).floor();
    let (mut bytes, mut slots, mut lists, mut full) = (0.0, 0.0, 0.0, 0.0);
    for (rows, keys) in groups {
        let (whole, rest) = if most < 2.0 { (0.0, 0.0) } else { ((rows / most).floor(), rows % most) };
        let long = aligned(entry.mean + most * ROW);
        let (short, count) = match rest {
            _ if most < 2.0 => (rows * entry.mean, rows),
            rest if rest < 0.5 => (0.0, 0.0),
            rest if rest < 1.5 => (entry.mean, 1.0),
            rest => (aligned(entry.mean + rest * ROW), 1.0),
        };
        bytes += keys * (whole * (long + POINTER) + short + count * POINTER);
        slots += keys * (whole + count);
        full += keys * whole * (long + POINTER);
        lists += keys * (whole * (long - entry.mean) + if count == 1.0 { short - entry.mean } else { 0.0 });
    }
    if slots <= 0.0 {
        return 1.0;
    }
    let slot = bytes / slots;
    // The last entry of a page becomes its bound, without its rows: what that frees may be filled.
    let target = ROOM - PAGE * (100.0 - fill) / 100.0 + (lists / slots).min(slot);
    let mut per_page = target / slot - 0.5;
    let uniform = full > 0.9 * bytes || lists <= 0.0 && entry.even;
    if uniform {
        per_page = (target / slot).floor().min(((ROOM - 4.0) / slot).floor() - 1.0);
    }
    (slots / per_page.max(1.0)).ceil().max(1.0)
}

/// Inner pages, and how many levels they make.
fn above(leaves: f64, key: f64) -> (f64, u32) {
    let per_page = ((ROOM - PAGE * (100.0 - INNER_FILL) / 100.0) / (key + POINTER)).floor().max(2.0);
    let (mut level, mut pages, mut height) = (leaves, 0.0, 0);
    while level > 1.0 {
        level = (level / per_page).ceil();
        pages += level;
        height += 1;
    }
    (pages, height)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What PostgreSQL 15 builds on `generate_series(1, 1000000)`: 2,745 pages in all, 366 entries to a leaf.
    #[test]
    fn a_million_different_integers() {
        let entry = Entry { mean: 16.0, even: true };
        let leaves = single(&entry, 1e6, FILL);
        let (inner, height) = above(leaves, entry.mean);
        assert_eq!((leaves, inner, height), (2733.0, 11.0, 2));
        assert_eq!(1.0 + leaves + inner, 2745.0);
    }

    #[test]
    fn rows_of_one_key_take_little_more_than_six_bytes_each() {
        let entry = Entry { mean: 16.0, even: true };
        let leaves = shared(&entry, [(1e6, 1.0)].into_iter(), FILL);
        assert!((leaves * PAGE / 1e6 - 6.9).abs() < 0.1, "{leaves}");
    }
}
