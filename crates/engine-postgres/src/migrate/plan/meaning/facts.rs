//! Roles, schemas and extensions that statements name, and which of them are there.

use std::collections::BTreeSet;

use dbwright_core::Failure;

use super::told::Refusal;
use crate::ddl::{Part, PartKind};
use crate::migrate::plan::Catalog;
use crate::migrate::plan::name::{ident, literal};

/// What is there of what the statements name.
#[derive(Debug, Default)]
pub(super) struct Facts {
    roles: BTreeSet<String>,
    schemas: BTreeSet<String>,
    available: BTreeSet<String>,
    pub(super) installed: BTreeSet<String>,
}

/// Words that stand where a role does.
const ROLES: [&str; 6] = ["public", "none", "current_role", "current_user", "session_user", "user"];

impl Facts {
    /// Asks once for all that a run names.
    pub(super) async fn read(catalog: &Catalog<'_>, parts: &[Vec<Part>]) -> Result<Self, Failure> {
        let (mut roles, mut extensions, mut facts) = (Vec::new(), Vec::new(), Self::default());
        for part in parts.iter().flatten() {
            match &part.kind {
                PartKind::Role(name) => roles.push(literal(name)),
                PartKind::Extension(name) => extensions.push(literal(name)),
                _ => {}
            }
        }
        facts.schemas.extend(catalog.texts("SELECT nspname FROM pg_catalog.pg_namespace").await?);
        if !roles.is_empty() {
            let query = format!("SELECT rolname FROM pg_catalog.pg_roles WHERE rolname IN ({})", roles.join(", "));
            facts.roles.extend(catalog.texts(&query).await?);
        }
        if !extensions.is_empty() {
            let query = "SELECT name FROM pg_catalog.pg_available_extensions";
            facts.available.extend(catalog.texts(query).await?);
            facts.installed.extend(catalog.texts("SELECT extname FROM pg_catalog.pg_extension").await?);
        }
        Ok(facts)
    }

    /// What the server will say against a role.
    pub(super) async fn role(&self, catalog: &Catalog<'_>, name: &str, at: usize) -> Result<Option<Refusal>, Failure> {
        if name.is_empty() || ROLES.contains(&name) || self.roles.contains(name) {
            return Ok(None);
        }
        let own = ident(name);
        let way = format!("make it in a statement before this one (CREATE ROLE {own}), or have it made on this server");
        let refusal = Refusal::new("migrate.no-role", at, format!("there is no role {own} on this server"), way);
        let all = catalog.texts("SELECT rolname FROM pg_catalog.pg_roles LIMIT 20000").await?;
        Ok(Some(refusal.near(name, all.iter().map(String::as_str))))
    }

    /// What the server will say against a schema.
    pub(super) fn schema(&self, name: &str, at: usize) -> Option<Refusal> {
        if name.is_empty() || name.starts_with("pg_") || self.schemas.contains(name) {
            return None;
        }
        let own = ident(name);
        let way = format!("make it in a statement before this one: CREATE SCHEMA {own}");
        let refusal = Refusal::new("migrate.no-schema", at, format!("there is no schema {own}"), way);
        Some(refusal.near(name, self.schemas.iter().map(String::as_str).filter(|name| !name.starts_with("pg_"))))
    }

    /// What the server will say against an extension.
    pub(super) fn extension(&self, name: &str, at: usize) -> Option<Refusal> {
        if self.available.is_empty() || self.available.contains(name) || self.installed.contains(name) {
            return None;
        }
        let message = format!("the extension {} is not available on this server", ident(name));
        let way = "have its package installed on the server's machine, or see which ones the provider allows; SELECT * FROM pg_available_extensions lists those that are there";
        let refusal = Refusal::new("migrate.no-extension", at, message, way);
        Some(refusal.near(name, self.available.iter().map(String::as_str)))
    }
}
