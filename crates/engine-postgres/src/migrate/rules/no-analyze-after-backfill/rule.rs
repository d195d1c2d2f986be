//! `migrate/no-analyze-after-backfill`: plans are made from what was there before.

use dbwright_core::{Change, Cx};

use crate::ddl::{Act, Name};
use crate::migrate::lint::Scene;

/// Reports the last write of many rows to a table that no ANALYZE follows.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Some(name) = scene.acts().iter().find_map(filled) else { return };
    let table = scene.world.table(name);
    let again = scene
        .later_acts()
        .any(|act| filled(act).is_some_and(|other| scene.world.table(other).subject() == table.subject()));
    if table.quiet() || again || scene.later_acts().any(|act| analyzes(scene, act, &table.subject())) {
        return;
    }
    let change = Change::new([format!("ANALYZE {}", table.sql())], "SHARE UPDATE EXCLUSIVE; reads and writes go on");
    let finding = cx
        .finding(table.subject(), format!("plans for {} rest on what was there before this", table.sql()))
        .why("autovacuum gathers statistics some time later; until then queries on the new values may be planned badly")
        .evidence("ANALYZE in the file", false, "", "the file")
        .change(change.irreversible("statistics are only gathered anew"));
    cx.report(finding);
}

/// The table that gets many rows or values.
fn filled(act: &Act) -> Option<&Name> {
    match act {
        Act::Update { table, filter, limited: false, .. }
            if filter.as_ref().is_none_or(|filter| !filter.contains('=')) =>
        {
            Some(table)
        }
        Act::Insert { table, from_query: true, .. } | Act::CopyFrom { table } => Some(table),
        _ => None,
    }
}

fn analyzes(scene: &Scene, act: &Act, subject: &str) -> bool {
    match act {
        Act::Analyze { tables } | Act::Vacuum { analyze: true, tables, .. } => {
            tables.is_empty() || tables.iter().any(|name| scene.world.table(name).subject() == subject)
        }
        _ => false,
    }
}
