//! What an advice says, in the words and the order that all its forms share.

use dbwright_advise::Advice;
use dbwright_advise::advice::StatementCost;
use dbwright_core::proof::Experiment;
use dbwright_core::words::count;
use dbwright_core::{Change, Proof};
use dbwright_sql::Dialect;
use dbwright_sql::lex::{Token, tokens};

use crate::render::units;

/// A statement whose cost changes by less than this share is called unchanged.
const NOTICED: f64 = 0.005;

/// What a line of the advice does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    /// A new index.
    Create,
    /// An index that new ones take the place of.
    Replace,
    /// An index that goes without a successor.
    Drop,
}

impl Verb {
    /// The word.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Replace => "replace",
            Self::Drop => "drop",
        }
    }
}

/// One line of the advice.
pub(super) struct Line<'a> {
    /// Its number, counted from 1 over all lines.
    pub(super) number: usize,
    /// What it does.
    pub(super) verb: Verb,
    /// The index: its definition when it is new, else its name.
    pub(super) what: String,
    /// The object that it concerns: the table of a new index, else the index.
    pub(super) subject: &'a str,
    /// Bytes that come or, when negative, go.
    pub(super) bytes: f64,
    /// Share of the workload's cost that it saves.
    pub(super) gain: Option<f64>,
    /// Share of the workload's cost that its upkeep takes.
    pub(super) writes: Option<f64>,
    /// Why, in words.
    pub(super) why: String,
    /// Fingerprints of the statements that it helps.
    pub(super) helps: &'a [String],
    /// Statements and way back.
    pub(super) change: &'a Change,
    /// The experiment.
    pub(super) proof: &'a Proof,
}

/// All lines: what to create first, then what may go once that stands.
pub(super) fn lines(advice: &Advice) -> Vec<Line<'_>> {
    let mut lines = creates(advice);
    lines.extend(replaces(advice));
    lines.extend(drops(advice));
    for (i, line) in lines.iter_mut().enumerate() {
        line.number = i + 1;
    }
    lines
}

fn creates(advice: &Advice) -> Vec<Line<'_>> {
    advice
        .create
        .iter()
        .map(|create| Line {
            number: 0,
            verb: Verb::Create,
            what: definition(&create.statement),
            subject: &create.table,
            bytes: create.bytes as f64,
            // Without one of the set another choice is made; that is never worse than none at all.
            gain: Some(of_cost(create.gain, advice).min(saved(advice))),
            writes: Some(of_cost(create.write_cost, advice)),
            why: create.write_reason.clone(),
            helps: &create.helps,
            change: &create.change,
            proof: &create.proof,
        })
        .collect()
}

fn replaces(advice: &Advice) -> impl Iterator<Item = Line<'_>> {
    advice.replace.iter().map(|replace| Line {
        number: 0,
        verb: Verb::Replace,
        what: replace.index.clone(),
        subject: &replace.index,
        bytes: -(replace.bytes as f64),
        gain: None,
        writes: None,
        why: format!("{} its place", takes(&numbers_of(advice, &replace.by))),
        helps: &[],
        change: &replace.change,
        proof: &replace.proof,
    })
}

/// Numbers of new indexes, as a subject with its verb.
fn takes(numbers: &[usize]) -> String {
    let list: Vec<_> = numbers.iter().map(usize::to_string).collect();
    match numbers.len() {
        0 => "a new index takes".to_owned(),
        1 => format!("index {} takes", list[0]),
        _ => format!("indexes {} take", list.join(" and ")),
    }
}

fn drops(advice: &Advice) -> impl Iterator<Item = Line<'_>> {
    advice.drop.iter().map(|drop| Line {
        number: 0,
        verb: Verb::Drop,
        what: drop.index.clone(),
        subject: &drop.index,
        bytes: -(drop.bytes as f64),
        // Nothing reads faster without it: what it saves is upkeep.
        gain: None,
        writes: Some(-of_cost(drop.gain, advice)),
        why: drop.reason.clone(),
        helps: &[],
        change: &drop.change,
        proof: &drop.proof,
    })
}

/// The numbers of new indexes by their names; those of `create` come first, so that positions are numbers.
fn numbers_of(advice: &Advice, names: &[String]) -> Vec<usize> {
    let place = |name: &String| advice.create.iter().position(|create| create.name == *name).map(|at| at + 1);
    names.iter().filter_map(place).collect()
}

/// A cost as a share of what the workload costs today.
fn of_cost(cost: f64, advice: &Advice) -> f64 {
    if advice.cost_before > 0.0 { cost / advice.cost_before } else { 0.0 }
}

/// The share of its cost that the workload loses; negative when it grows.
pub(super) fn saved(advice: &Advice) -> f64 {
    of_cost(advice.cost_before - advice.cost_after, advice)
}

/// A share in percent; what is too small to be shown is not shown as nothing, and what is saved has a minus.
pub(super) fn share(share: f64) -> String {
    match share {
        0.0 => units::percent(0.0),
        small if small.abs() < 0.000_5 => format!("{}< 0.1 %", if small < 0.0 { "−" } else { "" }),
        saved if saved < 0.0 => format!("−{}", units::percent(-saved)),
        other => units::percent(other),
    }
}

/// Bytes with their sign: what comes and what goes.
pub(super) fn signed(bytes: f64) -> String {
    format!("{}{}", if bytes < 0.0 { "−" } else { "+" }, units::decimal_bytes(bytes.abs()))
}

/// Bytes of the new indexes.
pub(super) fn new_bytes(advice: &Advice) -> f64 {
    advice.create.iter().map(|create| create.bytes as f64).sum()
}

/// Bytes that come in all, what goes taken off.
pub(super) fn net_bytes(advice: &Advice) -> f64 {
    lines(advice).iter().map(|line| line.bytes).sum()
}

/// `1 new index`, `5 new indexes`.
fn counted(n: usize, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{} {many}", count(n as f64)) }
}

/// What the advice is, in one sentence.
pub(super) fn headline(advice: &Advice) -> String {
    let gone = advice.replace.len() + advice.drop.len();
    let freed: u64 = advice.replace.iter().map(|r| r.bytes).chain(advice.drop.iter().map(|d| d.bytes)).sum();
    let [new, freed] = [new_bytes(advice), freed as f64].map(units::decimal_bytes);
    let saving = units::percent(saved(advice).max(0.0));
    let created = counted(advice.create.len(), "new index", "new indexes");
    let make = if advice.create.len() == 1 { "makes" } else { "make" };
    let costs = format!("{created} ({new}) {make} the workload cost {saving} less");
    match (advice.create.is_empty(), gone) {
        (true, 0) if advice.interrupted => "Nothing was found until then".to_owned(),
        (true, 0) if advice.budget_bytes == Some(0) || advice.budget_indexes == Some(0) => {
            "No change: the budget allows no new index".to_owned()
        }
        (true, 0) if larger_pays(advice) => format!("No change: no index that would pay fits{}", limits(advice)),
        (true, 0) => "No change: none of the indexes considered would pay".to_owned(),
        (true, n) => {
            format!("{} ({freed}) can go; the workload then costs {saving} less", counted(n, "index", "indexes"))
        }
        (false, 0) => costs,
        (false, n) => format!("{costs}; {} ({freed}) can go", counted(n, "old one", "old ones")),
    }
}

/// Whether a larger budget would buy something that pays.
fn larger_pays(advice: &Advice) -> bool {
    let Some(budget) = advice.budget_bytes else { return false };
    advice.curve.iter().any(|point| point.bytes > budget && point.cost < advice.cost_after * (1.0 - NOTICED))
}

/// What the budget allows, as ` within 2 GB`; empty without one.
pub(super) fn limits(advice: &Advice) -> String {
    let bytes = advice.budget_bytes.map(|bytes| units::decimal_bytes(bytes as f64));
    let number = advice.budget_indexes.map(|n| counted(n, "new index", "new indexes"));
    let limits: Vec<_> = bytes.into_iter().chain(number).collect();
    if limits.is_empty() { String::new() } else { format!(" within {}", limits.join(" and ")) }
}

/// The gap in percent, rounded up: what is shown is never smaller than the truth.
pub(super) fn gap_percent(advice: &Advice) -> String {
    let gap = advice.optimality_gap;
    if gap <= 0.0 {
        return "0 %".to_owned();
    }
    if gap.is_finite() { units::percent((gap * 1000.0 - 1e-9).ceil().max(1.0) / 1000.0) } else { "unknown".to_owned() }
}

/// How far the advice can be from the best possible one, in one sentence.
pub(super) fn gap(advice: &Advice) -> String {
    let (limits, considered) = (limits(advice), count(advice.candidates as f64));
    let gap = gap_percent(advice);
    if advice.candidates == 0 {
        return "no index that is not there already could serve these statements".to_owned();
    }
    if advice.optimality_gap <= 0.0 {
        return format!(
            "proven best{limits}: no other set of the {considered} indexes considered costs less (gap 0 %)"
        );
    }
    format!("the best set of the {considered} indexes considered{limits} would cost at most {gap} less (gap ≤ {gap})")
}

/// What the workload is, in one sentence.
pub(super) fn workload(advice: &Advice) -> String {
    let workload = &advice.workload;
    let window = workload.window_s.map(|s| format!(" over {}", units::number(s, "s"))).unwrap_or_default();
    let statements = counted(workload.statements, "statement", "statements");
    let left_out = match workload.skipped.len() {
        0 => String::new(),
        n => {
            let share: f64 = workload.skipped.iter().map(|skipped| skipped.time_share).sum();
            format!(", {} of them left out ({} of the time)", count(n as f64), units::percent(share))
        }
    };
    format!("{statements} from {}{window}{left_out}", workload.source)
}

/// How the figures were made, in one sentence.
pub(super) fn effort(advice: &Advice) -> String {
    let [calls, hits] = [advice.planner_calls, advice.cache_hits].map(|n| count(n as f64));
    let search = units::number(advice.seconds, "s");
    let lab = match advice.lab_seconds {
        s if s > 0.0 => format!(", after {} to set it up", units::number(s, "s")),
        _ => String::new(),
    };
    format!("planned in {}: {calls} plans, {hits} answers from the cache, {search}{lab}", advice.place)
}

/// What a gain of measured statements was, in one sentence; none when nothing was measured.
pub(super) fn measured(advice: &Advice) -> Option<String> {
    let pairs = advice.statements.iter().filter_map(|s| Some((s.measured_before_ms?, s.measured_after_ms?)));
    let (before, after, n) = pairs.fold((0.0, 0.0, 0), |(b, a, n), (before, after)| (b + before, a + after, n + 1));
    (n > 0).then(|| {
        let statements = counted(n, "statement takes", "statements, each run once, take");
        format!("measured in a copy: {statements} {} instead of {}", units::time(after), units::time(before))
    })
}

/// What one statement gains or loses.
pub(super) struct Effect<'a> {
    /// The statement.
    pub(super) cost: &'a StatementCost,
    /// Share of the workload's statements' cost today.
    pub(super) share: f64,
    /// Numbers of the new indexes that help it.
    pub(super) by: Vec<usize>,
    /// Whether it costs noticeably more.
    pub(super) loses: bool,
    /// Whether it costs noticeably less.
    pub(super) gains: bool,
}

impl Effect<'_> {
    /// `100× cheaper`, `12 % dearer`, `unchanged`.
    pub(super) fn word(&self) -> String {
        let (before, after, unit) = self.figures();
        let (better, worse) = if unit == "ms" { ("faster", "slower") } else { ("cheaper", "dearer") };
        match (self.gains, self.loses) {
            (true, _) if after > 0.0 && before / after >= 2.0 => format!("{}× {better}", ratio(before / after)),
            (true, _) => format!("{} {better}", units::percent(1.0 - after / before)),
            (_, true) => format!("{} {worse}", units::percent(after / before - 1.0)),
            _ => "unchanged".to_owned(),
        }
    }

    /// Before, after and their unit: measured times where there are any.
    pub(super) fn figures(&self) -> (f64, f64, &'static str) {
        figures(self.cost)
    }

    /// `1,234 → 12.3`, with the unit of measured times.
    pub(super) fn arrow(&self) -> String {
        let (before, after, unit) = self.figures();
        if unit == "ms" {
            return format!("{} → {}", units::time(before), units::time(after));
        }
        format!("cost {} → {}", units::plain(before), units::plain(after))
    }
}

fn ratio(factor: f64) -> String {
    if factor < 10.0 { format!("{factor:.1}") } else { count(factor) }
}

fn figures(cost: &StatementCost) -> (f64, f64, &'static str) {
    match (cost.measured_before_ms, cost.measured_after_ms) {
        (Some(before), Some(after)) => (before, after, "ms"),
        _ => (cost.before, cost.after, "cost"),
    }
}

/// Every statement with its gain or loss: losers first, then in the order of the advice.
pub(super) fn effects(advice: &Advice) -> Vec<Effect<'_>> {
    let total: f64 = advice.statements.iter().map(|s| s.weight * s.before).sum();
    let mut effects: Vec<_> = advice.statements.iter().map(|cost| effect(cost, total, advice)).collect();
    effects.sort_by_key(|effect| !effect.loses);
    effects
}

fn effect<'a>(cost: &'a StatementCost, total: f64, advice: &Advice) -> Effect<'a> {
    let helping = advice.create.iter().enumerate().filter(|(_, create)| create.helps.contains(&cost.fingerprint));
    let (before, after, _) = figures(cost);
    let noticed = before.abs() * NOTICED;
    Effect {
        cost,
        share: if total > 0.0 { cost.weight * cost.before / total } else { 0.0 },
        by: helping.map(|(at, _)| at + 1).collect(),
        loses: after > before + noticed,
        gains: after < before - noticed,
    }
}

/// How many statements gain and how many lose, in one phrase.
pub(super) fn tally(effects: &[Effect<'_>]) -> String {
    let gain = effects.iter().filter(|effect| effect.gains).count();
    let lose = effects.iter().filter(|effect| effect.loses).count();
    let rest = effects.len() - gain - lose;
    let losers = match lose {
        0 => "none loses".to_owned(),
        1 => "1 loses".to_owned(),
        n => format!("{n} lose"),
    };
    let rest = if rest == 0 { String::new() } else { format!(", {rest} unchanged") };
    format!("{gain} of {} gain, {losers}{rest}", effects.len())
}

/// The definition of an index as people speak of it: `orders (customer_id) INCLUDE (total)`.
///
/// It is what follows `ON`; the method stays unless it is the usual one.
pub(super) fn definition(statement: &str) -> String {
    let parts = tokens(statement, Dialect::Postgres);
    let word = |token: &Token, word: &str| token.text(statement).eq_ignore_ascii_case(word);
    let Some(on) = parts.iter().position(|token| word(token, "on")) else { return statement.to_owned() };
    // A partitioned table takes several statements: the first that has it says what the index is. An extension may come before.
    let behind = parts[on..].iter().find(|token| token.text(statement) == ";");
    let end = behind.map_or(statement.len(), |token| token.start);
    let rest = parts.get(on + 1).map_or("", |token| &statement[token.start.min(end)..end]).trim();
    let rest = rest.strip_prefix("ONLY ").unwrap_or(rest);
    rest.replacen(" USING btree", "", 1)
}

/// Statements of the whole advice in order, each with what is said about it.
pub(super) fn forward(advice: &Advice) -> Vec<(Vec<String>, &[String])> {
    lines(advice).iter().map(|line| (remarks(line), line.change.forward.as_slice())).collect()
}

/// The way back, the last change first; and what has none.
pub(super) fn back(advice: &Advice) -> Vec<(Vec<String>, &[String])> {
    let lines = lines(advice);
    lines
        .iter()
        .rev()
        .map(|line| {
            let none = line.change.irreversible.as_ref().filter(|_| line.change.back.is_empty());
            let reason = none.map(|reason| format!(": no way back: {reason}")).unwrap_or_default();
            (vec![format!("takes back {}{reason}", line.number)], line.change.back.as_slice())
        })
        .collect()
}

/// What is said about a line above its statements.
fn remarks(line: &Line<'_>) -> Vec<String> {
    let first = format!("{}. {}", line.number, saving(line));
    std::iter::once(first).chain(proof(line.proof)).collect()
}

/// What a line takes and brings, in one phrase.
pub(super) fn saving(line: &Line<'_>) -> String {
    let size = units::decimal_bytes(line.bytes.abs());
    if line.verb != Verb::Create {
        return format!("frees {size}: {}", line.why);
    }
    let [gain, upkeep] = [line.gain, line.writes].map(|part| part.map(share).unwrap_or_default());
    let helped = match line.helps.len() {
        0 => String::new(),
        n => format!(", helps {}", counted(n, "statement", "statements")),
    };
    format!("{size}, gain {gain}{helped}, upkeep {upkeep}{}", behind(&line.why))
}

fn behind(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(" ({reason})") }
}

/// The experiment in one line; an unproven change says why.
pub(super) fn proof(proof: &Proof) -> Option<String> {
    match proof {
        Proof::Unproven { note } if note.is_empty() => None,
        Proof::Unproven { note } => Some(format!("unproven: {note}")),
        Proof::Planner(e) => Some(format!("planner: {}", planned(e))),
        Proof::Measured(e) | Proof::Rehearsed(e) => Some(format!("{}: {}", proof.method(), units::experiment(e))),
    }
}

/// Text with a capital letter and a full stop.
pub(super) fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), chars.as_str()))
}

/// Costs that a planner compared; its unit, however worded, is a cost.
fn planned(e: &Experiment) -> String {
    let (before, after) = (units::plain(e.before), units::plain(e.after));
    let change = (e.before - e.after).abs();
    if change <= e.before.abs() * 1e-9 {
        return format!("cost {before}, with and without");
    }
    let gain = units::gain(&Experiment { unit: "cost".to_owned(), ..e.clone() });
    format!("cost {before} → {after}{}", gain.map(|gain| format!(", {gain}")).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_is_what_the_index_is_on() {
        let plain = "CREATE INDEX CONCURRENTLY \"on\" ON public.orders USING btree (customer_id) INCLUDE (total)";
        assert_eq!(definition(plain), "public.orders (customer_id) INCLUDE (total)");
        let parts =
            "CREATE INDEX i ON ONLY public.audit (actor); CREATE INDEX CONCURRENTLY j ON public.audit_1 (actor)";
        assert_eq!(definition(parts), "public.audit (actor)");
        let extension = "CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public; \
                         CREATE INDEX CONCURRENTLY i ON public.posts USING gist (title public.gist_trgm_ops)";
        assert_eq!(definition(extension), "public.posts USING gist (title public.gist_trgm_ops)");
    }
}
