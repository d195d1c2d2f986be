//! The sessions of the load.

use std::time::Duration;

use dbwright_core::target::Address;
use dbwright_core::{BoxFuture, Failure};
use dbwright_migrate::rehearse::{Client, Clients};
use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Error};

use crate::migrate::session::trouble;

/// How long the server may take to accept a connection.
const PATIENCE: Duration = Duration::from_secs(30);

/// Connects them.
pub(in super::super) struct MyClients {
    address: Address,
}

impl MyClients {
    /// The address names the load's own account.
    pub(in super::super) const fn new(address: Address) -> Self {
        Self { address }
    }
}

impl Clients for MyClients {
    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Client>, Failure>> {
        Box::pin(async {
            let connection = crate::connect::open(&self.address, PATIENCE).await?;
            let mut client = MyClient { conn: connection.conn, lost: false };
            client.conn.query_drop("SET /* dbwright */ NAMES utf8mb4").await.map_err(|e| refused(&e))?;
            Ok(Box::new(client) as Box<dyn Client>)
        })
    }
}

struct MyClient {
    conn: Conn,
    lost: bool,
}

impl Client for MyClient {
    fn run<'a>(&'a mut self, sql: &'a str) -> BoxFuture<'a, Result<Vec<String>, String>> {
        Box::pin(async move {
            let done = self.conn.query_drop(sql).await;
            done.map_err(|error| {
                self.lost |= trouble::is_lost(&error);
                crate::error::text(&error)
            })?;
            Ok(self.conn.last_insert_id().map(|id| id.to_string()).into_iter().collect())
        })
    }

    fn closed(&self) -> bool {
        self.lost
    }
}

fn refused(error: &Error) -> Failure {
    Failure::internal("rehearse.load", format!("the load can't be made: {}", crate::error::text(error)))
}
