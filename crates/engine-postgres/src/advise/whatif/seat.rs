//! One session that plans: a connection, and which indexes are visible on it.

use std::collections::{BTreeMap, BTreeSet};

use dbwright_advise::port::IndexId;
use dbwright_core::Failure;
use dbwright_core::engine::ObserveOptions;
use dbwright_core::target::Address;
use tokio_postgres::SimpleQueryMessage;

use crate::connect::{self, Connection};
use crate::error;
use crate::explain::Plan;
use crate::twin::Twin;

/// A session that plans.
pub(super) struct Seat {
    /// Its connection.
    pub(super) connection: Connection,
    /// Which of the sessions it is.
    pub(super) number: usize,
    /// Hypothetical indexes that exist in the session now, with their oids.
    pub(super) shown: BTreeMap<IndexId, Vec<u32>>,
    /// Existing indexes that are hidden in the session now.
    pub(super) hidden: BTreeSet<IndexId>,
}

impl Seat {
    /// Opens a session on the target that can't write.
    pub(super) async fn on_target(address: &Address, options: &ObserveOptions) -> Result<Self, Failure> {
        let connection = connect::open(address, options.connect_timeout).await?;
        let set = format!(
            "SET /* dbwright */ default_transaction_read_only = on; SET /* dbwright */ lock_timeout = {}; \
             SET /* dbwright */ statement_timeout = {}",
            options.lock_timeout.as_millis(),
            options.statement_timeout.as_millis()
        );
        let seat = Self { connection, number: 0, shown: BTreeMap::new(), hidden: BTreeSet::new() };
        seat.command(&set).await.map_err(|reason| seat.lost(&reason))?;
        Ok(seat)
    }

    /// Opens a session in the twin.
    pub(super) async fn in_twin(twin: &Twin, number: usize) -> Result<Self, Failure> {
        let connection = twin.connect().await?;
        Ok(Self { connection, number, shown: BTreeMap::new(), hidden: BTreeSet::new() })
    }

    /// Runs statements of our own.
    pub(super) async fn command(&self, sql: &str) -> Result<(), String> {
        self.connection.client.batch_execute(sql).await.map_err(|e| error::text(&e))
    }

    /// Runs statements of our own, and gives each row's first column.
    pub(super) async fn texts(&self, sql: &str) -> Result<Vec<String>, String> {
        Ok(self.all(sql).await?.concat())
    }

    /// Runs several statements of our own, and gives the first columns of each one's rows.
    pub(super) async fn lists(&self, sql: &[String]) -> Result<Vec<Vec<String>>, String> {
        let mut lists = self.all(&sql.join("; ")).await?;
        lists.truncate(sql.len());
        Ok(lists)
    }

    /// The first columns of each statement's rows, and an empty list behind them.
    async fn all(&self, sql: &str) -> Result<Vec<Vec<String>>, String> {
        let messages = self.connection.client.simple_query(sql).await.map_err(|e| error::text(&e))?;
        let mut lists = vec![Vec::new()];
        for message in &messages {
            match (message, lists.last_mut()) {
                (SimpleQueryMessage::Row(row), Some(last)) => last.push(row.get(0).unwrap_or_default().to_owned()),
                (SimpleQueryMessage::CommandComplete(_), _) => lists.push(Vec::new()),
                _ => {}
            }
        }
        Ok(lists)
    }

    /// The plan of a statement of the workload. It goes by the extended protocol, which takes one statement only.
    pub(super) async fn explain(&self, sql: &str, options: &str) -> Result<Plan, String> {
        let sql = format!("EXPLAIN /* dbwright */ ({options}FORMAT JSON) {sql}");
        let rows = self.connection.client.query_typed(&sql, &[]).await.map_err(|e| error::text(&e))?;
        let row = rows.first().ok_or("EXPLAIN printed nothing")?;
        let json: Json<'_> = row.try_get(0).map_err(|e| error::text(&e))?;
        Plan::parse(json.0).map_err(|e| format!("the plan can't be read: {e}"))
    }

    /// Share of a table's rows that a predicate keeps, by the planner.
    pub(super) async fn share(&self, table: &str, predicate: &str) -> Result<f64, String> {
        let kept = self.explain(&format!("SELECT FROM {table} WHERE {predicate}"), "").await?.rows;
        let all = self.explain(&format!("SELECT FROM {table}"), "").await?.rows;
        Ok((kept / all.max(1.0)).clamp(0.0, 1.0))
    }

    /// The failure of a connection that broke.
    pub(super) fn lost(&self, reason: &str) -> Failure {
        let name = &self.connection.name;
        Failure::unreachable("postgres.connection-lost", format!("{name} ended the planning session: {reason}"))
            .hint("look into the server's log, then run the command again")
    }
}

/// The text of a `json` value, as it is sent.
struct Json<'a>(&'a str);

impl<'a> tokio_postgres::types::FromSql<'a> for Json<'a> {
    fn from_sql(
        _: &tokio_postgres::types::Type,
        raw: &'a [u8],
    ) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(std::str::from_utf8(raw)?))
    }

    fn accepts(kind: &tokio_postgres::types::Type) -> bool {
        *kind == tokio_postgres::types::Type::JSON
    }
}
