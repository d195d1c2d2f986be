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
    let kind = Kind::of(table.partitioning.as_deref()?)?;
    let names: Vec<&str> =
        facts.partitions.iter().map(|partition| partition.name.split('/').next().unwrap_or_default()).collect();
    let mut ends: Vec<Date> = Vec::new();
    for partition in &facts.partitions {
        let text = partition.description.as_deref()?;
        // MAXVALUE: there is always a partition.
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

/// A name for the partition that ends on a day.
fn free_name(taken: &[&str], end: Date) -> String {
    let plain = format!("p_until_{:04}_{:02}_{:02}", end.year(), end.month(), end.day());
    if taken.iter().any(|name| name.eq_ignore_ascii_case(&plain)) { format!("{plain}_b") } else { plain }
}

/// Days from one date to another.
fn days(from: Date, to: Date) -> f64 {
    to.duration_since(from).as_hours() as f64 / 24.0
}
