//! `mysql/redundant-index`: an index that names the primary key at its end, where InnoDB puts it anyway.

use dbwright_core::Cx;
use dbwright_sql::Dialect;
use dbwright_sql::indexing::{needed_by_foreign_keys, same_key};
use dbwright_sql::model::{Index, Table};

use crate::alter::{self, ONLINE};
use crate::body::Body;

/// Reports them, unless the shorter index is there as well: then `sql/redundant-index` speaks of the pair.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let catalog = &cx.body.catalog;
    let needed = needed_by_foreign_keys(catalog);
    for (table, _) in alter::innodb(cx.body) {
        let Some(primary) = table.indexes.iter().find(|index| index.primary) else { continue };
        for index in table.indexes.iter().filter(|index| ends_in(index, primary) && !needed.contains(&index.id)) {
            let kept = index.keys.len() - primary.keys.len();
            if table.indexes.iter().any(|other| is_shorter(other, index, kept)) {
                continue;
            }
            let name = catalog.dialect.name(&index.name);
            let title =
                format!("index {name} of {} ends in the primary key, as all do anyway", catalog.qualified(table));
            let finding = cx
                .finding(catalog.subject_in(table, &index.name), title)
                .why("InnoDB ends each index in the primary key by itself: the columns say nothing, and hide that the index is the same as the shorter one")
                .evidence("index", columns(index), "", "information_schema.STATISTICS")
                .evidence("primary_key", columns(primary), "", "information_schema.STATISTICS");
            cx.report(match change(&catalog.qualified(table), table, index, kept) {
                Some(change) => finding.change(change),
                None => finding,
            });
        }
    }
}

fn columns(index: &Index) -> String {
    index.leading_columns().collect::<Vec<_>>().join(", ")
}

/// Whether the last parts of an index are the primary key.
fn ends_in(index: &Index, primary: &Index) -> bool {
    let plain = index.method == "btree" && !index.unique && !index.primary && index.keys.len() > primary.keys.len();
    let end = index.keys.len().saturating_sub(primary.keys.len());
    plain && index.keys[end..].iter().zip(&primary.keys).all(|(a, b)| same_key(Dialect::Mysql, a, b, false))
}

fn is_shorter(other: &Index, index: &Index, kept: usize) -> bool {
    other.id != index.id
        && other.keys.len() >= kept
        && other.keys[..kept] == index.keys[..kept]
        && other.method == "btree"
}

/// The shorter index takes the place of the longer one, under the same name.
fn change(name: &str, table: &Table, index: &Index, kept: usize) -> Option<dbwright_core::Change> {
    let again = index.definition.as_deref()?.strip_prefix(&format!("ALTER TABLE {name} "))?;
    let own = Dialect::Mysql.name(&index.name);
    let mut shorter = index.clone();
    shorter.keys.truncate(kept);
    let part = |key: &dbwright_sql::model::IndexKey| -> Option<String> {
        let prefix = key.opclass.strip_prefix("prefix ").map_or_else(String::new, |length| format!("({length})"));
        let direction = if key.descending { " DESC" } else { "" };
        Some(format!("{}{prefix}{direction}", Dialect::Mysql.name(key.column.as_deref()?)))
    };
    let parts: Option<Vec<String>> = shorter.keys.iter().map(part).collect();
    let forward = format!("ALTER TABLE {name} DROP INDEX {own}, ADD INDEX {own} ({}), {ONLINE}", parts?.join(", "));
    let back = format!("ALTER TABLE {name} DROP INDEX {own}, {again}, {ONLINE}");
    debug_assert!(table.indexes.iter().any(|one| one.id == index.id), "the index is the table's");
    Some(alter::ddl(vec![forward], "LOCK=NONE: reads and writes go on while the index is built").back([back]))
}
