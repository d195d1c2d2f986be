//! The advice for people: the first screen says what to do and what it brings, then come the statements and the SQL.
//!
//! It is always styled; the writer takes the styles out where nobody wants them.

use anstyle::Style;
use dbwright_advise::Advice;

use super::words::{self, Effect, Line, Verb};
use crate::render::text::{ASIDE, BAD, GOOD, HEAD, SQL};
use crate::render::{layout, units};

/// Statements with the greatest change that are shown without `--all`; those that lose are always shown.
const SHOWN: usize = 12;

/// The whole advice, for a terminal of `width` columns.
pub(super) fn render(advice: &Advice, all: bool, width: usize) -> String {
    let mut out = head(advice, width);
    out += &table(advice, width);
    out += &withdrawn(advice, width);
    out += &statements(advice, all, width);
    out += &left_out(advice, width);
    out += &notes(advice, width);
    out += &sql(advice);
    out + &foot(advice, width)
}

fn head(advice: &Advice, width: usize) -> String {
    let target = &advice.target;
    let engine = layout::inline(&crate::render::engine_name(&target.engine, &target.version));
    let [name, version] = [&target.name, &target.version].map(|text| layout::inline(text));
    let mut out = format!("{HEAD}{name}{HEAD:#}\n{ASIDE}{engine} {version}, dbwright {}{ASIDE:#}\n\n", advice.dbwright);
    if advice.interrupted {
        out += &paragraph("Stopped before the end: this is the best that was found until then.", BAD, 0, width);
    }
    let style = if advice.create.is_empty() { HEAD } else { GOOD.bold() };
    out += &paragraph(&(words::headline(advice) + "."), style, 0, width);
    if let Some(measured) = words::measured(advice) {
        out += &paragraph(&words::sentence(&measured), Style::new(), 0, width);
    }
    out += &paragraph(&words::sentence(&words::gap(advice)), Style::new(), 0, width);
    out += &paragraph(&words::sentence(&words::workload(advice)), ASIDE, 0, width);
    out + &paragraph(&words::sentence(&words::effort(advice)), ASIDE, 0, width)
}

/// Wrapped text behind `indent` columns.
fn paragraph(text: &str, style: Style, indent: usize, width: usize) -> String {
    let lines = layout::wrap(&layout::inline(text), width.saturating_sub(indent));
    let mut out = String::new();
    for line in lines {
        out += &format!("{}{style}{line}{style:#}\n", " ".repeat(indent));
    }
    out
}

fn right(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(layout::widest([text]))))
}

/// Columns of size, gain and upkeep.
const FIGURES: [usize; 3] = [10, 8, 8];
/// Columns before the index: number and verb.
const LEAD: usize = 12;
/// Columns of the proof's word, with the gap before it.
const PROOF: usize = 10;

/// What to do, a line each.
fn table(advice: &Advice, width: usize) -> String {
    let lines = words::lines(advice);
    if lines.is_empty() {
        return String::new();
    }
    let room = width.saturating_sub(LEAD + FIGURES.iter().sum::<usize>() + PROOF).max(20);
    let what = layout::widest(lines.iter().map(|line| line.what.as_str())).clamp(12, room);
    let heads = figures(["size", "gain", "upkeep"]);
    let mut out = format!("\n{HEAD}What to do{HEAD:#}\n{ASIDE}{}{heads}  proof{ASIDE:#}\n", " ".repeat(LEAD + what));
    for line in &lines {
        out += &row(line, what);
    }
    out += &total(advice, lines.len(), what);
    out + &paragraph(LEGEND, ASIDE, 0, width)
}

const LEGEND: &str = "gain: what the workload would cost more without this one index; upkeep: what writes spend on keeping it; \
both as shares of what the workload costs today";

fn figures(cells: [&str; 3]) -> String {
    FIGURES.iter().zip(cells).map(|(width, cell)| right(cell, *width)).collect()
}

fn row(line: &Line<'_>, what: usize) -> String {
    let (verb, style) = (line.verb.word(), if line.verb == Verb::Create { GOOD } else { Style::new() });
    let [gain, upkeep] = [line.gain, line.writes].map(|share| share.map(words::share).unwrap_or_default());
    let cells = figures([&words::signed(line.bytes), &gain, &upkeep]);
    let mut parts = layout::wrap(&layout::inline(&line.what), what);
    // The figures stand beside the first line that leaves room for them.
    if parts.first().is_some_and(|first| layout::widest([first.as_str()]) > what) {
        parts.insert(1, String::new());
    }
    let beside = usize::from(parts.get(1).is_some_and(String::is_empty));
    let mut out = String::new();
    for (i, part) in parts.iter().enumerate() {
        let lead = format!("{} {style}{}{style:#} ", right(&line.number.to_string(), 2), layout::pad(verb, 8));
        out += &if i == 0 { lead } else { " ".repeat(LEAD) };
        let end = format!(
            "{}{cells}  {}",
            " ".repeat(what.saturating_sub(layout::widest([part.as_str()]))),
            line.proof.method()
        );
        out += &format!("{part}{}\n", if i == beside { end } else { String::new() });
    }
    if line.verb != Verb::Create {
        out += &format!("{}{ASIDE}{}{ASIDE:#}\n", " ".repeat(LEAD), layout::inline(&line.why));
    }
    out
}

fn total(advice: &Advice, lines: usize, what: usize) -> String {
    if lines < 2 {
        return String::new();
    }
    let cells = figures([&words::signed(words::net_bytes(advice)), &words::share(words::saved(advice)), ""]);
    format!("{}{HEAD}{}{}{HEAD:#}\n", " ".repeat(LEAD), layout::pad("in all", what), cells.trim_end())
}

/// What an experiment took back.
fn withdrawn(advice: &Advice, width: usize) -> String {
    if advice.withdrawn.is_empty() {
        return String::new();
    }
    let mut out = format!("\n{HEAD}Withdrawn{HEAD:#}{ASIDE}, because an experiment showed no gain{ASIDE:#}\n");
    for one in &advice.withdrawn {
        out += &paragraph(&words::definition(&one.statement), BAD, 3, width);
        out += &paragraph(&one.reason, Style::new(), 5, width);
        if let Some(proof) = words::proof(&one.proof) {
            out += &paragraph(&proof, ASIDE, 5, width);
        }
    }
    out
}

/// What each statement gains or loses, losers first.
fn statements(advice: &Advice, all: bool, width: usize) -> String {
    let effects = words::effects(advice);
    if effects.is_empty() {
        return String::new();
    }
    let mut out = format!("\n{HEAD}Statements{HEAD:#}{ASIDE}: {}{ASIDE:#}\n", words::tally(&effects));
    let changed = effects.iter().filter(|effect| effect.gains || effect.loses);
    let shown: Vec<_> = if all { effects.iter().collect() } else { changed.collect() };
    let losers = shown.iter().filter(|effect| effect.loses).count();
    let most = if all { shown.len() } else { losers.max(SHOWN).min(shown.len()) };
    for effect in &shown[..most] {
        out += &statement(effect, width);
    }
    if most < shown.len() {
        out += &format!("   {ASIDE}and {} more that gain (all of them with --all){ASIDE:#}\n", shown.len() - most);
    }
    out
}

/// Two lines: figures, and the text as far as it fits.
fn statement(effect: &Effect<'_>, width: usize) -> String {
    let (style, mark) = match (effect.gains, effect.loses) {
        (true, _) => (GOOD, " "),
        (_, true) => (BAD, "!"),
        _ => (ASIDE, " "),
    };
    let by: Vec<_> = effect.by.iter().map(usize::to_string).collect();
    let by = if by.is_empty() || !effect.gains { String::new() } else { format!(" by {}", by.join(", ")) };
    let calls = units::number(effect.cost.weight, "calls");
    let share = words::share(effect.share);
    let figures = format!("{}{by}; {calls}, {share} of the cost today", effect.arrow());
    let lead = layout::pad(&effect.word(), 16);
    let text = layout::cut(&one_line(&effect.cost.text), width.saturating_sub(5));
    let lines = layout::wrap(&layout::inline(&figures), width.saturating_sub(20));
    let figures = lines.join(&format!("\n{}", " ".repeat(20)));
    format!(" {style}{mark}{style:#} {style}{lead}{style:#} {figures}\n     {ASIDE}{text}{ASIDE:#}\n")
}

/// A statement's text with its line ends and indents as single spaces.
fn one_line(text: &str) -> String {
    layout::inline(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Statements that could not be planned.
fn left_out(advice: &Advice, width: usize) -> String {
    let skipped = &advice.workload.skipped;
    if skipped.is_empty() {
        return String::new();
    }
    let mut out = format!("\n{HEAD}Left out{HEAD:#}{ASIDE}, so that the advice says nothing about them{ASIDE:#}\n");
    for one in skipped {
        let share = right(&words::share(one.time_share), 7);
        let text = layout::cut(&one_line(&one.statement), width.saturating_sub(20));
        out += &format!(" {share} of the time  {ASIDE}{text}{ASIDE:#}\n");
        out += &paragraph(&one.reason, Style::new(), 9, width);
    }
    out
}

fn notes(advice: &Advice, width: usize) -> String {
    let mut out = String::new();
    for note in &advice.notes {
        let lines = layout::wrap(&layout::inline(note), width.saturating_sub(6));
        out += &format!("\nNote: {}\n", lines.join("\n      "));
    }
    out
}

/// The statements to paste, forward and back, with what is said about each as comments.
fn sql(advice: &Advice) -> String {
    let forward = words::forward(advice);
    if forward.is_empty() {
        return String::new();
    }
    let outside = words::lines(advice).iter().any(|line| !line.change.in_transaction);
    let where_to = if outside { ", one by one, not inside a transaction" } else { "" };
    let mut out = format!("\n{HEAD}To run{HEAD:#}{ASIDE}{where_to}{ASIDE:#}\n{}", block(&forward));
    let back = words::back(advice);
    out += &format!("\n{HEAD}The way back{HEAD:#}\n{}", block(&back));
    let altered = forward.iter().chain(&back).flat_map(|(_, sql)| sql.iter()).any(|sql| layout::altered(sql));
    if altered { out + &format!("{ASIDE}{}{ASIDE:#}\n", layout::ALTERED) } else { out }
}

fn block(parts: &[(Vec<String>, &[String])]) -> String {
    let mut out = String::new();
    for (remarks, statements) in parts {
        for remark in remarks {
            out += &format!("{ASIDE}-- {}{ASIDE:#}\n", layout::inline(remark));
        }
        for sql in *statements {
            out += &format!("{SQL}{}{SQL:#}\n", layout::statement(sql, ""));
        }
    }
    out
}

/// The headline once more below a long advice, where a terminal shows it.
fn foot(advice: &Advice, width: usize) -> String {
    let lines = words::lines(advice).len() + advice.statements.len();
    if lines < 3 { String::new() } else { format!("\n{}", paragraph(&(words::headline(advice) + "."), HEAD, 0, width)) }
}
