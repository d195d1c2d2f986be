//! What the tests share: observing with a report, gaps.

use dbwright_check::{Checks as _, Outcome};
use dbwright_core::engine::{Engine as _, ObserveOptions};
use dbwright_core::progress::Silent;
use dbwright_core::rule::Limits;
use dbwright_core::snapshot::Gap;
use dbwright_core::target::Address;
use dbwright_core::{Failure, Snapshot};
use dbwright_engine_mysql::MySql;
use dbwright_engine_mysql::body::Body;
use dbwright_sql::model::Catalog;

/// Observes, or not.
pub(crate) fn attempt_with(url: &str, options: &ObserveOptions) -> Result<Snapshot, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(MySql.observe(&Address::parse(url)?, options, &Silent))
}

/// Observes, or not.
pub(crate) fn attempt(url: &str) -> Result<Snapshot, Failure> {
    attempt_with(url, &ObserveOptions::default())
}

/// Observes.
pub(crate) fn observe(url: &str) -> Snapshot {
    attempt(url).unwrap_or_else(|failure| panic!("{failure:?}"))
}

/// Why it can't be observed.
pub(crate) fn refused(url: &str) -> Failure {
    attempt(url).err().unwrap_or_else(|| panic!("{url} was observed"))
}

pub(crate) fn body(snapshot: &Snapshot) -> &Body {
    snapshot.body().expect("it is MySQL's")
}

pub(crate) fn check(snapshot: &Snapshot) -> Outcome {
    MySql.check(snapshot, &Limits::default()).unwrap_or_else(|failure| panic!("{failure:?}"))
}

pub(crate) fn gap<'a>(snapshot: &'a Snapshot, area: &str) -> Option<&'a Gap> {
    snapshot.header.gaps.iter().find(|gap| gap.area == area)
}

/// The same server as another account.
pub(crate) fn login(url: &str, account: &str) -> String {
    url.replacen("root@", &format!("{account}@"), 1)
}

/// The names of the tables of a database.
pub(crate) fn tables<'a>(body: &'a Body, schema: &str) -> Vec<&'a str> {
    body.catalog.tables.iter().filter(|table| table.schema == schema).map(|table| table.name.as_str()).collect()
}

/// The catalog without how long the server has been counting, which goes on meanwhile.
pub(crate) fn catalog(snapshot: &Snapshot) -> Catalog {
    let mut catalog = body(snapshot).catalog.clone();
    for writes in catalog.tables.iter_mut().filter_map(|table| table.writes.as_mut()) {
        writes.window_s = None;
    }
    catalog
}
