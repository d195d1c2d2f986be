//! The indexes that there are, in the advisor's words.

use std::collections::HashSet;

use dbwright_advise::index::{Index, Key, KeyPart, ObjectName};
use dbwright_advise::port::Existing;
use dbwright_sql::indexing::{collates, index_bytes, needed_by_foreign_keys};
use dbwright_sql::model::{self, Catalog, ConstraintKind, IndexKey, ObjectId, Table, TableKind};

use crate::advise::sizes;
use crate::body::PgBody;

/// An existing index with what finds it again.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// As the advisor sees it.
    pub(super) existing: Existing,
    /// Itself and, for a partitioned one, all its parts: schema and name of each, with the table's.
    pub(super) physical: Vec<Physical>,
}

/// An index as the server stores it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Physical {
    /// Schema of both.
    pub(super) schema: String,
    /// Its table's name.
    pub(super) table: String,
    /// Its name.
    pub(super) name: String,
    /// Its oid on the target.
    pub(super) id: ObjectId,
}

/// Valid indexes of the wanted tables, all of them when none is named; those of partitions count with their parents.
pub(super) fn all(body: &PgBody, wanted: Option<&HashSet<ObjectName>>) -> Vec<Known> {
    let catalog = &body.catalog;
    let needed = needed_by_foreign_keys(catalog);
    let mut known = Vec::new();
    for table in catalog.indexed_tables() {
        if wanted.is_some_and(|wanted| !wanted.contains(&name_of(table))) {
            continue;
        }
        for index in table.indexes.iter().filter(|index| index.valid && index.parent.is_none()) {
            known.push(one(body, table, index, &needed));
        }
    }
    known
}

fn one(body: &PgBody, table: &Table, index: &model::Index, needed: &HashSet<ObjectId>) -> Known {
    let catalog = &body.catalog;
    let definition = definition(catalog, table, index);
    let physical = parts(catalog, table, index);
    let scans = physical.iter().filter_map(|part| body.indexes.get(&part.id)).map(|stats| stats.idx_scan);
    let counted = body.indexes.contains_key(&index.id);
    let existing = Existing {
        name: index.name.clone(),
        bytes: index_bytes(catalog, table, index).unwrap_or(0),
        scans: counted.then(|| scans.sum()),
        keeps: keeps(table, index, needed),
        upkeep: sizes::estimate(&definition, body).upkeep,
        index: definition,
        bound: false,
    };
    Known { existing, physical }
}

/// Why an index must stay.
fn keeps(table: &Table, index: &model::Index, needed: &HashSet<ObjectId>) -> Option<String> {
    let owner = index.constraint.as_ref().and_then(|name| table.constraints.iter().find(|c| c.name == *name));
    let reason = match owner.map(|constraint| &constraint.kind) {
        _ if index.primary => "primary key",
        Some(ConstraintKind::Exclusion) => "exclusion constraint",
        Some(_) => "unique",
        None if needed.contains(&index.id) => "foreign key",
        None if index.replica_identity => "replica identity",
        None if index.unique => "unique",
        None => return None,
    };
    Some(reason.to_owned())
}

/// The index and everything below it.
fn parts(catalog: &Catalog, table: &Table, index: &model::Index) -> Vec<Physical> {
    let physical = |table: &Table, index: &model::Index| Physical {
        schema: table.schema.clone(),
        table: table.name.clone(),
        name: index.name.clone(),
        id: index.id,
    };
    let mut parts = vec![physical(table, index)];
    if table.kind != TableKind::Partitioned {
        return parts;
    }
    let mut at = 0;
    while at < parts.len() {
        let parent = parts[at].id;
        let below = catalog.tables.iter().filter(|table| table.is_partition);
        let below = below.flat_map(|table| table.indexes.iter().map(move |index| (table, index)));
        parts.extend(below.filter(|(_, i)| i.parent == Some(parent)).map(|(table, index)| physical(table, index)));
        at += 1;
    }
    parts
}

/// A table's name.
pub(super) fn name_of(table: &Table) -> ObjectName {
    ObjectName { schema: table.schema.clone(), name: table.name.clone() }
}

/// An existing index as a definition, so that it equals a candidate of the same shape.
fn definition(catalog: &Catalog, table: &Table, index: &model::Index) -> Index {
    Index {
        table: name_of(table),
        method: index.method.clone(),
        keys: index.keys.iter().map(|key| self::key(catalog, table, index, key)).collect(),
        include: index.include.clone(),
        predicate: index.predicate.clone(),
        options: Vec::new(),
    }
}

/// An expression with one pair of brackets around an operator, as plans write it; the catalog writes two.
fn peeled(text: &str) -> &str {
    let inner = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(text);
    if whole(text) && whole(inner) { inner } else { text }
}

/// Whether the first bracket is closed by the last one.
fn whole(text: &str) -> bool {
    let (mut depth, mut quoted) = (0_usize, false);
    let mut closed = text.char_indices().filter(|(_, c)| {
        quoted ^= *c == '\'';
        match c {
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    });
    text.starts_with('(') && closed.next().is_some_and(|(at, _)| at + 1 == text.len())
}

fn key(catalog: &Catalog, table: &Table, index: &model::Index, key: &IndexKey) -> Key {
    let part = match (&key.column, &key.expression) {
        (Some(column), _) => KeyPart::Column(column.clone()),
        (None, expression) => KeyPart::Expression(peeled(expression.as_deref().unwrap_or_default()).to_owned()),
    };
    let nulls_first = (index.method == "btree" && key.nulls_first != key.descending).then_some(key.nulls_first);
    Key {
        part,
        descending: key.descending,
        nulls_first,
        opclass: (!is_default(&index.method, &key.opclass)).then(|| key.opclass.clone()),
        collation: (!collates(catalog, table, key)).then(|| key.collation.clone()),
    }
}

/// Whether an operator class is its type's default for the access method, by its name: all that PostgreSQL brings are
/// named after their type, and the others after what they do.
fn is_default(method: &str, opclass: &str) -> bool {
    let special: &[&str] = match method {
        "btree" | "hash" => &["_pattern_ops", "_image_ops", "text_pattern", "bit_ops_"],
        "gin" => &["jsonb_path_ops", "trgm"],
        "brin" => &["bloom_ops", "minmax_multi_ops"],
        "spgist" => &["kd_point_ops"],
        "gist" => &["trgm"],
        "ivfflat" => &["_ip_ops", "_cosine_ops", "_l1_ops", "_hamming_ops", "_jaccard_ops"],
        _ => return false,
    };
    !opclass.contains('(') && !special.iter().any(|part| opclass.contains(part))
}

#[cfg(test)]
mod tests {
    use super::peeled;

    #[test]
    fn expressions_of_the_catalog_are_written_as_in_plans() {
        assert_eq!(peeled("((body ->> 'kind'::text))"), "(body ->> 'kind'::text)");
        assert_eq!(peeled("((a) || (b))"), "((a) || (b))");
        assert_eq!(peeled("((a || '))('))"), "(a || '))(')");
        assert_eq!(peeled("lower(email)"), "lower(email)");
    }
}
