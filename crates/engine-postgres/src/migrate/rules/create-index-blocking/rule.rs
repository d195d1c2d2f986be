//! `migrate/create-index-blocking`: writes wait while an index is built.

use dbwright_core::{Change, Cx};

use crate::ddl::CreateIndex;
use crate::migrate::lint::steps::{made_name, quoted};
use crate::migrate::lint::{Effort, Origin, Scene, Table, TableRef, Work};

/// Reports indexes that are not built concurrently.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    // ONLY is for partitioned tables, of which nothing is built then.
    let builds = |(table, index): &(TableRef, &CreateIndex)| {
        !(index.concurrently || table.partitioned() || index.only && table.origin == Origin::Assumed)
    };
    for (table, index) in scene.created_indexes().filter(builds) {
        let effort = Effort { table: &table, work: Work::Index, lock: "SHARE" };
        let name = index.name.clone().unwrap_or_else(|| usual_name(&table, index));
        let finding = cx
            .finding(table.subject_in(&name), format!("CREATE INDEX {} {}", quoted(&name), effort.says()))
            .why(effort.waits())
            .change(
                Change::new([concurrent(&table, index, &name)], "SHARE UPDATE EXCLUSIVE: reads and writes go on")
                    .back([format!("DROP INDEX CONCURRENTLY {}", in_schema(&table, &name))])
                    .outside_transaction(),
            );
        cx.report(effort.weigh(finding));
    }
}

fn usual_name(table: &Table, index: &CreateIndex) -> String {
    let keys: Vec<String> =
        index.keys.iter().map(|key| key.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect()).collect();
    let parts: Vec<&str> = std::iter::once(table.name.as_str()).chain(keys.iter().map(String::as_str)).collect();
    made_name(&parts, "idx")
}

fn concurrent(table: &Table, index: &CreateIndex, name: &str) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let missing = if index.if_not_exists { "IF NOT EXISTS " } else { "" };
    format!("CREATE {unique}INDEX CONCURRENTLY {missing}{} ON {} {}", quoted(name), table.sql(), index.definition)
}

fn in_schema(table: &Table, name: &str) -> String {
    dbwright_sql::Dialect::Postgres.qualified(&table.schema, name)
}
