//! Joins what the queries gave into tables: names for numbers, parts to their tables, sizes to rows.

use std::collections::{BTreeMap, HashMap};

use dbwright_sql::model::{Column, Constraint, ConstraintKind, Index, IndexKey, ObjectId, References, Table, Trigger};

use super::definitions::{Definitions, Size};
use super::{constraints, indexes};
use crate::body::{IndexStats, TableStats};

/// Everything that was read of tables.
pub(super) struct Parts {
    /// Tables, still without parts.
    pub(super) tables: Vec<Table>,
    /// Their figures.
    pub(super) stats: BTreeMap<ObjectId, TableStats>,
    /// Columns by table.
    pub(super) columns: Vec<(ObjectId, Column)>,
    /// Constraints.
    pub(super) constraints: Vec<constraints::Raw>,
    /// Indexes.
    pub(super) indexes: Vec<indexes::Raw>,
    /// Names of operator classes and collations.
    pub(super) names: indexes::Names,
    /// Triggers.
    pub(super) triggers: Vec<(u64, ObjectId, Trigger)>,
    /// Sizes that could be read.
    pub(super) sizes: HashMap<u64, Size>,
}

/// Names of columns by table and number.
type ColumnNames = HashMap<(ObjectId, i16), String>;

/// Blocks are 8 kB unless the server was compiled otherwise, which no distribution does.
const BLOCK: u64 = 8192;

/// Puts the parts together.
pub(super) fn assemble(
    mut parts: Parts,
    definitions: &mut Definitions,
) -> (Vec<Table>, BTreeMap<ObjectId, TableStats>, BTreeMap<ObjectId, IndexStats>) {
    let place: HashMap<ObjectId, usize> = parts.tables.iter().enumerate().map(|(at, table)| (table.id, at)).collect();
    let tables = &mut parts.tables;
    let named: HashMap<ObjectId, (String, String)> =
        tables.iter().map(|t| (t.id, (t.schema.clone(), t.name.clone()))).collect();
    let mut columns = ColumnNames::new();
    for (table, mut column) in parts.columns {
        let Some(&at) = place.get(&table) else { continue };
        if let Ok(number) = i16::try_from(column.number) {
            columns.insert((table, number), column.name.clone());
        }
        if column.default.is_none() {
            column.default = definitions.take("generated", table, column.number);
        }
        tables[at].columns.push(column);
    }
    let constraint_of: HashMap<u64, String> = parts
        .constraints
        .iter()
        .filter(|raw| raw.kind != "f")
        .filter_map(|raw| Some((raw.index?, raw.name.clone())))
        .collect();
    for raw in parts.constraints {
        let Some(&at) = place.get(&raw.table) else { continue };
        if let Some(constraint) = constraint(raw, &columns, &named, definitions) {
            tables[at].constraints.push(constraint);
        }
    }
    let mut figures = BTreeMap::new();
    for raw in parts.indexes {
        let Some(&at) = place.get(&raw.table) else { continue };
        let stats = sized(raw.stats.clone(), parts.sizes.get(&raw.id).copied());
        if let Some(table) = parts.stats.get_mut(&raw.table) {
            table.idx_scan += stats.idx_scan;
        }
        tables[at].indexes.push(index(&raw, &columns, &parts.names, &constraint_of, stats.bytes, definitions));
        figures.insert(raw.id, stats);
    }
    for (id, table, mut trigger) in parts.triggers {
        let Some(&at) = place.get(&table) else { continue };
        trigger.definition = definitions.take("trigger", id, 0).unwrap_or_default();
        tables[at].triggers.push(trigger);
    }
    for table in tables.iter_mut() {
        if let Some(key) = definitions.take("partition key", table.id, 0) {
            table.partitioning = Some(key);
        }
        table.definition = definitions.take("view", table.id, 0);
        if let Some(stats) = parts.stats.get_mut(&table.id) {
            measure(table, stats, parts.sizes.get(&table.id).copied());
        }
    }
    (parts.tables, parts.stats, figures)
}

fn sized(mut stats: IndexStats, size: Option<Size>) -> IndexStats {
    stats.bytes = size.map_or_else(|| pages(stats.relpages), |size| size.main);
    stats
}

/// Bytes by `relpages`, for what could not be measured.
fn pages(relpages: i64) -> u64 {
    u64::try_from(relpages).unwrap_or(0) * BLOCK
}

/// Sets size and rows. Rows are the last analysed density over the present pages, as the planner has it.
fn measure(table: &mut Table, stats: &mut TableStats, size: Option<Size>) {
    let size = size.unwrap_or_else(|| {
        let main = pages(stats.relpages);
        Size { main, maps: 0, toast: 0 }
    });
    stats.main_bytes = size.main;
    stats.heap_bytes = size.main + size.maps;
    stats.toast_bytes = size.toast;
    table.bytes = Some(stats.heap_bytes + stats.toast_bytes);
    table.rows = match stats.reltuples {
        Some(rows) if stats.relpages > 0 && size.main > 0 => {
            Some((rows * (size.main / BLOCK) as f64 / stats.relpages as f64).round())
        }
        Some(rows) if size.main == 0 || stats.n_live_tup == 0 => Some(rows),
        _ if stats.n_live_tup > 0 || size.main == 0 => Some(stats.n_live_tup as f64),
        other => other,
    };
}

fn constraint(
    raw: constraints::Raw,
    columns: &ColumnNames,
    tables: &HashMap<ObjectId, (String, String)>,
    definitions: &mut Definitions,
) -> Option<Constraint> {
    let names = |table: ObjectId, numbers: &[i16]| -> Vec<String> {
        numbers.iter().filter_map(|number| columns.get(&(table, *number)).cloned()).collect()
    };
    let kind = match raw.kind.as_str() {
        "p" => ConstraintKind::PrimaryKey,
        "u" => ConstraintKind::Unique,
        "c" => ConstraintKind::Check,
        "x" => ConstraintKind::Exclusion,
        "f" => {
            let (schema, table) = tables.get(&raw.references).cloned().unwrap_or_default();
            ConstraintKind::ForeignKey(References {
                schema,
                table,
                id: Some(raw.references),
                columns: names(raw.references, &raw.referenced),
                on_delete: raw.on_delete,
                on_update: raw.on_update,
            })
        }
        _ => return None,
    };
    Some(Constraint {
        columns: names(raw.table, &raw.columns),
        name: raw.name,
        kind,
        validated: raw.validated,
        deferrable: raw.deferrable,
        index: raw.index,
        inherited: raw.inherited,
        definition: raw.definition.or_else(|| definitions.take("constraint", raw.id, 0)),
    })
}

fn index(
    raw: &indexes::Raw,
    columns: &ColumnNames,
    names: &indexes::Names,
    constraint_of: &HashMap<u64, String>,
    bytes: u64,
    definitions: &mut Definitions,
) -> Index {
    let name_of = |number: i16| columns.get(&(raw.table, number)).cloned();
    let parts = raw.key_parts.min(raw.columns.len());
    // A locked table gives no texts. What can't be read must not look absent, nor equal to another's.
    let unread = || format!("(not readable while locked: {})", raw.id);
    Index {
        id: raw.id,
        name: raw.name.clone(),
        method: raw.method.clone(),
        unique: raw.unique,
        primary: raw.primary,
        constraint: constraint_of.get(&raw.id).cloned(),
        keys: (0..parts).map(|part| key(raw, part, names, name_of(raw.columns[part]), definitions)).collect(),
        include: raw.columns[parts..].iter().filter_map(|number| name_of(*number)).collect(),
        predicate: raw.partial.then(|| definitions.take("predicate", raw.id, 0).unwrap_or_else(unread)),
        nulls_not_distinct: raw.nulls_not_distinct,
        valid: raw.valid,
        replica_identity: raw.replica_identity,
        parent: raw.parent,
        automatic: false,
        bytes: Some(bytes),
        definition: definitions.take("index", raw.id, 0),
    }
}

fn key(
    raw: &indexes::Raw,
    part: usize,
    names: &indexes::Names,
    column: Option<String>,
    definitions: &mut Definitions,
) -> IndexKey {
    let number = i32::try_from(part + 1).unwrap_or(i32::MAX);
    let unread = || format!("(not readable while locked: {} {number})", raw.id);
    let expression = column.is_none().then(|| definitions.take("key", raw.id, number).unwrap_or_else(unread));
    let flags = raw.flags.get(part).copied().unwrap_or(0);
    let word =
        |is_opclass, oid: Option<&u32>| oid.and_then(|oid| names.get(&(is_opclass, *oid)).cloned()).unwrap_or_default();
    let mut opclass = word(true, raw.opclasses.get(part));
    let prefix = format!("{number} ");
    if let Some(options) = raw.opclass_options.iter().find_map(|text| text.strip_prefix(&prefix)) {
        opclass = format!("{opclass} {options}");
    }
    IndexKey {
        column,
        expression,
        descending: flags & 1 != 0,
        nulls_first: flags & 2 != 0,
        opclass,
        collation: word(false, raw.collations.get(part)),
    }
}
