//! Reads sessions, transactions and who waits for whom.

use dbwright_sql::{Dialect, normal};

use super::session::Session;
use crate::body::{Activity, Connected, RowWait, TableLock, Transaction, area};
use crate::flavour::Server;

/// Needed to see other accounts' sessions.
const PROCESS: &str = "GRANT PROCESS ON *.* TO the account";
/// Longest statement kept, in characters.
const LONGEST: usize = 500;

/// Open transactions. InnoDB prints its times in the time zone of the operating system, whatever the session's is.
const TRANSACTIONS: &str = "SELECT /* dbwright */ trx_mysql_thread_id, trx_state, \
     TIMESTAMPDIFF(SECOND, trx_started, CONVERT_TZ(NOW(), @@time_zone, 'SYSTEM')), trx_rows_modified, trx_rows_locked, \
     trx_isolation_level FROM information_schema.INNODB_TRX WHERE trx_mysql_thread_id <> CONNECTION_ID() ORDER BY trx_started";

/// Everything about locks on tables that somebody waits for.
const TABLE_LOCKS: &str = "SELECT /* dbwright */ t.PROCESSLIST_ID, m.OBJECT_SCHEMA, m.OBJECT_NAME, m.LOCK_TYPE, \
     m.LOCK_STATUS, t.PROCESSLIST_TIME FROM performance_schema.metadata_locks m \
     JOIN performance_schema.threads t ON t.THREAD_ID = m.OWNER_THREAD_ID \
     JOIN (SELECT DISTINCT OBJECT_SCHEMA, OBJECT_NAME FROM performance_schema.metadata_locks \
       WHERE OBJECT_TYPE = 'TABLE' AND LOCK_STATUS = 'PENDING') p \
       ON p.OBJECT_SCHEMA = m.OBJECT_SCHEMA AND p.OBJECT_NAME = m.OBJECT_NAME \
     WHERE m.OBJECT_TYPE = 'TABLE' AND m.LOCK_STATUS IN ('PENDING', 'GRANTED') AND t.PROCESSLIST_ID IS NOT NULL \
     ORDER BY m.OBJECT_SCHEMA, m.OBJECT_NAME, t.PROCESSLIST_ID";

/// Whether metadata locks are counted.
const TABLE_LOCKS_ON: &str = "SELECT /* dbwright */ ENABLED FROM performance_schema.setup_instruments \
     WHERE NAME = 'wait/lock/metadata/sql/mdl'";

/// Reads all of it.
pub(super) async fn read(session: &mut Session, server: &Server) -> Activity {
    let mut activity = Activity { sessions: sessions(session).await, ..Activity::default() };
    activity.transactions = session
        .read(area::TRANSACTIONS, PROCESS, TRANSACTIONS, |row| Transaction {
            id: row.counter(),
            state: row.text(),
            seconds: row.number::<f64>().unwrap_or(0.0).max(0.0),
            rows_modified: row.counter(),
            rows_locked: row.counter(),
            isolation: row.text(),
        })
        .await;
    activity.row_waits = session
        .read(area::LOCK_WAITS, server.flavour.lock_waits().grant, server.flavour.lock_waits().sql, |row| RowWait {
            waiter: row.counter(),
            blocker: row.counter(),
            seconds: row.number::<f64>().unwrap_or(0.0).max(0.0),
            table: row.opt_text(),
        })
        .await;
    activity.table_locks = table_locks(session, server).await;
    activity
}

async fn sessions(session: &mut Session) -> Vec<Connected> {
    let own = session.rows("SELECT /* dbwright */ CONNECTION_ID()", |row| row.counter().max(1)).await;
    let own = own.ok().and_then(|ids| ids.first().copied()).unwrap_or(0);
    let mut sessions = session
        .read(area::SESSIONS, PROCESS, "SHOW /* dbwright */ FULL PROCESSLIST", |row| Connected {
            id: row.counter(),
            user: row.text(),
            host: host(&row.text()),
            database: row.opt_text(),
            command: row.text(),
            seconds: row.number::<i64>().unwrap_or(0).max(0).unsigned_abs(),
            state: row.opt_text().filter(|state| !state.is_empty()),
            statement: row.opt_text().map(|sql| without_values(&sql)),
        })
        .await;
    sessions.retain(|one| one.id != own && one.command != "Daemon");
    sessions
}

/// The host without its port.
fn host(text: &str) -> String {
    match text.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host.to_owned(),
        _ => text.to_owned(),
    }
}

/// A statement without its values, cut to a length that fits a report.
pub(super) fn without_values(sql: &str) -> String {
    let text = normal::normalised(sql, Dialect::Mysql);
    if text.chars().count() <= LONGEST { text } else { text.chars().take(LONGEST).chain(['…']).collect() }
}

async fn table_locks(session: &mut Session, server: &Server) -> Vec<TableLock> {
    if !server.performance_schema {
        session.gap(area::METADATA_LOCKS, "performance_schema is off", Some(PERFORMANCE_SCHEMA_ON));
        return Vec::new();
    }
    let grant = "GRANT SELECT ON performance_schema.* TO the account";
    let on = session.read(area::METADATA_LOCKS, grant, TABLE_LOCKS_ON, |row| row.text() == "YES").await;
    if on == [false] {
        session.gap(
            area::METADATA_LOCKS,
            "the server does not keep a list of metadata locks",
            Some("UPDATE performance_schema.setup_instruments SET ENABLED = 'YES' WHERE NAME = 'wait/lock/metadata/sql/mdl'"),
        );
    }
    if on != [true] {
        return Vec::new();
    }
    session
        .read(area::METADATA_LOCKS, grant, TABLE_LOCKS, |row| TableLock {
            id: row.counter(),
            schema: row.text(),
            table: row.text(),
            kind: row.text(),
            granted: row.text() == "GRANTED",
            seconds: row.number::<i64>().unwrap_or(0).max(0).unsigned_abs(),
        })
        .await
}

/// What switches the performance schema on.
pub(super) const PERFORMANCE_SCHEMA_ON: &str =
    "put `performance_schema = ON` below [mysqld] into the configuration file, and restart the server";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_lose_their_port_and_nothing_else() {
        assert_eq!(host("10.0.0.1:53412"), "10.0.0.1");
        assert_eq!(host("localhost"), "localhost");
        assert_eq!(host("fe80::1:5000"), "fe80::1");
    }

    #[test]
    fn statements_lose_their_values() {
        let text = without_values("UPDATE t SET password = 'secret' WHERE id = 17");
        assert!(!text.contains("secret") && !text.contains("17"), "{text}");
    }
}
