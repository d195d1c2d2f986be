//! `migrate/drop-indexed-column`: indexes that lose a column, or go with it.

use dbwright_core::Cx;

use crate::migrate::lint::steps::{LOCK_NONE, ddl, online, quoted, quoted_list};
use crate::migrate::lint::{KeyKind, Scene, Table, TableKey, known};
use crate::migrate::parse::Action;
use crate::migrate::table::same;

/// Reports dropped columns that indexes hold.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let Some(altered) = cx.body.busy() else { return };
    let table = &altered.table;
    let dropped = |key: &TableKey| {
        altered.parts.iter().any(|part| match &part.clause.action {
            Action::DropIndex(name) | Action::DropConstraint(name) => same(name, &key.name),
            Action::DropPrimaryKey => key.kind == KeyKind::Primary,
            _ => false,
        })
    };
    for part in &altered.parts {
        let Action::DropColumn(column) = &part.clause.action else { continue };
        let keys = table.keys_of(column);
        let keys: Vec<&TableKey> =
            keys.into_iter().filter(|key| !dropped(key) && key.kind != KeyKind::Primary).collect();
        for key in keys {
            let finding = cx
                .finding(table.subject_in(&key.name), title(column, key))
                .why(
                    "queries that need the index are slower from this moment, and nothing says so: say in the statement what becomes of it, \
                     so that who reads it knows; the table is built anew once, while reads and writes go on",
                )
                .change(ddl(vec![online(table, &said(table, column, key))], LOCK_NONE))
                .at(part.place.clone());
            cx.report(known(finding, table));
        }
    }
}

fn title(column: &str, key: &TableKey) -> String {
    let (name, column) = (quoted(&key.name), quoted(column));
    match (key.columns.len(), key.kind) {
        (1, _) => format!("with {column} goes the index {name}"),
        (_, KeyKind::Unique) => {
            format!(
                "without {column} the unique index {name} is over fewer columns: rows that differ there alone make it fail"
            )
        }
        _ => format!("without {column} the index {name} is over fewer columns"),
    }
}

/// The clauses that say what happens.
fn said(_table: &Table, column: &str, key: &TableKey) -> String {
    let (name, drop) = (quoted(&key.name), quoted(column));
    let rest: Vec<String> = key.columns.iter().filter(|own| !same(own, column)).cloned().collect();
    let plain =
        key.kind == KeyKind::Plain && !key.prefix && !rest.is_empty() && !rest.iter().any(|part| part.starts_with('('));
    let again = if plain { format!(", ADD INDEX {name} ({})", quoted_list(&rest)) } else { String::new() };
    format!("DROP INDEX {name}{again}, DROP COLUMN {drop}")
}
