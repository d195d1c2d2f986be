//! What the server is.

use dbwright_core::Failure;
use jiff::Timestamp;

use super::session::Session;
use crate::flavour::{Flavour, Server, version_numbers};

const SQL: &str = "SELECT /* dbwright */ VERSION(), @@GLOBAL.version_comment, UNIX_TIMESTAMP(NOW(6)), CURRENT_USER(), @@hostname, \
    @@GLOBAL.lower_case_table_names, @@GLOBAL.innodb_page_size, @@GLOBAL.performance_schema, @@GLOBAL.read_only";

/// Reads it.
///
/// # Errors
/// When the server is gone: without it nothing can be told.
pub(super) async fn read(session: &mut Session) -> Result<Server, Failure> {
    let (tls, database) = (session.tls(), session.database().map(str::to_owned));
    let found = session.rows(SQL, |row| {
        let text = row.text();
        Server {
            flavour: Flavour::of(&text),
            version: version_numbers(&text),
            text,
            comment: row.text(),
            now: row.number::<f64>().and_then(timestamp).unwrap_or_else(Timestamp::now),
            uptime_s: 0,
            account: row.text(),
            database: database.clone(),
            hostname: row.text(),
            lower_case_table_names: row.number().unwrap_or(0),
            page_size: row.number().unwrap_or(16_384),
            performance_schema: row.flag(),
            read_only: row.flag(),
            tls,
        }
    });
    let found = found.await.map_err(|e| session.failure(&e))?.pop();
    let mut server = found.ok_or_else(|| {
        Failure::unreachable("mysql.not-mysql", format!("{} does not tell its version", session.name()))
    })?;
    session.is_account(&server.account);
    let uptime = session.rows("SHOW /* dbwright */ GLOBAL STATUS LIKE 'Uptime'", |row| {
        row.text();
        row.counter()
    });
    server.uptime_s = uptime.await.ok().and_then(|rows| rows.first().copied()).unwrap_or(0);
    Ok(server)
}

fn timestamp(seconds: f64) -> Option<Timestamp> {
    let micros = (seconds * 1e6).round();
    // Seconds of the clock fit for the next 250,000 years.
    #[expect(clippy::cast_possible_truncation)]
    Timestamp::from_microsecond(micros as i64).ok()
}
