//! The one connection and transaction of an observation: every query passes through here.
//!
//! There is one savepoint, set at the start and rolled back to after a failed query. Nothing is ever
//! written, so nothing is lost by that, and the snapshot of the transaction stays.
//! Statements are unnamed (`query_typed`), so that a pooler in transaction mode can stand in between.

use std::pin::pin;
use std::time::{Duration, Instant};

use dbwright_core::engine::ObserveOptions;
use dbwright_core::snapshot::{Cost, Gap};
use dbwright_core::{Failure, FailureKind};
use futures_util::TryStreamExt;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Error as PgError, SimpleQueryMessage};

use super::cells::Cells;
use crate::connect::Connection;

/// Parameters with their types; given, so that the driver asks the server for none.
pub(super) type Params<'a> = [(&'a (dyn ToSql + Sync), Type)];

/// An observation under way.
pub(super) struct Session {
    connection: Connection,
    began: Instant,
    queries: u32,
    waited: Duration,
    gaps: Vec<Gap>,
    in_transaction: bool,
}

impl Session {
    /// A session without a transaction yet.
    pub(super) fn new(connection: Connection) -> Self {
        Self {
            connection,
            began: Instant::now(),
            queries: 0,
            waited: Duration::ZERO,
            gaps: Vec::new(),
            in_transaction: false,
        }
    }

    /// Begins the transaction.
    pub(super) async fn begin(&mut self, options: &ObserveOptions) -> Result<(), Failure> {
        // What a role or database may have set otherwise must not change how texts are read or printed.
        // The comments stand inside the statements, where pg_stat_statements keeps them.
        let begin = format!(
            "BEGIN /* dbwright */ ISOLATION LEVEL REPEATABLE READ READ ONLY; \
             SELECT /* dbwright */ pg_catalog.set_config(s.name, s.value, true) FROM (VALUES \
             ('search_path', 'pg_catalog, pg_temp'), ('lock_timeout', '{}'), ('statement_timeout', '{}'), \
             ('default_transaction_read_only', 'on'), ('jit', 'off'), ('max_parallel_workers_per_gather', '0'), \
             ('datestyle', 'ISO, YMD'), ('intervalstyle', 'postgres'), ('timezone', 'UTC'), \
             ('standard_conforming_strings', 'on'), ('quote_all_identifiers', 'off'), ('extra_float_digits', '1'), \
             ('client_encoding', CASE pg_catalog.getdatabaseencoding() WHEN 'SQL_ASCII' THEN 'SQL_ASCII' ELSE 'UTF8' END)) \
             s(name, value); \
             SAVEPOINT /* dbwright */ dbwright",
            options.lock_timeout.as_millis(),
            options.statement_timeout.as_millis(),
        );
        self.command(&begin).await.map_err(|e| self.lost(&e))?;
        self.in_transaction = true;
        Ok(())
    }

    /// Changes a planner setting for the rest of the transaction.
    pub(super) async fn set(&mut self, name: &str, value: &str) -> Result<(), Failure> {
        let sql = format!("SET /* dbwright */ LOCAL {name} = {value}");
        self.command(&sql).await.map_err(|e| self.lost(&e))
    }

    /// Changes several at once.
    pub(super) async fn set_all(&mut self, settings: &[(&str, &str)]) -> Result<(), Failure> {
        let one = |(name, value): &(&str, &str)| format!("SET /* dbwright */ LOCAL {name} = {value}");
        let sql = settings.iter().map(one).collect::<Vec<_>>().join("; ");
        self.command(&sql).await.map_err(|e| self.lost(&e))
    }

    /// Ends the transaction and says what it cost. Rolled back: nothing was to be kept.
    pub(super) async fn end(mut self) -> (Cost, Vec<Gap>) {
        // Nothing depends on it: closing the connection ends the transaction as well.
        let _ = self.command("ROLLBACK /* dbwright */").await;
        let total = self.began.elapsed().as_secs_f64();
        let target_s = self.waited.as_secs_f64();
        let bytes = self.connection.received.load(std::sync::atomic::Ordering::Relaxed);
        (Cost { queries: self.queries, bytes, target_s, own_s: (total - target_s).max(0.0) }, self.gaps)
    }

    /// `host:port/database` of the connection.
    pub(super) fn name(&self) -> &str {
        &self.connection.name
    }

    /// Runs a query and decodes each row as it comes. A failure becomes a gap of `area`, and no rows; one
    /// that tells of an object dropped meanwhile is tried again.
    pub(super) async fn read<T>(
        &mut self,
        area: &str,
        sql: &str,
        params: &Params<'_>,
        mut decode: impl FnMut(&mut Cells<'_>) -> Result<T, PgError>,
    ) -> Result<Vec<T>, Failure> {
        let mut tries = 3;
        loop {
            tries -= 1;
            match self.attempt(sql, params, &mut decode).await? {
                Ok(rows) => return Ok(rows),
                Err(error) if tries > 0 && vanished(&error) => {}
                Err(error) => {
                    let remedy = remedy(&error);
                    self.gap(area, crate::error::text(&error), remedy);
                    return Ok(Vec::new());
                }
            }
        }
    }

    /// Runs a query; its error is the caller's to judge. A lost connection ends the observation.
    pub(super) async fn attempt<T>(
        &mut self,
        sql: &str,
        params: &Params<'_>,
        decode: impl FnMut(&mut Cells<'_>) -> Result<T, PgError>,
    ) -> Result<Result<Vec<T>, PgError>, Failure> {
        match self.query(sql, params, decode).await {
            Ok(rows) => Ok(Ok(rows)),
            Err(error) if error.as_db_error().is_some_and(|e| e.severity() == "FATAL") || error.is_closed() => {
                Err(self.lost(&error))
            }
            Err(error) => {
                self.forget().await?;
                Ok(Err(error))
            }
        }
    }

    /// Runs several statements in one message and gives the first cell of every row; the error is the caller's to judge.
    pub(super) async fn messages(&mut self, sql: &str) -> Result<Result<Vec<String>, PgError>, Failure> {
        self.queries += 1;
        let sent = Instant::now();
        let answer = self.connection.client.simple_query(sql).await;
        self.waited += sent.elapsed();
        match answer {
            Ok(messages) => Ok(Ok(messages.iter().filter_map(first_cell).collect())),
            Err(error) if error.as_db_error().is_some_and(|e| e.severity() == "FATAL") || error.is_closed() => {
                Err(self.lost(&error))
            }
            Err(error) => {
                self.forget().await?;
                Ok(Err(error))
            }
        }
    }

    /// Back to the savepoint, which also gives up the locks taken since.
    pub(super) async fn forget(&mut self) -> Result<(), Failure> {
        if !self.in_transaction {
            return Ok(());
        }
        self.command("ROLLBACK /* dbwright */ TO SAVEPOINT dbwright").await.map_err(|e| self.lost(&e))
    }

    /// Notes an area that could not be observed.
    pub(super) fn gap(&mut self, area: &str, reason: impl Into<String>, remedy: Option<String>) {
        self.gaps.push(Gap { area: area.to_owned(), reason: reason.into(), remedy });
    }

    async fn command(&mut self, sql: &str) -> Result<(), PgError> {
        let sent = Instant::now();
        let done = self.connection.client.batch_execute(sql).await;
        self.waited += sent.elapsed();
        self.queries += 1;
        done
    }

    async fn query<T>(
        &mut self,
        sql: &str,
        params: &Params<'_>,
        mut decode: impl FnMut(&mut Cells<'_>) -> Result<T, PgError>,
    ) -> Result<Vec<T>, PgError> {
        self.queries += 1;
        let mut rows = Vec::new();
        let sent = Instant::now();
        let stream = self.connection.client.query_typed_raw(sql, params.iter().map(|(p, t)| (*p, t.clone()))).await;
        self.waited += sent.elapsed();
        let mut stream = pin!(stream?);
        loop {
            let asked = Instant::now();
            let row = stream.try_next().await;
            self.waited += asked.elapsed();
            match row? {
                Some(row) => rows.push(decode(&mut Cells::new(&row))?),
                None => return Ok(rows),
            }
        }
    }

    fn lost(&self, error: &PgError) -> Failure {
        Failure::new(
            FailureKind::Unreachable,
            "postgres.connection-lost",
            format!(
                "the connection to {} was lost while observing: {}",
                self.connection.name,
                crate::error::text(error)
            ),
        )
        .hint("look into the server's log, then run the command again")
    }
}

fn first_cell(message: &SimpleQueryMessage) -> Option<String> {
    match message {
        SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
        _ => None,
    }
}

/// Whether an error says that an object was dropped meanwhile: `cache lookup failed` is an internal error.
pub(super) fn vanished(error: &PgError) -> bool {
    let codes = [SqlState::INTERNAL_ERROR, SqlState::UNDEFINED_TABLE, SqlState::UNDEFINED_OBJECT];
    error.code().is_some_and(|code| codes.contains(code))
}

/// What would let a failed query through, where the error's code says so.
pub(super) fn remedy(error: &PgError) -> Option<String> {
    let code = error.code()?;
    if *code == SqlState::QUERY_CANCELED {
        Some("give it more time with --statement-timeout".to_owned())
    } else if *code == SqlState::LOCK_NOT_AVAILABLE {
        Some("run it again when the lock is gone, or wait longer with --lock-timeout".to_owned())
    } else {
        None
    }
}
