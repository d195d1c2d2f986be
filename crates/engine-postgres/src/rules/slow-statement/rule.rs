//! `pg/slow-statement`: a statement that people wait for.
//!
//! The mean alone says little: a report of one minute a night is no fault. Severity follows the share of all
//! statements' time, among the statements that belong to the daily work.

use dbwright_core::workload::{Statement, Workload};
use dbwright_core::{Cx, Finding, Proof, Severity};

use crate::body::PgBody;
use crate::words;

const SOURCE: &str = "pg_stat_statements";

/// Characters of a statement's text that are shown.
const SHOWN: usize = 1000;

/// Statements that read or write rows; whatever begins otherwise is a utility statement.
const VERBS: [&str; 8] = ["select", "insert", "update", "delete", "merge", "with", "values", "table"];

/// Reports statements above the mean.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let (mean_ms, calls) = (cx.limit("mean_ms"), cx.limit("calls"));
    let (share, high) = (cx.limit("share"), cx.limit("high_share"));
    let Some(workload) = &cx.body.workload else { return };
    let all: f64 = workload.statements.iter().filter_map(|statement| statement.total_ms).sum();
    for statement in workload.statements.iter().filter(|statement| is_query(&statement.text)) {
        let Some((mean, total)) = statement.mean_ms.zip(statement.total_ms) else { continue };
        let own = if all > 0.0 { total / all } else { 0.0 };
        let daily = statement.calls >= calls;
        if mean < mean_ms || (!daily && own < share) {
            continue;
        }
        let severity = match own {
            own if daily && own >= high => Severity::High,
            own if daily && own >= share => Severity::Medium,
            _ => Severity::Low,
        };
        let finding = finding(cx, workload, statement, (mean, total, own)).severity(severity);
        cx.report(finding);
    }
}

fn finding(
    cx: &Cx<'_, PgBody>,
    workload: &Workload,
    statement: &Statement,
    (mean, total, own): (f64, f64, f64),
) -> Finding {
    let title =
        format!("a statement takes {mean:.0} ms on average, {} of the time of all statements", words::percent(own));
    let finding = cx
        .finding(format!("statement {}", statement.fingerprint), title)
        .why(
            "whoever calls it waits that long each time; no change fits every slow statement: run it with EXPLAIN (ANALYZE, \
             BUFFERS) and real parameters (inside BEGIN … ROLLBACK when it writes), and look for scans that read far more \
             rows than they return, estimates that are far off, sorts that spill, and waits for locks",
        )
        .proof(Proof::unproven("there is no change to try"))
        .evidence("query", shown(&statement.text), "", SOURCE)
        .evidence("mean_exec_time", rounded(mean), "ms", SOURCE)
        .evidence("calls", statement.calls, "calls", SOURCE)
        .evidence("total_exec_time", rounded(total), "ms", SOURCE)
        .evidence("share_of_all", rounded(own), "ratio", "computed");
    let finding = number(finding, "max_exec_time", statement.max_ms, "ms");
    let finding = number(finding, "stddev_exec_time", statement.stddev_ms, "ms");
    let finding = number(finding, "rows_per_call", statement.rows.map(|rows| rows / statement.calls.max(1.0)), "rows");
    number(finding, "window", workload.window_s.map(f64::round), "s")
}

fn number(finding: Finding, name: &str, value: Option<f64>, unit: &str) -> Finding {
    match value {
        Some(value) => finding.evidence(name, rounded(value), unit, SOURCE),
        None => finding,
    }
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// Whether it reads or writes rows.
fn is_query(text: &str) -> bool {
    let text = without_comments(text).trim_start_matches('(').trim_start();
    let word: String = text.chars().take_while(char::is_ascii_alphabetic).collect();
    VERBS.contains(&word.to_ascii_lowercase().as_str())
}

/// The text from its first word on.
fn without_comments(text: &str) -> &str {
    let mut rest = text.trim_start();
    loop {
        let after = if let Some(comment) = rest.strip_prefix("--") {
            comment.split_once('\n').map(|(_, after)| after)
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/").map(|(_, after)| after)
        } else {
            return rest;
        };
        rest = after.unwrap_or_default().trim_start();
    }
}

/// The text on one line, cut when it is long.
fn shown(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn statement(name: &str, calls: f64, mean: f64) -> Statement {
        Statement {
            fingerprint: name.to_owned(),
            text: "SELECT 1".to_owned(),
            calls,
            total_ms: Some(calls * mean),
            mean_ms: Some(mean),
            ..Statement::default()
        }
    }

    fn found(statements: Vec<Statement>) -> Vec<(String, Severity)> {
        let workload = Some(Workload { statements, ..Workload::default() });
        let found = sample::run("pg/slow-statement", &PgBody { workload, ..sample::body() });
        found.into_iter().map(|f| (f.subject, f.severity)).collect()
    }

    #[test]
    fn severity_follows_the_share_of_statements_in_daily_use() {
        let all = vec![
            statement("quick", 1_000_000.0, 1.0),
            statement("heavy", 5000.0, 100.0),
            statement("some", 1000.0, 200.0),
            statement("hardly", 20.0, 200.0),
            statement("nightly", 1.0, 200_000.0),
            statement("once", 1.0, 500.0),
        ];
        let expected = [
            ("statement heavy", Severity::High),
            ("statement some", Severity::Medium),
            ("statement hardly", Severity::Low),
            ("statement nightly", Severity::Low),
        ];
        assert_eq!(found(all), expected.map(|(name, severity)| (name.to_owned(), severity)));
    }

    #[test]
    fn utility_statements_are_no_part_of_the_work() {
        let texts = ["CREATE INDEX ON t (a)", "copy t to stdout", "/* x */ -- y\nVACUUM", "", "/* open", "CALL p()"];
        for text in texts {
            assert!(!is_query(text), "{text}");
        }
        for text in
            ["(select 1) union (select 2)", "/* app:shop */ WITH x AS (SELECT) TABLE x", "-- a\nUpdate t SET a = 1"]
        {
            assert!(is_query(text), "{text}");
        }
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(shown("SELECT\n  1"), "SELECT 1");
        assert_eq!(shown(&"é".repeat(1001)), "é".repeat(1000) + "…");
    }
}
