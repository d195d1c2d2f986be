//! The first and last entries of b-trees, so that the planner finds them where it looks.
//!
//! A constant beyond the histogram makes the planner look up the true end of a column in an index that the column leads. The
//! twin's indexes have just those two entries, with nulls in all further columns; both point to the first page of the
//! table, which is marked as visible to all, so that no row is looked for.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use dbwright_sql::model::{Index, ObjectId};

use super::btree::{self, PAGE};
use super::datums::{Datums, Value};
use super::files;
use super::names::Names;
use crate::body::{ColumnEnds, PgBody};

/// Ends by table and column.
pub(super) struct Ends<'a> {
    by_column: HashMap<(ObjectId, &'a str), (&'a ColumnEnds, u32)>,
}

impl<'a> Ends<'a> {
    /// Those of the snapshot whose columns the twin has.
    pub(super) fn of(body: &'a PgBody, names: &Names) -> Self {
        let ends = body.blueprint.iter().flat_map(|blueprint| &blueprint.ends);
        let typed = |ends: &'a ColumnEnds| {
            let column = names.get(ends.table)?.columns.get(&ends.column)?;
            Some(((ends.table, ends.column.as_str()), (ends, column.type_oid)))
        };
        Self { by_column: ends.filter_map(typed).collect() }
    }

    /// The values that are needed as bytes.
    pub(super) fn values(&self) -> impl Iterator<Item = Value> {
        self.by_column.values().flat_map(|(ends, kind)| [(*kind, ends.first.clone()), (*kind, ends.last.clone())])
    }

    /// The only leaf of an index, with the ends of its leading column in the index's order.
    pub(super) fn leaf(&self, table: ObjectId, index: &Index, datums: &Datums) -> Option<[u8; PAGE]> {
        let key = index.keys.first().filter(|_| index.predicate.is_none())?;
        let (ends, kind) = self.by_column.get(&(table, key.column.as_deref()?))?;
        let (first, last) = (datums.get(*kind, &ends.first)?, datums.get(*kind, &ends.last)?);
        let varies = datums.kind(*kind)?.0 < 0;
        let columns = index.keys.len() + index.include.len();
        let order = if key.descending { [last, first] } else { [first, last] };
        btree::leaf(&order.map(|value| btree::entry(value, columns, varies)))
    }
}

/// Marks the first page of a table as visible to all, in the fork that the planner looks into.
pub(super) fn all_visible(table: &Path) -> io::Result<()> {
    let owner = fs::metadata(table)?;
    let mut name = table.as_os_str().to_owned();
    name.push("_vm");
    let mut page = [0; PAGE];
    btree::header(&mut page, 24, PAGE, PAGE);
    // Two bits a page, the first page's lowest: visible to all, and frozen.
    page[24] = 0b11;
    files::open(Path::new(&name), owner.uid(), owner.gid())?.write_all(&page)
}
