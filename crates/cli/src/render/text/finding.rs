//! One finding in text: what and where, why, the numbers, the fix ready to paste, the way back, the proof.

use anstyle::Style;
use dbwright_core::{Change, Finding, Proof};

use super::{ASIDE, GOOD, HEAD, SQL, color};
use crate::render::{layout, units};

/// Columns before the text of a labelled part.
const INDENT: usize = 13;

/// The whole finding.
pub(super) fn render(finding: &Finding, width: usize) -> String {
    let mut out = head(finding, width);
    for line in layout::wrap(&layout::inline(&finding.why), width.saturating_sub(3)) {
        out += &format!("   {line}\n");
    }
    out += &evidence(finding, width);
    out += &fix(finding.change.as_ref(), layout::end_of(&finding.rule), width);
    out += &proof(&finding.proof, width);
    out + &part("rule", &format!("dbwright rules {}", layout::inline(&finding.rule)), ASIDE, width)
}

/// A finding whose index `earlier` proposes as well: what it adds is only what it gains here.
pub(super) fn twin(finding: &Finding, earlier: &str, width: usize) -> String {
    let gain = finding.proof.experiment().map(|e| format!("; {}: {}", finding.proof.method(), units::experiment(e)));
    let words = format!("same index as {earlier}, above{}", gain.unwrap_or_default());
    let out = head(finding, width) + &part("fix", &words, Style::new(), width);
    out + &part("rule", &format!("dbwright rules {}", layout::inline(&finding.rule)), ASIDE, width)
}

/// What and where.
fn head(finding: &Finding, width: usize) -> String {
    let badge = color(finding.severity).bold().invert();
    let word = finding.severity.word().to_uppercase();
    let title = layout::wrap(&layout::inline(&finding.title), width.saturating_sub(word.len() + 3));
    let under = " ".repeat(word.len() + 3);
    let head =
        format!("\n{badge} {word} {badge:#} {HEAD}{}{HEAD:#}\n", title.join(&format!("{HEAD:#}\n{under}{HEAD}")));
    head + &format!("   {}\n", layout::inline(&finding.subject))
}

/// Findings that are not shown in full, each with its fix on the next line.
pub(super) fn shortened(findings: &[&Finding], width: usize) -> String {
    let Some(first) = findings.first() else { return String::new() };
    let mut out = format!(
        "\n   {HEAD}and {} more of {}{HEAD:#}{ASIDE} (in full with --all){ASIDE:#}\n",
        findings.len(),
        layout::inline(&first.rule)
    );
    for finding in findings {
        let style = color(finding.severity);
        let title = layout::cut(&layout::inline(&finding.title), width.saturating_sub(12));
        out += &format!("   {style}{:<8}{style:#} {title}\n", finding.severity);
        for sql in finding.change.iter().flat_map(|change| &change.forward) {
            let text = layout::ended(sql, "            ", layout::end_of(&finding.rule));
            out += &format!("            {SQL}{text}{SQL:#}\n");
        }
    }
    out
}

/// A label and text beside it, wrapped.
pub(crate) fn part(label: &str, text: &str, style: Style, width: usize) -> String {
    let lines = layout::wrap(text, width.saturating_sub(INDENT));
    let mut out = String::new();
    for (i, line) in lines.iter().enumerate() {
        out += &format!("{}{style}{line}{style:#}\n", lead(if i == 0 { label } else { "" }));
    }
    out
}

fn lead(label: &str) -> String {
    format!("   {ASIDE}{}{ASIDE:#}", layout::pad(label, INDENT - 3))
}

/// Name, value and source of each measured number, in columns.
pub(crate) fn evidence(finding: &Finding, width: usize) -> String {
    let rows: Vec<_> = finding
        .evidence
        .iter()
        .map(|e| [layout::inline(&e.name), layout::inline(&units::value(&e.value, &e.unit)), layout::inline(&e.source)])
        .collect();
    let names = layout::widest(rows.iter().map(|row| row[0].as_str())).min(40);
    let values = layout::widest(rows.iter().map(|row| row[1].as_str()).filter(|v| v.len() < 32));
    let mut out = String::new();
    for (i, [name, value, source]) in rows.iter().enumerate() {
        let start = format!("{}{}  ", lead(if i == 0 { "evidence" } else { "" }), layout::pad(name, names));
        let lines = layout::wrap(value, width.saturating_sub(INDENT + names + 2));
        let indent = " ".repeat(INDENT + names + 2);
        let used =
            INDENT + names + 2 + layout::widest([value.as_str()]).max(values) + 2 + layout::widest([source.as_str()]);
        if lines.len() == 1 && used <= width {
            out += &format!("{start}{}  {ASIDE}{source}{ASIDE:#}\n", layout::pad(value, values));
        } else {
            out += &format!("{start}{}\n{indent}{ASIDE}{source}{ASIDE:#}\n", lines.join(&format!("\n{indent}")));
        }
    }
    out
}

fn fix(change: Option<&Change>, end: &str, width: usize) -> String {
    let Some(change) = change else {
        return part("fix", "no statement can be given: the reason is above", ASIDE, width);
    };
    let mut out = statements("fix", &change.forward, end, width);
    out += &part("", &conditions(change), ASIDE, width);
    match &change.irreversible {
        Some(reason) if change.back.is_empty() => {
            out + &part("undo", &format!("none: {}", layout::inline(reason)), Style::new(), width)
        }
        _ => out + &statements("undo", &change.back, end, width),
    }
}

/// What is locked, whether a transaction may hold it, and for which versions it is.
pub(crate) fn conditions(change: &Change) -> String {
    let transaction = if change.in_transaction { "" } else { "; not inside a transaction" };
    let versions = change.versions.as_ref().map(|v| format!("; versions {v}")).unwrap_or_default();
    let lock = if change.lock.starts_with("no ") { change.lock.clone() } else { format!("lock: {}", change.lock) };
    layout::inline(&format!("{lock}{transaction}{versions}"))
}

pub(crate) fn statements(label: &str, list: &[String], end: &str, width: usize) -> String {
    let mut out = String::new();
    for (i, sql) in list.iter().enumerate() {
        let text = layout::ended(sql, &" ".repeat(INDENT), end);
        out += &format!("{}{SQL}{text}{SQL:#}\n", lead(if i == 0 { label } else { "" }));
    }
    if list.iter().any(|sql| layout::altered(sql)) { out + &part("", layout::ALTERED, ASIDE, width) } else { out }
}

fn proof(proof: &Proof, width: usize) -> String {
    match proof {
        Proof::Unproven { note } => part("proof", &format!("unproven: {}", layout::inline(note)), ASIDE, width),
        Proof::Measured(e) | Proof::Planner(e) | Proof::Rehearsed(e) => {
            let mut out = part("proof", &format!("{}: {}", proof.method(), units::experiment(e)), GOOD, width);
            if let Some(note) = &e.note {
                out += &part("", &layout::inline(note), ASIDE, width);
            }
            // A command stays on its line, so that it can be pasted.
            out + &format!("{}{ASIDE}repeat with: {}{ASIDE:#}\n", lead(""), layout::inline(&e.repeat))
        }
    }
}
