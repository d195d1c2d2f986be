//! `migrate/primary-key-dropped`: a table that is copied because nothing takes the place of its primary key.

use dbwright_core::Cx;

use crate::migrate::lint::steps::{LOCK_NONE, ddl, online};
use crate::migrate::lint::{Cause, Effort, Scene};
use crate::migrate::parse::{Act, Action};
use crate::migrate::ways::COPY;

/// Reports primary keys that are dropped without another in the same statement.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let Some(altered) = cx.body.busy() else { return };
    let table = &altered.table;
    for part in altered.parts.iter().filter(|part| part.verdict.cause == Cause::PrimaryKey && part.verdict.way == COPY)
    {
        let effort = Effort { table, way: part.verdict.way };
        let name = table.sql();
        let mut finding = cx
            .finding(table.subject(), format!("dropping the primary key of {name} {}", effort.says()))
            .why(format!(
                "rows are stored by the primary key; without another one in the same statement the server copies the table; {}; and \
                 until there is one again, replicas look for each changed row by reading the whole table",
                effort.waits()
            ))
            .at(part.place.clone());
        let added = later_key(cx.body).filter(|_| matches!(part.clause.action, Action::DropPrimaryKey));
        if let Some(added) = added {
            finding = finding.change(ddl(vec![online(table, &format!("DROP PRIMARY KEY, {added}"))], LOCK_NONE));
        }
        cx.report(effort.weigh(finding));
    }
}

/// The clause of a later statement that gives the same table a primary key.
fn later_key(scene: &Scene) -> Option<String> {
    let Act::Alter { table, .. } = scene.act() else { return None };
    scene.after().iter().find_map(|line| match &line.act {
        Act::Alter { table: other, clauses, .. } if other == table => {
            clauses.iter().find(|clause| clause.action == Action::AddPrimaryKey).map(|clause| clause.text.clone())
        }
        _ => None,
    })
}
