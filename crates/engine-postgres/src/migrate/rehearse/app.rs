//! The application's own statements, tried against every state that a change goes through.

use std::collections::BTreeSet;

use dbwright_core::Failure;
use dbwright_migrate::rehearse::BrokenQuery;
use dbwright_sql::Dialect;
use dbwright_sql::split::{PieceKind, pieces};
use tokio_postgres::Client;

use crate::connect::Connection;

/// Each is tried and taken back, for so long at most: a statement that is only slow is not broken.
const BEGIN: &str = "BEGIN; SET LOCAL statement_timeout = '30s'; SET LOCAL lock_timeout = '10s'";

struct Query {
    line: usize,
    sql: String,
}

/// The statements that work before the change.
pub(super) struct AppQueries {
    connection: Connection,
    queries: Vec<Query>,
    /// What was broken, each once by the error that it gives.
    pub(super) broken: Vec<BrokenQuery>,
    told: BTreeSet<(usize, String)>,
    /// States that they were tried in.
    pub(super) states: usize,
}

impl AppQueries {
    /// Reads the statements and tries each; those that fail at once are told of in `notes`.
    pub(super) async fn new(
        connection: Connection,
        file: &str,
        text: &str,
        notes: &mut Vec<String>,
    ) -> Result<Self, Failure> {
        let mut queries = Vec::new();
        for piece in pieces(text, Dialect::Postgres).iter().filter(|piece| piece.kind == PieceKind::Statement) {
            let query = Query { line: piece.line, sql: text[piece.start..piece.range.end].to_owned() };
            match attempt(&connection.client, &query.sql).await? {
                Ok(()) => queries.push(query),
                Err(error) => notes.push(format!(
                    "{file}:{}: left out, because it fails before the change as well: {error}",
                    query.line
                )),
            }
        }
        Ok(Self { connection, queries, broken: Vec::new(), told: BTreeSet::new(), states: 0 })
    }

    pub(super) fn count(&self) -> usize {
        self.queries.len()
    }

    /// Tries all in the state after a step.
    pub(super) async fn after(&mut self, step: &str) -> Result<(), Failure> {
        self.states += 1;
        for query in &self.queries {
            let Err(error) = attempt(&self.connection.client, &query.sql).await? else { continue };
            if self.told.insert((query.line, error.clone())) {
                let (after, statement) = (step.to_owned(), query.sql.clone());
                self.broken.push(BrokenQuery { after, line: query.line, statement, error });
            }
        }
        Ok(())
    }
}

async fn attempt(client: &Client, sql: &str) -> Result<Result<(), String>, Failure> {
    let lost = |e: tokio_postgres::Error| {
        Failure::internal("rehearse.app-queries", format!("statements can't be tried: {}", crate::error::text(&e)))
    };
    client.batch_execute(BEGIN).await.map_err(lost)?;
    let outcome = client.batch_execute(sql).await;
    client.batch_execute("ROLLBACK").await.map_err(lost)?;
    Ok(outcome.map_err(|e| crate::error::text(&e)))
}
