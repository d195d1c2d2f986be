//! What is known of the table and of all that hangs on it. Everything that is asked goes through [`Reader`], which asks
//! with an empty `search_path`, so that every name in a definition is qualified and means the same wherever it is run.

mod dependents;
pub(super) mod digest;
mod objects;
mod source;
pub(super) mod tree;

use dbwright_core::Failure;
use serde::de::DeserializeOwned;

use super::super::Catalog;
pub(super) use dependents::{Dependents, OtherPolicy, View};
pub(super) use objects::{Foreign, Objects, Policy, Publication, Rule, Trigger};
pub(super) use source::{Column, Constraint, Grant, Index, Key, KeyPart, Sequence, Source};
pub(super) use tree::Part;

/// Asks the catalog.
pub(super) struct Reader<'a, 'c> {
    catalog: &'a Catalog<'c>,
    /// The `search_path` of the session, as `SET` takes it.
    pub(super) path: String,
}

impl<'a, 'c> Reader<'a, 'c> {
    pub(super) async fn open(catalog: &'a Catalog<'c>) -> Result<Self, Failure> {
        let path = catalog.text("SELECT current_setting('search_path')").await?.unwrap_or_default();
        let path = if path.trim().is_empty() { "''".to_owned() } else { path };
        Ok(Self { catalog, path })
    }

    pub(super) const fn major(&self) -> u32 {
        self.catalog.major()
    }

    /// The first column of every row, asked with this `search_path`.
    async fn texts_with(&self, path: &str, query: &str) -> Result<Vec<String>, Failure> {
        let query = format!("SET LOCAL search_path TO {path}; {query}; SET LOCAL search_path TO {}", self.path);
        self.catalog.texts(&query).await
    }

    /// The first column of every row.
    pub(super) async fn texts(&self, query: &str) -> Result<Vec<String>, Failure> {
        self.texts_with("''", query).await
    }

    /// The rows as values.
    pub(super) async fn values<T: DeserializeOwned>(&self, query: &str) -> Result<Vec<T>, Failure> {
        self.values_with("''", query).await
    }

    /// The rows as values, asked with this `search_path`.
    pub(super) async fn values_with<T: DeserializeOwned>(&self, path: &str, query: &str) -> Result<Vec<T>, Failure> {
        let rows = self.texts_with(path, &format!("SELECT to_jsonb(q)::text FROM ({query}) q")).await?;
        rows.iter().map(|row| serde_json::from_str(row).map_err(|e| unreadable(&e, row))).collect()
    }

    /// Whether the server accepts a query, without running it.
    pub(super) async fn accepts(&self, expression: &str) -> bool {
        self.catalog.rows(&format!("SELECT {expression} LIMIT 0")).await.is_ok()
    }
}

fn unreadable(source: &serde_json::Error, row: &str) -> Failure {
    Failure::internal("migrate.catalog", format!("the catalog gave what dbwright does not understand: {source}"))
        .excerpt(row.to_owned())
}
