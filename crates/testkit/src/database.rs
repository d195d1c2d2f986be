//! One fresh database a test, on a shared server.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::postgres::postgres_url;
use crate::sql::execute;

/// An empty database with a name of its own; dropped, with whoever is still connected, when this value is.
#[derive(Debug)]
pub struct Database {
    /// How to reach it as superuser.
    pub url: String,
    /// Its name.
    pub name: String,
    server: String,
}

impl Database {
    /// Makes one on the test server of this major version. Works inside and outside of an async runtime.
    ///
    /// # Panics
    /// When there is no such server, or it refuses, with the reason.
    #[must_use]
    pub fn create(major: u32) -> Self {
        Self::on(&postgres_url(major))
    }

    /// Makes one on the server behind the URL of a superuser.
    ///
    /// # Panics
    /// When the server refuses, with the reason.
    #[must_use]
    pub fn on(server: &str) -> Self {
        let name = unique_name();
        // template0: a test that is connected to template1 must not stop the others.
        execute(server, &format!("CREATE DATABASE {name} TEMPLATE template0"))
            .unwrap_or_else(|reason| panic!("no database {name} on {server}: {reason}"));
        Self { url: with_database(server, &name), name, server: server.to_owned() }
    }

    /// Runs SQL in it: several statements in one string run as one transaction, as in the simple protocol.
    ///
    /// # Panics
    /// When the server refuses, with the reason and the SQL.
    pub fn execute(&self, sql: &str) {
        execute(&self.url, sql).unwrap_or_else(|reason| panic!("{reason}\nin: {sql}"));
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Err(reason) = execute(&self.server, &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)) {
            eprintln!("the test database {} stays: {reason}", self.name);
        }
    }
}

/// Unique on the server: several test binaries, and several runs, share it.
pub(crate) fn unique_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis());
    format!("dbwright_test_{}_{millis}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The same URL with another database name.
pub(crate) fn with_database(url: &str, name: &str) -> String {
    let (head, query) = url.split_once('?').map_or((url, String::new()), |(head, query)| (head, format!("?{query}")));
    let authority = head.find("://").map_or(0, |at| at + 3);
    let end = head[authority..].find('/').map_or(head.len(), |at| authority + at);
    format!("{}/{name}{query}", &head[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_of_a_url_is_replaced_and_the_options_stay() {
        let fresh = |url| with_database(url, "x");
        assert_eq!(fresh("postgresql://u@h:1/postgres"), "postgresql://u@h:1/x");
        assert_eq!(fresh("postgresql://u@h:1"), "postgresql://u@h:1/x");
        assert_eq!(fresh("postgres://u@h/a?sslmode=disable"), "postgres://u@h/x?sslmode=disable");
    }

    #[test]
    fn a_database_lives_as_long_as_its_value() {
        let database = Database::create(17);
        database.execute("CREATE TABLE t (i int); INSERT INTO t VALUES (1)");
        let (url, name) = (database.url.clone(), database.name.clone());
        drop(database);
        let reason = execute(&url, "SELECT 1").expect_err("it is gone");
        assert!(reason.contains(&format!("database \"{name}\" does not exist")), "{reason}");
    }
}
