//! `mysql/deadlocks`: transactions that the server rolled back because they waited for each other.

use dbwright_core::{Cx, Finding, Severity};

use crate::body::{Body, Deadlock};
use crate::settings;
use crate::words;

/// Reports the rate since the start.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    let Some(count) = body.innodb.deadlocks else {
        cx.not_looked(
            "the server does not count deadlocks",
            Some("SET GLOBAL innodb_monitor_enable = 'lock_deadlocks'"),
        );
        return;
    };
    let hours = words::as_f64(body.server.uptime_s).max(1.0) / 3_600.0;
    let rate = words::as_f64(count) / hours;
    if words::as_f64(count) < cx.limit("count") || rate < cx.limit("per_hour") {
        if let Some(last) = &body.innodb.deadlock
            && words::as_f64(last.seconds_ago) <= cx.limit("recent_hours") * 3_600.0
        {
            let finding = recent(cx, last);
            cx.report(finding);
        }
        return;
    }
    let severity = if rate >= cx.limit("high_per_hour") && hours >= 1.0 { Severity::High } else { Severity::Medium };
    let plural = if count == 1 { "1 deadlock" } else { "deadlocks" };
    let title = if count == 1 {
        format!("{plural} since the server's start")
    } else {
        format!("{count} {plural} since the server's start")
    };
    let finding = cx
        .finding("server", title)
        .severity(severity)
        .why(
            "each one rolls a whole transaction back. No change is given, because the reason is in the program: lock rows in one order everywhere, keep transactions short, and try again after error \
             1213. SET GLOBAL innodb_print_all_deadlocks = ON writes each to the error log, with its values",
        )
        .evidence("deadlocks", count, "deadlocks", body.server.flavour.innodb_metrics().source)
        .evidence("rate", (rate * 10.0).round() / 10.0, "deadlocks/h", "computed")
        .evidence("Uptime", body.server.uptime_s, "s", "SHOW GLOBAL STATUS");
    let finding = match &body.innodb.deadlock {
        Some(last) => told(finding, last),
        None => finding,
    };
    cx.report(settings::evidence(body, finding, "innodb_print_all_deadlocks"));
}

/// A single one is no fault by itself, but who wonders about an error finds it here.
fn recent(cx: &Cx<'_, Body>, last: &Deadlock) -> Finding {
    let ago = words::seconds(words::as_f64(last.seconds_ago));
    let finding = cx
        .finding("server", format!("the latest deadlock was {ago} ago"))
        .severity(Severity::Low)
        .why(
            "one of the transactions was rolled back. No change is given: a program that tries again after error 1213 does not mind one now and then; when the two statements meet often, lock rows in one \
             order everywhere",
        );
    told(finding, last)
}

/// Who met whom, and who lost.
fn told(mut finding: Finding, last: &Deadlock) -> Finding {
    const SOURCE: &str = "SHOW ENGINE INNODB STATUS";
    finding = finding.evidence("latest deadlock", last.seconds_ago, "s ago", SOURCE);
    for (at, party) in last.parties.iter().enumerate() {
        let number = at + 1;
        let fate = if last.victim == Some(number) { ", rolled back" } else { "" };
        let index = party.index.as_deref().map(|index| format!(" by index {index}")).unwrap_or_default();
        let table = party.table.as_deref().unwrap_or("a row");
        finding =
            finding.evidence(&format!("transaction {number} waited for"), format!("{table}{index}{fate}"), "", SOURCE);
        if let Some(statement) = &party.statement {
            finding = finding.evidence(&format!("statement {number}"), statement.as_str(), "", SOURCE);
        }
    }
    finding
}
