//! `migrate/rename-table`: code that runs now looks for the old name.

use dbwright_core::{Change, Cx};
use dbwright_sql::Dialect;

use crate::ddl::{Act, Action, Object};
use crate::migrate::lint::steps::quoted;
use crate::migrate::lint::{Effort, Scene, Table, Work};

/// Reports tables that get another name or schema.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for (table, clause) in scene.clauses() {
        let to = match &clause.action {
            Action::Rename { to } => renamed(&table, to),
            Action::SetSchema { to } => Dialect::Postgres.qualified(to, &table.name),
            _ => continue,
        };
        if table.fresh() || taken_over(scene, &table) {
            continue;
        }
        let effort = Effort { table: &table, work: Work::Moment, lock: "ACCESS EXCLUSIVE" };
        let old = table.sql();
        let lock = "ACCESS EXCLUSIVE, for a moment; both in one transaction";
        let change = Change::new([scene.sql().to_owned(), format!("CREATE VIEW {old} AS SELECT * FROM {to}")], lock)
            .back([format!("DROP VIEW {old}"), format!("ALTER TABLE {to} {}", home(&table, &clause.action))]);
        let finding = cx
            .finding(table.subject(), format!("after renaming it to {to}, code that still says {old} fails"))
            .why("old and new code run side by side while a release is rolled out; a view of the old name, made in the same \
                  transaction, serves reads and writes of the old code until it is gone")
            .change(change)
            .at(scene.place_of(clause));
        cx.report(effort.weigh(finding));
    }
}

fn renamed(table: &Table, to: &str) -> String {
    if table.schema == "public" { quoted(to) } else { Dialect::Postgres.qualified(&table.schema, to) }
}

fn home(table: &Table, action: &Action) -> String {
    match action {
        Action::SetSchema { .. } => format!("SET SCHEMA {}", quoted(&table.schema)),
        _ => format!("RENAME TO {}", quoted(&table.name)),
    }
}

/// Whether a later statement of the file gives the old name to something else: a switch.
fn taken_over(scene: &Scene, table: &Table) -> bool {
    scene.later_acts().any(|act| match act {
        Act::CreateView { name, .. } => name.name == table.name,
        Act::CreateTable(made) => made.name.name == table.name,
        Act::Alter { object: Object::Table | Object::View, clauses, .. } => {
            clauses.iter().any(|clause| matches!(&clause.action, Action::Rename { to } if *to == table.name))
        }
        _ => false,
    })
}
