//! `migrate/reindex-blocking`: indexes are built anew while everybody waits.

use dbwright_core::{Change, Cx};

use crate::ddl::{Act, Name};
use crate::migrate::lint::steps::quoted;
use crate::migrate::lint::{Effort, Scene, Work};

/// Reports REINDEX that is not concurrent.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for act in scene.acts() {
        let Act::Reindex { what, name, concurrently: false } = act else { continue };
        let unknown = Name { schema: None, name: String::new() };
        let table = match (what.as_str(), name) {
            ("TABLE", Some(name)) => scene.world.table(name),
            ("INDEX", Some(name)) => {
                scene.world.index(name).map_or_else(|| scene.world.table(&unknown), |(table, _)| table)
            }
            _ => scene.world.table(&unknown),
        };
        if table.quiet() {
            continue;
        }
        let effort = Effort { table: &table, work: Work::Index, lock: "ACCESS EXCLUSIVE" };
        let written = name.as_ref().map_or_else(String::new, |name| {
            name.schema
                .as_ref()
                .map_or_else(|| quoted(&name.name), |schema| format!("{}.{}", quoted(schema), quoted(&name.name)))
        });
        let subject = if written.is_empty() { what.to_ascii_lowercase() } else { written.clone() };
        let mut finding = cx
            .finding(subject, format!("REINDEX {what} {written} builds indexes anew while reads and writes wait"))
            .why("writes of each table wait, and so do queries that look at the index while planning, which most do");
        if what != "SYSTEM" {
            let sql = format!("REINDEX {what} CONCURRENTLY {written}");
            finding = finding.change(
                Change::new([sql.trim_end().to_owned()], "SHARE UPDATE EXCLUSIVE: reads and writes go on")
                    .irreversible("there is nothing to undo: the index is the same one, built anew")
                    .outside_transaction(),
            );
        }
        cx.report(effort.weigh(finding));
    }
}
