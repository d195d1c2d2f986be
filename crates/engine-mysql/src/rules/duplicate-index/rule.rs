//! `mysql/duplicate-index`: indexes that only repeat what the clustered key or a longer prefix already gives.
//!
//! What is the same in all but name, and left prefixes, are found by the rules of all SQL engines.

use dbwright_core::{Cx, Finding};
use dbwright_sql::indexing::needed_by_foreign_keys;
use dbwright_sql::model::{Index, Table};
use dbwright_sql::render;

use crate::alter;
use crate::body::Body;

/// Reports them, with the index that makes them needless.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let catalog = &cx.body.catalog;
    let needed = needed_by_foreign_keys(catalog);
    for (table, _) in alter::innodb(cx.body) {
        for index in table.indexes.iter().filter(|index| !index.primary && !needed.contains(&index.id)) {
            let found = of_the_key(cx, table, index).or_else(|| of_a_prefix(cx, table, index));
            if let Some(finding) = found {
                cx.report(finding);
            }
        }
    }
}

/// The index begins with the whole primary key, and goes on.
fn of_the_key(cx: &Cx<'_, Body>, table: &Table, index: &Index) -> Option<Finding> {
    let primary = table.indexes.iter().find(|index| index.primary)?;
    let longer = index.method == "btree" && index.keys.len() > primary.keys.len();
    if !longer || !primary.keys.iter().zip(&index.keys).all(|(a, b)| a == b) {
        return None;
    }
    let unique = if index.unique { "; it can't be violated, and is checked on each write all the same" } else { "" };
    let why = format!(
        "the rows are stored in the order of the primary key, so that a search by it needs no other index{unique}"
    );
    Some(finding(cx, table, index, primary, "begins with the whole primary key", &why))
}

/// Another index has the whole of a column of which this one has the beginning.
fn of_a_prefix(cx: &Cx<'_, Body>, table: &Table, index: &Index) -> Option<Finding> {
    let prefixes = |index: &Index| cx.body.index(index.id).map(|facts| facts.prefixes.clone()).unwrap_or_default();
    let own = prefixes(index);
    let shortened = own.iter().any(Option::is_some);
    if !shortened || index.unique || index.method != "btree" {
        return None;
    }
    let covers = |other: &&Index| {
        let theirs = prefixes(other);
        other.id != index.id
            && other.method == "btree"
            && other.valid
            && other.keys.len() >= index.keys.len()
            && index
                .keys
                .iter()
                .zip(&other.keys)
                .all(|(a, b)| a.column.is_some() && a.column == b.column && a.descending == b.descending)
            && own
                .iter()
                .zip(&theirs)
                .all(|(own, theirs)| theirs.is_none_or(|theirs| own.is_some_and(|own| own <= theirs)))
            && own != theirs
    };
    let other = table.indexes.iter().find(covers)?;
    let why = "the longer index serves every search that this one serves, and sorts and covers as well";
    Some(finding(cx, table, index, other, "has only the beginning of what another index has whole", why))
}

fn finding(cx: &Cx<'_, Body>, table: &Table, index: &Index, kept: &Index, how: &str, why: &str) -> Finding {
    let catalog = &cx.body.catalog;
    let name = catalog.dialect.name(&index.name);
    let title = format!("index {name} of {} {how}", catalog.qualified(table));
    let mut finding = cx
        .finding(catalog.subject_in(table, &index.name), title)
        .evidence("kept", kept.name.as_str(), "", "information_schema.STATISTICS")
        .evidence("definition", index.definition.clone().unwrap_or_default(), "", "information_schema.STATISTICS");
    if let Some(bytes) = index.bytes {
        finding = finding.evidence("bytes", bytes, "bytes", "mysql.innodb_index_stats");
    }
    match render::drop_index(catalog, table, index) {
        Ok(change) => finding.why(why).change(change),
        Err(reason) => finding.why(format!("{why}. No change is given: {reason}")),
    }
}
