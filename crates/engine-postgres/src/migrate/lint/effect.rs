//! What a statement changes in the state that rules look at.

use std::sync::Arc;

use dbwright_sql::model::TableKind;

use super::expression::{Volatility, declared};
use super::locks::taken;
use super::scene::{Scene, Transaction};
use super::uses;
use super::world::{Column, Constraint, Index, Origin, Table};
use crate::ddl::{self, Act, Action, ColumnConstraint, ConstraintKind, CreateIndex, CreateTable, Name, Object};

/// Takes the statement, or the part of it, into the state.
pub(super) fn pass(scene: &mut Scene) {
    let acts = scene.acts().to_vec();
    let sql = scene.sql().to_owned();
    for act in &acts {
        if scene.transaction.is_some() {
            let line = scene.lines[scene.at].line;
            let locks = taken(scene, act);
            if let Some(transaction) = &mut scene.transaction {
                transaction.locks.extend(locks.into_iter().map(|lock| (lock, line)));
            }
        }
        session(scene, act, &sql);
        schema(scene, act, &sql);
        uses::pass(scene, act, &sql);
    }
}

/// Transactions and settings.
fn session(scene: &mut Scene, act: &Act, sql: &str) {
    match act {
        Act::Begin => scene.transaction = Some(Transaction { explicit: true, ..Transaction::default() }),
        Act::Commit | Act::Rollback => {
            scene.transaction = None;
            scene.local.clear();
        }
        Act::Set { name, value, local } => {
            if name == "search_path" {
                scene.look_in(value);
            }
            let settings = if *local { &mut scene.local } else { &mut scene.settings };
            settings.insert(name.clone(), value.clone());
        }
        // SELECT set_config('lock_timeout', '5s', false)
        Act::Query { calls } if calls.iter().any(|call| call == "set_config") => {
            let mut strings = sql.split('\'').skip(1).step_by(2);
            if let (Some(name), Some(value)) = (strings.next(), strings.next()) {
                if name == "search_path" {
                    scene.look_in(value);
                }
                scene.settings.insert(name.to_owned(), value.to_owned());
            }
        }
        _ => {}
    }
}

/// Tables and types.
fn schema(scene: &mut Scene, act: &Act, sql: &str) {
    match act {
        Act::CreateTable(table) => create_table(scene, table, sql),
        Act::CreateTableAs { object, name, if_not_exists, temporary, .. } => {
            let kind = if *object == Object::MaterializedView { TableKind::MaterializedView } else { TableKind::Table };
            if !(*if_not_exists && there(scene, name)) {
                make(scene, name, |table| (table.kind, table.temporary) = (kind, *temporary));
            }
        }
        Act::CreateIndex(index) => create_index(scene, index),
        Act::CreateView { name, .. } if !there(scene, name) => make(scene, name, |table| table.kind = TableKind::View),
        Act::CreatePolicy { table, .. } => scene.world.table_mut(table).policies += 1,
        Act::CreateType { name, values } => {
            let key = scene.world.key(name);
            scene.world.enums.insert(key, values.clone());
        }
        Act::CreateDomain { name, constrained } => {
            let key = scene.world.key(name);
            scene.world.domains.insert(key.clone(), *constrained);
            scene.world.bases.extend(made_of(sql).map(|base| (key, base)));
        }
        Act::AddEnumValue { name, value, .. } => {
            let key = scene.world.key(name);
            scene.world.enums.entry(key).or_default().push(value.clone());
        }
        Act::CreateFunction { name, .. } => {
            scene.world.functions.insert(name.name.clone(), declared(sql));
        }
        Act::Drop { object, names, .. } => names.iter().for_each(|name| drop_one(scene, *object, name)),
        Act::Truncate { tables, .. } if scene.transaction.is_some() => {
            for name in tables {
                scene.world.table_mut(name).empty = true;
            }
        }
        Act::Insert { table, .. } | Act::CopyFrom { table } | Act::Merge { table } => {
            scene.world.table_mut(table).empty = false;
        }
        Act::Alter { object: Object::Table | Object::ForeignTable, name, clauses, .. } => {
            for clause in clauses {
                alter(scene, name, &clause.action);
            }
        }
        _ => {}
    }
}

fn there(scene: &Scene, name: &Name) -> bool {
    scene.world.tables.get(&scene.world.key(name)).is_some_and(|table| table.origin != Origin::Assumed)
}

/// Makes a table of this file's.
fn make(scene: &mut Scene, name: &Name, fill: impl FnOnce(&mut Table)) {
    let key = scene.world.key(name);
    let in_target = scene.world.tables.get(&key).is_some_and(|table| table.in_target);
    let mut table = Table { origin: Origin::Here, in_target, ..Table::assumed(key.clone()) };
    fill(&mut table);
    scene.world.tables.insert(key, Arc::new(table));
}

fn create_table(scene: &mut Scene, act: &CreateTable, sql: &str) {
    if act.if_not_exists && there(scene, &act.name) {
        return;
    }
    let copied = ddl_words(sql, "like") || ddl_words(sql, "of");
    make(scene, &act.name, |table| {
        table.temporary = act.temporary;
        table.kind = if act.partition_by.is_some() { TableKind::Partitioned } else { TableKind::Table };
        table.complete = act.inherits.is_empty() && !copied && !act.columns.is_empty();
        for column in &act.columns {
            table.columns.push(new_column(column));
            add_inline(table, column);
        }
        act.constraints.iter().for_each(|constraint| add_constraint(table, constraint));
    });
    if let Some(of) = &act.partition_of {
        let part = scene.world.table(&act.name);
        let parent = scene.world.table_mut(of);
        parent.partitions.push(part.subject());
        if ddl_words(sql, "default") && !ddl_words(sql, "values") {
            parent.default_partition = Some((part.schema.clone(), part.name.clone()));
        }
    }
}

/// The type that `CREATE DOMAIN x AS type …` names.
fn made_of(sql: &str) -> Option<String> {
    let words: Vec<&str> = sql.split_whitespace().collect();
    let from = words.iter().position(|word| word.eq_ignore_ascii_case("as"))? + 1;
    let ends = |word: &&&str| {
        ["default", "not", "null", "check", "constraint", "collate"].iter().any(|end| {
            word.get(..end.len()).is_some_and(|start| start.eq_ignore_ascii_case(end))
                && !word[end.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
        })
    };
    let ty: Vec<&str> = words.get(from..)?.iter().take_while(|word| !ends(word)).copied().collect();
    (!ty.is_empty()).then(|| ty.join(" "))
}

/// Whether a word stands in a statement.
fn ddl_words(sql: &str, word: &str) -> bool {
    sql.split(|c: char| !c.is_alphanumeric() && c != '_').any(|one| one.eq_ignore_ascii_case(word))
}

fn new_column(column: &ddl::Column) -> Column {
    let has = |wanted: fn(&ColumnConstraint) -> bool| column.constraints.iter().any(wanted);
    let serial = column.ty.to_ascii_lowercase().contains("serial");
    let key = has(|one| matches!(one, ColumnConstraint::NotNull | ColumnConstraint::PrimaryKey { .. }));
    let identity = has(|one| matches!(one, ColumnConstraint::Identity { .. }));
    let filled = has(|one| matches!(one, ColumnConstraint::Default(_) | ColumnConstraint::Generated { .. }));
    let collation = column.constraints.iter().find_map(|one| match one {
        ColumnConstraint::Collate(name) => Some(name.clone()),
        _ => None,
    });
    Column {
        name: column.name.clone(),
        ty: column.ty.clone(),
        not_null: key || identity || serial,
        filled: filled || identity || serial,
        collation,
        here: true,
    }
}

/// The constraints that a column brings along.
fn add_inline(table: &mut Table, column: &ddl::Column) {
    for one in &column.constraints {
        let (kind, name, references) = match one {
            ColumnConstraint::PrimaryKey { name } => ('p', name, None),
            ColumnConstraint::Unique { name } => ('u', name, None),
            ColumnConstraint::References { name, table, .. } => ('f', name, Some(table.clone())),
            ColumnConstraint::Check { name, .. } => ('c', name, None),
            _ => continue,
        };
        let text =
            if let ColumnConstraint::Check { expression, .. } = one { expression.clone() } else { String::new() };
        let suffix = match kind {
            'u' => "key",
            'f' => "fkey",
            _ => "check",
        };
        let usual = if kind == 'p' {
            format!("{}_pkey", table.name)
        } else {
            format!("{}_{}_{suffix}", table.name, column.name)
        };
        table.constraints.push(Constraint {
            name: name.clone().unwrap_or(usual),
            kind,
            columns: vec![column.name.clone()],
            validated: true,
            text,
            references,
        });
    }
}

fn add_constraint(table: &mut Table, constraint: &ddl::Constraint) {
    let mut text = constraint.definition.clone();
    let (kind, columns, references) = match &constraint.kind {
        ConstraintKind::Check { expression } => {
            text.clone_from(expression);
            ('c', vec![], None)
        }
        ConstraintKind::Unique { columns, using_index, .. } => ('u', keys(table, columns, using_index.as_ref()), None),
        ConstraintKind::PrimaryKey { columns, using_index, .. } => {
            let columns = keys(table, columns, using_index.as_ref());
            for column in table.columns.iter_mut().filter(|column| columns.contains(&column.name)) {
                column.not_null = true;
            }
            ('p', columns, None)
        }
        ConstraintKind::ForeignKey { columns, table, .. } => ('f', columns.clone(), Some(table.clone())),
        ConstraintKind::Exclude => ('x', vec![], None),
        ConstraintKind::NotNull { column } => {
            if !constraint.not_valid {
                table.columns.iter_mut().filter(|one| one.name == *column).for_each(|one| one.not_null = true);
            }
            ('n', vec![column.clone()], None)
        }
    };
    let name = constraint.name.clone().unwrap_or_default();
    table.constraints.push(Constraint { name, kind, columns, validated: !constraint.not_valid, text, references });
}

/// The columns of a key: those written, or those of its prebuilt index.
fn keys(table: &Table, columns: &[String], using: Option<&String>) -> Vec<String> {
    let index = using.and_then(|name| table.indexes.iter().find(|index| index.name == *name));
    index.map_or_else(|| columns.to_vec(), |index| index.keys.clone())
}

fn create_index(scene: &mut Scene, act: &CreateIndex) {
    let table = scene.world.table_mut(&act.table);
    let usual = || format!("{}_{}_idx", table.name, act.keys.join("_"));
    let name = act.name.clone().unwrap_or_else(usual);
    if act.if_not_exists && table.indexes.iter().any(|index| index.name == name) {
        return;
    }
    let unquoted = |key: &String| key.trim_matches('"').replace("\"\"", "\"");
    table.indexes.push(Index {
        name,
        unique: act.unique,
        keys: act.keys.iter().map(unquoted).collect(),
        partial: act.filter.is_some(),
        valid: true,
        replica_identity: false,
        bytes: None,
        here: true,
    });
}

fn drop_one(scene: &mut Scene, object: Object, name: &Name) {
    match object {
        Object::Table | Object::View | Object::MaterializedView => {
            let key = scene.world.key(name);
            scene.world.tables.remove(&key);
        }
        Object::Index => {
            if let Some((table, _)) = scene.world.index(name) {
                let of = Name { schema: Some(table.schema.clone()), name: table.name.clone() };
                scene.world.table_mut(&of).indexes.retain(|index| index.name != name.name);
            }
        }
        Object::Function => {
            scene.world.functions.insert(name.name.clone(), Volatility::Unknown);
        }
        _ => {}
    }
}

/// One clause of `ALTER TABLE`.
fn alter(scene: &mut Scene, name: &Name, action: &Action) {
    if let Action::Rename { to } = action {
        return rename(scene, name, to);
    }
    if let Action::AddConstraint(constraint) = action
        && constraint.not_valid
    {
        let subject = scene.world.table(name).subject();
        let of = constraint.name.clone().unwrap_or_default();
        if let Some(transaction) = &mut scene.transaction {
            transaction.unvalidated.push((subject, of));
        }
    }
    if let Action::AttachPartition { name: part, bound } = action
        && bound.trim().eq_ignore_ascii_case("default")
    {
        let part = scene.world.table(part);
        scene.world.table_mut(name).default_partition = Some((part.schema.clone(), part.name.clone()));
    }
    let table = scene.world.table_mut(name);
    match action {
        Action::AddColumn { column, .. } => {
            if table.column(&column.name).is_none() {
                table.columns.push(new_column(column));
            }
            add_inline(table, column);
        }
        Action::DropColumn { name, .. } => {
            table.columns.retain(|column| column.name != *name);
            table.indexes.retain(|index| !index.keys.contains(name));
            table.constraints.retain(|one| one.kind == 'c' || !one.columns.contains(name));
        }
        Action::RenameColumn { from, to } => rename_column(table, from, to),
        Action::SetNotNull { column } => of_column(table, column, |column| column.not_null = true),
        Action::DropNotNull { column } => of_column(table, column, |column| column.not_null = false),
        Action::SetDefault { column, .. } => of_column(table, column, |column| column.filled = true),
        Action::DropDefault { column } => of_column(table, column, |column| column.filled = false),
        Action::SetType { column, ty, collation, .. } => of_column(table, column, |column| {
            column.ty.clone_from(ty);
            column.collation.clone_from(collation);
        }),
        Action::AddConstraint(constraint) => add_constraint(table, constraint),
        Action::ValidateConstraint { name } => {
            table.constraints.iter_mut().filter(|one| one.name == *name).for_each(|one| one.validated = true);
        }
        Action::DropConstraint { name, .. } => {
            table.constraints.retain(|one| one.name != *name);
            table.indexes.retain(|index| index.name != *name);
        }
        Action::ReplicaIdentity { to } => replica_identity(table, to),
        _ => {}
    }
}

fn of_column(table: &mut Table, name: &str, change: impl Fn(&mut Column)) {
    table.columns.iter_mut().filter(|column| column.name == name).for_each(change);
}

fn rename_column(table: &mut Table, from: &str, to: &str) {
    of_column(table, from, |column| to.clone_into(&mut column.name));
    let keys = table.indexes.iter_mut().flat_map(|index| &mut index.keys);
    let columns = table.constraints.iter_mut().flat_map(|one| &mut one.columns);
    keys.chain(columns).filter(|name| *name == from).for_each(|name| to.clone_into(name));
}

fn replica_identity(table: &mut Table, to: &str) {
    let upper = to.to_ascii_uppercase();
    let kind = match upper.split_whitespace().next() {
        Some("FULL") => "f",
        Some("NOTHING") => "n",
        Some("USING") => "i",
        _ => "d",
    };
    kind.clone_into(&mut table.replica_identity);
    let name = to.split_whitespace().last().unwrap_or_default().trim_matches('"');
    for index in &mut table.indexes {
        index.replica_identity = upper.starts_with("USING") && index.name == name;
    }
}

fn rename(scene: &mut Scene, name: &Name, to: &str) {
    let key = scene.world.key(name);
    let mut table = scene.world.table(name);
    scene.world.tables.remove(&key);
    to.clone_into(&mut Arc::make_mut(&mut table).name);
    scene.world.tables.insert((key.0, to.to_owned()), table);
}
