//! A plan as a file of SQL that a DBA can run by hand, step by step.

use dbwright_migrate::OnlineDdl;
use dbwright_migrate::plan::{Backfill, Planned, Require, Step, Work};

use super::plan::phase;
use super::{PlanView, joined};
use crate::render::layout;

/// The whole file.
pub(crate) fn render(view: &PlanView<'_>, engine: &dyn OnlineDdl) -> String {
    let mut out = format!(
        "-- Plan of dbwright for {} ({}).\n{}",
        comment(&view.facts.target),
        comment(&view.facts.version),
        engine.by_hand_head()
    );
    for note in view.notes {
        out += &format!("-- {}\n", comment(note));
    }
    let mut number = 0;
    for migration in &view.preview.migrations {
        out += &format!("\n-- ══ {}\n", comment(&migration.file));
        for planned in &migration.statements {
            out += &statement(planned, &mut number, engine);
        }
    }
    if view.preview.migrations.is_empty() {
        out += "\n-- Nothing is pending.\n";
    }
    out
}

fn statement(planned: &Planned, number: &mut usize, engine: &dyn OnlineDdl) -> String {
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
        out += &of_step(step, *number, engine);
    }
    out
}

fn of_step(step: &Step, number: usize, engine: &dyn OnlineDdl) -> String {
    let lock = if step.lock.mode.is_empty() { String::new() } else { format!(" [{}]", comment(&step.lock.mode)) };
    let mut out = format!("\n-- {number}. {}: {}{lock}\n", phase(step.phase), comment(&step.title));
    out += &match &step.work {
        Work::Transaction { statements, require } => {
            let asked: String = require.iter().map(question).collect();
            let (first, inside): (Vec<_>, Vec<_>) = statements.iter().partition(|sql| engine.before_begin(sql));
            let text = |list: &[&String]| joined(list.iter().map(|sql| format!("{};\n", closed(sql))));
            let (first, list) = (text(&first), text(&inside));
            if inside.len() > 1 || !require.is_empty() {
                format!("{first}BEGIN;\n{list}{asked}COMMIT;\n")
            } else {
                first + &list
            }
        }
        Work::Alone { statement, clear, .. } => {
            let clear = joined(clear.iter().map(|sql| format!("{} \\gexec\n", closed(sql))));
            format!("{clear}{};\n", closed(statement))
        }
        Work::Backfill(backfill) => {
            let checks: String = backfill.verify.iter().map(question).collect();
            engine.by_hand(backfill).unwrap_or_else(|| at_once(backfill)) + &checks
        }
        Work::Verify { require } => require.iter().map(question).collect(),
    };
    if let Some(reason) = &step.back.irreversible {
        return out + &format!("-- no way back: {}\n", comment(reason));
    }
    let back =
        step.back.statements.iter().map(|sql| format!("-- back: {};\n", closed(sql).replace('\n', "\n--       ")));
    out + &back.collect::<String>()
}

/// All rows in one statement, where there is no loop.
fn at_once(backfill: &Backfill) -> String {
    let before = joined(backfill.before_batch.iter().map(|sql| format!("{};\n", closed(sql))));
    let batch = closed(&backfill.batch.replace("{range}", "true"));
    format!(
        "-- all rows at once: cut it into ranges of the key where the table is large\nBEGIN;\n{before}{batch};\nCOMMIT;\n"
    )
}

fn question(require: &Require) -> String {
    format!("{};  -- must be true, or: {}\n", closed(&require.query), comment(&require.or))
}

/// A statement to which a semicolon can be added: a comment at its end would swallow it.
fn closed(sql: &str) -> String {
    layout::statement(sql, "").trim_end_matches(';').trim_end_matches('\n').to_owned()
        + if ends_in_comment(sql) { "\n" } else { "" }
}

fn ends_in_comment(sql: &str) -> bool {
    layout::statement(sql, "").ends_with("\n;")
}

/// Text for one line of a comment.
fn comment(text: &str) -> String {
    layout::inline(text)
}
