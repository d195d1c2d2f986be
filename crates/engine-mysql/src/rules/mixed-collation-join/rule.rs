//! `mysql/mixed-collation-join`: joined text columns whose character sets or collations differ.

use dbwright_core::{Change, Cx};
use dbwright_sql::Dialect;

use crate::alter::{self, COPY, WRITES_WAIT};
use crate::body::{Body, ColumnFacts};
use crate::joins::{self, Pair, Side};
use crate::words;

/// Reports the column of each pair that should become as the other.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    for pair in joins::pairs(cx.body) {
        let (Some(left), Some(right)) = (facts(cx.body, pair.left), facts(cx.body, pair.right)) else { continue };
        let collations = (left.collation.as_deref(), right.collation.as_deref());
        let (Some(a), Some(b)) = collations else { continue };
        if a == b || words::as_f64(pair.calls) < cx.limit("calls") {
            continue;
        }
        let finding = finding(cx, &pair, left, right);
        cx.report(finding);
    }
}

fn facts<'a>(body: &'a Body, side: Side<'_>) -> Option<&'a ColumnFacts> {
    body.table(side.table.id)?.columns.get(&side.column.name)
}

/// How much a character set can hold.
fn reach(facts: &ColumnFacts) -> u8 {
    match facts.charset.as_deref() {
        Some("utf8mb4") => 3,
        Some("utf8mb3" | "utf8" | "utf16" | "utf32" | "ucs2") => 2,
        Some("ascii") => 0,
        _ => 1,
    }
}

fn finding(cx: &Cx<'_, Body>, pair: &Pair<'_>, left: &ColumnFacts, right: &ColumnFacts) -> dbwright_core::Finding {
    let catalog = &cx.body.catalog;
    let rows = |side: Side<'_>| side.table.rows.unwrap_or(f64::MAX);
    // The side that can hold less changes; of two alike, the smaller table.
    let left_changes =
        reach(left) < reach(right) || (reach(left) == reach(right) && rows(pair.left) <= rows(pair.right));
    let (changed, own, kept, other) =
        if left_changes { (pair.left, left, pair.right, right) } else { (pair.right, right, pair.left, left) };
    let name =
        |side: Side<'_>| format!("{}.{}", catalog.qualified(side.table), catalog.dialect.name(&side.column.name));
    let collation = |facts: &ColumnFacts| facts.collation.clone().unwrap_or_default();
    let sets_differ = own.charset != other.charset;
    let what = if sets_differ { "character sets" } else { "collations" };
    let finding = cx
        .finding(
            catalog.subject_in(changed.table, &changed.column.name),
            format!("{} is joined with {}, and their {what} differ", name(changed), name(kept)),
        )
        .evidence(&name(changed), collation(own), "", "information_schema.COLUMNS")
        .evidence(&name(kept), collation(other), "", "information_schema.COLUMNS")
        .evidence("calls", pair.calls, "calls", "performance_schema.events_statements_summary_by_digest")
        .evidence("time", pair.total_ms.round(), "ms", "performance_schema.events_statements_summary_by_digest")
        .evidence("statement", pair.worst.text.as_str(), "", "performance_schema.events_statements_summary_by_digest");
    let why = if sets_differ {
        "the server converts one side for every row, and can't use the index of that side"
    } else {
        "the server has to choose one of the two collations: the index of the other side is of no use, or the statement fails with an illegal mix"
    };
    match change(cx.body, changed, own, other) {
        Ok(change) => finding.why(why).change(change),
        Err(reason) => finding.why(format!("{why}. No change is given: {reason}")),
    }
}

fn change(body: &Body, side: Side<'_>, own: &ColumnFacts, other: &ColumnFacts) -> Result<Change, String> {
    if alter::in_foreign_key(&body.catalog, side.table, &side.column.name) {
        return Err(alter::FOREIGN_KEY.to_owned());
    }
    let name = body.catalog.qualified(side.table);
    let to = |facts: &ColumnFacts| -> Option<String> {
        let clause = alter::recode(side.column, facts.charset.as_deref()?, facts.collation.as_deref()?)?;
        Some(format!("ALTER TABLE {name} {clause}, {COPY}"))
    };
    let unknown = || format!("the definition of {} is not known", Dialect::Mysql.name(&side.column.name));
    let (forward, back) = (to(other).ok_or_else(unknown)?, to(own).ok_or_else(unknown)?);
    Ok(alter::ddl(vec![forward], WRITES_WAIT).back([back]))
}
