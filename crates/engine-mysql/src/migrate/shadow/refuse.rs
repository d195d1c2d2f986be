//! What can't be copied beside the table, said before anything is begun.

use dbwright_core::Failure;

use super::super::plan::Planner;
use super::super::plan::alter::Change;
use super::super::table::{Item, ItemKind, TableText};

/// What stands around the table.
pub(super) async fn outside(planner: &mut Planner<'_>, change: &Change<'_>) -> Result<Option<String>, Failure> {
    if !planner.is_home(change.table) {
        return Ok(Some("it is in another database than the migration's".to_owned()));
    }
    if !planner.link.flavour.renames_under_lock() && !super::script::is_first(&change.table.name) {
        return Ok(Some("its name sorts behind those of the tables that a copy makes".to_owned()));
    }
    let triggers = planner.triggers(change.table).await?;
    if triggers.iter().any(|name| name.starts_with("dbwright_")) {
        return Ok(Some("an earlier change of it awaits `dbwright migrate contract`".to_owned()));
    }
    if planner.statement_log().await? {
        return Ok(Some("binlog_format is STATEMENT: replicas would copy other rows".to_owned()));
    }
    Ok(None)
}

/// What the table itself has, before and after.
pub(super) fn inside(before: &TableText, after: &TableText, name: &str) -> Option<String> {
    for table in [before, after] {
        if !table.engine().eq_ignore_ascii_case("InnoDB") {
            return Some(format!("{} has no transactions", table.engine()));
        }
        if table.options.contains("SYSTEM VERSIONING") || table.of(ItemKind::Other).next().is_some() {
            return Some("its history would be lost".to_owned());
        }
    }
    let check = before
        .of(ItemKind::Check)
        .find(|check| bound(check, name) && after.item(ItemKind::Check, &check.name).is_some());
    check.map(|check| format!("the name of its CHECK {} can't be on two tables of a schema", check.name))
}

/// Whether a check's name is the user's. One that the server gave goes with the table's name.
fn bound(check: &Item, table: &str) -> bool {
    // MariaDB's names of checks are the table's own.
    !check.name.starts_with(&format!("{table}_chk_")) && !check.name.starts_with("CONSTRAINT_")
}
