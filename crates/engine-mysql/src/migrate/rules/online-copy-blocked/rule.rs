//! `migrate/online-copy-blocked`: only a copy does it, and the table can't be copied beside.

use dbwright_core::{Cx, Severity};
use dbwright_sql::Dialect;

use crate::migrate::lint::{Effort, Foreign, KeyKind, Scene, Table};
use crate::migrate::parse::Action;
use crate::migrate::table::same;
use crate::migrate::ways::COPY;

/// Up to this nobody notices a copy under a lock.
const SMALL: u64 = 4 * 1024 * 1024;

/// Reports copies of tables with something in the way.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Some(altered) = scene.busy().filter(|altered| altered.whole.way.algorithm == "COPY" && altered.whole.certain)
    else {
        return;
    };
    let table = &altered.table;
    let mut ways: Vec<String> = Vec::new();
    // What copies of dbwright's own bring along is in the way of other tools alone.
    if let Some(trigger) = table.triggers.first().filter(|_| scene.as_is) {
        ways.push(format!("its trigger {}", Dialect::Mysql.name(trigger)));
    }
    if let Some(foreign) = table.foreign.iter().find(|foreign| scene.as_is || acts(foreign)) {
        let name = if foreign.name.is_empty() { foreign.columns.join(", ") } else { foreign.name.clone() };
        ways.push(format!("its foreign key {}", Dialect::Mysql.name(&name)));
    }
    if let Some(child) = scene.world.children(table).first().filter(|_| scene.as_is) {
        ways.push(format!("a foreign key of {} that refers to it", child.sql()));
    }
    let dropped = altered.parts.iter().any(|part| part.clause.action == Action::DropPrimaryKey);
    if table.complete && !shares_key(table, dropped) {
        ways.push("no unique key of NOT NULL columns that stays the same".to_owned());
    }
    if ways.is_empty() {
        return;
    }
    let list = ways.join(", ");
    let finding = cx
        .finding(table.subject(), format!("{} is copied under a lock, and copying it beside has something in its way: {list}", table.sql()))
        .why(
            "tools that copy a table beside itself refuse this, or need it taken away before and made again after (`dbwright migrate apply` \
             brings triggers along, and foreign keys without CASCADE and SET NULL); no change is shown: find the change that needs no copy, a new column for one, or a time at which writes may wait",
        )
        .evidence("in the way", list.as_str(), "", "the table's definition");
    let brief = table.bytes.is_some_and(|bytes| bytes < SMALL);
    let finding = Effort { table, way: COPY }.weigh(finding);
    cx.report(if brief { finding.severity(Severity::Low) } else { finding });
}

/// Whether a foreign key changes rows of this table by itself, which no trigger sees.
fn acts(foreign: &Foreign) -> bool {
    let tail = foreign.tail.to_ascii_uppercase();
    tail.contains("CASCADE") || tail.contains("SET ")
}

/// Whether rows can be told apart before and after.
fn shares_key(table: &Table, primary_dropped: bool) -> bool {
    let filled =
        |name: &String| table.columns.iter().any(|column| same(&column.name, name) && column.definition.not_null);
    table.keys.iter().any(|key| match key.kind {
        KeyKind::Primary => !primary_dropped,
        KeyKind::Unique => !key.prefix && key.columns.iter().all(filled),
        _ => false,
    })
}
