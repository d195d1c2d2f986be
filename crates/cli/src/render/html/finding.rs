//! One finding on the page: a click on a statement selects it whole.

use dbwright_core::{Change, Finding, Proof};
use maud::{Markup, html};

use super::{View, shown};
use crate::render::text::finding::conditions;
use crate::render::{layout, units};

/// The finding as an article; `index` counts from 0, and so does the place of an earlier one with the same index.
pub(super) fn article(index: usize, finding: &Finding, twin: Option<(usize, String)>, view: &View<'_>) -> Markup {
    html! {
        article id={ "f" (index + 1) } class=(finding.severity) {
            h3 { span class={ "badge " (finding.severity) } { (finding.severity) } " " (shown(&finding.title)) }
            p.subject { code { (shown(&finding.subject)) } }
            @match twin {
                Some((earlier, words)) => p { "Same index as " a href={ "#f" (earlier + 1) } { (words) } ", above." },
                None => (body(finding)),
            }
            (proof(&finding.proof))
            p.rule {
                code { (shown(&finding.rule)) }
                @if let Some(rule) = view.rule(&finding.rule) { " · " (rule.title) }
                " · fingerprint " code { (shown(&finding.fingerprint)) }
            }
        }
    }
}

/// Why, the numbers, and the fix.
fn body(finding: &Finding) -> Markup {
    html! {
        p { (shown(&finding.why)) }
        div.scroll { table.evidence { tbody {
            @for e in &finding.evidence {
                tr { th { (shown(&e.name)) } td { (shown(&units::value(&e.value, &e.unit))) } td.aside { (shown(&e.source)) } }
            }
        } } }
        @match &finding.change {
            Some(change) => (fix(change, layout::end_of(&finding.rule))),
            None => p.aside { "No statement can be given; the reason is above." },
        }
    }
}

fn fix(change: &Change, end: &str) -> Markup {
    html! {
        h4 { "Fix " span.aside { (conditions(change)) } }
        (statements_ended(&change.forward, end))
        @if !change.back.is_empty() {
            details { summary { "Undo" } (statements_ended(&change.back, end)) }
        } @else if let Some(reason) = &change.irreversible {
            p { b { "No undo" } ": " (shown(reason)) }
        }
    }
}

pub(crate) fn statements(list: &[String]) -> Markup {
    statements_ended(list, ";")
}

fn statements_ended(list: &[String], end: &str) -> Markup {
    let lines: Vec<_> = list.iter().map(|sql| layout::ended(sql, "", end)).collect();
    html! {
        pre { code { (lines.join("\n")) } }
        @if list.iter().any(|sql| layout::altered(sql)) { p.aside { (layout::ALTERED) } }
    }
}

fn proof(proof: &Proof) -> Markup {
    html! {
        @match proof {
            Proof::Unproven { note } => p.proof { b { "Unproven" } " " (shown(note)) },
            Proof::Measured(e) | Proof::Planner(e) | Proof::Rehearsed(e) => div.proof {
                p { b { (proof.method()) } " " (shown(&units::experiment(e))) }
                (bars(e.before, e.after, &e.unit))
                @if let Some(note) = &e.note { p.aside { (shown(note)) } }
                p.aside { "repeat with " code { (shown(&e.repeat)) } }
            },
        }
    }
}

/// Before and after as two bars to one scale.
fn bars(before: f64, after: f64, unit: &str) -> Markup {
    let longest = before.max(after);
    let share = |n: f64| (n / longest * 100.0).clamp(0.5, 100.0);
    html! {
        @if longest.is_finite() && longest > 0.0 && before >= 0.0 && after >= 0.0 && unit != "findings" {
            @for (word, n) in [("before", before), ("after", after)] {
                div.bar {
                    span { (word) }
                    div { i class=(word) style={ "width:" (format!("{:.2}", share(n))) "%" } {} }
                    span { (shown(&units::number(n, unit))) }
                }
            }
        }
    }
}
