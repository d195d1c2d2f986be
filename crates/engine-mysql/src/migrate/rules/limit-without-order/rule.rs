//! `migrate/limit-without-order`: each replica chooses its own rows.

use dbwright_core::{Change, Cx, Severity};

use crate::migrate::lint::read::rows::{rows, selected};
use crate::migrate::lint::{Scene, order_by};
use crate::migrate::parse::Act;

/// Reports rows that are chosen by LIMIT alone.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Act::Write { table: Some(name), verb, .. } = scene.act() else { return };
    let said = if matches!(*verb, "UPDATE" | "DELETE") { rows(scene.sql()) } else { None };
    let chosen = match &said {
        Some(rows) => rows.limited && !rows.ordered && rows.filter.is_none_or(|filter| !one_row(filter)),
        None => selected(scene.sql()).is_some_and(|(limited, ordered)| limited && !ordered),
    };
    let format = scene.setting("binlog_format").map(str::to_ascii_uppercase);
    let statement = format.as_deref().is_some_and(|format| format == "STATEMENT" || format == "0");
    if !chosen || (format.is_some() && !statement) {
        return;
    }
    let named = said.as_ref().and_then(|rows| rows.table.clone());
    let table = scene.world.table(named.as_ref().unwrap_or(name));
    if table.quiet() {
        return;
    }
    let finding = cx
        .finding(table.subject(), format!("which rows of {} the LIMIT takes is the server's choice", table.sql()))
        .why("with binlog_format = STATEMENT each replica chooses for itself, and has other rows than its source from then on; ORDER BY the primary key \
              takes the same rows everywhere")
        .evidence("binlog_format", format.as_deref().unwrap_or("not known"), "", if format.is_some() { "the session" } else { "no target" });
    let finding = match ordered(scene.sql(), &order_by(&table)).filter(|_| said.is_some()) {
        Some(sql) => finding.change(Change::new([sql], "as the statement itself").irreversible("rows are changed")),
        None => finding,
    };
    cx.report(if statement { finding.severity(Severity::High) } else { finding });
}

/// A condition that is one comparison of an id leaves nothing to choose.
fn one_row(filter: &str) -> bool {
    let mut cursor = crate::migrate::text::Cursor::new(filter);
    let id = cursor.name().is_some_and(|name| name.eq_ignore_ascii_case("id"));
    let equal = cursor.accept(&["="]);
    cursor.skip();
    id && equal && cursor.done()
}

/// The statement with an order before its LIMIT.
fn ordered(sql: &str, order: &str) -> Option<String> {
    let mut cursor = crate::migrate::text::Cursor::new(sql);
    if order.is_empty() || !cursor.seek(&["limit"]) {
        return None;
    }
    let at = cursor.start();
    Some(format!("{}{order} {}", sql[..at].trim_end(), &sql[at..]))
}
