//! Asks the server's parser about statements that ours does not know.
//!
//! In a transaction that has failed the server parses what it is sent, and then refuses it, whatever it is: before any
//! name is looked up, and without a lock. The message that asks (`Parse`) runs nothing even outside of one, and takes
//! one statement only, so that no text can end the transaction and go on.

use std::time::Duration;

use dbwright_core::Failure;
use dbwright_core::target::Address;
use dbwright_migrate::lint::{Verdict, Verdicts};
use dbwright_migrate::{Script, Statement};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::ddl::{self, Act};
use crate::{connect, error};

/// What the server says of each statement that is not known here.
pub(super) async fn verdicts(address: &Address, scripts: &[Script], timeout: Duration) -> Result<Verdicts, Failure> {
    let unknown: Vec<_> = scripts
        .iter()
        .flat_map(|script| script.statements.iter().map(move |statement| (script, statement)))
        .filter(|(_, statement)| is_unknown(&statement.sql))
        .collect();
    let mut verdicts = Verdicts::new();
    if unknown.is_empty() {
        return Ok(verdicts);
    }
    let connection = connect::open(address, timeout).await?;
    for (script, statement) in unknown {
        if let Some(verdict) = ask(&connection.client, &statement.sql).await {
            verdicts.insert((script.file.clone(), statement.range.start), verdict);
        }
    }
    Ok(verdicts)
}

fn is_unknown(sql: &str) -> bool {
    ddl::read(sql).map_or(true, |acts| is_unread(&acts))
}

fn is_unread(acts: &[Act]) -> bool {
    acts.iter().any(|act| matches!(act, Act::Other { unread: Some(_), .. }))
}

/// Refuses a statement that the server can't read, before those ahead of it are run.
///
/// # Errors
/// When the server refuses it.
pub(super) async fn readable(client: &Client, statement: &Statement, acts: &[Act]) -> Result<(), Failure> {
    if !is_unread(acts) {
        return Ok(());
    }
    let Some(Verdict::Refuses(said)) = ask(client, &statement.sql).await else { return Ok(()) };
    Err(Failure::usage(
        "migrate.syntax",
        format!("{}: the server can't read the statement: {said}", statement.place(0)),
    )
    .excerpt(statement.sql.clone())
    .hint("nothing was done; correct the file, and run the command again"))
}

/// The server's word; none when it could not be had.
pub(super) async fn ask(client: &Client, sql: &str) -> Option<Verdict> {
    // A division by zero is refused while the statement is planned, whatever the server's settings are.
    let failed = client.batch_execute("BEGIN READ ONLY; SELECT 1 / 0 /* dbwright: to ask the parser alone */").await;
    let verdict = match failed.err()?.code() {
        Some(code) if *code == SqlState::DIVISION_BY_ZERO => said(client.prepare(sql).await),
        _ => None,
    };
    client.batch_execute("ROLLBACK").await.ok()?;
    verdict
}

fn said<T>(answer: Result<T, tokio_postgres::Error>) -> Option<Verdict> {
    let Err(failure) = answer else { return Some(Verdict::Reads) };
    match failure.code()? {
        code if *code == SqlState::IN_FAILED_SQL_TRANSACTION => Some(Verdict::Reads),
        _ => Some(Verdict::Refuses(error::text(&failure))),
    }
}
