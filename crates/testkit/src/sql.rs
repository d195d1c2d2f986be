//! SQL on a PostgreSQL server, for set-up and for looking at what a test has done.
//!
//! Blocking, and on a thread of its own, because a runtime can't be blocked on from inside another: it works in any test.

use tokio_postgres::{NoTls, SimpleQueryMessage};

/// Runs SQL without a result: several statements in one string run as one transaction, as in the simple protocol.
///
/// # Errors
/// When the server can't be reached or refuses, with its message.
pub fn execute(url: &str, sql: &str) -> Result<(), String> {
    query(url, sql).map(drop)
}

/// Runs SQL and gives the rows as the server prints them, `NULL` as an empty text.
///
/// # Errors
/// When the server can't be reached or refuses, with its message.
pub fn query(url: &str, sql: &str) -> Result<Vec<Vec<String>>, String> {
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
        runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(url, NoTls).await.map_err(|e| full(&e))?;
            let background = tokio::spawn(connection);
            let outcome = client.simple_query(sql).await.map_err(|e| full(&e));
            drop(client);
            let _ = background.await; // its error, if any, was the statement's
            outcome.map(|messages| messages.iter().filter_map(row).collect())
        })
    };
    std::thread::scope(|scope| scope.spawn(run).join()).map_err(|_| "the connection's thread panicked".to_owned())?
}

fn row(message: &SimpleQueryMessage) -> Option<Vec<String>> {
    let SimpleQueryMessage::Row(row) = message else { return None };
    Some((0..row.len()).map(|i| row.get(i).unwrap_or_default().to_owned()).collect())
}

/// The error with its cause: `tokio_postgres` shows only "db error" by itself.
fn full(error: &tokio_postgres::Error) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
