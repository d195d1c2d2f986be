//! Statements that run as they are: they take a moment, or nothing better is known.

use dbwright_core::Failure;
use dbwright_migrate::plan::{Back, Phase};
use dbwright_migrate::{Planned, Statement, Step};

use crate::ddl::Act;

use super::step::{self, Drafted as _};
use super::{Catalog, locks};

/// A plan of no steps.
pub(super) fn empty(statement: &Statement) -> Planned {
    Planned {
        statement: statement.sql.clone(),
        line: statement.line,
        method: "as-is".to_owned(),
        steps: Vec::new(),
        notes: Vec::new(),
        blocking: None,
        later: None,
    }
}

/// The statement as the only step.
pub(super) async fn as_is(_catalog: &Catalog<'_>, statement: &Statement, acts: &[Act]) -> Result<Planned, Failure> {
    Ok(Planned { steps: vec![run(statement, acts)], ..empty(statement) })
}

fn run(statement: &Statement, acts: &[Act]) -> Step {
    let mut step = step::transaction(title(&statement.sql), Phase::Switch, [statement.sql.clone()])
        .back(Back::impossible("dbwright knows no statement that undoes it"));
    if let Some(act) = acts.first() {
        step.lock = locks::of(act);
    }
    step
}

/// The first line of a statement, cut where it is long.
fn title(sql: &str) -> String {
    let line = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() > 100 { line.chars().take(99).chain(['…']).collect() } else { line }
}
