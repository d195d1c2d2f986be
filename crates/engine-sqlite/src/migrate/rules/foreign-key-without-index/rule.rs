//! `migrate/foreign-key-without-index`: each delete of the referenced row will read the whole table.

use dbwright_core::{Change, Cx, Severity};
use dbwright_sql::Dialect;

use crate::migrate::lint::{Scene, quoted};

/// Reports foreign keys that no index serves.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    if scene.trial.refusal.is_some() {
        return;
    }
    let Some(table) = scene.table.as_ref().filter(|table| !table.temporary) else { return };
    let Some((name, keys)) = scene.keys_without_index() else { return };
    for key in keys {
        let (own, parent) = (quoted(&name), quoted(&key.parent));
        let list = key.columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ");
        let index = quoted(&format!("{name}_{}", key.columns.join("_")));
        let build = format!("CREATE INDEX {index} ON {own} ({list})");
        // Where the file gives the table its name later, the index comes at the end of it.
        let forward =
            if table.name.eq_ignore_ascii_case(&name) { vec![scene.sql().to_owned(), build] } else { vec![build] };
        let change = Change::new(forward, "the file's write lock while the index is built")
            .back([format!("DROP INDEX {index}")]);
        let finding = cx
            .finding(
                Dialect::Sqlite.subject(&["main", &name, &key.columns.join("_")]),
                format!("no index leads with ({list}), the foreign key of {own} to {parent}"),
            )
            .why(format!("where foreign keys are enforced, each DELETE and key UPDATE of {parent} reads the whole of {own} for every row, under the file's write lock"))
            .severity(if table.quiet() || table.state.is_none() { Severity::Low } else { Severity::Medium })
            .evidence("foreign key", list.as_str(), "", "PRAGMA foreign_key_list, in memory, after the statement")
            .change(change);
        cx.report(table.numbers(finding));
    }
}
