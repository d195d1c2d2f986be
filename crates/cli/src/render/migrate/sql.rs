//! A plan as a file of SQL that a DBA can run by hand, step by step.

use dbwright_migrate::ByHand;
use dbwright_migrate::plan::{Planned, Step};

use super::PlanView;
use super::plan::phase;
use crate::render::layout;

/// The whole file.
pub(crate) fn render(view: &PlanView<'_>, by_hand: &ByHand) -> String {
    let mut out = format!(
        "-- Plan of dbwright for {} ({}).\n{}{}",
        comment(&view.facts.target),
        comment(&view.facts.version),
        view.facts.asked.as_ref().map(|asked| format!("-- Asked: {}.\n", comment(asked))).unwrap_or_default(),
        by_hand.head
    );
    for note in view.notes {
        out += &format!("-- {}\n", comment(note));
    }
    let mut number = 0;
    for migration in &view.preview.migrations {
        out += &format!("\n-- ══ {}\n", comment(&migration.file));
        for planned in &migration.statements {
            out += &statement(planned, &mut number, by_hand);
        }
    }
    if view.preview.migrations.is_empty() {
        out += "\n-- Nothing is pending.\n";
    }
    out
}

fn statement(planned: &Planned, number: &mut usize, by_hand: &ByHand) -> String {
    let one_line = planned.statement.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut out = format!("\n-- ── line {}: {}\n", planned.line, comment(&one_line));
    if let Some(reason) = &planned.later {
        out += &format!("-- can be planned only when the steps above are done: {}\n", comment(reason));
    }
    if let Some(blocking) = &planned.blocking {
        out += &format!("-- BLOCKS OTHERS: {}\n", comment(&blocking.reason));
    }
    for note in &planned.notes {
        out += &format!("-- note: {}\n", comment(note));
    }
    for step in &planned.steps {
        *number += 1;
        out += &of_step(step, *number, by_hand);
    }
    out
}

fn of_step(step: &Step, number: usize, by_hand: &ByHand) -> String {
    let lock = if step.lock.mode.is_empty() { String::new() } else { format!(" [{}]", comment(&step.lock.mode)) };
    let mut out = format!("\n-- {number}. {}: {}{lock}\n", phase(step.phase), comment(&step.title));
    out += &by_hand.step(step, closed);
    if let Some(reason) = &step.back.irreversible {
        return out + &format!("-- no way back: {}\n", comment(reason));
    }
    if let Some(reason) = &step.back.unknown {
        return out + &format!("-- way back: {}\n", comment(reason));
    }
    let back = (by_hand.back)(&step.back);
    let lines = back.iter().map(|sql| format!("-- back: {}\n", closed(sql).replace('\n', "\n--       ")));
    out += &lines.collect::<String>();
    if let Some(reason) = &step.back.too_late {
        out += &format!("-- no way back once it is done: {}\n", comment(reason));
    }
    out
}

/// A statement with its semicolon: a comment at its end would swallow it.
fn closed(sql: &str) -> String {
    layout::statement(sql, "")
}

/// Text for one line of a comment.
fn comment(text: &str) -> String {
    layout::inline(text)
}
