//! `migrate/not-idempotent`: after a failure half of the file is done.

use dbwright_core::Cx;

use crate::ddl::{Act, Action, Clause};
use crate::migrate::lint::Scene;

/// Reports the first statement of a file that can't be run twice, where a failure leaves half of the file done.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    // `dbwright migrate apply` resumes at the statement, and a transaction takes all back.
    if !scene.as_is || scene.transaction.is_some() || scene.lines.len() < 2 || scene.part != 0 {
        return;
    }
    if scene.lines[..scene.at].iter().any(|line| line.acts.iter().any(|act| once(act).is_some())) {
        return;
    }
    let Some(word) = scene.acts().iter().find_map(once) else { return };
    let finding = cx
        .finding(scene.file.clone(), format!("when a later statement fails, this one fails the next time: it lacks {word}"))
        .why("the file is run statement by statement, without a transaction around it, so that a failure leaves what came before; no change is \
              shown: write the words, or BEGIN and COMMIT around statements that allow it")
        .evidence("missing", word, "", "the statement");
    cx.report(finding);
}

/// What a statement lacks that would let it run twice.
fn once(act: &Act) -> Option<&'static str> {
    match act {
        Act::CreateTable(made) if !made.if_not_exists && !made.temporary => Some("IF NOT EXISTS"),
        Act::CreateIndex(index) if !index.if_not_exists => Some("IF NOT EXISTS"),
        Act::CreateSequence { if_not_exists: false, .. } => Some("IF NOT EXISTS"),
        Act::Drop { if_exists: false, .. } => Some("IF EXISTS"),
        Act::Alter { clauses, .. } => clauses.iter().find_map(clause),
        _ => None,
    }
}

const fn clause(clause: &Clause) -> Option<&'static str> {
    match &clause.action {
        Action::AddColumn { if_not_exists: false, .. } => Some("IF NOT EXISTS"),
        Action::DropColumn { if_exists: false, .. } | Action::DropConstraint { if_exists: false, .. } => {
            Some("IF EXISTS")
        }
        _ => None,
    }
}
