//! `migrate/disable-trigger`: what others write meanwhile goes by unseen.

use dbwright_core::{Change, Cx};

use crate::ddl::{Act, Action};
use crate::migrate::lint::{Effort, Scene, Table, Work};

/// Reports triggers that are switched off for others too.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for (table, clause) in scene.clauses().filter(|(table, _)| !table.fresh()) {
        let Action::Trigger { enable: false, name } = &clause.action else { continue };
        if scene.transaction.is_some() && enabled_later(scene, &table) {
            continue;
        }
        let effort = Effort { table: &table, work: Work::Moment, lock: "SHARE ROW EXCLUSIVE" };
        let keys = if name == "ALL" { "; foreign keys are off with it" } else { "" };
        let what = if name == "ALL" || name == "USER" {
            "all triggers".to_owned()
        } else {
            format!("the trigger {}", crate::migrate::lint::steps::quoted(name))
        };
        let finding = cx
            .finding(
                table.subject_in(name),
                format!("{what} of {} is switched off for every session{keys}", table.sql()),
            )
            .why("what others write meanwhile is not checked, copied or logged, and nothing makes up for it later")
            .change(Change::new(
                ["SET LOCAL session_replication_role = replica"],
                "none: this session's writes alone skip triggers",
            ))
            .at(scene.place_of(clause));
        cx.report(effort.weigh(finding));
    }
}

/// Whether the transaction switches triggers of the table on again.
fn enabled_later(scene: &Scene, table: &Table) -> bool {
    let ends = |act: &Act| matches!(act, Act::Commit | Act::Rollback);
    let inside = scene.after().iter().take_while(|line| !line.acts.iter().any(ends));
    let enables = |act: &Act| match act {
        Act::Alter { name, clauses, .. } if name.name == table.name => {
            clauses.iter().any(|clause| matches!(clause.action, Action::Trigger { enable: true, .. }))
        }
        _ => false,
    };
    inside.flat_map(|line| &line.acts).any(enables)
}
