//! The advice as one self-contained page, in the style of the report's.

use dbwright_advise::Advice;
use maud::{Markup, html};

use super::curve;
use super::words::{self, Effect, Line, Verb};
use crate::render::html::finding::statements;
use crate::render::html::{page, shown};
use crate::render::{layout, units};

/// Statements that are seen before the others are unfolded.
const SHOWN: usize = 20;

/// The whole page.
pub(super) fn render(advice: &Advice) -> String {
    let body = html! {
        (head(advice))
        main {
            (summary(advice))
            (what_to_do(advice))
            (curve::section(advice))
            (withdrawn(advice))
            (effects(advice))
            (left_out(advice))
            (sql(advice))
        }
    };
    page(&advice.target.name, &advice.dbwright, &body)
}

fn head(advice: &Advice) -> Markup {
    html! {
        header {
            p.brand { "dbwright" }
            h1 { (shown(&advice.target.name)) }
            p.meta { (crate::render::engine_name(&advice.target.engine, &advice.target.version)) " " (shown(&advice.target.version)) " · index advice" }
        }
    }
}

fn summary(advice: &Advice) -> Markup {
    let gone = advice.replace.len() + advice.drop.len();
    let tiles = [
        (units::percent(words::saved(advice).max(0.0)), "less cost".to_owned()),
        (advice.create.len().to_string(), "to create".to_owned()),
        (gone.to_string(), "to drop".to_owned()),
        (format!("≤ {}", words::gap_percent(advice)), "gap to the best".to_owned()),
    ];
    html! {
        @if advice.interrupted { p.bad { b { "Stopped before the end" } ": this is the best that was found until then." } }
        section.tiles aria-label="Summary" {
            @for (figure, word) in tiles { div.tile.plain { b { (figure) } span { (word) } } }
        }
        p { b { (words::headline(advice)) "." } }
        @if let Some(measured) = words::measured(advice) { p { (words::sentence(&measured)) } }
        p { (words::sentence(&words::gap(advice))) }
        p.note { (shown(&words::sentence(&words::workload(advice)))) }
        p.note { (shown(&words::sentence(&words::effort(advice)))) }
        @for note in &advice.notes { p.note { (shown(note)) } }
    }
}

fn what_to_do(advice: &Advice) -> Markup {
    let lines = words::lines(advice);
    html! {
        @if !lines.is_empty() {
            section {
                h2 { "What to do" }
                div.scroll { table.advice {
                    thead { tr {
                        th { "" } th { "" } th { "index" } th.num { "size" } th.num { "gain" } th.num { "upkeep" } th { "proof" }
                    } }
                    tbody { @for line in &lines { (row(line)) } }
                    tfoot { tr {
                        td {} td {} th { "in all" }
                        td.num { (words::signed(words::net_bytes(advice))) }
                        td.num { (units::percent(words::saved(advice))) }
                        td {} td {}
                    } }
                } }
                p.aside {
                    "Gain: what the workload would cost more without this one index. Upkeep: what writes spend on keeping it. "
                    "Both as shares of what the workload costs today."
                }
            }
        }
    }
}

fn row(line: &Line<'_>) -> Markup {
    html! {
        tr {
            td.num { (line.number) }
            td class={ "whole " (line.verb.word()) } { (line.verb.word()) }
            td.wide {
                code { (shown(&line.what)) }
                @if line.verb == Verb::Create {
                    @if !line.why.is_empty() { p.aside { "upkeep: " (shown(&line.why)) } }
                } @else {
                    p.aside { (shown(&line.why)) }
                }
            }
            td.num { (words::signed(line.bytes)) }
            td.num { @if let Some(gain) = line.gain { (words::share(gain)) } }
            td.num { @if let Some(writes) = line.writes { (words::share(writes)) } }
            td.whole title=[words::proof(line.proof).map(|proof| shown(&proof))] { (line.proof.method()) }
        }
    }
}

fn withdrawn(advice: &Advice) -> Markup {
    html! {
        @if !advice.withdrawn.is_empty() {
            section {
                h2 { "Withdrawn" }
                p.aside { "These were proposed by the planner's costs; an experiment showed no gain." }
                ul.gaps {
                    @for one in &advice.withdrawn {
                        li {
                            code { s { (shown(&words::definition(&one.statement))) } }
                            p { (shown(&one.reason)) }
                            @if let Some(proof) = words::proof(&one.proof) { p.aside { (shown(&proof)) } }
                        }
                    }
                }
            }
        }
    }
}

fn effects(advice: &Advice) -> Markup {
    let effects = words::effects(advice);
    let losers = effects.iter().filter(|effect| effect.loses).count();
    let (first, rest) = effects.split_at(effects.len().min(SHOWN.max(losers)));
    html! {
        @if !effects.is_empty() {
            section {
                h2 { "Statements" }
                p.aside { (words::tally(&effects)) }
                div.scroll { (effect_table(first)) }
                @if !rest.is_empty() {
                    details { summary { (rest.len()) " more" } div.scroll { (effect_table(rest)) } }
                }
            }
        }
    }
}

fn effect_table(effects: &[Effect<'_>]) -> Markup {
    html! {
        table.advice {
            thead { tr {
                th { "statement" } th { "change" } th { "a call, before and after" } th.num { "calls" } th.num { "share today" } th.num { "by" }
            } }
            tbody { @for effect in effects { (effect_row(effect)) } }
        }
    }
}

fn effect_row(effect: &Effect<'_>) -> Markup {
    let class = match (effect.gains, effect.loses) {
        (true, _) => "whole good",
        (_, true) => "whole bad",
        _ => "whole aside",
    };
    let text = effect.cost.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let by: Vec<_> = effect.by.iter().map(usize::to_string).collect();
    html! {
        tr {
            td.wide { code title=(shown(&text)) { (layout::cut(&shown(&text), 160)) } }
            td class=(class) { @if effect.loses { "! " } (effect.word()) }
            td.whole { (effect.arrow()) }
            td.num { (units::plain(effect.cost.weight)) }
            td.num { (words::share(effect.share)) }
            td.num { @if effect.gains { (by.join(", ")) } }
        }
    }
}

fn left_out(advice: &Advice) -> Markup {
    let skipped = &advice.workload.skipped;
    html! {
        @if !skipped.is_empty() {
            section {
                h2 { "Left out" }
                p.aside { "The advice says nothing about these statements." }
                ul.gaps {
                    @for one in skipped {
                        li {
                            code { (layout::cut(&shown(&one.statement), 160)) }
                            p { (shown(&one.reason)) " " span.aside { "(" (words::share(one.time_share)) " of the time)" } }
                        }
                    }
                }
            }
        }
    }
}

fn sql(advice: &Advice) -> Markup {
    let lines = words::lines(advice);
    html! {
        @if !lines.is_empty() {
            section {
                h2 { "To run" }
                @for line in &lines {
                    h4 { (line.number) ". " (line.verb.word()) " " span.aside { (shown(&words::saving(line))) } }
                    (statements(&line.change.forward))
                    p.aside { (crate::render::text::finding::conditions(line.change)) }
                    @if let Some(proof) = words::proof(line.proof) { p.aside { (shown(&proof)) } }
                }
                details {
                    summary { "The way back" }
                    @for line in lines.iter().rev() {
                        h4 { "takes back " (line.number) }
                        @match line.change.irreversible.as_ref().filter(|_| line.change.back.is_empty()) {
                            Some(reason) => p { "none: " (shown(reason)) },
                            None => (statements(&line.change.back)),
                        }
                    }
                }
            }
        }
    }
}
