//! Covering: what an index must carry along so that the table need not be read.

use crate::index::{Index, Key};
use crate::usage::TableUse;

/// Most columns that are carried along.
const MOST: usize = 16;

/// Most bytes of an entry.
const WIDEST: f64 = 400.0;

/// Columns that the keys lack to cover all that is needed; none when the whole row is needed, or it would be too wide.
pub(super) fn include(table: &TableUse, index: &Index) -> Option<Vec<String>> {
    let needed = table.needed.as_ref()?;
    let has = |name: &String| index.keys.iter().any(|key| key.part.column() == Some(name));
    let missing: Vec<String> = needed.iter().filter(|name| !has(name)).cloned().collect();
    let width = |name: &String| table.column(name).map_or(8.0, |column| column.width);
    let total: f64 = needed.iter().map(width).sum();
    (missing.len() <= MOST && total <= WIDEST).then_some(missing)
}

/// An index that is only a thinner copy of the table: worth something when few columns of many are needed.
pub(super) fn thin(table: &TableUse) -> Option<Index> {
    let needed = table.needed.as_ref()?;
    let first = needed.iter().find(|name| table.column(name).is_some_and(|column| column.ordered))?;
    let keys = vec![Key::column(first.clone())];
    let index = Index { keys, ..Index::btree::<String>(table.table.clone(), []) };
    let include = include(table, &index)?;
    Some(Index { include, ..index })
}
