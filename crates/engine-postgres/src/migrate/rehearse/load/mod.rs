//! The load on PostgreSQL: its statements, and its sessions, which speak the simple protocol.

mod client;
mod templates;

use std::sync::Arc;
use std::time::Duration;

use dbwright_core::Failure;
use dbwright_core::engine::{ObserveOptions, Values};
use dbwright_core::progress::Silent;
use dbwright_core::target::Address;
use dbwright_migrate::rehearse::Load;
use dbwright_sql::model::Table;

pub(super) use client::PgClients;
pub(super) use templates::templates;

/// Begins a load on tables of a database, named as `schema.table`.
///
/// # Errors
/// When the database can't be reached or read.
pub async fn on(url: &str, tables: &[&str], clients: usize, pause: Duration) -> Result<Load, Failure> {
    let address = Address::parse(url)?;
    let options = ObserveOptions { values: Values::None, ..ObserveOptions::default() };
    let (_, body) = crate::observe::take(&address, &options, &Silent).await?;
    let named = |table: &&Table| tables.contains(&format!("{}.{}", table.schema, table.name).as_str());
    let tables: Vec<&Table> = body.catalog.tables.iter().filter(named).collect();
    let connection = crate::connect::open(&address, options.connect_timeout).await?;
    let templates = templates(&connection.client, &tables).await?;
    Load::start(Arc::new(PgClients::new(address)), templates, clients, pause)
}
