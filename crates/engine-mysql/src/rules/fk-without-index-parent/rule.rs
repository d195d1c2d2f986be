//! `mysql/fk-without-index-parent`: a foreign key to columns that several rows can share.

use std::collections::HashSet;

use dbwright_core::{Change, Cx};
use dbwright_sql::Dialect;
use dbwright_sql::model::{References, Table};
use dbwright_sql::render::{self, Surroundings};

use crate::alter::{self, ONLINE};
use crate::body::Body;

/// Reports foreign keys whose parent has no unique key of exactly those columns.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let catalog = &cx.body.catalog;
    let (around, by_id) = (Surroundings::of(catalog), catalog.by_id());
    let mut mended: HashSet<(u64, Vec<String>)> = HashSet::new();
    for (table, _) in alter::tables(cx.body) {
        for (key, references) in table.foreign_keys() {
            let parent = references.id.and_then(|id| by_id.get(&id).copied());
            if parent.is_none() && cx.body.server.database.as_deref().is_some_and(|only| only != references.schema) {
                continue; // a schema that was not looked at
            }
            if parent.is_some_and(|parent| is_unique(parent, &references.columns)) {
                continue;
            }
            let target = format!(
                "{} ({})",
                catalog.dialect.qualified(&references.schema, &references.table),
                catalog.dialect.names(&references.columns)
            );
            let name = catalog.dialect.name(&key.name);
            let finding = cx
                .finding(
                    catalog.subject_in(table, &key.name),
                    format!(
                        "foreign key {name} of {} refers to {target}, which is not unique",
                        catalog.qualified(table)
                    ),
                )
                .evidence("references", target.as_str(), "", "information_schema.KEY_COLUMN_USAGE");
            let Some(parent) = parent else {
                cx.report(
                    finding.why("the table that it refers to is gone: every insert into the child fails; drop the foreign key, or make the parent again")
                        .evidence("parent", "missing", "", "information_schema.TABLES"),
                );
                continue;
            };
            let finding = finding
                .why("which of several equal rows is the parent is undefined, and MySQL 8.4 and later refuse such a foreign key when a dump is loaded")
                .evidence("unique_keys_of_these_columns", 0, "indexes", "information_schema.STATISTICS");
            // One index serves all foreign keys to these columns.
            let first = mended.insert((parent.id, references.columns.clone()));
            cx.report(if first { finding.change(change(&around, parent, references)) } else { finding });
        }
    }
}

fn is_unique(parent: &Table, columns: &[String]) -> bool {
    let same = |index: &&dbwright_sql::model::Index| {
        let own: HashSet<&str> = index.leading_columns().collect();
        let whole = index.keys.iter().all(|key| key.opclass.is_empty());
        index.unique
            && whole
            && own.len() == columns.len()
            && columns.iter().all(|column| own.contains(column.as_str()))
    };
    parent.indexes.iter().any(|index| same(&index))
}

fn change(around: &Surroundings<'_>, parent: &Table, references: &References) -> Change {
    let name = around.catalog.qualified(parent);
    let columns: Vec<&str> = references.columns.iter().map(String::as_str).collect();
    let index = Dialect::Mysql.name(&render::index_name(around, parent, &columns));
    let list = Dialect::Mysql.names(&references.columns);
    let lock = "LOCK=NONE: reads and writes go on while the index is built; when two rows are equal it fails, and nothing has changed";
    alter::ddl(vec![format!("ALTER TABLE {name} ADD UNIQUE INDEX {index} ({list}), {ONLINE}")], lock)
        .irreversible("from then on the foreign key relies on the index, which can only be dropped together with it")
}
