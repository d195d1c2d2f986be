//! What files make that uses columns, and what they drop of it. A file tells by its words; a target knows.

use std::sync::Arc;

use super::scene::Scene;
use super::world::Table;
use crate::body::ColumnUse;
use crate::ddl::{self, Act, Action, ColumnConstraint, Name, Object};

/// Takes an act into what is known of uses.
pub(super) fn pass(scene: &mut Scene, act: &Act, sql: &str) {
    match act {
        Act::CreateView { name, .. } => reads(scene, "view", name, sql),
        Act::CreateTableAs { object: Object::MaterializedView, name, .. } => {
            reads(scene, "materialized view", name, sql);
        }
        Act::CreateTrigger { name, table, .. } => of_table(scene, "trigger", name, table, sql),
        Act::CreatePolicy { name, table } => of_table(scene, "policy", name, table, sql),
        Act::CreateTable(made) => made.columns.iter().for_each(|column| computed(scene, &made.name, column)),
        Act::Alter { object: Object::Table, name, clauses, .. } => {
            for clause in clauses {
                match &clause.action {
                    Action::AddColumn { column, .. } => computed(scene, name, column),
                    Action::DropColumn { name: column, .. } => {
                        forget(scene, |one| one.kind == "generated column" && one.name == *column);
                    }
                    _ => {}
                }
            }
        }
        Act::Drop { object, names, .. } => names.iter().for_each(|name| dropped(scene, *object, name)),
        _ => {}
    }
}

fn dropped(scene: &mut Scene, object: Object, name: &Name) {
    let kinds: &[&str] = match object {
        Object::View => &["view"],
        Object::MaterializedView => &["materialized view"],
        Object::Trigger => &["trigger"],
        Object::Policy => &["policy"],
        Object::Rule => &["rule"],
        Object::Function => &["function"],
        _ => return,
    };
    let schema = scene.world.key(name).0;
    forget(scene, |one| {
        kinds.contains(&one.kind.as_str()) && one.name == name.name && (one.schema.is_empty() || one.schema == schema)
    });
}

fn forget(scene: &mut Scene, goes: impl Fn(&ColumnUse) -> bool) {
    for table in scene.world.tables.values_mut().filter(|table| table.uses.iter().any(&goes)) {
        Arc::make_mut(table).uses.retain(|one| !goes(one));
    }
}

/// A view, and the columns of the tables that it names.
fn reads(scene: &mut Scene, kind: &str, name: &Name, sql: &str) {
    let (schema, words) = (scene.world.key(name).0, words(sql));
    let named = |table: &Table| table.name != name.name && words.contains(&table.name.as_str());
    for table in scene.world.tables.values_mut().filter(|table| named(table)) {
        note(Arc::make_mut(table), kind, &schema, &name.name, &words);
    }
}

/// A trigger or policy, and the columns of its table that its text names.
fn of_table(scene: &mut Scene, kind: &str, name: &str, table: &Name, sql: &str) {
    let words = words(sql);
    note(scene.world.table_mut(table), kind, "", name, &words);
}

fn note(table: &mut Table, kind: &str, schema: &str, name: &str, words: &[&str]) {
    let used = table.columns.iter().filter(|column| words.contains(&column.name.as_str()));
    let new = used.map(|column| ColumnUse {
        column: column.name.clone(),
        kind: kind.to_owned(),
        schema: schema.to_owned(),
        name: name.to_owned(),
    });
    let new: Vec<ColumnUse> = new.filter(|one| !table.uses.contains(one)).collect();
    table.uses.extend(new);
}

/// A generated column, and the columns of its expression.
fn computed(scene: &mut Scene, table: &Name, column: &ddl::Column) {
    let expression = column.constraints.iter().find_map(|one| match one {
        ColumnConstraint::Generated { expression, .. } => Some(expression.clone()),
        _ => None,
    });
    let Some(expression) = expression else { return };
    let words: Vec<ColumnUse> = words(&expression)
        .into_iter()
        .filter(|word| *word != column.name)
        .map(|word| ColumnUse {
            column: word.to_owned(),
            kind: "generated column".to_owned(),
            schema: String::new(),
            name: column.name.clone(),
        })
        .collect();
    scene.world.table_mut(table).uses.extend(words);
}

fn words(sql: &str) -> Vec<&str> {
    sql.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect()
}
