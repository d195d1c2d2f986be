//! `migrate/no-primary-key`: a new table whose rows have no name.

use dbwright_core::Cx;

use crate::migrate::lint::read::made::{derived, made};
use crate::migrate::lint::{KeyKind, Line, Scene, Table};
use crate::migrate::parse::{Act, Action};
use crate::migrate::table::same;

/// Reports tables that are made without a key.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Some(table) = made(scene).filter(|table| !table.temporary && table.innodb()) else { return };
    if derived(scene) && (!has_query(scene) || !table.keys.is_empty())
        || named(&table)
        || scene.turned_on("sql_generate_invisible_primary_key")
    {
        return;
    }
    let Act::CreateTable { table: name, .. } = scene.act() else { return };
    let later = |line: &Line| match &line.act {
        Act::Alter { table, clauses, .. } if table == name => clauses.iter().any(|clause| match &clause.action {
            Action::AddPrimaryKey => true,
            Action::AddColumns(columns) => {
                columns.iter().any(|(_, text)| crate::migrate::lint::Definition::read(text).primary)
            }
            _ => false,
        }),
        Act::DropTable { tables, .. } => tables.contains(name),
        _ => false,
    };
    if scene.after().iter().any(later) {
        return;
    }
    let finding = cx
        .finding(table.subject(), format!("the new table {} has no primary key", table.sql()))
        .why(
            "replicas that replay a change of it read the whole table for each row, group replication refuses its writes, and nothing can copy it online; no change \
             is shown: choose what names a row, else a number of its own",
        )
        .evidence("unique keys of NOT NULL columns", 0, "", "the statement");
    cx.report(finding);
}

fn has_query(scene: &Scene) -> bool {
    matches!(scene.act(), Act::CreateTable { rows: true, .. })
}

/// Whether rows have a name: the primary key, or what the server takes for it.
fn named(table: &Table) -> bool {
    let filled =
        |name: &String| table.columns.iter().any(|column| same(&column.name, name) && column.definition.not_null);
    table.keys.iter().any(|key| match key.kind {
        KeyKind::Primary => true,
        KeyKind::Unique => !key.prefix && key.columns.iter().all(filled),
        _ => false,
    })
}
