//! `mysql/partition-missing-ahead`: a table partitioned by date whose last partition ends soon, or has ended.

mod bounds;

use dbwright_core::{Cx, Finding, Severity};
use dbwright_sql::Dialect;
use dbwright_sql::model::Table;
use jiff::civil::Date;

use crate::alter;
use crate::body::{Body, TableFacts};
use bounds::{Kind, Step};

/// Reports tables without a partition for the days ahead.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let today = cx.body.server.now.to_zoned(jiff::tz::TimeZone::UTC).date();
    for (table, facts) in alter::tables(cx.body) {
        if let Some(finding) = look(cx, table, facts, today) {
            cx.report(finding);
        }
    }
}

fn look(cx: &Cx<'_, Body>, table: &Table, facts: &TableFacts, today: Date) -> Option<Finding> {
    let bounds: Vec<&str> = facts.partitions.iter().filter_map(|partition| partition.description.as_deref()).collect();
    let kind = Kind::of(table.partitioning.as_deref()?, &bounds)?;
    let names: Vec<&str> =
        facts.partitions.iter().map(|partition| partition.name.split('/').next().unwrap_or_default()).collect();
    let mut ends: Vec<Date> = Vec::new();
    for partition in &facts.partitions {
        let text = partition.description.as_deref()?;
        if text.eq_ignore_ascii_case("MAXVALUE") {
            return overflow(cx, table, facts, kind, &ends, today);
        }
        let end = kind.date(text)?;
        if ends.last() != Some(&end) {
            ends.push(end);
        }
    }
    let last = *ends.last()?;
    let left = days(today, last);
    if left > cx.limit("days") {
        return None;
    }
    let name = cx.body.catalog.qualified(table);
    let (severity, title) = if left <= 0.0 {
        (Severity::Critical, format!("{name} has had no partition for new rows since {last}"))
    } else {
        (Severity::High, format!("{name} has partitions until {last} only"))
    };
    let why = "from that day on every insert fails; whatever makes the partitions has stopped";
    let finding = cx
        .finding(cx.body.catalog.subject(table), title)
        .severity(severity)
        .evidence("last partition", *names.last()?, "", "information_schema.PARTITIONS")
        .evidence("ends", last.to_string(), "", "information_schema.PARTITIONS.PARTITION_DESCRIPTION")
        .evidence("days left", left, "days", "computed from the server's clock");
    let Some(step) = ends.len().checked_sub(2).map(|before| Step::between(ends[before], last)) else {
        return Some(finding.why(format!(
            "{why}. No change is given: with a single partition nobody can tell how long the next one is to be"
        )));
    };
    let ahead = today.checked_add(jiff::Span::new().days(15)).ok()?;
    let new = step.until(last, today, ahead);
    if !new.iter().all(|end| kind.takes(*end)) {
        return Some(
            finding.why(format!("{why}. No change is given: the bounds are not at the same day of each month")),
        );
    }
    let added: Vec<(String, String)> = new.iter().map(|end| (free_name(&names, *end), kind.bound(*end))).collect();
    let list = |part: &dyn Fn(&(String, String)) -> String| added.iter().map(part).collect::<Vec<_>>().join(", ");
    let quoted = |name: &str| Dialect::Mysql.name(name);
    let forward = format!(
        "ALTER TABLE {name} ADD PARTITION ({})",
        list(&|(name, bound)| format!("PARTITION {} VALUES LESS THAN ({bound})", quoted(name)))
    );
    let back = format!("ALTER TABLE {name} DROP PARTITION {}", list(&|(name, _)| quoted(name)));
    let lock =
        "an exclusive metadata lock for an instant; no rows are written. Going back drops what was inserted meanwhile";
    Some(finding.why(why).change(alter::ddl(vec![forward], lock).back([back])))
}

/// With a partition without an end no insert fails, but all new rows go there once the others have ended.
fn overflow(
    cx: &Cx<'_, Body>,
    table: &Table,
    facts: &TableFacts,
    kind: Kind,
    ends: &[Date],
    today: Date,
) -> Option<Finding> {
    let last = *ends.last()?;
    let rest = facts.partitions.last().filter(|partition| !partition.name.contains('/'))?;
    let rows = rest.rows.filter(|rows| *rows > 0.0)?;
    if days(today, last) > 0.0 {
        return None;
    }
    let (name, own) = (cx.body.catalog.qualified(table), Dialect::Mysql.name(&rest.name));
    let finding = cx
        .finding(
            cx.body.catalog.subject(table),
            format!("{name} has put all new rows into {own}, the partition without an end, since {last}"),
        )
        .severity(Severity::Medium)
        .why(
            "no insert fails, but queries by date read all of it, and dropping old rows by partition has come to an end; whatever makes the partitions has stopped. The longer it waits, the \
             longer the change takes",
        )
        .evidence("rows in it", rows.round(), "rows", "information_schema.PARTITIONS.TABLE_ROWS")
        .evidence("last partition with an end", last.to_string(), "", "information_schema.PARTITIONS.PARTITION_DESCRIPTION");
    let Some(before) = ends.len().checked_sub(2).map(|before| ends[before]) else { return Some(finding) };
    let ahead = today.checked_add(jiff::Span::new().days(15)).ok()?;
    let names: Vec<&str> = facts.partitions.iter().map(|partition| partition.name.as_str()).collect();
    let new = Step::between(before, last).each(last, ahead);
    if !new.iter().all(|end| kind.takes(*end)) {
        return Some(finding);
    }
    let new: Vec<(String, String)> =
        new.into_iter().map(|end| (Dialect::Mysql.name(&free_name(&names, end)), kind.bound(end))).collect();
    let parts: Vec<String> =
        new.iter().map(|(name, bound)| format!("PARTITION {name} VALUES LESS THAN ({bound})")).collect();
    let all: Vec<&str> = new.iter().map(|(name, _)| name.as_str()).chain([own.as_str()]).collect();
    let end = format!("PARTITION {own} VALUES LESS THAN (MAXVALUE)");
    let forward = format!("ALTER TABLE {name} REORGANIZE PARTITION {own} INTO ({}, {end})", parts.join(", "));
    let back = format!("ALTER TABLE {name} REORGANIZE PARTITION {} INTO ({end})", all.join(", "));
    let lock = "writes of the whole table wait while the rows of that partition are moved; reads go on";
    // New partitions have no statistics of their rows at first.
    let analyze = format!("ANALYZE TABLE {name}");
    Some(finding.change(alter::ddl(vec![forward, analyze.clone()], lock).back([back, analyze])))
}

/// A name for the partition that ends on a day.
fn free_name(taken: &[&str], end: Date) -> String {
    let plain = format!("p_until_{:04}_{:02}_{:02}", end.year(), end.month(), end.day());
    if taken.iter().any(|name| name.eq_ignore_ascii_case(&plain)) { format!("{plain}_b") } else { plain }
}

/// Days from one date to another.
fn days(from: Date, to: Date) -> f64 {
    to.duration_since(from).as_hours() as f64 / 24.0
}
