//! What indexes can stand in for: the questions that several rules ask of a catalog.

use std::collections::HashSet;

use crate::Dialect;
use crate::model::{Catalog, ConstraintKind, Generated, Index, IndexKey, ObjectId, Table, TableKind};
use crate::render::leaves;

/// Whether an index serves an equality search on all of `columns`: they are its first keys in any order, it
/// is usable in the columns' own collations, and it leaves out no rows but those where one of them is null.
#[must_use]
pub fn serves(catalog: &Catalog, table: &Table, index: &Index, columns: &[String]) -> bool {
    let ordered = index.method == "btree" || (index.method == "hash" && columns.len() == 1);
    // MySQL's foreign keys use an invisible index as well.
    let usable = index.valid || catalog.dialect == Dialect::Mysql;
    if !usable || !ordered || index.keys.len() < columns.len() {
        return false;
    }
    let first: Option<HashSet<&str>> = index.keys[..columns.len()].iter().map(|key| key.column.as_deref()).collect();
    let wanted: HashSet<&str> = columns.iter().map(String::as_str).collect();
    first.is_some_and(|first| first == wanted)
        && predicate_allows(index, columns)
        && index.keys[..columns.len()].iter().all(|key| collates(catalog, table, key))
}

/// Whether a key has its column's own collation, in which foreign keys compare; PostgreSQL uses no index in another.
#[must_use]
pub fn collates(catalog: &Catalog, table: &Table, key: &IndexKey) -> bool {
    let column = key.column.as_deref().and_then(|name| table.column(name));
    let Some(column) = column.filter(|_| catalog.dialect == Dialect::Postgres && !key.collation.is_empty()) else {
        return true;
    };
    let bare = |name: &str| name.replace('"', "");
    let own = match &column.collation {
        Some(own) => bare(own),
        // A type may have a collation of its own; these take the database's.
        None if column.data_type == "text" || column.data_type.starts_with("character") => "default".to_owned(),
        None => return true,
    };
    let key = bare(&key.collation);
    key == own || key.ends_with(&format!(".{own}"))
}

/// Whether a table can find rows by equality on `columns` without reading all of them.
#[must_use]
pub fn has_path(catalog: &Catalog, table: &Table, columns: &[String]) -> bool {
    let by_index = table.indexes.iter().any(|index| serves(catalog, table, index, columns));
    let by_rowid = columns.len() == 1
        && table
            .column(&columns[0])
            .is_some_and(|column| matches!(column.generated, Some(Generated::Rowid | Generated::Autoincrement)));
    let below = if table.kind == TableKind::Partitioned { leaves(catalog, table) } else { Vec::new() };
    by_index || by_rowid || (!below.is_empty() && below.iter().all(|leaf| has_path(catalog, leaf, columns)))
}

/// Whether a partial index holds all rows that a search on `columns` can find: `a IS NOT NULL [AND b IS NOT NULL]`.
fn predicate_allows(index: &Index, columns: &[String]) -> bool {
    let Some(predicate) = &index.predicate else { return true };
    let plain = |text: &str| text.trim().trim_matches(['(', ')', '"', '`', '[', ']']).trim().to_lowercase();
    let upper = predicate.to_uppercase();
    if upper.len() != predicate.len() {
        return false; // letters beyond ASCII: not worth the guess
    }
    let mut start = 0;
    let mut parts = Vec::new();
    for (at, _) in upper.match_indices(" AND ") {
        parts.push(&predicate[start..at]);
        start = at + " AND ".len();
    }
    parts.push(&predicate[start..]);
    parts.into_iter().all(|part| {
        let part = plain(part);
        let column = part.strip_suffix("is not null").or_else(|| part.strip_suffix("notnull")).map(plain);
        column.is_some_and(|column| columns.iter().any(|known| known.to_lowercase() == column))
    })
}

/// Whether two keys order rows the same way, or exactly the other way round when `reversed`.
#[must_use]
pub fn same_key(dialect: Dialect, a: &IndexKey, b: &IndexKey, reversed: bool) -> bool {
    let column = match (&a.column, &b.column) {
        (Some(a), Some(b)) => dialect.same_name(a, b),
        (None, None) => a.expression.is_some() && a.expression == b.expression,
        _ => false,
    };
    // SQLite and MySQL put nulls where the direction says; only PostgreSQL lets the user choose.
    let nulls = dialect != Dialect::Postgres || (a.nulls_first == b.nulls_first) != reversed;
    column
        && a.opclass == b.opclass
        && a.collation == b.collation
        && (a.descending == b.descending) != reversed
        && nulls
}

/// Indexes that a foreign key of any table relies upon.
#[must_use]
pub fn needed_by_foreign_keys(catalog: &Catalog) -> HashSet<ObjectId> {
    let constraints = catalog.tables.iter().flat_map(|table| &table.constraints);
    constraints.filter(|c| matches!(c.kind, ConstraintKind::ForeignKey(_))).filter_map(|c| c.index).collect()
}

/// Rows of a table, those of its partitions for a partitioned one; none when no part is known.
#[must_use]
pub fn rows(catalog: &Catalog, table: &Table) -> Option<f64> {
    sum(catalog, table, &|table| table.rows)
}

/// Bytes of a table without indexes, likewise.
#[must_use]
pub fn bytes(catalog: &Catalog, table: &Table) -> Option<u64> {
    if table.kind != TableKind::Partitioned {
        return table.bytes;
    }
    leaves(catalog, table).iter().filter_map(|leaf| leaf.bytes).reduce(|a, b| a + b)
}

/// Bytes of an index, those of its parts for the index of a partitioned table.
#[must_use]
pub fn index_bytes(catalog: &Catalog, table: &Table, index: &Index) -> Option<u64> {
    if table.kind != TableKind::Partitioned {
        return index.bytes;
    }
    let mut whole = HashSet::from([index.id]);
    let mut below = leaves(catalog, table);
    below.extend(catalog.tables.iter().filter(|other| other.is_partition && other.kind == TableKind::Partitioned));
    let mut bytes = None;
    loop {
        let parts = below.iter().flat_map(|table| &table.indexes);
        let new: Vec<&Index> = parts
            .filter(|part| part.parent.is_some_and(|parent| whole.contains(&parent)) && !whole.contains(&part.id))
            .collect();
        if new.is_empty() {
            return bytes;
        }
        for part in new {
            whole.insert(part.id);
            bytes = Some(bytes.unwrap_or(0) + part.bytes.unwrap_or(0));
        }
    }
}

/// Row changes in the window: inserts, updates, deletes; likewise.
#[must_use]
pub fn writes(catalog: &Catalog, table: &Table) -> Option<crate::model::Writes> {
    if table.kind != TableKind::Partitioned {
        return table.writes;
    }
    leaves(catalog, table).iter().filter_map(|leaf| leaf.writes).reduce(|a, b| crate::model::Writes {
        inserts: a.inserts + b.inserts,
        updates: a.updates + b.updates,
        deletes: a.deletes + b.deletes,
        window_s: a.window_s.or(b.window_s),
    })
}

fn sum(catalog: &Catalog, table: &Table, figure: &dyn Fn(&Table) -> Option<f64>) -> Option<f64> {
    if table.kind != TableKind::Partitioned {
        return figure(table);
    }
    leaves(catalog, table).into_iter().filter_map(figure).reduce(|a, b| a + b)
}

/// The whole columns that an index keeps unique, when it names each row: usable, without predicate or expression,
/// over columns that can't be null.
#[must_use]
pub fn names_rows(table: &Table, index: &Index) -> bool {
    let columns: Vec<_> = index.leading_columns().collect();
    let not_null = columns.iter().all(|name| table.column(name).is_some_and(|column| column.not_null));
    // The beginning of a text in MySQL: unique, but no clustered key is made of it.
    let shortened = index.keys.iter().any(|key| key.opclass.starts_with("prefix "));
    let whole = columns.len() == index.keys.len() && !columns.is_empty() && !shortened;
    index.unique && index.valid && index.predicate.is_none() && whole && not_null && !is_deferrable(table, index)
}

/// Whether an index belongs to a deferrable constraint: foreign keys and `ON CONFLICT` can't rely on such a one.
#[must_use]
pub fn is_deferrable(table: &Table, index: &Index) -> bool {
    index.constraint.as_ref().is_some_and(|name| {
        table.constraints.iter().any(|constraint| constraint.name == *name && constraint.deferrable)
    })
}
