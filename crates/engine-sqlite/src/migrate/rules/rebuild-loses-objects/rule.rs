//! `migrate/rebuild-loses-objects`: what goes with the old table and is not made again.

use dbwright_core::words::some_of;
use dbwright_core::{Change, Cx};

use crate::migrate::lint::{Copied, Line, Scene, Table};
use crate::migrate::parse::{Act, Kind};
use crate::migrate::schema::TableState;

/// Reports rebuilds by hand that do not make again what belongs to the table.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let (Some(table), Some(rebuild)) = (scene.busy(), scene.rebuild()) else { return };
    let Some(state) = &table.state else { return };
    let (mut lost, mut steps) = (Vec::new(), Vec::new());
    for (kind, objects) in [("index", &state.indexes), ("trigger", &state.triggers)] {
        for (name, sql) in objects.iter().filter(|(name, _)| !made_again(scene, name)) {
            lost.push(format!("the {kind} {name}"));
            steps.push(sql.clone());
        }
    }
    let sequence = loses_sequence(scene, table, &rebuild);
    if sequence {
        lost.push("the sequence of AUTOINCREMENT".to_owned());
    }
    if lost.is_empty() {
        return;
    }
    let given_out = if sequence {
        "; the new table counts on from its greatest key, so that keys of deleted rows are given out again: copy `seq` in sqlite_sequence \
         before the drop"
    } else {
        ""
    };
    let mut finding = cx
        .finding(table.subject(), format!("dropping {} loses {}", table.sql(), some_of(&lost)))
        .why(format!(
            "indexes and triggers belong to the old table, and nothing in the file makes them on the new one{given_out}"
        ))
        .evidence("lost", lost.join(", "), "", "the schema before the statement");
    if steps.is_empty() {
        finding.why += "; no change is shown beside that";
    } else {
        let drops = table.sql();
        steps.insert(0, scene.sql().to_owned());
        steps.insert(1, format!("ALTER TABLE {} RENAME TO {drops}", crate::migrate::lint::quoted(rebuild.new)));
        finding = finding.change(Change::new(steps, "the file's write lock").irreversible("the old table is gone"));
    }
    cx.report(finding);
}

/// Whether a statement of the file makes an index or trigger of this name.
fn made_again(scene: &Scene, name: &str) -> bool {
    let makes = |line: &Line| matches!(&line.act, Act::Create { kind: Kind::Index | Kind::Trigger, name: made, .. } if made.eq_ignore_ascii_case(name));
    scene.after().iter().any(makes)
}

/// Whether both tables have AUTOINCREMENT and the greatest key ever given out is not taken over.
fn loses_sequence(scene: &Scene, table: &Table, rebuild: &Copied<'_>) -> bool {
    let new = scene.world.table(rebuild.new).state;
    let counts = |state: &TableState| state.autoincrement();
    let both = table.state.as_ref().is_some_and(counts) && new.as_ref().is_some_and(counts);
    both && !scene.lines.iter().any(|line| line.sql.to_ascii_lowercase().contains("sqlite_sequence"))
}
