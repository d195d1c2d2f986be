//! `migrate/drop-table`: a table goes, with its rows.

use dbwright_core::{Change, Cx};

use crate::ddl::{Act, Object};
use crate::migrate::lint::steps::{made_name, quoted};
use crate::migrate::lint::{Effort, Scene, Work};

/// Reports tables that are dropped.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let dropped = scene.acts().iter().flat_map(|act| match act {
        Act::Drop { object: Object::Table, names, .. } => names.as_slice(),
        _ => &[],
    });
    for name in dropped {
        let table = scene.world.table(name);
        if table.quiet() || (scene.world.known && !table.in_target) {
            continue;
        }
        let effort = Effort { table: &table, work: Work::Moment, lock: "ACCESS EXCLUSIVE" };
        let aside = quoted(&made_name(&[&table.name], "unused"));
        let renamed = table.sql().replace(&quoted(&table.name), &aside);
        let change =
            Change::new([format!("ALTER TABLE {} RENAME TO {aside}", table.sql())], "ACCESS EXCLUSIVE, for a moment")
                .back([format!("ALTER TABLE {renamed} RENAME TO {}", quoted(&table.name))]);
        let finding = cx
            .finding(table.subject(), format!("dropping {} breaks code that still uses it, and its rows are gone", table.sql()))
            .why(
                "no undo brings rows back; first deploy code that does not know the table, then put it aside under another name, \
                 and drop it when nobody has missed it",
            )
            .change(change);
        cx.report(effort.weigh(finding));
    }
}
