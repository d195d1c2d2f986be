//! `pg/unlogged-table`: a crash empties it.

use dbwright_core::{Change, Cx, Finding};
use dbwright_sql::model::{Table, TableKind};

use crate::body::PgBody;
use crate::words;

/// Reports the tables, partitions one by one: each has a persistence of its own.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let body = cx.body;
    for table in body.catalog.user_tables().filter(|t| t.kind == TableKind::Table && is_unlogged(body, t)) {
        let finding = finding(cx, table);
        cx.report(finding);
    }
}

fn is_unlogged(body: &PgBody, table: &Table) -> bool {
    body.tables.get(&table.id).is_some_and(|stats| stats.persistence == "u")
}

fn finding(cx: &Cx<'_, PgBody>, table: &Table) -> Finding {
    let body = cx.body;
    let of = body.catalog.qualified(table);
    let bytes = table.bytes.unwrap_or(0);
    let finding = cx
        .finding(body.catalog.subject(table), format!("{of} is unlogged: a crash empties it"))
        .evidence("relpersistence", "unlogged", "", "pg_class")
        .evidence("size", bytes, "bytes", "pg_relation_size");
    let harm = "its rows are not in WAL, so that replicas and file backups do not have them either";
    let by_id = body.catalog.by_id();
    let target = table.foreign_keys().filter_map(|(_, to)| by_id.get(&to.id?).copied());
    let unlogged = target.into_iter().find(|to| to.id != table.id && is_unlogged(body, to));
    if let Some(other) = unlogged {
        let other = body.catalog.qualified(other);
        return finding
            .why(format!("{harm}; no change is given, because it refers to {other}, which has to be logged first"));
    }
    let size = words::bytes(bytes);
    let change = Change::new(
        [format!("ALTER TABLE {of} SET LOGGED")],
        format!("ACCESS EXCLUSIVE while the table ({size}) is written anew, into WAL too: reads and writes wait"),
    );
    finding.why(harm).change(change.back([format!("ALTER TABLE {of} SET UNLOGGED")]))
}
