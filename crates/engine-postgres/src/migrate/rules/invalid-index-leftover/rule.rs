//! `migrate/invalid-index-leftover`: an index that is there and serves nobody.

use dbwright_core::{Change, Cx, Severity};
use dbwright_sql::Dialect;

use crate::ddl::{Act, CreateIndex, Object};
use crate::migrate::lint::steps::quoted;
use crate::migrate::lint::{Effort, Scene, Work};

/// Reports builds that an invalid index of the same name would spoil.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for (table, index) in scene.created_indexes() {
        let Some(name) = index.name.clone() else { continue };
        let there = table.indexes.iter().find(|one| one.name == name);
        let spoiled = there.is_some_and(|one| !one.valid && !one.here);
        let hides = there.is_none() && index.concurrently && index.if_not_exists;
        if dropped_before(scene, &name) || !(spoiled || hides) {
            continue;
        }
        let effort = Effort { table: &table, work: Work::Moment, lock: "SHARE UPDATE EXCLUSIVE" };
        let full = Dialect::Postgres.qualified(&table.schema, &name);
        let steps = [format!("DROP INDEX CONCURRENTLY IF EXISTS {full}"), build(&table.sql(), index, &name)];
        let title = if spoiled {
            format!("an invalid index {} is there, left by an interrupted attempt", quoted(&name))
        } else {
            format!("IF NOT EXISTS keeps an invalid {} that an interrupted attempt would leave", quoted(&name))
        };
        let finding = cx
            .finding(table.subject_in(&name), title)
            .why("an invalid index is maintained by every write and used by no query; with IF NOT EXISTS the statement sees the name, does nothing, and says nothing")
            .change(Change::new(steps, "SHARE UPDATE EXCLUSIVE: reads and writes go on").outside_transaction());
        let finding = if spoiled { finding } else { finding.severity(Severity::Low) };
        cx.report(effort.weigh(finding));
    }
}

fn build(table: &str, index: &CreateIndex, name: &str) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    format!("CREATE {unique}INDEX CONCURRENTLY {} ON {table} {}", quoted(name), index.definition)
}

/// Whether the file drops an index of the name before.
fn dropped_before(scene: &Scene, name: &str) -> bool {
    let drops = |act: &Act| matches!(act, Act::Drop { object: Object::Index, names, .. } if names.iter().any(|one| one.name == name));
    scene.lines[..scene.at].iter().flat_map(|line| &line.acts).any(drops)
}
