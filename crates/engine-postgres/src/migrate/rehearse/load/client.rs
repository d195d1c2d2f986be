//! The sessions of the load.

use std::time::Duration;

use dbwright_core::target::Address;
use dbwright_core::{BoxFuture, Failure};
use dbwright_migrate::rehearse::{Client, Clients};
use tokio_postgres::SimpleQueryMessage;

use crate::connect::Connection;

/// How long the server may take to accept a connection.
const PATIENCE: Duration = Duration::from_secs(30);

/// Connects them.
pub(in super::super) struct PgClients {
    address: Address,
}

impl PgClients {
    pub(in super::super) const fn new(address: Address) -> Self {
        Self { address }
    }
}

impl Clients for PgClients {
    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Client>, Failure>> {
        Box::pin(async {
            let connection = crate::connect::open(&self.address, PATIENCE).await?;
            let settings = "SET application_name = 'dbwright load'; SET statement_timeout = 0";
            let set = connection.client.batch_execute(settings).await;
            set.map_err(|e| Failure::internal("rehearse.load", crate::error::text(&e)))?;
            Ok(Box::new(PgClient { connection }) as Box<dyn Client>)
        })
    }
}

struct PgClient {
    connection: Connection,
}

impl Client for PgClient {
    fn run<'a>(&'a mut self, sql: &'a str) -> BoxFuture<'a, Result<Vec<String>, String>> {
        Box::pin(async {
            let messages = self.connection.client.simple_query(sql).await.map_err(|e| crate::error::text(&e))?;
            let first = |message: &SimpleQueryMessage| match message {
                SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
                _ => None,
            };
            Ok(messages.iter().filter_map(first).collect())
        })
    }

    fn closed(&self) -> bool {
        self.connection.client.is_closed()
    }
}
