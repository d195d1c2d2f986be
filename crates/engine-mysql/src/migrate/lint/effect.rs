//! What a statement changes in the state that rules look at.

use std::sync::Arc;

use super::define;
use super::definition::{Definition, Position};
use super::read::settings::{Scope, assignments};
use super::read::stored::stored;
use super::scene::Scene;
use super::world::{Column, KeyKind, Origin, Table, TableKey, World};
use crate::migrate::parse::{Act, Action, Clause, Kind};
use crate::migrate::table::same;
use crate::migrate::text::Cursor;
use crate::migrate::text::cursor::{Name, split};

/// Takes the statement into the state.
pub(super) fn pass(scene: &mut Scene) {
    let (act, sql) = (scene.act().clone(), scene.sql().to_owned());
    match &act {
        Act::Set => settings(scene, &sql),
        Act::CreateTable { table, if_not_exists: true, .. } if scene.world.known_table(table).is_some() => {}
        Act::CreateTable { table, temporary, rows, .. } => create(&mut scene.world, table, &sql, *temporary, *rows),
        Act::Alter { table, clauses, .. } => alter(&mut scene.world, table, clauses),
        Act::DropTable { tables, .. } => tables.iter().for_each(|table| drop(remove(&mut scene.world, table))),
        Act::RenameTable { pairs } => pairs.iter().for_each(|(from, to)| rename(&mut scene.world, from, to)),
        Act::Create { kind: Kind::Trigger, name, .. } => {
            if let Some(table) = stored(&sql).and_then(|made| made.table) {
                scene.world.table_mut(&table).triggers.push(name.name.clone());
            }
        }
        Act::Drop { kind: Kind::Trigger, name, .. } => scene.world.drop_trigger(&name.name),
        _ => {}
    }
}

/// `SET [SESSION] name = value, …`.
fn settings(scene: &mut Scene, sql: &str) {
    for one in assignments(sql).into_iter().filter(|one| one.scope == Scope::Session) {
        let value = one.value.trim_matches(['\'', '"']).to_owned();
        scene.settings.insert(one.name, value);
    }
}

/// Takes a table out.
fn remove(world: &mut World, name: &Name) -> Option<Arc<Table>> {
    let key = world.key(name);
    world.tables.remove(&key)
}

/// Gives a table another name.
pub(in crate::migrate) fn rename(world: &mut World, from: &Name, to: &Name) {
    let mut table = remove(world, from).map_or_else(|| world.assumed(from), |table| (*table).clone());
    let named = world.assumed(to);
    (table.schema, table.name, table.at_home) = (named.schema, named.name, named.at_home);
    let key = world.key(to);
    world.tables.insert(key, Arc::new(table));
}

/// Puts a table that this file makes into the state.
pub(in crate::migrate) fn create(world: &mut World, name: &Name, sql: &str, temporary: bool, rows: bool) {
    let mut table = read(world, name, sql).unwrap_or_else(|| world.assumed(name));
    (table.origin, table.temporary) = (Origin::Here, temporary);
    table.complete &= !rows;
    let key = world.key(name);
    world.tables.insert(key, Arc::new(table));
}

/// A table as `CREATE TABLE` makes it.
pub(in crate::migrate) fn read(world: &World, name: &Name, sql: &str) -> Option<Table> {
    let mut cursor = Cursor::new(sql);
    cursor.seek(&["table"]);
    cursor.skip();
    cursor.accept(&["if", "not", "exists"]);
    cursor.qualified()?;
    let mut table = world.assumed(name);
    let mut ahead = cursor.clone();
    ahead.accept(&["("]);
    if ahead.accept(&["like"]) {
        let like = ahead.qualified()?;
        let known = world.table(&like);
        let (schema, own, at_home) = (table.schema, table.name, table.at_home);
        let (foreign, triggers) = (Vec::new(), Vec::new());
        let fresh =
            Table { schema, name: own, at_home, foreign, triggers, in_target: false, empty: false, ..(*known).clone() };
        return Some(Table { rows: None, bytes: None, index_bytes: None, writes: None, ..fresh });
    }
    let body = cursor.parens()?;
    let options = define::options(cursor.rest());
    table.engine = options.engine;
    table.charset = options.charset.or_else(|| options.collation.as_deref().map(super::verdict::charset_of));
    table.charset = table.charset.or_else(|| world.charset.clone());
    (table.collation, table.row_format, table.partitions) = (options.collation, options.row_format, options.partitions);
    table.complete = true;
    for part in split(cursor.slice(body)) {
        item(&mut table, part);
    }
    Some(table)
}

/// A column, key or constraint of `CREATE TABLE`.
fn item(table: &mut Table, text: &str) {
    let words =
        ["primary", "unique", "index", "key", "fulltext", "spatial", "constraint", "foreign", "check", "period"];
    let mut cursor = Cursor::new(text);
    if cursor.is_any(&words) {
        add_item(table, text);
    } else if let Some(name) = cursor.name() {
        add_column(table, &name, cursor.rest());
    }
}

fn add_item(table: &mut Table, text: &str) {
    if let Some(key) = define::key(text) {
        add_key(table, key);
    } else if let Some(foreign) = define::foreign(text) {
        let leads = |key: &TableKey| {
            key.columns.iter().zip(&foreign.columns).all(|(a, b)| same(a, b))
                && key.columns.len() >= foreign.columns.len()
        };
        if !table.keys.iter().any(leads) {
            let name = if foreign.name.is_empty() {
                foreign.columns.first().cloned().unwrap_or_default()
            } else {
                foreign.name.clone()
            };
            add_key(table, TableKey { name, kind: KeyKind::Plain, columns: foreign.columns.clone(), prefix: false });
        }
        table.foreign.push(foreign);
    } else if let Some(check) = define::check(text) {
        table.checks.push(check);
    }
}

fn add_key(table: &mut Table, key: TableKey) {
    if key.kind == KeyKind::Primary {
        for column in table.columns.iter_mut().filter(|column| key.columns.iter().any(|own| same(own, &column.name))) {
            column.definition.not_null = true;
        }
    }
    table.keys.push(key);
}

fn add_column(table: &mut Table, name: &str, text: &str) {
    let definition = Definition::read(text);
    let one =
        |name: &str, kind| TableKey { name: name.to_owned(), kind, columns: vec![name.to_owned()], prefix: false };
    if definition.primary {
        table.keys.push(TableKey { name: "PRIMARY".to_owned(), ..one(name, KeyKind::Primary) });
    }
    if definition.unique {
        table.keys.push(one(name, KeyKind::Unique));
    }
    if let Some(foreign) = definition.references.as_deref().and_then(|text| define::column_foreign(name, text)) {
        table.foreign.push(foreign);
    }
    if definition.check.is_some() {
        table.checks.push(String::new());
    }
    let at = place(table, &definition).unwrap_or(table.columns.len());
    let column = column(table, name, definition);
    table.columns.insert(at, column);
}

/// A column with the character set and collation that it gets from the table.
fn column(table: &Table, name: &str, mut definition: Definition) -> Column {
    if definition.text_type() {
        let own = definition.charset.is_some();
        definition.charset = definition
            .charset
            .or_else(|| definition.collation.as_deref().map(super::verdict::charset_of))
            .or_else(|| table.charset.clone());
        definition.collation = definition.collation.or_else(|| table.collation.clone().filter(|_| !own));
    }
    definition.not_null |= definition.primary;
    Column { name: name.to_owned(), definition }
}

/// Where a column is put.
fn place(table: &Table, definition: &Definition) -> Option<usize> {
    match definition.position.as_ref()? {
        Position::First => Some(0),
        Position::After(name) => table.columns.iter().position(|column| same(&column.name, name)).map(|at| at + 1),
    }
}

/// Does to a table what clauses say.
pub(in crate::migrate) fn alter(world: &mut World, name: &Name, clauses: &[Clause]) {
    let mut to = None;
    let table = world.table_mut(name);
    for clause in clauses {
        match &clause.action {
            Action::RenameTable(new) => to = Some(new.in_schema_of(name)),
            _ => change(table, clause),
        }
    }
    if let Some(to) = to {
        rename(world, name, &to);
    }
}

fn change(table: &mut Table, clause: &Clause) {
    match &clause.action {
        Action::AddColumns(columns) => columns.iter().for_each(|(name, text)| add_column(table, name, text)),
        Action::DropColumn(name) => drop_column(table, name),
        Action::Modify { column, definition } => redefine(table, column, column, definition),
        Action::Change { from, to, definition } => redefine(table, from, to, definition),
        Action::RenameColumn { from, to } => rename_column(table, from, to),
        Action::AddIndex { .. } | Action::AddPrimaryKey | Action::AddForeignKey | Action::AddCheck => {
            add_item(table, &clause.text);
        }
        Action::DropPrimaryKey => table.keys.retain(|key| key.kind != KeyKind::Primary),
        Action::DropIndex(name) => table.keys.retain(|key| !same(&key.name, name)),
        Action::RenameIndex { from, to } => {
            table.keys.iter_mut().filter(|key| same(&key.name, from)).for_each(|key| key.name.clone_from(to));
        }
        Action::DropForeignKey(name) => table.foreign.retain(|foreign| !same(&foreign.name, name)),
        Action::DropConstraint(name) => {
            table.checks.retain(|check| !same(check, name));
            table.foreign.retain(|foreign| !same(&foreign.name, name));
            table.keys.retain(|key| !same(&key.name, name));
        }
        Action::Convert => convert(table, &clause.text),
        Action::Option(_) => {
            let options = define::options(&clause.text);
            table.engine = options.engine.or(table.engine.take());
            table.row_format = options.row_format.or(table.row_format.take());
            if options.charset.is_some() || options.collation.is_some() {
                table.charset =
                    options.charset.or_else(|| options.collation.as_deref().map(super::verdict::charset_of));
                table.collation = options.collation;
            }
        }
        Action::Partition(words) if words == "PARTITION BY" => table.partitions = Some(clause.text.clone()),
        Action::Partition(words) if words == "REMOVE PARTITIONING" => table.partitions = None,
        _ => {}
    }
}

fn drop_column(table: &mut Table, name: &str) {
    table.columns.retain(|column| !same(&column.name, name));
    for key in &mut table.keys {
        key.columns.retain(|own| !same(own, name));
    }
    table.keys.retain(|key| !key.columns.is_empty());
}

fn rename_column(table: &mut Table, from: &str, to: &str) {
    let rename = |names: &mut Vec<String>| {
        names.iter_mut().filter(|own| same(own, from)).for_each(|own| to.clone_into(own));
    };
    table
        .columns
        .iter_mut()
        .filter(|column| same(&column.name, from))
        .for_each(|column| to.clone_into(&mut column.name));
    table.keys.iter_mut().for_each(|key| rename(&mut key.columns));
    table.foreign.iter_mut().for_each(|foreign| rename(&mut foreign.columns));
}

fn redefine(table: &mut Table, from: &str, to: &str, text: &str) {
    let definition = Definition::read(text);
    rename_column(table, from, to);
    let Some(at) = table.columns.iter().position(|column| same(&column.name, to)) else {
        let column = column(table, to, definition);
        table.columns.push(column);
        return;
    };
    let old = table.columns.remove(at);
    let at = place(table, &definition).unwrap_or(at);
    let mut column = column(table, to, definition);
    let keyed = table.primary().is_some_and(|key| key.columns.iter().any(|own| same(own, to)));
    column.definition.not_null |= keyed;
    column.definition.check = column.definition.check.or(old.definition.check);
    table.columns.insert(at, column);
}

fn convert(table: &mut Table, text: &str) {
    let options = define::options(text);
    let charset = options.charset.or_else(|| options.collation.as_deref().map(super::verdict::charset_of));
    (table.charset, table.collation) = (charset.clone(), options.collation.clone());
    for column in table.columns.iter_mut().filter(|column| column.definition.text_type()) {
        (column.definition.charset, column.definition.collation) = (charset.clone(), options.collation.clone());
    }
}
