//! `migrate/drop-index-blocking`: a moment's lock that everybody queues behind.

use dbwright_core::{Change, Cx};

use crate::ddl::{Act, Name, Object};
use crate::migrate::lint::steps::quoted;
use crate::migrate::lint::{Effort, Scene, Work};

/// Reports indexes that are not dropped concurrently.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for act in scene.acts() {
        let Act::Drop { object: Object::Index, names, if_exists, concurrently: false, .. } = act else { continue };
        for name in names {
            let found = scene.world.index(name);
            if *if_exists && found.is_none() && scene.world.known {
                continue;
            }
            if found
                .as_ref()
                .is_some_and(|(table, index)| table.fresh() || table.partitioned() || index.here && !scene.world.known)
            {
                continue;
            }
            let unknown = Name { schema: name.schema.clone(), name: String::new() };
            let table = found.map_or_else(|| scene.world.table(&unknown), |(table, _)| table);
            let effort = Effort { table: &table, work: Work::Moment, lock: "ACCESS EXCLUSIVE" };
            let written = name
                .schema
                .as_ref()
                .map_or_else(|| quoted(&name.name), |schema| format!("{}.{}", quoted(schema), quoted(&name.name)));
            let exists = if *if_exists { "IF EXISTS " } else { "" };
            let of = if table.name.is_empty() { "its table".to_owned() } else { table.sql() };
            let finding = cx
                .finding(written.clone(), format!("DROP INDEX {written} takes ACCESS EXCLUSIVE on {of}"))
                .why("while it waits behind a long query, every read and write of the table queues behind it")
                .change(
                    Change::new(
                        [format!("DROP INDEX CONCURRENTLY {exists}{written}")],
                        "SHARE UPDATE EXCLUSIVE: reads and writes go on",
                    )
                    .irreversible("the index is built again from its definition")
                    .outside_transaction(),
                );
            cx.report(effort.weigh(finding));
        }
    }
}
