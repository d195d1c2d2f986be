//! Where migrations stand, what will be undone or removed, and what became of it.

use anstyle::Style;
use dbwright_migrate::journal::{Entry, Mark, Part, Progressed, State};
use dbwright_migrate::plan::Phase;
use dbwright_migrate::port::Facts;
use dbwright_migrate::run::{Line, Outcome, Problem, Status, Where};

use super::plan::phase;
use super::{counted, head, joined, notes};
use crate::render::text::{ASIDE, BAD, GOOD, HEAD, SQL};
use crate::render::{layout, units};

/// Each migration on a line.
pub(crate) fn status(status: &Status, facts: &Facts, list: &[String], width: usize) -> String {
    let mut out = head(facts);
    if status.migrations.is_empty() {
        out += &format!("\nThere are no migrations yet: {SQL}dbwright migrate new NAME{SQL:#} makes one.\n");
        return out + &notes(list, width);
    }
    out.push('\n');
    let versions = layout::widest(status.migrations.iter().map(|line| line.version.as_str()));
    let names = layout::widest(status.migrations.iter().map(|line| line.name.as_str())).min(48);
    for line in &status.migrations {
        let (style, word) = word(line);
        let [version, name] =
            [layout::pad(&layout::inline(&line.version), versions), layout::pad(&layout::inline(&line.name), names)];
        out += &format!("  {style}{word:<17}{style:#}  {version}  {name}  {ASIDE}{}{ASIDE:#}\n", when(line));
        for (label, text) in [("at: ", &line.at), ("ended with: ", &line.error)] {
            let lines = text
                .iter()
                .flat_map(|text| layout::wrap(&layout::inline(&format!("{label}{text}")), width.saturating_sub(21)));
            out += &joined(lines.map(|line| format!("                     {line}\n")));
        }
    }
    out += &notes(list, width);
    out + &next(status)
}

fn word(line: &Line) -> (Style, &'static str) {
    match line.state {
        _ if line.file.is_none() && line.state != Where::RolledBack => (BAD, "file is gone"),
        _ if line.drift => (BAD, "file changed"),
        Where::Pending => (HEAD, "pending"),
        Where::Running => (BAD, "unfinished"),
        Where::AwaitsContract => (SQL, "awaits contract"),
        Where::Applied => (GOOD, "applied"),
        Where::Undoing => (BAD, "half undone"),
        Where::RolledBack => (HEAD, "undone"),
        Where::Baseline => (GOOD, "baseline"),
    }
}

fn when(line: &Line) -> String {
    let at = line.applied_at.map(|at| at.strftime("%Y-%m-%d %H:%M UTC").to_string());
    let took = line.execution_time_ms.filter(|ms| *ms > 0).map(|ms| format!("in {}", units::time(ms as f64)));
    let steps = (line.state == Where::Running || line.state == Where::Undoing)
        .then(|| format!("{} of {} steps done", line.steps.0, line.steps.1));
    [at, took, steps].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// What to do next, in one line.
fn next(status: &Status) -> String {
    let count = |wanted: &[Where]| status.migrations.iter().filter(|line| wanted.contains(&line.state)).count();
    let unfinished = count(&[Where::Running, Where::Undoing]);
    let pending = count(&[Where::Pending, Where::RolledBack]);
    let waiting = count(&[Where::AwaitsContract]);
    let drift = status.migrations.iter().filter(|line| line.drift).count();
    let mut out = String::new();
    if drift > 0 {
        out += &format!(
            "\n{BAD}{} changed after it was applied:{BAD:#} take the change back and write it as a new migration.\n",
            counted(drift, "file")
        );
    }
    if unfinished > 0 {
        return out
            + &format!(
                "\n{BAD}{} unfinished:{BAD:#} `dbwright migrate resume` goes on, `dbwright migrate undo` goes back.\n",
                counted(unfinished, "migration")
            );
    }
    if pending > 0 {
        out += &format!(
            "\n{} pending: `dbwright migrate plan` shows how, `dbwright migrate apply` does it.\n",
            counted(pending, "migration")
        );
    }
    if waiting > 0 {
        out += &format!(
            "\n{} to be finished: `dbwright migrate contract` removes the old, `dbwright migrate undo` brings it back.\n",
            counted(waiting, "migration")
        );
    }
    if out.is_empty() { format!("\n{GOOD}All is applied.{GOOD:#}\n") } else { out }
}

/// What is not as the journal says.
pub(crate) fn problems(problems: &[Problem], facts: &Facts, list: &[String], width: usize) -> String {
    let mut out = head(facts);
    for problem in problems {
        let lines = layout::wrap(&layout::inline(&problem.message), width.saturating_sub(4));
        out += &format!("\n{BAD}✗{BAD:#} {}\n", lines.join("\n  "));
        let hint = layout::wrap(&layout::inline(&problem.hint), width.saturating_sub(4));
        out += &format!("  {ASIDE}{}{ASIDE:#}\n", hint.join("\n  "));
    }
    out += &notes(list, width);
    out + &match problems.len() {
        0 => format!("\n{GOOD}The target is as its journal says, and the files are those that were applied.{GOOD:#}\n"),
        n => format!("\n{BAD}{}.{BAD:#}\n", counted(n, "problem")),
    }
}

fn title(entry: &Entry) -> String {
    format!("\n{HEAD}{}{HEAD:#}\n", layout::inline(&entry.title()))
}

fn steps<'a>(marks: impl Iterator<Item = &'a Mark>, mark: char, width: usize) -> String {
    let line = |step: &Mark| {
        let lines = layout::wrap(&layout::inline(&step.plan.title), width.saturating_sub(16));
        format!("  {mark} {:<8}  {}\n", phase(step.plan.phase), lines.join(&format!("\n{}", " ".repeat(14))))
    };
    marks.map(line).collect()
}

/// What a resume will do.
pub(crate) fn left_to_do(entries: &[&Entry], facts: &Facts, width: usize) -> String {
    let mut out = head(facts);
    if entries.is_empty() {
        return out + "\nNothing was interrupted.\n";
    }
    for entry in entries {
        out += &title(entry);
        let (done, going) =
            if entry.state == State::Undoing { (Progressed::Undone, "undo") } else { (Progressed::Done, "do") };
        let left = |m: &&Mark| m.state != done && (entry.state == State::Undoing || m.plan.phase != Phase::Contract);
        out += &format!("  {ASIDE}left to {going}:{ASIDE:#}\n{}", steps(entry.steps.iter().filter(left), '→', width));
        let turns = entry.planned.iter().filter(|turn| turn.part == Part::Up).count();
        if entry.state == State::Running && turns < entry.up.len() {
            let left = entry.up.len() - turns;
            let which = if left == 1 { "that is planned at its" } else { "that are planned at their" };
            out += &format!("  → {} {which} turn\n", counted(left, "statement"));
        }
        let failed = entry.steps.iter().find_map(|m| m.error.as_ref().filter(|_| m.state != done));
        if let Some(error) = failed {
            let lines = layout::wrap(&layout::inline(error), width.saturating_sub(18));
            out += &format!("  {BAD}it ended with:{BAD:#} {}\n", lines.join("\n                  "));
        }
    }
    out
}

/// What an undo will do: of each migration by its steps, or by so many statements of its `-- down` part.
pub(crate) fn to_undo(ways: &[(&Entry, Option<usize>)], facts: &Facts, width: usize) -> String {
    let mut out = head(facts);
    for (entry, down) in ways {
        out += &title(entry);
        if let Some(statements) = down {
            let what = counted(*statements, "statement");
            out += &format!("  ← the `-- down` part of its file, {what} planned at their turn\n");
            continue;
        }
        out += &steps(dbwright_migrate::run::what_undo_takes_back(entry).into_iter(), '←', width);
        for leaving in dbwright_migrate::run::what_undo_leaves(entry) {
            let text = format!("{}: {}", leaving.step, leaving.reason);
            let text = layout::wrap(&layout::inline(&text), width.saturating_sub(15));
            out += &format!("  {BAD}no way back:{BAD:#} {}\n", text.join("\n               "));
        }
    }
    if ways.is_empty() { out + "\nThere is nothing to undo.\n" } else { out }
}

/// What a contract will remove.
pub(crate) fn to_contract(entries: &[&Entry], facts: &Facts, width: usize) -> String {
    let mut out = head(facts);
    for entry in entries {
        out += &title(entry);
        let left = entry.steps.iter().filter(|m| m.plan.phase == Phase::Contract && m.state != Progressed::Done);
        out += &steps(left, '×', width);
    }
    if entries.is_empty() { out + "\nNothing of the old is left to remove.\n" } else { out }
}

/// What a baseline will record.
pub(crate) fn to_record(files: &[String], facts: &Facts) -> String {
    let mut out = head(facts);
    if files.is_empty() {
        return out + "\nAll of them are recorded already.\n";
    }
    out.push('\n');
    for file in files {
        out += &format!("  {}\n", layout::inline(file));
    }
    out
}

/// What became of it.
pub(crate) fn outcome(outcome: &Outcome, target: &str, width: usize) -> String {
    let mut out = String::new();
    for done in &outcome.migrations {
        let (style, word) = match done.state {
            State::Applied => (GOOD, "applied"),
            State::AwaitsContract => (GOOD, "applied; the old is still there"),
            State::RolledBack => (GOOD, "undone"),
            State::Baseline => (GOOD, "recorded"),
            State::Running => (BAD, "unfinished"),
            State::Undoing => (BAD, "half undone"),
        };
        let steps = if done.steps > 0 {
            format!(", {} in {}", counted(done.steps, "step"), units::time(done.took_ms as f64))
        } else {
            String::new()
        };
        out += &format!(
            "{style}✓{style:#} {} {}: {word}{steps}\n",
            layout::inline(&done.version),
            layout::inline(&done.name)
        );
    }
    out += &notes(&outcome.notes, width);
    if outcome.migrations.iter().any(|done| done.state == State::AwaitsContract) {
        let target = layout::inline(&dbwright_core::target::redact_text(target));
        out += &format!(
            "\nWhen all is well: {SQL}dbwright migrate contract {target}{SQL:#} removes the old.\n\
             Until then: {SQL}dbwright migrate undo {target}{SQL:#} goes back and keeps the rows written since; it names what has no way back.\n"
        );
    }
    out
}
