//! How often tables and indexes were used since the server counts: from the performance schema, else from `userstat`.

use std::collections::BTreeMap;

use super::activity::PERFORMANCE_SCHEMA_ON;
use super::catalog::Parts;
use super::session::Session;
use crate::body::{Io, Variable, area};
use crate::flavour::Server;

const GRANT: &str = "GRANT SELECT ON performance_schema.* TO the account";

/// Reads the counters.
pub(super) async fn fill(
    session: &mut Session,
    server: &Server,
    variables: &BTreeMap<String, Variable>,
    parts: &mut Parts,
) {
    let userstat = variables.get("userstat").is_some_and(|variable| matches!(variable.value.as_str(), "ON" | "1"));
    if server.performance_schema {
        let on = session
            .read(
                area::INDEX_USE,
                GRANT,
                "SELECT /* dbwright */ ENABLED FROM performance_schema.setup_instruments WHERE NAME = 'wait/io/table/sql/handler'",
                |row| row.text() == "YES",
            )
            .await;
        match on.as_slice() {
            [true] => waits(session, parts).await,
            [false] => session.gap(
                area::INDEX_USE,
                "the server does not count how tables are used",
                Some("UPDATE performance_schema.setup_instruments SET ENABLED = 'YES', TIMED = 'YES' WHERE NAME = 'wait/io/table/sql/handler'"),
            ),
            _ => {}
        }
    } else if userstat {
        statistics(session, parts).await;
    } else {
        session.gap(
            area::INDEX_USE,
            "neither performance_schema nor userstat counts the use of indexes",
            Some(PERFORMANCE_SCHEMA_ON),
        );
    }
}

/// The performance schema has a row for each index of a table that was opened, and one for what used none.
async fn waits(session: &mut Session, parts: &mut Parts) {
    let sql = format!(
        "SELECT /* dbwright */ OBJECT_SCHEMA, OBJECT_NAME, INDEX_NAME, COUNT_FETCH, COUNT_INSERT, COUNT_UPDATE, COUNT_DELETE, \
         SUM_TIMER_WAIT FROM performance_schema.table_io_waits_summary_by_index_usage WHERE OBJECT_TYPE = 'TABLE' AND {}",
        parts.filter.on("OBJECT_SCHEMA")
    );
    let rows = session
        .read(area::INDEX_USE, GRANT, &sql, |row| {
            let name = (row.text(), row.text(), row.opt_text());
            let io = Io {
                fetched: row.counter(),
                inserted: row.counter(),
                updated: row.counter(),
                deleted: row.counter(),
                wait_ms: row.picoseconds(),
            };
            (name, io)
        })
        .await;
    for ((schema, table, index), io) in rows {
        let Some((_, facts)) = parts.find(&schema, &table) else { continue };
        let sum = facts.io.get_or_insert_default();
        *sum = Io {
            fetched: sum.fetched + io.fetched,
            inserted: sum.inserted + io.inserted,
            updated: sum.updated + io.updated,
            deleted: sum.deleted + io.deleted,
            wait_ms: Some(sum.wait_ms.unwrap_or(0.0) + io.wait_ms.unwrap_or(0.0)),
        };
        if let Some(known) = index.and_then(|index| parts.find_index(&schema, &table, &index)) {
            known.io = Some(io);
        }
    }
}

/// `userstat` of MariaDB lists what was used, and only that.
async fn statistics(session: &mut Session, parts: &mut Parts) {
    let filter = parts.filter.on("TABLE_SCHEMA");
    let process = "GRANT PROCESS ON *.* TO the account";
    let sql = format!(
        "SELECT /* dbwright */ TABLE_SCHEMA, TABLE_NAME, ROWS_READ, ROWS_CHANGED FROM information_schema.TABLE_STATISTICS WHERE {filter}"
    );
    let tables = session
        .read(area::INDEX_USE, process, &sql, |row| (row.text(), row.text(), row.counter(), row.counter()))
        .await;
    let mut indexes = Vec::new();
    for (schema, name, fetched, updated) in tables {
        if let Some((table, facts)) = parts.find(&schema, &name) {
            facts.io = Some(Io { fetched, updated, ..Io::default() });
            indexes.extend(table.indexes.iter().map(|index| index.id));
        }
    }
    for id in indexes {
        if let Some(facts) = parts.indexes.get_mut(&id) {
            facts.io = Some(Io::default());
        }
    }
    let sql = format!(
        "SELECT /* dbwright */ TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, ROWS_READ FROM information_schema.INDEX_STATISTICS WHERE {filter}"
    );
    let used =
        session.read(area::INDEX_USE, process, &sql, |row| (row.text(), row.text(), row.text(), row.counter())).await;
    for (schema, table, index, fetched) in used {
        if let Some(facts) = parts.find_index(&schema, &table, &index) {
            facts.io = Some(Io { fetched, ..Io::default() });
        }
    }
}
