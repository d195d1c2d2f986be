//! What the tests of observing share: observing itself, sessions of their own, folders of labs.

use dbwright_core::engine::{Engine, ObserveOptions};
use dbwright_core::progress::Silent;
use dbwright_core::target::Address;
use dbwright_core::{Failure, Snapshot};
use dbwright_engine_postgres::Postgres;
use dbwright_engine_postgres::body::PgBody;
use dbwright_sql::model::Table;
use tokio_postgres::{Client, NoTls};

/// Major versions that the tests run on.
pub(crate) const VERSIONS: [u32; 3] = [15, 17, 18];

/// Observes, or not.
pub(crate) async fn attempt(url: &str, options: &ObserveOptions) -> Result<Snapshot, Failure> {
    let address = Address::parse(url)?;
    Postgres.observe(&address, options, &Silent).await
}

/// Observes with given options.
pub(crate) async fn observe_with(url: &str, options: &ObserveOptions) -> Snapshot {
    attempt(url, options).await.unwrap_or_else(|failure| panic!("{failure:?}"))
}

/// Observes.
pub(crate) async fn observe(url: &str) -> Snapshot {
    observe_with(url, &ObserveOptions::default()).await
}

/// The body.
pub(crate) fn body(snapshot: &Snapshot) -> &PgBody {
    snapshot.body().expect("it is PostgreSQL's")
}

/// A table that must be there.
pub(crate) fn table<'a>(body: &'a PgBody, schema: &str, name: &str) -> &'a Table {
    let found = body.catalog.tables.iter().find(|table| table.schema == schema && table.name == name);
    found.unwrap_or_else(|| panic!("no table {schema}.{name}"))
}

/// A session of the test's own.
pub(crate) async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("the test's own session");
    tokio::spawn(connection);
    client
}
