//! A plan for people: each statement with its steps, their locks and times, and the way back.

use dbwright_core::target::redact_sql;
use dbwright_migrate::by_hand::command_line;
use dbwright_migrate::plan::{Held, Lock, Phase, Planned, Step, Work};
use dbwright_migrate::run::Previewed;

use super::{PlanView, counted, head, notes};
use crate::render::text::{ASIDE, BAD, GOOD, HEAD, SQL};
use crate::render::{layout, units};

/// The whole plan.
pub(crate) fn render(view: &PlanView<'_>, width: usize) -> String {
    let mut out = head(view.facts);
    for migration in &view.preview.migrations {
        out += &of_migration(migration, view.full, width);
    }
    out += &notes(view.notes, width);
    out + &summary(view, width)
}

fn of_migration(migration: &Previewed, full: bool, width: usize) -> String {
    let mut out = format!("\n{HEAD}{}{HEAD:#}\n", layout::inline(&migration.file));
    let mut number = 0;
    for planned in &migration.statements {
        out += &of_statement(planned, &mut number, full, width);
    }
    out
}

fn of_statement(planned: &Planned, number: &mut usize, full: bool, width: usize) -> String {
    let place = format!("line {}", planned.line);
    let room = width.saturating_sub(place.len() + 4);
    let one_line = redact_sql(&planned.statement.split_whitespace().collect::<Vec<_>>().join(" "));
    let statement = layout::pad(&layout::cut(&layout::inline(&one_line), room), room);
    let mut out = format!("\n  {SQL}{statement}{SQL:#}  {ASIDE}{place}{ASIDE:#}\n");
    if let Some(reason) = &planned.later {
        out += &aside("planned at its turn: ", reason, width);
    }
    out += &steps(&planned.steps, number, full, width);
    if let Some(blocking) = &planned.blocking {
        let time = blocking.expected_ms.map(|ms| format!(", expected for {}", units::time(ms))).unwrap_or_default();
        out += &part(&format!("{BAD}blocks others{time}:{BAD:#} "), 15 + time.len(), &blocking.reason, width);
    }
    for note in &planned.notes {
        out += &aside("", note, width);
    }
    out
}

fn aside(label: &str, text: &str, width: usize) -> String {
    let lines = layout::wrap(&layout::inline(&format!("{label}{text}")), width.saturating_sub(5));
    let lines: Vec<_> = lines.iter().map(|line| format!("     {ASIDE}{line}{ASIDE:#}\n")).collect();
    lines.concat()
}

fn part(label: &str, columns: usize, text: &str, width: usize) -> String {
    let lines = layout::wrap(&layout::inline(text), width.saturating_sub(5 + columns));
    format!("     {label}{}\n", lines.join(&format!("\n{}", " ".repeat(5 + columns))))
}

/// Columns of what stands before a step's title: number and phase.
const BEFORE: usize = 5 + 3 + 2 + 8 + 2;

/// The table of the steps of one statement.
fn steps(steps: &[Step], number: &mut usize, full: bool, width: usize) -> String {
    if steps.is_empty() {
        return String::new();
    }
    let rows: Vec<[String; 3]> =
        steps.iter().map(|step| [lock(&step.lock), time(step), back(step).to_owned()]).collect();
    let widths: [usize; 3] =
        std::array::from_fn(|i| layout::widest(rows.iter().map(|row| row[i].as_str()).chain([HEADS[i]])));
    let room = width.saturating_sub(BEFORE + widths.iter().sum::<usize>() + 6).max(24);
    let titles = layout::widest(steps.iter().map(|step| step.title.as_str())).min(room).max(4);
    let heads: Vec<String> = HEADS.iter().zip(widths).map(|(head, width)| layout::pad(head, width)).collect();
    let mut out = format!(
        "     {ASIDE}  #  phase     {}  {}{ASIDE:#}\n",
        layout::pad("step", titles),
        heads.join("  ").trim_end()
    );
    for (step, row) in steps.iter().zip(&rows) {
        *number += 1;
        out += &line(step, *number, titles, row, widths);
        if full {
            out += &statements(&step.work);
        }
    }
    out
}

const HEADS: [&str; 3] = ["lock", "expected", "way back"];

fn line(step: &Step, number: usize, titles: usize, row: &[String; 3], widths: [usize; 3]) -> String {
    let lines = layout::wrap(&layout::inline(&step.title), titles);
    let title = layout::pad(lines.first().map_or("", String::as_str), titles);
    let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| layout::pad(cell, width)).collect();
    let style = match (step.back.lost(), &step.back.unknown) {
        (Some(_), _) => BAD,
        (None, Some(_)) => ASIDE,
        (None, None) => GOOD,
    };
    let mut out = format!(
        "     {number:>3}  {}  {title}  {}  {}  {style}{}{style:#}\n",
        layout::pad(phase(step.phase), 8),
        cells[0],
        cells[1],
        cells[2].trim_end()
    );
    for rest in lines.iter().skip(1) {
        out += &format!("{}{rest}\n", " ".repeat(BEFORE));
    }
    if let Some(reason) = step.back.lost() {
        out += &format!("{}{ASIDE}no way back: {}{ASIDE:#}\n", " ".repeat(BEFORE), layout::inline(reason));
    } else if let Some(reason) = &step.back.unknown {
        out += &format!("{}{ASIDE}way back: {}{ASIDE:#}\n", " ".repeat(BEFORE), layout::inline(reason));
    }
    out
}

/// The word of a phase.
pub(super) const fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Expand => "expand",
        Phase::Backfill => "backfill",
        Phase::Switch => "switch",
        Phase::Contract => "contract",
    }
}

/// The lock with how long it is held.
fn lock(lock: &Lock) -> String {
    if lock.mode.is_empty() {
        return "rows only".to_owned();
    }
    let held = match lock.held {
        Held::Moment => "a moment",
        Held::Scan => "while reading",
        Held::Rewrite => "while writing",
    };
    layout::inline(&format!("{}, {held}", lock.mode))
}

fn time(step: &Step) -> String {
    match (step.estimate_ms, step.lock.held) {
        (Some(ms), _) if ms < 1000.0 => "< 1 s".to_owned(),
        (Some(ms), _) => units::time((ms / 1000.0).round() * 1000.0),
        (None, Held::Moment) if !matches!(step.work, Work::Alone { .. } | Work::Backfill(_) | Work::Program(_)) => {
            "< 1 s".to_owned()
        }
        (None, _) => "unknown".to_owned(),
    }
}

fn back(step: &Step) -> &'static str {
    if step.back.too_late.is_some() {
        return "until done";
    }
    if step.back.unknown.is_some() {
        return "known later";
    }
    match (&step.back.irreversible, step.back.statements.is_empty() && step.back.clear.is_empty()) {
        (Some(_), _) => "none",
        (None, true) => "nothing to undo",
        (None, false) => "yes",
    }
}

/// The SQL of a step, indented below it.
fn statements(work: &Work) -> String {
    let indent = " ".repeat(BEFORE);
    let list: Vec<&String> = match work {
        Work::Program(program) => {
            return format!("{indent}{SQL}{}{SQL:#}\n", layout::inline(&command_line(program)));
        }
        Work::Transaction { statements, .. } => statements.iter().collect(),
        Work::Alone { statement, .. } => vec![statement],
        Work::Backfill(backfill) => backfill.before_batch.iter().chain([&backfill.batch]).collect(),
        Work::Verify { require } => require.iter().map(|question| &question.query).collect(),
    };
    let lines: Vec<_> = list
        .iter()
        .map(|sql| format!("{indent}{SQL}{}{SQL:#}\n", layout::statement(&redact_sql(sql), &indent)))
        .collect();
    lines.concat()
}

fn summary(view: &PlanView<'_>, width: usize) -> String {
    let migrations = &view.preview.migrations;
    if migrations.is_empty() {
        return format!("\n{GOOD}Nothing is pending.{GOOD:#}\n");
    }
    let planned = || migrations.iter().flat_map(|m| &m.statements);
    let steps: Vec<&Step> = planned().flat_map(|p| &p.steps).collect();
    let known: f64 = steps.iter().filter_map(|step| step.estimate_ms).sum();
    let time = if known >= 1000.0 {
        format!(", about {} as far as is known", units::time((known / 1000.0).round() * 1000.0))
    } else {
        String::new()
    };
    let mut out = format!(
        "\n{HEAD}{} in {}{HEAD:#}{time}.\n",
        counted(steps.len(), "step"),
        counted(migrations.len(), "migration")
    );
    let blocking = view.preview.blocking();
    if !blocking.is_empty() {
        out += &format!(
            "{BAD}{} blocks others and needs --allow-blocking.{BAD:#}\n",
            counted(blocking.len(), "statement")
        );
    }
    let irreversible = view.preview.irreversible();
    if !irreversible.is_empty() {
        let text = format!(
            "{} can't be undone once done; --reversible-only refuses that.",
            counted(irreversible.len(), "step")
        );
        out += &format!("{}\n", layout::wrap(&text, width).join("\n"));
    }
    let unknown = steps.iter().filter(|step| step.back.unknown.is_some()).count();
    if unknown > 0 {
        let text = format!(
            "Of {} the way back is known only when the change is applied; `apply --reversible-only` asks before it begins.",
            counted(unknown, "step")
        );
        out += &format!("{}\n", layout::wrap(&text, width).join("\n"));
    }
    if steps.iter().any(|step| step.phase == Phase::Contract) {
        let text = if steps.iter().any(|step| step.back.too_late.is_some()) {
            "The contract steps wait for `dbwright migrate contract`: until then the old stays."
        } else {
            "The contract steps wait for `dbwright migrate contract`: until then the old stays, and `undo` brings it back with the rows written since."
        };
        out += &format!("{}\n", layout::wrap(text, width).join("\n"));
    }
    out
}
