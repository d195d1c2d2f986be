//! From what statements look for to indexes worth trying: equality first, then one range or the wanted order.

use std::collections::BTreeSet;

use dbwright_sql::Dialect;
use dbwright_sql::model::{Catalog, Generated, Table};

use super::probe::Access;

/// Columns of an index beyond which it is not tried.
const WIDEST: usize = 4;

/// An index that could be made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Candidate {
    /// Position of the table in the catalog.
    pub(crate) table: usize,
    /// Columns by position, and whether each is descending.
    pub(crate) keys: Vec<(usize, bool)>,
}

impl Candidate {
    /// Names of the columns.
    pub(crate) fn columns<'a>(&self, catalog: &'a Catalog) -> Vec<&'a str> {
        let table = &catalog.tables[self.table];
        self.keys.iter().map(|(column, _)| table.columns[*column].name.as_str()).collect()
    }

    /// The statement that makes it.
    pub(crate) fn create(&self, catalog: &Catalog, name: &str) -> String {
        let sql = Dialect::Sqlite;
        let table = &catalog.tables[self.table];
        let key = |(column, descending): &(usize, bool)| {
            let name = sql.name(&table.columns[*column].name);
            if *descending { format!("{name} DESC") } else { name }
        };
        let keys: Vec<_> = self.keys.iter().map(key).collect();
        format!(
            "CREATE INDEX {} ON {} ({})",
            sql.qualified(&table.schema, name),
            sql.name(&table.name),
            keys.join(", ")
        )
    }

    /// Whether another one begins with the same keys.
    pub(crate) fn is_prefix_of(&self, other: &Self) -> bool {
        self.table == other.table && other.keys.starts_with(&self.keys)
    }
}

/// The indexes worth trying for some accesses, without those that the table already has.
pub(crate) fn candidates(
    catalog: &Catalog,
    accesses: &[Access],
    distinct: &mut dyn FnMut(usize, usize) -> u64,
) -> BTreeSet<Candidate> {
    let mut found = BTreeSet::new();
    for access in accesses {
        let Some(at) = catalog.tables.iter().position(|t| t.name.eq_ignore_ascii_case(&access.table)) else { continue };
        let table = &catalog.tables[at];
        for keys in shapes(access, &mut |column| distinct(at, column)) {
            let candidate = Candidate { table: at, keys };
            let usable = candidate.keys.iter().all(|(column, _)| *column < table.columns.len());
            if usable && !candidate.keys.is_empty() && candidate.keys.len() <= WIDEST && !served(table, &candidate) {
                found.insert(candidate);
            }
        }
    }
    found
}

/// The orders of keys that serve an access.
fn shapes(access: &Access, distinct: &mut dyn FnMut(usize) -> u64) -> Vec<Vec<(usize, bool)>> {
    let mut equal = access.equal.clone();
    // The column that leaves the fewest rows first; equally good ones in the table's order.
    equal.sort_by_key(|column| (std::cmp::Reverse(distinct(*column)), *column));
    let equal: Vec<_> = equal.into_iter().map(|column| (column, false)).collect();
    let behind = |more: &[(usize, bool)]| {
        let new = more.iter().filter(|(column, _)| !access.equal.contains(column));
        equal.iter().chain(new).copied().collect::<Vec<_>>()
    };
    let mut shapes = vec![equal.clone()];
    shapes.extend(access.range.iter().map(|column| behind(&[(*column, false)])));
    if !access.order.is_empty() {
        // An order is served backwards as well, so only mixed directions need DESC.
        let mixed = access.order.iter().any(|(_, descending)| *descending != access.order[0].1);
        let order: Vec<_> = access.order.iter().map(|(column, descending)| (*column, mixed && *descending)).collect();
        shapes.push(behind(&order));
    }
    shapes
}

/// Whether the rowid or an index that is there already serves as well.
fn served(table: &Table, candidate: &Candidate) -> bool {
    let (first, _) = candidate.keys[0];
    if matches!(table.columns[first].generated, Some(Generated::Rowid | Generated::Autoincrement)) {
        return true;
    }
    let same = |key: &dbwright_sql::model::IndexKey, (column, descending): &(usize, bool)| {
        let wanted = &table.columns[*column];
        key.column.as_deref() == Some(&wanted.name)
            && key.descending == *descending
            && key.collation.eq_ignore_ascii_case(wanted.collation.as_deref().unwrap_or_default())
    };
    table
        .indexes
        .iter()
        .filter(|index| index.predicate.is_none() && index.keys.len() >= candidate.keys.len())
        .any(|index| index.keys.iter().zip(&candidate.keys).all(|(key, wanted)| same(key, wanted)))
}
