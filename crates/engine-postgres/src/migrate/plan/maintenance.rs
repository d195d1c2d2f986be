//! REFRESH, VACUUM, CLUSTER and settings.

use dbwright_core::Failure;
use dbwright_migrate::plan::{Back, Held, Phase};

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

/// `SET` of the file: it holds for what follows in the same session. A `SET LOCAL` does so too, as its transaction is the
/// file, or most of it, and each step gets a transaction of its own.
pub(super) fn setting(cx: &Cx<'_, '_>, name: &str, local: bool) -> Draft {
    if matches!(name, "lock_timeout" | "statement_timeout" | "idle_in_transaction_session_timeout") {
        return Draft::of("session").note(format!("left out: {name} is set for each step (--lock-timeout)"));
    }
    if !local {
        return for_the_rest(cx, cx.statement.sql.clone());
    }
    let draft = for_the_rest(cx, for_session(&cx.statement.sql, "SET"));
    draft.note("SET LOCAL is carried out as SET, for the rest of the file: each step is a transaction of its own")
}

/// A statement that sets something for those after it, which each later session of the migration repeats.
pub(super) fn for_the_rest(cx: &Cx<'_, '_>, sql: String) -> Draft {
    let step = step::transaction(plain::title(&cx.statement.sql), Phase::Switch, [sql]);
    Draft::one("session", step)
}

/// A `SET` with another beginning: `SET LOCAL x = 1` → `SET x = 1`.
pub(super) fn for_session(sql: &str, start: &str) -> String {
    let after = |text: &str, word: &str| {
        let rest = text.trim_start();
        let is = rest.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word));
        let ends = rest.get(word.len()..).is_some_and(|rest| rest.starts_with(char::is_whitespace));
        (is && ends).then(|| rest[word.len()..].trim_start().to_owned())
    };
    let rest = after(sql, "SET").unwrap_or_else(|| sql.to_owned());
    let rest = after(&rest, "LOCAL").or_else(|| after(&rest, "SESSION")).unwrap_or(rest);
    format!("{start} {rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_local_becomes_set() {
        assert_eq!(for_session("set  local\tsearch_path = a", "SET"), "SET search_path = a");
        assert_eq!(for_session("SET SESSION search_path TO a", "SET LOCAL"), "SET LOCAL search_path TO a");
        assert_eq!(for_session("SET locale.x = 1", "SET LOCAL"), "SET LOCAL locale.x = 1");
    }
}
