//! The state that a snapshot of the target shows.

use std::collections::BTreeMap;
use std::sync::Arc;

use dbwright_sql::model::{self, ConstraintKind, TableKind};

use super::definition::Definition;
use super::world::{Column, Foreign, KeyKind, Origin, Table, TableKey, World};
use crate::body::{Body, TableFacts};
use crate::migrate::text::cursor::Name;
use crate::words::as_f64;

/// The world as the target has it.
pub(super) fn world(body: &Body) -> World {
    let home = home(body);
    let charset = body.schemas.iter().find(|schema| schema.name == home).map(|schema| schema.charset.clone());
    let mut world = World {
        known: true,
        home,
        folds: body.server.lower_case_table_names != 0,
        charset,
        accounts: body.accounts.clone(),
        ..World::default()
    };
    for table in body.catalog.tables.iter().filter(|table| table.kind != TableKind::View) {
        let name = Name { schema: Some(table.schema.clone()), name: table.name.clone() };
        let known = self::table(body, table, world.assumed(&name));
        let key = world.key(&name);
        world.tables.insert(key, Arc::new(known));
    }
    world
}

/// The database of names without one: the URL's, else the only one.
fn home(body: &Body) -> String {
    let only = || match body.schemas.as_slice() {
        [only] => only.name.clone(),
        _ => String::new(),
    };
    body.server.database.clone().unwrap_or_else(only)
}

/// Settings of the server that decide what statements do.
pub(super) fn settings(body: &Body) -> BTreeMap<String, String> {
    let known = [
        "sql_mode",
        "foreign_key_checks",
        "binlog_format",
        "lock_wait_timeout",
        "sql_generate_invisible_primary_key",
        "innodb_default_row_format",
    ];
    known.iter().filter_map(|name| Some(((*name).to_owned(), body.variable(name)?.to_owned()))).collect()
}

fn table(body: &Body, table: &model::Table, named: Table) -> Table {
    let none = TableFacts::default();
    let facts = body.table(table.id).unwrap_or(&none);
    let written = facts.io.map(|io| io.written()).or_else(|| table.writes.map(|w| w.inserts + w.updates + w.deletes));
    let uptime = body.server.uptime_s;
    let partitions = facts.partitions.iter().map(|partition| partition.name.clone()).collect::<Vec<_>>();
    let pages = body.server.page_size.max(4096) * (partitions.len() as u64).max(1);
    // What fits on one page is written anew before anybody notices.
    let empty = table.rows == Some(0.0) && table.bytes.is_some_and(|bytes| bytes <= pages);
    Table {
        origin: Origin::Target,
        in_target: true,
        empty,
        complete: true,
        columns: table.columns.iter().map(|column| self::column(column, facts)).collect(),
        keys: table.indexes.iter().map(|index| key(body, index)).collect(),
        foreign: table.constraints.iter().filter_map(foreign).collect(),
        checks: table.constraints.iter().filter(|c| c.kind == ConstraintKind::Check).map(|c| c.name.clone()).collect(),
        engine: table.storage.clone(),
        charset: Some(super::verdict::charset_of(&facts.collation)).filter(|name| !name.is_empty()),
        collation: Some(facts.collation.clone()).filter(|name| !name.is_empty()),
        row_format: Some(facts.row_format.to_lowercase()).filter(|name| !name.is_empty()),
        partitions: (!partitions.is_empty()).then(|| partitions.join(", ")),
        empty_parts: empty_parts(body, table, facts),
        triggers: table.triggers.iter().map(|trigger| trigger.name.clone()).collect(),
        rows: table.rows,
        bytes: table.bytes,
        index_bytes: table.indexes.iter().filter(|index| !index.primary).map(|index| index.bytes).sum(),
        writes: written.filter(|_| uptime >= 60).map(|rows| as_f64(rows) / as_f64(uptime)),
        ..named
    }
}

/// Partitions without a row, by the estimate and by their size: what each index has at least is one page.
fn empty_parts(body: &Body, table: &model::Table, facts: &TableFacts) -> Vec<String> {
    let trees = table.indexes.iter().filter(|index| index.method == "btree").count() as u64;
    let least = body.server.page_size.max(4096) * trees.max(1);
    let empty =
        facts.partitions.iter().filter(|part| part.rows == Some(0.0) && part.bytes.is_some_and(|bytes| bytes <= least));
    empty.map(|part| part.name.split('/').next().unwrap_or_default().to_owned()).collect()
}

fn column(column: &model::Column, facts: &TableFacts) -> Column {
    let text = column.definition.clone().unwrap_or_else(|| column.data_type.clone());
    let mut definition = Definition::read(&text);
    if let Some(facts) = facts.columns.get(&column.name) {
        definition.charset.clone_from(&facts.charset);
        definition.collation.clone_from(&facts.collation);
    }
    definition.not_null = column.not_null;
    Column { name: column.name.clone(), definition }
}

fn key(body: &Body, index: &model::Index) -> TableKey {
    let part = |key: &model::IndexKey| {
        key.column.clone().unwrap_or_else(|| format!("({})", key.expression.as_deref().unwrap_or_default()))
    };
    let kind = match (index.primary, index.method.as_str()) {
        (true, _) => KeyKind::Primary,
        (_, "fulltext") => KeyKind::Fulltext,
        (_, "spatial" | "rtree") => KeyKind::Spatial,
        _ if index.unique => KeyKind::Unique,
        _ => KeyKind::Plain,
    };
    let prefix = body.index(index.id).is_some_and(|facts| facts.prefixes.iter().any(Option::is_some));
    TableKey { name: index.name.clone(), kind, columns: index.keys.iter().map(part).collect(), prefix }
}

fn foreign(constraint: &model::Constraint) -> Option<Foreign> {
    let ConstraintKind::ForeignKey(to) = &constraint.kind else { return None };
    Some(Foreign {
        name: constraint.name.clone(),
        columns: constraint.columns.clone(),
        table: Name { schema: Some(to.schema.clone()), name: to.table.clone() },
        referenced: to.columns.clone(),
        tail: format!("ON DELETE {} ON UPDATE {}", to.on_delete, to.on_update),
    })
}
