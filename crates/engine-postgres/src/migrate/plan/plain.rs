//! Statements that run as they are: they take a moment, or nothing better is known.

use dbwright_migrate::plan::{Back, Held, Phase};
use dbwright_migrate::{Planned, Statement, Step};

use super::draft::{Cx, Draft};
use super::step;

/// The method of a statement that runs as it is.
pub(super) const METHOD: &str = "as-is";

/// A plan of no steps.
pub(super) fn empty(statement: &Statement) -> Planned {
    Planned {
        statement: statement.sql.clone(),
        line: statement.line,
        method: METHOD.to_owned(),
        steps: Vec::new(),
        notes: Vec::new(),
        blocking: None,
        later: None,
    }
}

/// The statement as the only step; nothing is known about the way back.
pub(super) fn draft(cx: &Cx<'_, '_>) -> Draft {
    Draft::one(METHOD, run(cx.statement))
}

/// The statement, outside a transaction.
pub(super) fn alone(cx: &Cx<'_, '_>) -> Draft {
    let sql = cx.statement.sql.clone();
    let step = step::alone(title(&sql), Phase::Switch, sql, String::new(), Vec::new());
    Draft::one(METHOD, Step { back: unknown(), ..step })
}

fn run(statement: &Statement) -> Step {
    let step = step::transaction(title(&statement.sql), Phase::Switch, [statement.sql.clone()]);
    Step { back: unknown(), ..step }
}

/// No way back is known.
pub(super) fn unknown() -> Back {
    Back::impossible("dbwright knows no statement that undoes it")
}

/// The first line of a statement, cut where it is long.
pub(super) fn title(sql: &str) -> String {
    let line = dbwright_core::target::redact_sql(&sql.split_whitespace().collect::<Vec<_>>().join(" "));
    if line.chars().count() > 100 { line.chars().take(99).chain(['…']).collect() } else { line }
}

impl Draft {
    /// How the last step is undone.
    pub(super) fn back(mut self, back: Back) -> Self {
        if let Some(step) = self.steps.last_mut() {
            step.back = back;
        }
        self
    }

    /// Why the last step can't be undone.
    pub(super) fn lost(self, why: &str) -> Self {
        self.back(Back::impossible(why))
    }

    /// What the last step locks.
    pub(super) fn locked(mut self, mode: &str, object: &str, held: Held) -> Self {
        if let Some(step) = self.steps.last_mut() {
            step.lock = step::lock(mode, [object.to_owned()], held);
        }
        self
    }
}
