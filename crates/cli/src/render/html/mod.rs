//! The report as one self-contained page: no script, no request, light and dark, fit for printing.
//!
//! maud escapes whatever comes from a database; the page's own policy forbids scripts and requests besides.

pub(crate) mod finding;
mod sizes;
mod treemap;

use dbwright_core::Severity;
use dbwright_core::report::Report;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::text::{gaps, left_out, scorecard};
use super::twins::Twins;
use super::{View, layout};

/// Nothing but the page's own styles is let in.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
/// More findings of one rule than this are folded in the overview.
const FEW: usize = 3;
const STYLE: &str = include_str!("style.css");

/// The whole page.
pub(crate) fn render(view: &View<'_>) -> String {
    let report = view.report;
    let body = html! {
        (head(report))
        main {
            (summary(report))
            (card(report))
            (overview(view))
            (sizes::section(view.sizes, &report.target.engine))
            section #findings {
                @let twins = Twins::of(&report.findings);
                h2 { "Findings" }
                @for (i, one) in report.findings.iter().enumerate() { (finding::article(i, one, twins.earlier(one), view)) }
                @if report.findings.is_empty() { p.good { "Nothing found." } }
            }
            (not_looked_at(report))
        }
    };
    page(&report.target.name, &report.dbwright, &body)
}

/// A page around a body, with the style and the policy that all pages share.
pub(crate) fn page(target: &str, dbwright: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "dbwright: " (layout::inline(target)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (body)
                footer { "Made by dbwright " (dbwright) ", which only read the database." }
            }
        }
    };
    page.into_string() + "\n"
}

/// Text of the database, with control characters shown.
pub(crate) fn shown(text: &str) -> String {
    layout::inline(text)
}

fn head(report: &Report) -> Markup {
    html! {
        header {
            p.brand { "dbwright" }
            h1 { (shown(&report.target.name)) }
            p.meta {
                (super::engine_name(&report.target.engine, &report.target.version)) " " (shown(&report.target.version)) " · observed "
                time datetime=(report.observed_at) { (report.observed_at.strftime("%-d %B %Y, %H:%M UTC")) }
            }
        }
    }
}

fn summary(report: &Report) -> Markup {
    html! {
        section.tiles aria-label="Summary" {
            @for severity in Severity::WORST_FIRST {
                @let n = report.summary.count(severity);
                div class={ "tile " (severity) @if n == 0 { " none" } } {
                    b { (n) }
                    span { (severity) }
                }
            }
        }
        @for note in &report.notes { p.note { (shown(note)) } }
        @if let Some(hidden) = left_out(report) { p.note { (hidden) } }
    }
}

fn card(report: &Report) -> Markup {
    html! {
        @if !report.scorecard.is_empty() {
            section {
                h2 { "Scorecard" }
                div.scroll { table {
                    thead { tr { th { "metric" } th.num { "value" } th { "target" } th { "" } th { "read from" } } }
                    tbody {
                        @for metric in &report.scorecard {
                            tr {
                                td.whole { (scorecard::name(metric)) }
                                td.num { (shown(&scorecard::value(metric))) }
                                td.whole { (shown(&scorecard::target(metric))) }
                                @match metric.met {
                                    Some(true) => td.good { "✓ met" },
                                    Some(false) => td.bad { "✗ missed" },
                                    None => td.aside.whole { "no value" },
                                }
                                td.aside { (shown(&scorecard::origin(metric))) }
                            }
                        }
                    }
                } }
            }
        }
    }
}

/// One line a finding, as a table of contents; findings of one rule and severity that are many share one.
fn overview(view: &View<'_>) -> Markup {
    let findings = &view.report.findings;
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (i, one) in findings.iter().enumerate() {
        let same = |group: &&mut Vec<usize>| {
            let first = &findings[group[0]];
            first.rule == one.rule && first.severity == one.severity
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(i),
            None => groups.push(vec![i]),
        }
    }
    let link = |i: usize| html! { a href={ "#f" (i + 1) } { (shown(&findings[i].title)) } };
    html! {
        @if findings.len() > 1 {
            nav aria-label="Findings in short" {
                h2 { "In short" }
                ol {
                    @for group in &groups {
                        @let first = &findings[group[0]];
                        li {
                            span class={ "badge " (first.severity) } { (first.severity) }
                            @if group.len() <= FEW {
                                div { @for i in group { p { (link(*i)) } } }
                            } @else {
                                details {
                                    summary { (view.rule(&first.rule).map_or(first.rule.as_str(), |rule| rule.title)) ": " (group.len()) }
                                    @for i in group { p { (link(*i)) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn not_looked_at(report: &Report) -> Markup {
    let groups = gaps::groups(report);
    html! {
        @if !groups.is_empty() {
            section {
                h2 { "Not looked at" }
                ul.gaps {
                    @for ((reason, remedy), rules) in groups {
                        li {
                            (shown(reason))
                            @if let Some(remedy) = remedy { " · to let it: " code { (shown(remedy)) } }
                            p.aside { @for (i, rule) in rules.iter().enumerate() { @if i > 0 { ", " } (shown(rule)) } }
                        }
                    }
                }
            }
        }
    }
}
