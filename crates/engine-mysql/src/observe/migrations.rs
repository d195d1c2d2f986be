//! The journal of migrations, and what changes have left. A server has one journal for all its databases.

use dbwright_migrate::observed::{AREA, Helper, Observed, Seen};
use dbwright_sql::Dialect;

use super::catalog::Parts;
use super::session::Session;
use crate::flavour::Server;

/// The schema of the journal.
pub(super) const JOURNAL: &str = "dbwright";
/// Schemas in which changes are tried on tables without rows.
const LAB: &str = "dbwright_lab_";
/// Tables that changes make: what they keep for the way back, and what takes a table's place.
const TABLES: [&str; 2] = ["dbwright_kept_", "dbwright_shadow_"];

/// Whether a table is dbwright's own.
pub(super) fn is_own(schema: &str, table: &str) -> bool {
    schema == JOURNAL || schema.starts_with(LAB) || TABLES.iter().any(|prefix| table.starts_with(prefix))
}

const EXISTS: &str = "SELECT /* dbwright */ COUNT(*) FROM information_schema.TABLES \
    WHERE TABLE_SCHEMA = 'dbwright' AND TABLE_NAME IN ('migrations', 'steps')";

/// Reads the journal where there is one, and finds helpers in the catalog.
pub(super) async fn read(session: &mut Session, server: &Server, parts: &Parts) -> Observed {
    let tables = session.read(AREA, "", EXISTS, |row| row.counter() == 2).await;
    let mut migrations = Vec::new();
    if tables == [true] {
        let (version, only) = server.database.as_ref().map_or_else(
            || ("CONCAT(m.home, '.', m.version)", String::new()),
            |name| ("m.version", format!("WHERE m.home = {}", Dialect::Mysql.literal(name))),
        );
        let sql = format!(
            "SELECT /* dbwright */ {version}, m.name, m.state, m.checksum, COALESCE(SUM(s.state = 'done'), 0), COUNT(s.version), \
             (SELECT e.error FROM dbwright.steps e WHERE e.home = m.home AND e.version = m.version AND e.error IS NOT NULL \
             ORDER BY e.part, e.statement DESC, e.step DESC LIMIT 1) \
             FROM dbwright.migrations m LEFT JOIN dbwright.steps s ON s.home = m.home AND s.version = m.version {only} \
             GROUP BY m.home, m.version, m.name, m.state, m.checksum, m.ordinal ORDER BY m.ordinal"
        );
        migrations = session
            .read(AREA, "GRANT SELECT ON dbwright.* TO the account", &sql, |row| Seen {
                version: row.text(),
                name: row.text(),
                state: row.text(),
                checksum: row.text(),
                done: row.counter(),
                known: row.counter(),
                error: row.opt_text(),
            })
            .await;
    }
    Observed { migrations, helpers: helpers(parts) }
}

fn helpers(parts: &Parts) -> Vec<Helper> {
    let schemas = parts.schemas.iter().filter(|schema| schema.name.starts_with(LAB)).map(|schema| {
        let name = Dialect::Mysql.name(&schema.name);
        Helper { kind: "schema".to_owned(), drop: format!("DROP DATABASE {name}"), subject: name }
    });
    let catalog = &parts.catalog;
    let tables = catalog.tables.iter().filter(|table| TABLES.iter().any(|prefix| table.name.starts_with(prefix)));
    let tables = tables.filter(|table| !table.schema.starts_with(LAB)).map(|table| Helper {
        kind: "table".to_owned(),
        subject: catalog.subject(table),
        drop: format!("DROP TABLE {}", catalog.qualified(table)),
    });
    schemas.chain(tables).collect()
}
