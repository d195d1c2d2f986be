//! `migrate/rename-table`: code that runs now looks for the old name.

use dbwright_core::{Change, Cx};
use dbwright_sql::Dialect;

use crate::migrate::lint::steps::quoted;
use crate::migrate::lint::{Scene, TableRef, known};
use crate::migrate::parse::{Act, Action};
use crate::migrate::text::cursor::Name;

/// Reports tables that get another name.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for (table, to) in renamed(scene) {
        // A table that takes the old name in the same statement serves the code that says it.
        let taken = pairs(scene).iter().any(|(_, other)| other.name == table.name);
        // And the one that takes it is new to all code.
        let taken = taken || pairs(scene).iter().any(|(from, _)| from.name == to.name);
        if table.fresh() || taken {
            continue;
        }
        let old = table.sql();
        let new =
            to.schema.as_ref().map_or_else(|| quoted(&to.name), |schema| Dialect::Mysql.qualified(schema, &to.name));
        let lock = "an exclusive metadata lock for an instant; code that comes between the two fails";
        let change = Change::new([scene.sql().to_owned(), format!("CREATE VIEW {old} AS SELECT * FROM {new}")], lock)
            .back([format!("DROP VIEW {old}"), format!("RENAME TABLE {new} TO {old}")])
            .outside_transaction();
        let finding = cx
            .finding(table.subject(), format!("after renaming it to {new}, code that still says {old} fails"))
            .why(
                "old and new code run side by side while a release is rolled out; a view of the old name, made at once after it, \
                 serves reads and writes of the old code until it is gone",
            )
            .change(change);
        cx.report(known(finding, &table));
    }
}

/// The tables, with their new names.
fn renamed(scene: &Scene) -> Vec<(TableRef, Name)> {
    pairs(scene).into_iter().map(|(from, to)| (scene.world.table(&from), to)).collect()
}

fn pairs(scene: &Scene) -> Vec<(Name, Name)> {
    match scene.act() {
        Act::RenameTable { pairs } => pairs.clone(),
        Act::Alter { table, clauses, .. } => clauses
            .iter()
            .filter_map(|clause| match &clause.action {
                Action::RenameTable(to) => Some((table.clone(), to.clone())),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}
