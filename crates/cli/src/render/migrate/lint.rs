//! What lint found: the line with carets, what happens, what to do instead; and annotations for GitHub.

use std::path::Path;

use dbwright_core::report::Report;
use dbwright_core::target::redact_sql;
use dbwright_core::{Finding, Location, Severity};
use dbwright_migrate::Script;
use dbwright_migrate::lint::Ignored;
use dbwright_sql::Dialect;
use dbwright_sql::excerpt::show_range;
use dbwright_sql::lex::{TokenKind, tokens};

use super::{counted, joined, notes};
use crate::render::text::finding::{conditions, evidence, part, statements};
use crate::render::text::{ASIDE, GOOD, HEAD, color, gaps, left_out};
use crate::render::{layout, units};

/// What there is to show of a lint.
pub(crate) struct LintView<'a> {
    /// The report.
    pub(crate) report: &'a Report,
    /// The files that were looked at.
    pub(crate) scripts: &'a [Script],
    /// Statements that were looked at.
    pub(crate) statements: usize,
    /// What comments accepted.
    pub(crate) ignored: &'a [Ignored],
}

/// Findings in the order of the files.
fn in_order(report: &Report) -> Vec<&Finding> {
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    findings.sort_by(|a, b| a.location.cmp(&b.location));
    findings
}

/// The report for people.
pub(crate) fn text(view: &LintView<'_>, width: usize) -> String {
    let mut out = String::new();
    for finding in in_order(view.report) {
        out += &of_finding(finding, view.scripts, width);
    }
    out += &ignored(view.ignored, width);
    out += &gaps::render(view.report, width);
    out += &notes(&view.report.notes, width);
    // Those that comments accepted are shown above.
    let mut shown = view.report.clone();
    shown.hidden.ignored -= view.ignored.len().min(shown.hidden.ignored);
    if let Some(hidden) = left_out(&shown) {
        out += &format!("\n{ASIDE}{hidden}{ASIDE:#}\n");
    }
    out + &summary(view)
}

fn of_finding(finding: &Finding, scripts: &[Script], width: usize) -> String {
    let badge = color(finding.severity).bold().invert();
    let word = finding.severity.word().to_uppercase();
    let title = layout::wrap(&layout::inline(&finding.title), width.saturating_sub(word.len() + 3));
    let under = " ".repeat(word.len() + 3);
    let mut out =
        format!("\n{badge} {word} {badge:#} {HEAD}{}{HEAD:#}\n", title.join(&format!("{HEAD:#}\n{under}{HEAD}")));
    if let Some(location) = &finding.location {
        out += &excerpt(location, scripts, color(finding.severity));
    }
    for line in layout::wrap(&layout::inline(&finding.why), width.saturating_sub(3)) {
        out += &format!("   {line}\n");
    }
    out += &evidence(finding, width);
    if let Some(change) = &finding.change {
        out += &statements("instead", &change.forward, ";", width);
        out += &part("", &conditions(change), ASIDE, width);
    }
    out + &part("rule", &format!("dbwright rules {}", layout::inline(&finding.rule)), ASIDE, width)
}

/// The line of the user's file with carets below what it is about.
fn excerpt(location: &Location, scripts: &[Script], style: anstyle::Style) -> String {
    let place = || format!("   --> {}:{}:{}\n", layout::inline(&location.file), location.line, location.column);
    let Some(script) = scripts.iter().find(|script| script.file == location.file) else { return place() };
    let Some(range) = range(location, script) else { return place() };
    let shown = show_range(Path::new(&location.file), &script.text, range);
    joined(shown.lines().map(|line| {
        let line = layout::inline(&redact_sql(line));
        match line.rfind("| ").filter(|_| line.ends_with('^')) {
            Some(at) => format!("  {}{style}{}{style:#}\n", &line[..at + 2], &line[at + 2..]),
            None => format!("  {line}\n"),
        }
    }))
}

/// The bytes that a finding is about: from its place to the end of the clause, or of the statement.
fn range(location: &Location, script: &Script) -> Option<std::ops::Range<usize>> {
    let line_start = script.text.split_inclusive('\n').take(location.line.checked_sub(1)?).map(str::len).sum::<usize>();
    let line = script.text.get(line_start..)?.lines().next()?;
    let column: usize = line.chars().take(location.column.checked_sub(1)?).map(char::len_utf8).sum();
    let start = line_start + column;
    let statement = script.statements.iter().find(|statement| statement.range.contains(&start))?;
    let end = if statement.range.start == start {
        statement.range.end
    } else {
        clause_end(&script.text[start..statement.range.end]) + start
    };
    Some(start..end.max(start + 1))
}

/// Where a clause ends: at a comma that stands in no parentheses.
fn clause_end(text: &str) -> usize {
    let mut depth = 0_usize;
    for token in tokens(text, Dialect::Postgres) {
        if token.kind != TokenKind::Symbol {
            continue;
        }
        match token.text(text) {
            "(" => depth += 1,
            ")" | "," | ";" if depth == 0 => return token.start,
            ")" => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

fn ignored(list: &[Ignored], width: usize) -> String {
    if list.is_empty() {
        return String::new();
    }
    let mut out = format!("\n{HEAD}Accepted in comments{HEAD:#}\n");
    for one in list {
        let place = one.location.as_ref().map(|l| format!("{}:{} ", l.file, l.line)).unwrap_or_default();
        let text = format!("{place}{} on {}: {}", one.rule, one.subject, one.reason);
        out += &format!("  {}\n", layout::wrap(&layout::inline(&text), width.saturating_sub(4)).join("\n    "));
    }
    out
}

fn summary(view: &LintView<'_>) -> String {
    let looked = format!("{} in {}", counted(view.statements, "statement"), counted(view.scripts.len(), "file"));
    let report = view.report;
    if report.findings.is_empty() {
        return format!("\n{GOOD}Nothing found{GOOD:#} in {looked}.\n");
    }
    let counts = Severity::WORST_FIRST.map(|severity| (severity, report.summary.count(severity)));
    let counts: Vec<_> = counts
        .into_iter()
        .filter(|(_, n)| *n > 0)
        .map(|(severity, n)| {
            let style = color(severity).bold();
            format!("{style}{n} {severity}{style:#}")
        })
        .collect();
    format!("\n{HEAD}{}{HEAD:#} in {looked}: {}\n", counted(report.findings.len(), "finding"), counts.join(", "))
}

/// Annotations of a GitHub workflow, one line each.
pub(crate) fn github(view: &LintView<'_>) -> String {
    joined(in_order(view.report).into_iter().map(annotation))
}

fn annotation(finding: &Finding) -> String {
    let level = match finding.severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "notice",
    };
    let place =
        finding.location.as_ref().map(|l| format!("file={},line={},col={},", property(&l.file), l.line, l.column));
    format!("::{level} {}title={}::{}\n", place.unwrap_or_default(), property(&finding.rule), data(&message(finding)))
}

/// Title, reason, numbers and what to do instead.
fn message(finding: &Finding) -> String {
    let mut text = format!("{}: {}", layout::inline(&finding.title), layout::inline(&finding.why));
    let numbers: Vec<_> = finding
        .evidence
        .iter()
        .map(|e| format!("{} {}", layout::inline(&e.name), layout::inline(&units::value(&e.value, &e.unit))))
        .collect();
    if !numbers.is_empty() {
        text += &format!(" ({})", numbers.join(", "));
    }
    for (at, sql) in finding.change.iter().flat_map(|change| &change.forward).enumerate() {
        text += if at == 0 { "\nInstead:\n" } else { "\n" };
        text += &layout::statement(sql, "");
    }
    text
}

/// Text as a workflow command takes it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clause_ends_at_its_comma() {
        assert_eq!(clause_end("ADD COLUMN a numeric(10,2) DEFAULT f(1, 2), DROP b"), 42);
        assert_eq!(clause_end("DROP b"), 6);
        assert_eq!(clause_end("'a,b' , c"), 6);
    }

    #[test]
    fn annotations_are_one_line_each() {
        let finding = Finding::new("migrate/x", Severity::High, "a", "50% of\nit").why("because").at(Location {
            file: "m/1,a.sql".to_owned(),
            line: 3,
            column: 5,
        });
        assert_eq!(
            annotation(&finding),
            "::error file=m/1%2Ca.sql,line=3,col=5,title=migrate/x::50%25 of\\nit: because\n"
        );
    }
}
