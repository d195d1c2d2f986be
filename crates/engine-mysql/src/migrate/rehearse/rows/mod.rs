//! The rows of a stage: the target's own, or made-up ones.

mod copy;
pub(super) mod literal;
mod made;
mod missing;
mod spread;
mod values;

use dbwright_core::Failure;
use dbwright_sql::model::{Column, Generated, Table};
use mysql_async::Error;

pub(crate) use copy::copy;
pub(super) use made::make;

/// The schema of dbwright's own tables on a stage.
pub(super) const SCHEMA: &str = "dbwright_rehearsal";

/// Settings under which rows go in: they fit, and checking each would take most of the time; what stands in the target was
/// allowed once.
const FILLING: &str = "SET SESSION foreign_key_checks = 0, SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO', \
    SESSION time_zone = '+00:00'";

/// Columns that hold what is written into them.
fn stored(table: &Table) -> impl Iterator<Item = &Column> {
    table.columns.iter().filter(|one| !matches!(one.generated, Some(Generated::Stored | Generated::Virtual)))
}

pub(super) fn lost(error: &Error) -> Failure {
    Failure::internal("rehearse.stage", format!("the private server refuses: {}", crate::error::text(error)))
}
