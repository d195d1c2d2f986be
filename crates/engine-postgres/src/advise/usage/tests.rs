//! Usage of many statements, explained by real servers.

use dbwright_core::engine::ObserveOptions;
use dbwright_core::progress::Silent;
use dbwright_core::target::Address;

use super::*;
use crate::connect::{self, Connection};

/// A server with a schema, observed, and a session that explains as usage wants it.
pub(crate) struct Bench {
    /// The session.
    pub(crate) connection: Connection,
    /// What was observed.
    pub(crate) body: PgBody,
}

impl Bench {
    /// Observes a database.
    pub(crate) async fn open(url: &str) -> Self {
        let address = Address::parse(url).expect("a URL");
        let options = ObserveOptions::default();
        let (_, body) = crate::observe::take(&address, &options, &Silent).await.expect("a snapshot");
        let connection = connect::open(&address, options.connect_timeout).await.expect("a connection");
        for (name, value) in SETTINGS {
            connection.client.batch_execute(&format!("SET {name} = {value}")).await.expect("a setting");
        }
        Self { connection, body }
    }

    /// The plan of a statement.
    pub(crate) async fn plan(&self, sql: &str) -> Plan {
        let explain = format!("EXPLAIN (VERBOSE, FORMAT JSON) {sql}");
        let rows =
            self.connection.client.simple_query(&explain).await.unwrap_or_else(|error| panic!("{error:?} in {sql}"));
        let text = rows.iter().find_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        });
        Plan::parse(&text.expect("a plan")).expect("JSON")
    }

    /// Usage of a statement.
    pub(crate) async fn usage(&self, sql: &str) -> Usage {
        of(&self.plan(sql).await, &self.body)
    }
}
