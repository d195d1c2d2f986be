//! `mysql/unused-index`: an index that no statement has used since the server counts.
//!
//! What enforces something or serves a foreign key is left alone, and so is a table that nobody touched: its counters say nothing.

use dbwright_core::{Change, Cx, Finding, Severity};
use dbwright_sql::indexing::needed_by_foreign_keys;
use dbwright_sql::model::{Index, Table};
use dbwright_sql::{Dialect, render};

use crate::alter::{self, INSTANT, ONLINE};
use crate::body::Body;
use crate::words;

/// Reports unused indexes, or that the counters are too young to tell.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    let needed = needed_by_foreign_keys(&body.catalog);
    let (mut found, mut young) = (Vec::new(), 0);
    for (table, facts) in alter::tables(body) {
        if facts.io.is_none_or(|io| io.fetched + io.written() == 0) {
            continue;
        }
        let window = facts.counted_s(&body.server);
        for index in table.indexes.iter().filter(|index| droppable(index) && !needed.contains(&index.id)) {
            let serves = table.foreign_keys().any(|(key, _)| {
                key.columns.iter().map(String::as_str).eq(index.leading_columns().take(key.columns.len()))
            });
            let used = body.index(index.id).and_then(|facts| facts.io).is_none_or(|io| io.fetched > 0);
            if used || serves {
                continue;
            }
            if window >= cx.limit("min_window_days") * 86_400.0 {
                found.push(finding(cx, table, index, window));
            } else {
                young += 1;
            }
        }
    }
    for finding in found {
        cx.report(finding);
    }
    if young > 0 {
        let which = if young == 1 { "an index was".to_owned() } else { format!("{young} indexes were") };
        let days = cx.limit("min_window_days");
        cx.not_looked(
            format!("{which} not used, but the counters cover less than {days} days (they begin with the server's start, and with each ALTER of the table)"),
            Some("check again later, or lower min_window_days of mysql/unused-index"),
        );
    }
}

/// Whether it only serves queries, and may do so.
fn droppable(index: &Index) -> bool {
    !index.unique && !index.primary && index.valid && matches!(index.method.as_str(), "btree" | "hash")
}

fn finding(cx: &Cx<'_, Body>, table: &Table, index: &Index, window: f64) -> Finding {
    let (body, catalog) = (cx.body, &cx.body.catalog);
    let name = catalog.dialect.name(&index.name);
    let bytes = index.bytes.unwrap_or(0);
    let small = words::as_f64(bytes) < cx.limit("small_mb") * 1_048_576.0;
    let replica = !body.replication.is_empty();
    let severity = if small || replica { Severity::Low } else { Severity::Medium };
    let size = index.bytes.map_or_else(String::new, |bytes| format!(" ({})", words::bytes(bytes)));
    let title =
        format!("index {name}{size} of {} was not used in {}", catalog.qualified(table), words::seconds(window));
    let source = body.server.index_use_source();
    let mut finding = cx
        .finding(catalog.subject_in(table, &index.name), title)
        .severity(severity)
        .why(why(body))
        .evidence("rows fetched by it", 0, "rows", source)
        .evidence("window", window.round(), "s", "Uptime, information_schema.TABLES.CREATE_TIME");
    if let Some(bytes) = index.bytes {
        finding = finding.evidence("bytes", bytes, "bytes", "mysql.innodb_index_stats");
    }
    if let Some(io) = body.table(table.id).and_then(|facts| facts.io) {
        finding = finding.evidence("rows written to the table", io.written(), "rows", source);
    }
    match change(body, table, index) {
        Ok(change) => finding.change(change),
        Err(_) => finding,
    }
}

fn why(body: &Body) -> String {
    let mut why = "every write maintains it, and it takes memory and space, for no query; an index for a yearly job looks the same".to_owned();
    if !body.replication.is_empty() {
        why += "; this is a replica, whose counters know nothing of queries on its source: look there too";
    }
    if body.server.hides_indexes_by().is_some() {
        why += "; it is hidden first, which a statement takes back in an instant: drop it when nobody has missed it";
    }
    why
}

/// Hides it where the server can, else drops it.
fn change(body: &Body, table: &Table, index: &Index) -> Result<Change, String> {
    let Some(hiding) = body.server.hides_indexes_by() else { return render::drop_index(&body.catalog, table, index) };
    let name = body.catalog.qualified(table);
    let alter = |clause: &str| {
        let own = Dialect::Mysql.name(&index.name);
        let how = if alter::is_innodb(table) { format!(", {ONLINE}") } else { String::new() };
        format!("ALTER TABLE {name} ALTER INDEX {own} {clause}{how}")
    };
    Ok(alter::ddl(vec![alter(hiding.hide)], INSTANT).back([alter(hiding.show)]))
}
