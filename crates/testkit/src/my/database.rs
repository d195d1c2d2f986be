//! One fresh database a test, on a shared MySQL or MariaDB.

use super::sql::{self, Rows, Session};
use crate::database::unique_name;
use crate::engines::server_url;

/// An empty database with a name of its own; dropped, with whoever is still connected, when this value is.
#[derive(Debug)]
pub struct MyDatabase {
    /// How to reach it as superuser.
    pub url: String,
    /// Its name.
    pub name: String,
    server: String,
}

impl MyDatabase {
    /// Makes one on the test server of this name (`mysql`, `mariadb`).
    ///
    /// # Panics
    /// When there is no such server, or it refuses, with the reason.
    #[must_use]
    pub fn create(engine: &str) -> Self {
        Self::on(&server_url(engine))
    }

    /// Makes one on the server behind the URL of a superuser.
    ///
    /// # Panics
    /// When the server refuses, with the reason.
    #[must_use]
    pub fn on(server: &str) -> Self {
        let name = unique_name();
        sql::execute(server, &format!("CREATE DATABASE {name}"))
            .unwrap_or_else(|reason| panic!("no database {name} on {server}: {reason}"));
        Self { url: crate::database::with_database(server, &name), name, server: server.to_owned() }
    }

    /// Runs SQL in it, statement by statement.
    ///
    /// # Panics
    /// When the server refuses, with the reason and the SQL.
    pub fn execute(&self, sql: &str) {
        sql::execute(&self.url, sql).unwrap_or_else(|reason| panic!("{reason}\nin: {sql}"));
    }

    /// Runs SQL in it and gives the rows.
    ///
    /// # Panics
    /// When the server refuses, with the reason and the SQL.
    #[must_use]
    pub fn query(&self, sql: &str) -> Rows {
        sql::query(&self.url, sql).unwrap_or_else(|reason| panic!("{reason}\nin: {sql}"))
    }

    /// A connection that stays open.
    ///
    /// # Panics
    /// When the server refuses, with the reason.
    #[must_use]
    pub fn session(&self) -> Session {
        Session::open(&self.url).unwrap_or_else(|reason| panic!("{reason}"))
    }

    fn drop_it(&self) -> Result<(), String> {
        let session = Session::open(&self.server)?;
        // A transaction that a test has left open would make the drop wait.
        let connected = format!("SELECT id FROM information_schema.processlist WHERE db = '{}'", self.name);
        for id in session.query(&connected)?.into_iter().flatten() {
            let _ = session.query(&format!("KILL {id}")); // it may have gone by itself
        }
        session.query(&format!("DROP DATABASE IF EXISTS {}", self.name)).map(drop)
    }
}

impl Drop for MyDatabase {
    fn drop(&mut self) {
        if let Err(reason) = self.drop_it() {
            eprintln!("the test database {} stays: {reason}", self.name);
        }
    }
}
