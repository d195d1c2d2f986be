//! REFRESH, VACUUM, CLUSTER and settings.

use dbwright_core::Failure;
use dbwright_migrate::plan::{Back, Held};

use crate::ddl::{Act, Name};

use super::draft::{Cx, Draft};
use super::size::rewrite_ms;
use super::step::{self, Drafted as _};
use super::{dispatch, plain};

/// A matview is refreshed beside its readers where a unique index tells its rows apart.
pub(super) async fn refresh(
    cx: &Cx<'_, '_>,
    name: &Name,
    concurrently: bool,
    with_data: bool,
) -> Result<Draft, Failure> {
    let plain = plain::draft(cx).back(Back::nothing());
    let Some(view) = cx.catalog.table(name).await?.filter(|_| with_data && !concurrently) else { return Ok(plain) };
    let populated = format!("(SELECT relispopulated FROM pg_catalog.pg_class WHERE oid = {})", view.oid);
    if view.is_empty() || !cx.catalog.holds(&populated).await? {
        return Ok(plain);
    }
    let unique = cx.catalog.indexes(view.oid).await?.iter().any(|one| one.unique && one.valid && !one.expressions);
    if !unique {
        let why = "readers wait for the refresh, because no unique index lets it be done beside them";
        return Ok(plain
            .locked(step::ACCESS_EXCLUSIVE, &view.subject(), Held::Rewrite)
            .blocks(why, rewrite_ms(view.bytes)));
    }
    let sql = format!("REFRESH MATERIALIZED VIEW CONCURRENTLY {}", view.sql());
    let step = dispatch::single(&format!("refresh {} beside its readers", view.subject()), sql)
        .locks("EXCLUSIVE", &view, Held::Rewrite)
        .takes(2.0 * rewrite_ms(view.bytes));
    Ok(Draft::one("concurrent-refresh", step))
}

/// VACUUM and CLUSTER: those that write a table anew block.
pub(super) async fn maintain(cx: &Cx<'_, '_>, act: &Act) -> Result<Draft, Failure> {
    let (table, draft, rewrites) = match act {
        Act::Vacuum { full, tables, .. } => (tables.first(), plain::alone(cx), *full),
        Act::Cluster { table: None } => (None, plain::alone(cx), true),
        Act::Cluster { table } => (table.as_ref(), plain::draft(cx), true),
        _ => (None, plain::draft(cx), true),
    };
    let draft = draft.back(Back::nothing());
    if !rewrites {
        return Ok(draft);
    }
    let bytes = match table {
        Some(name) => cx.catalog.table(name).await?.map_or(0, |table| table.total_bytes),
        None => 0,
    };
    Ok(draft.blocks("it writes the table anew, and everybody waits", rewrite_ms(bytes)))
}

/// `SET` of the file: it holds for what follows in the same session.
pub(super) fn setting(cx: &Cx<'_, '_>, name: &str, local: bool) -> Draft {
    if local {
        return Draft::of("session")
            .note("left out: SET LOCAL ends with its transaction, and each step is one of its own");
    }
    if matches!(name, "lock_timeout" | "statement_timeout" | "idle_in_transaction_session_timeout") {
        return Draft::of("session").note(format!("left out: {name} is set for each step (--lock-timeout)"));
    }
    let mut draft = plain::draft(cx).back(Back::nothing());
    "session".clone_into(&mut draft.method);
    draft
}
