//! `pg/invalid-index`: an index that costs writes and serves no query.
//!
//! An index that is being built right now is invalid too, and is no fault: when a session is building
//! one, the rule says that it can't tell them apart.

mod partitioned;

use dbwright_core::{Change, Cx, Finding};
use dbwright_sql::model::{Index, Table, TableKind};

use crate::body::PgBody;
use crate::words;

/// Reports invalid indexes that nobody is building.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let body = cx.body;
    let invalid = || {
        let tables = body.catalog.tables.iter().filter(|table| !table.internal);
        tables.flat_map(|table| table.indexes.iter().filter(|index| !index.valid).map(move |index| (table, index)))
    };
    if let Some(pid) = invalid().next().and_then(|_| builder(body)) {
        let reason = format!("pid {pid} is building an index, which is invalid until it is done");
        return cx.not_looked(reason, Some("run the check again when the build is done"));
    }
    for (table, index) in invalid() {
        let finding = finding(cx, table, index);
        cx.report(finding);
    }
}

/// A session of this database that is building an index concurrently.
fn builder(body: &PgBody) -> Option<i32> {
    let builds = |query: &str| {
        let query = query.to_ascii_lowercase();
        query.contains("concurrently") && (query.contains("create") || query.contains("reindex"))
    };
    let here = body.sessions.iter().filter(|session| session.database.as_deref() == Some(&body.server.database));
    let mut active = here.filter(|session| session.state.as_deref() == Some("active"));
    active.find(|session| session.query.as_deref().is_some_and(builds)).map(|session| session.pid)
}

fn finding(cx: &Cx<'_, PgBody>, table: &Table, index: &Index) -> Finding {
    let catalog = &cx.body.catalog;
    let stats = cx.body.indexes.get(&index.id);
    let ready = stats.is_none_or(|stats| stats.ready);
    let cost = match (table.kind, ready) {
        (TableKind::Partitioned, _) => {
            "the partitions without it are read whole, and a unique one vouches for nothing over all"
        }
        (_, true) => "no query uses it, and every write still maintains it",
        (_, false) => "no query uses it, and it only takes up space",
    };
    let (change, cure) = mend(cx.body, table, index);
    let mut finding = cx
        .finding(
            catalog.subject_in(table, &index.name),
            format!("index {} is invalid", catalog.dialect.name(&index.name)),
        )
        .why(format!("{cost}; {cure}"))
        .evidence("indisvalid", false, "", "pg_index")
        .evidence("indisready", ready, "", "pg_index");
    if let Some(bytes) = index.bytes {
        finding = finding.evidence("bytes", bytes, "bytes", "pg_relation_size");
    }
    match change {
        Some(change) => finding.change(change),
        None => finding,
    }
}

/// The change, and what the reader has to know about it.
fn mend(body: &PgBody, table: &Table, index: &Index) -> (Option<Change>, String) {
    let name = body.catalog.dialect.qualified(&table.schema, &index.name);
    if table.kind == TableKind::Partitioned {
        return partitioned::mend(body, table, index);
    }
    let leftover = is_leftover(&index.name);
    if leftover || (index.unique && index.constraint.is_none() && index.parent.is_none()) {
        let definition = index.definition.as_deref().unwrap_or("its definition can't be read");
        let cure = if leftover {
            "a REINDEX CONCURRENTLY that failed left it, and the index that it was to replace is there".to_owned()
        } else {
            format!(
                "a concurrent build failed, most often on duplicate rows: remove those, then run it again: {definition}"
            )
        };
        let change = Change::new(
            [format!("DROP INDEX CONCURRENTLY {name}")],
            "SHARE UPDATE EXCLUSIVE on the table: reads and writes go on, but it waits for running transactions",
        )
        .outside_transaction()
        .irreversible(format!("no query could use the index, so nothing is lost; it was made by: {definition}"));
        return (Some(change), cure);
    }
    let size = table.bytes.map_or_else(String::new, |bytes| format!(" of {}", words::bytes(bytes)));
    let change = Change::new(
        [format!("REINDEX INDEX CONCURRENTLY {name}")],
        format!("SHARE UPDATE EXCLUSIVE on the table{size} while it is read twice: reads and writes go on"),
    )
    .outside_transaction()
    .irreversible("a valid index has no reason to become invalid again; DROP INDEX CONCURRENTLY removes it");
    (Some(change), "a concurrent build was broken off, and rebuilding makes it usable".to_owned())
}

/// Whether REINDEX CONCURRENTLY made the name: `…_ccnew`, `…_ccold`, with a number when there are several.
fn is_leftover(name: &str) -> bool {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    stem.ends_with("_ccnew") || stem.ends_with("_ccold")
}

#[cfg(test)]
mod tests {
    use super::is_leftover;

    #[test]
    fn only_reindex_names_are_leftovers() {
        assert!(["a_ccnew", "a_ccold", "a_ccnew1"].iter().all(|name| is_leftover(name)));
        assert!(["a_new", "ccnew_a", "a_ccnew_b"].iter().all(|name| !is_leftover(name)));
    }
}
