//! What is there: the live catalog, and what earlier statements of the run made or changed.
//!
//! Questions go as simple queries and answers come as JSON: no prepared statements, so that a pooler may stand between.

mod overlay;
mod questions;
mod table;

use dbwright_core::Failure;
use serde::de::DeserializeOwned;
use tokio_postgres::{Client, SimpleQueryMessage};

use crate::ddl::Name;
use crate::error;
pub use overlay::Overlay;
pub use questions::{Constraint, Index, Partition};
pub use table::{Column, Table};

use super::name::{literal, written};

/// The catalog as the planner sees it.
pub struct Catalog<'a> {
    client: &'a Client,
    version: u32,
    /// What earlier statements of the run made or changed.
    pub made: Overlay,
    /// What an earlier statement of the run made of the search path, as the start of a message.
    path: String,
}

impl std::fmt::Debug for Catalog<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Catalog").field("version", &self.version).field("made", &self.made).finish_non_exhaustive()
    }
}

impl<'a> Catalog<'a> {
    /// The catalog behind a connection, which must have the settings that the statements will run with.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn open(client: &'a Client) -> Result<Self, Failure> {
        let mut catalog = Self { client, version: 0, made: Overlay::default(), path: String::new() };
        let version = catalog.text("SELECT current_setting('server_version_num')").await?;
        catalog.version = version.and_then(|text| text.parse().ok()).unwrap_or_default();
        Ok(catalog)
    }

    /// The server's major version.
    #[must_use]
    pub const fn major(&self) -> u32 {
        self.version / 10_000
    }

    /// Names mean from now on what they mean after this `SET search_path`.
    pub(super) fn look_in(&mut self, set: &str) {
        // Statements of one message are one transaction, after which the setting is gone.
        self.path = format!("{}; ", super::maintenance::for_session(set, "SET LOCAL"));
    }

    /// The rows of a query, each column as text.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn rows(&self, query: &str) -> Result<Vec<Vec<Option<String>>>, Failure> {
        let text = format!("/* dbwright */ {}{query}", self.path);
        let messages = self.client.simple_query(&text).await.map_err(|e| refused(&e, query))?;
        let row = |message| match message {
            SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect()),
            _ => None,
        };
        Ok(messages.into_iter().filter_map(row).collect())
    }

    /// The first column of every row.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn texts(&self, query: &str) -> Result<Vec<String>, Failure> {
        let rows = self.rows(query).await?;
        Ok(rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
    }

    /// The first column of the first row.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn text(&self, query: &str) -> Result<Option<String>, Failure> {
        Ok(self.texts(query).await?.into_iter().next())
    }

    /// Whether a query yields true.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn holds(&self, condition: &str) -> Result<bool, Failure> {
        Ok(self.text(&format!("SELECT {condition}")).await?.as_deref() == Some("t"))
    }

    /// The rows of a query as values, each as the JSON object of its columns. Definitions that the server prints have
    /// all names of the user's objects qualified, so that they mean the same under any search path.
    ///
    /// # Errors
    /// When the server refuses, or a row is not what it should be.
    pub async fn values<T: DeserializeOwned>(&self, query: &str) -> Result<Vec<T>, Failure> {
        let rows = self.pinned(&format!("SELECT to_jsonb(q)::text FROM ({query}) q")).await?;
        rows.iter().map(|row| serde_json::from_str(row).map_err(|e| unreadable(&e, query))).collect()
    }

    /// The first column of every row of a query that is asked under the search path `pg_catalog`.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn pinned(&self, query: &str) -> Result<Vec<String>, Failure> {
        // Statements of one message are one transaction, after which the setting is gone.
        let rows = self.texts(&format!("SELECT set_config('search_path', 'pg_catalog', true); {query}")).await?;
        Ok(rows.into_iter().skip(1).collect())
    }

    /// A table, partitioned table, view or matview by its name; none when there is none.
    ///
    /// # Errors
    /// When the catalog can't be read.
    pub async fn table(&self, name: &Name) -> Result<Option<Table>, Failure> {
        match self.text(&format!("SELECT to_regclass({})::oid", literal(&written(name)))).await? {
            Some(oid) => self.relation(&oid).await,
            None => Ok(None),
        }
    }

    /// The same by its object identifier.
    ///
    /// # Errors
    /// When the catalog can't be read.
    pub async fn relation(&self, oid: &str) -> Result<Option<Table>, Failure> {
        Ok(self.values(&table::query(oid)).await?.into_iter().next())
    }
}

fn refused(source: &tokio_postgres::Error, query: &str) -> Failure {
    let message = format!("the catalog could not be read for the plan: {}", error::text(source));
    Failure::unreachable("migrate.catalog", message).excerpt(query.to_owned())
}

fn unreadable(source: &serde_json::Error, query: &str) -> Failure {
    Failure::internal("migrate.catalog", format!("the catalog gave what dbwright does not understand: {source}"))
        .excerpt(query.to_owned())
}
