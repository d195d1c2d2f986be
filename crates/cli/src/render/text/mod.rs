//! The report for people: the first screen says how it stands, then the findings follow, the worst first.
//!
//! It is always styled; the writer takes the styles out where nobody wants them.

pub(crate) mod finding;
pub(crate) mod gaps;
pub(crate) mod scorecard;

use std::collections::HashMap;

use anstyle::{AnsiColor, Style};
use dbwright_core::report::Report;
use dbwright_core::{Finding, Severity};

use super::twins::Twins;
use super::{View, layout};

/// Headings.
pub(crate) const HEAD: Style = Style::new().bold();
/// Where numbers come from, and other asides.
pub(crate) const ASIDE: Style = Style::new().dimmed();
/// SQL to paste.
pub(crate) const SQL: Style = AnsiColor::Cyan.on_default();
/// Good news.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// Bad news.
pub(crate) const BAD: Style = AnsiColor::Red.on_default();

/// A rule with more findings than this is shortened …
const MANY: usize = 20;
/// … to this many in full, the others on a line each.
const IN_FULL: usize = 5;

/// The whole report, for a terminal of `width` columns.
pub(crate) fn render(view: &View<'_>, width: usize) -> String {
    let mut out = head(view.report);
    out += &scorecard::render(&view.report.scorecard, width);
    out += &findings(view, width);
    out += &gaps::render(view.report, width);
    out += &foot(view.report, width);
    out
}

fn head(report: &Report) -> String {
    let target = &report.target;
    let observed = report.observed_at.strftime("%Y-%m-%d %H:%M UTC");
    let engine = layout::inline(&crate::render::engine_name(&report.target.engine, &report.target.version));
    let name = layout::inline(&target.name);
    let version = layout::inline(&target.version);
    let counts = Severity::WORST_FIRST.map(|severity| count(severity, report.summary.count(severity)));
    format!(
        "{HEAD}{name}{HEAD:#}\n{ASIDE}{engine} {version}, observed {observed}, dbwright {}{ASIDE:#}\n\n{}\n",
        report.dbwright,
        counts.join("   "),
    )
}

fn count(severity: Severity, n: usize) -> String {
    if n == 0 {
        return format!("{ASIDE}0 {severity}{ASIDE:#}");
    }
    let style = color(severity).bold();
    format!("{style}{n} {severity}{style:#}")
}

/// The style of a severity's word.
pub(crate) fn color(severity: Severity) -> Style {
    match severity {
        Severity::Critical => AnsiColor::BrightRed.on_default(),
        Severity::High => AnsiColor::Red.on_default(),
        Severity::Medium => AnsiColor::Yellow.on_default(),
        Severity::Low => AnsiColor::Blue.on_default(),
    }
}

/// The findings in their order; of a rule with very many, the later ones come as lines after its last full one.
fn findings(view: &View<'_>, width: usize) -> String {
    let all = &view.report.findings;
    if all.is_empty() {
        return nothing_found(view.report);
    }
    let mut out = format!("\n{HEAD}Findings{HEAD:#}{ASIDE}, the worst first{ASIDE:#}\n");
    let mut by_rule: HashMap<&str, Vec<&Finding>> = HashMap::new();
    for one in all {
        by_rule.entry(&one.rule).or_default().push(one);
    }
    let twins = Twins::of(all);
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for one in all {
        let same = &by_rule[one.rule.as_str()];
        let place = seen.entry(&one.rule).or_insert(0);
        if view.all || same.len() <= MANY || *place < IN_FULL {
            out += &match twins.earlier(one) {
                Some((_, twin)) => finding::twin(one, &twin, width),
                None => finding::render(one, width),
            };
        } else if *place == IN_FULL {
            out += &finding::shortened(&same[IN_FULL..], width);
        }
        *place += 1;
    }
    out
}

fn nothing_found(report: &Report) -> String {
    let limit = match report.not_looked_at.len() {
        0 => String::new(),
        1 => ", but 1 rule could not look: see below".to_owned(),
        n => format!(", but {n} rules could not look: see below"),
    };
    format!("\n{GOOD}Nothing found{GOOD:#}{limit}.\n")
}

fn foot(report: &Report, width: usize) -> String {
    let mut out = String::new();
    for note in &report.notes {
        let lines = layout::wrap(&layout::inline(note), width.saturating_sub(6));
        out += &format!("\nNote: {}\n", lines.join("\n      "));
    }
    if let Some(hidden) = left_out(report) {
        out += &format!("\n{ASIDE}{}{ASIDE:#}\n", layout::wrap(&hidden, width).join("\n"));
    }
    out + &recap(report)
}

/// The counts once more below a long report, where a terminal shows them.
fn recap(report: &Report) -> String {
    if report.findings.len() < 3 {
        return String::new();
    }
    let counts = Severity::WORST_FIRST.map(|severity| (severity, report.summary.count(severity)));
    let counts: Vec<_> = counts.into_iter().filter(|(_, n)| *n > 0).map(|(s, n)| count(s, n)).collect();
    format!("\n{HEAD}{} findings:{HEAD:#} {}\n", report.findings.len(), counts.join(", "))
}

/// What was left out and by what, as a sentence; none when nothing was.
pub(crate) fn left_out(report: &Report) -> Option<String> {
    let hidden = report.hidden;
    let parts = [
        (hidden.ignored, "by ignore entries of the configuration"),
        (hidden.baseline, "that the baseline already has"),
        (hidden.below_severity, "below the wanted severity"),
    ];
    let parts: Vec<_> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    (!parts.is_empty()).then(|| format!("Left out: {}.", parts.join(", ")))
}
