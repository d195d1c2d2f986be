//! Reads what the server waited for, and what it uses its memory for.

use super::activity::PERFORMANCE_SCHEMA_ON;
use super::session::Session;
use crate::body::{Memory, Wait, area};
use crate::flavour::Server;

const GRANT: &str = "GRANT SELECT ON performance_schema.* TO the account";

/// The longest waits; idle sessions wait for nothing.
const WAITS: &str = "SELECT /* dbwright */ EVENT_NAME, COUNT_STAR, SUM_TIMER_WAIT, MAX_TIMER_WAIT \
     FROM performance_schema.events_waits_summary_global_by_event_name \
     WHERE COUNT_STAR > 0 AND SUM_TIMER_WAIT > 0 AND EVENT_NAME <> 'idle' ORDER BY SUM_TIMER_WAIT DESC LIMIT 50";

/// Whether files of logs are watched; old rows stay when they no longer are.
const LOGS_WATCHED: &str = "SELECT /* dbwright */ ENABLED = 'YES' AND TIMED = 'YES' FROM performance_schema.setup_instruments \
     WHERE NAME IN ('wait/io/file/sql/binlog', 'wait/io/file/innodb/innodb_log_file')";

const MEMORY: &str = "SELECT /* dbwright */ EVENT_NAME, CURRENT_NUMBER_OF_BYTES_USED, HIGH_NUMBER_OF_BYTES_USED \
     FROM performance_schema.memory_summary_global_by_event_name WHERE CURRENT_NUMBER_OF_BYTES_USED > 0 \
     ORDER BY CURRENT_NUMBER_OF_BYTES_USED DESC LIMIT 30";

/// Reads the waits.
pub(super) async fn waits(session: &mut Session, server: &Server) -> Vec<Wait> {
    if !server.performance_schema {
        session.gap(area::WAITS, "performance_schema is off", Some(PERFORMANCE_SCHEMA_ON));
        return Vec::new();
    }
    let watched = session.read(area::WAITS, GRANT, LOGS_WATCHED, |row| row.text() == "1").await;
    if !watched.is_empty() && !watched.contains(&true) {
        session.gap(
            area::WAITS,
            "the server does not time what it does with files",
            Some("put `performance_schema_instrument = 'wait/io/file/%=ON'` below [mysqld] into the configuration file, and restart the server"),
        );
        return Vec::new();
    }
    session
        .read(area::WAITS, GRANT, WAITS, |row| Wait {
            event: row.text(),
            count: row.counter(),
            total_ms: row.picoseconds().unwrap_or(0.0),
            max_ms: row.picoseconds().unwrap_or(0.0),
        })
        .await
}

/// Reads the uses of memory; where they are not counted there are none, and nothing depends on them.
pub(super) async fn memory(session: &mut Session, server: &Server) -> Vec<Memory> {
    if !server.performance_schema {
        return Vec::new();
    }
    session
        .read(area::MEMORY, GRANT, MEMORY, |row| Memory {
            event: row.text(),
            bytes: row.counter(),
            most: row.counter(),
        })
        .await
}
