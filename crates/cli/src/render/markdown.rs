//! The report for a pull request, an issue or a document.
//!
//! Names come from a database, so that prose is escaped and code fences are longer than any run of backticks inside.

use dbwright_core::report::Report;
use dbwright_core::{Change, Finding, Proof, Severity};

use super::text::{finding, gaps, left_out, scorecard};
use super::twins::Twins;
use super::{View, layout, units};

/// The whole report.
pub(crate) fn render(view: &View<'_>) -> String {
    let report = view.report;
    let mut out = head(report);
    out += &card(report);
    out += &findings(report);
    out += &not_looked_at(report);
    for note in report.notes.iter().cloned().chain(left_out(report)) {
        out += &format!("\n{}\n", prose(&note));
    }
    out
}

fn head(report: &Report) -> String {
    let counts = Severity::WORST_FIRST.map(|s| format!("{} {s}", report.summary.count(s)));
    format!(
        "# dbwright: {}\n\n{} {}, observed {}, dbwright {}\n\n**{}**\n",
        prose(&report.target.name),
        prose(&super::engine_name(&report.target.engine, &report.target.version)),
        prose(&report.target.version),
        report.observed_at.strftime("%Y-%m-%d %H:%M UTC"),
        prose(&report.dbwright),
        counts.join(" · "),
    )
}

fn card(report: &Report) -> String {
    if report.scorecard.is_empty() {
        return String::new();
    }
    let mut out = "\n## Scorecard\n\n| metric | value | target | | read from |\n|---|---|---|---|---|\n".to_owned();
    for metric in &report.scorecard {
        let met = metric.met.map_or("no value", |met| if met { "✓ met" } else { "✗ missed" });
        let cells = [scorecard::name(metric), scorecard::value(metric), scorecard::target(metric)].map(|c| prose(&c));
        out += &format!("| {} | {met} | {} |\n", cells.join(" | "), prose(&scorecard::origin(metric)));
    }
    out
}

/// Findings of severity low are folded, so that the others are seen.
fn findings(report: &Report) -> String {
    if report.findings.is_empty() {
        return "\nNothing found.\n".to_owned();
    }
    let twins = Twins::of(&report.findings);
    let one = |finding| one(finding, &twins);
    let (low, worse): (Vec<_>, Vec<_>) = report.findings.iter().partition(|f| f.severity == Severity::Low);
    let mut out = "\n## Findings\n".to_owned();
    out.extend(worse.into_iter().map(one));
    if !low.is_empty() {
        out += &format!("\n<details><summary>{} of severity low</summary>\n", low.len());
        out.extend(low.into_iter().map(one));
        out += "\n</details>\n";
    }
    out
}

fn one(finding: &Finding, twins: &Twins<'_>) -> String {
    let head = format!(
        "\n### {}: {}\n\n{}, rule {}\n\n",
        finding.severity,
        prose(&finding.title),
        code(&finding.subject),
        code(&finding.rule),
    );
    if let Some((_, earlier)) = twins.earlier(finding) {
        return head + &format!("Same index as {}, above.\n\n**Proof**: {}\n", code(&earlier), proof(&finding.proof));
    }
    let mut out = head + &format!("{}\n\n| evidence | value | read from |\n|---|---|---|\n", prose(&finding.why));
    for e in &finding.evidence {
        let value = units::value(&e.value, &e.unit);
        out += &format!("| {} | {} | {} |\n", prose(&e.name), prose(&value), prose(&e.source));
    }
    if let Some(change) = &finding.change {
        out += &fix(change, layout::end_of(&finding.rule));
    }
    out + &format!("\n**Proof**: {}\n", proof(&finding.proof))
}

fn fix(change: &Change, end: &str) -> String {
    let mut out = format!("\n**Fix** ({}):\n\n{}", prose(&finding::conditions(change)), fence(&change.forward, end));
    match &change.irreversible {
        Some(reason) if change.back.is_empty() => out += &format!("\n**Undo**: none: {}\n", prose(reason)),
        _ if change.back.is_empty() => {}
        _ => out += &format!("\n**Undo**:\n\n{}", fence(&change.back, end)),
    }
    out
}

fn proof(proof: &Proof) -> String {
    match proof {
        Proof::Unproven { note } => format!("unproven: {}", prose(note)),
        Proof::Measured(e) | Proof::Planner(e) | Proof::Rehearsed(e) => {
            let note = e.note.as_ref().map(|note| format!("; {}", prose(note))).unwrap_or_default();
            let figures = prose(&units::experiment(e));
            format!("{}: {figures}{note}; repeat with {}", proof.method(), code(&e.repeat))
        }
    }
}

fn not_looked_at(report: &Report) -> String {
    let groups = gaps::groups(report);
    if groups.is_empty() {
        return String::new();
    }
    let mut out = "\n## Not looked at\n\n".to_owned();
    for ((reason, remedy), rules) in groups {
        let remedy = remedy.map(|r| format!("; to let it: {}", code(r))).unwrap_or_default();
        let rules: Vec<_> = rules.into_iter().map(code).collect();
        out += &format!("- {}{remedy} ({})\n", prose(reason), rules.join(", "));
    }
    out
}

/// Text in which nothing is markup, on one line.
pub(crate) fn prose(text: &str) -> String {
    let text = layout::inline(text);
    let chars: Vec<char> = text.chars().collect();
    let word = |i: Option<usize>| i.and_then(|i| chars.get(i)).is_some_and(|c| c.is_alphanumeric());
    let mut out = String::new();
    for (i, c) in chars.iter().enumerate() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // An underscore inside a word is no markup, and names are full of them.
            '_' if word(i.checked_sub(1)) && word(Some(i + 1)) => out.push('_'),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => out.extend(['\\', *c]),
            '#' | '+' | '-' if i == 0 => out.extend(['\\', *c]),
            c => out.push(*c),
        }
    }
    out
}

/// A code span on one line, safe in a table too.
pub(crate) fn code(text: &str) -> String {
    let text = layout::inline(text).replace('|', "\\|");
    let ticks = "`".repeat(longest_run(&text) + 1);
    if text.starts_with('`') || text.ends_with('`') {
        format!("{ticks} {text} {ticks}")
    } else {
        format!("{ticks}{text}{ticks}")
    }
}

/// Statements in a fence that they can't close.
fn fence(statements: &[String], end: &str) -> String {
    let lines: Vec<_> = statements.iter().map(|sql| layout::ended(sql, "", end)).collect();
    let note = if statements.iter().any(|sql| layout::altered(sql)) { layout::ALTERED } else { "" };
    let note = if note.is_empty() { String::new() } else { format!("\n({note})\n") };
    fence_text(&lines.join("\n")) + &note
}

/// SQL, ready to be shown, in a fence that it can't close.
pub(crate) fn fence_text(sql: &str) -> String {
    let ticks = "`".repeat((longest_run(sql) + 1).max(3));
    format!("{ticks}sql\n{sql}\n{ticks}\n")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_prose_is_markup() {
        assert_eq!(prose("a_b *c* <i> `d` _e_ | $x$"), "a_b \\*c\\* &lt;i&gt; \\`d\\` \\_e\\_ \\| \\$x\\$");
    }

    #[test]
    fn fences_are_longer_than_what_they_hold() {
        assert_eq!(code("a``b"), "```a``b```");
        assert!(fence(&["SELECT '````'".to_owned()], ";").starts_with("`````sql\n"));
    }
}
