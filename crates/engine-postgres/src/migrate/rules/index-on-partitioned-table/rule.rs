//! `migrate/index-on-partitioned-table`: all partitions at once, or not at all.

use dbwright_core::{Change, Cx};

use crate::ddl::CreateIndex;
use crate::migrate::lint::steps::{made_name, quoted};
use crate::migrate::lint::{Effort, Scene, Table, Work};

/// Reports indexes on partitioned tables that are not built partition by partition.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for (table, index) in scene.created_indexes().filter(|(table, index)| table.partitioned() && !index.only) {
        let effort = Effort { table: &table, work: Work::Index, lock: "SHARE" };
        let name = index.name.clone().unwrap_or_else(|| made_name(&[&table.name], "idx"));
        let title = if index.concurrently {
            format!("CREATE INDEX CONCURRENTLY fails: {} is partitioned", table.sql())
        } else {
            format!("CREATE INDEX {} on all partitions {}", quoted(&name), effort.says())
        };
        let why = if index.concurrently {
            "the server builds indexes concurrently on partitions alone".to_owned()
        } else {
            effort.waits()
        };
        let finding = cx.finding(table.subject_in(&name), title).why(why).change(
            Change::new(
                steps(&table, index, &name),
                "SHARE on the parent for a moment; the partitions are indexed beside reads and writes",
            )
            .outside_transaction(),
        );
        cx.report(effort.weigh(finding));
    }
}

/// The parent's index alone, each partition's, and their joining.
fn steps(table: &Table, index: &CreateIndex, name: &str) -> Vec<String> {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let parent = quoted(name);
    let mut steps = vec![format!("CREATE {unique}INDEX {parent} ON ONLY {} {}", table.sql(), index.definition)];
    for partition in &table.partitions {
        let short = partition.rsplit('.').next().unwrap_or(partition).trim_matches('"');
        let own = quoted(&made_name(&[short, name], "part"));
        steps.push(format!("CREATE {unique}INDEX CONCURRENTLY {own} ON {partition} {}", index.definition));
        steps.push(format!("ALTER INDEX {parent} ATTACH PARTITION {own}"));
    }
    steps
}
