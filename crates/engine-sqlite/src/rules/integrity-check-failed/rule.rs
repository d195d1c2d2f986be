//! `sqlite/integrity-check-failed`: the file is damaged.

use std::collections::BTreeSet;

use dbwright_core::{Change, Cx, Finding};
use dbwright_sql::Dialect;

use crate::body::{SqliteBody, area};

/// Complaints that are shown as evidence.
const SHOWN: usize = 5;

/// Reports damaged indexes one by one when nothing else is wrong, else the file as a whole.
pub(super) fn check(cx: &mut Cx<'_, SqliteBody>) {
    super::tell_gaps(cx, area::INTEGRITY);
    let (integrity, file) = (&cx.body.integrity, &cx.body.file);
    if integrity.problems.is_empty() && file.missing_bytes == 0 {
        return;
    }
    if file.missing_bytes == 0
        && let Some(indexes) = only_indexes(&integrity.problems)
    {
        for index in indexes {
            let finding = index_finding(cx, index);
            cx.report(finding);
        }
        return;
    }
    let mut finding = cx.finding("database", "the file is damaged").evidence(
        "problems",
        integrity.problems.len(),
        "problems",
        &format!("PRAGMA {}", integrity.check),
    );
    if file.missing_bytes > 0 {
        finding = finding.evidence("missing_bytes", file.missing_bytes, "bytes", "database header against file length");
    }
    for problem in integrity.problems.iter().take(SHOWN) {
        finding = finding.evidence("problem", problem.as_str(), "", &format!("PRAGMA {}", integrity.check));
    }
    cx.report(finding.why(
        "queries may fail or give wrong answers, and writes may spread the damage. No statement mends this: \
         restore a backup, or save what can be read with `sqlite3 FILE .recover` into a new file",
    ));
}

fn index_finding(cx: &Cx<'_, SqliteBody>, index: &str) -> Finding {
    let catalog = &cx.body.catalog;
    let owner = catalog.tables.iter().find(|table| table.indexes.iter().any(|i| i.name == index));
    let subject =
        owner.map_or_else(|| catalog.dialect.subject(&["main", index]), |table| catalog.subject_in(table, index));
    let named = |problem: &&String| named_index(problem) == Some(index);
    let problems: Vec<_> = cx.body.integrity.problems.iter().filter(named).collect();
    let name = Dialect::Sqlite.qualified("main", index);
    let change = Change::new([format!("REINDEX {name}")], "no writes while the index is built")
        .irreversible("the damaged contents are not worth having back");
    let finding = cx
        .finding(subject, format!("the index {} does not agree with its table", Dialect::Sqlite.name(index)))
        .why("queries that use the index miss rows or find wrong ones; the table itself is in order")
        .evidence("problems", problems.len(), "problems", "PRAGMA integrity_check");
    match problems.first() {
        Some(first) => finding.evidence("problem", first.as_str(), "", "PRAGMA integrity_check").change(change),
        None => finding.change(change),
    }
}

/// The indexes that every complaint is about; none when a complaint is about something else.
fn only_indexes(problems: &[String]) -> Option<BTreeSet<&str>> {
    problems.iter().map(|problem| named_index(problem)).collect()
}

/// The index that a complaint of disagreement names.
fn named_index(problem: &str) -> Option<&str> {
    if let Some(name) = problem.strip_prefix("wrong # of entries in index ") {
        return Some(name);
    }
    let (what, name) = problem.split_once(" from index ").or_else(|| problem.split_once(" for index "))?;
    what.starts_with("row ").then_some(name).or_else(|| what.starts_with("non-unique entry").then_some(name))
}
