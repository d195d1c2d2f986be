//! `migrate/not-idempotent`: after a failure half of the file is done.

use dbwright_core::Cx;

use crate::migrate::lint::{Line, Scene};
use crate::migrate::parse::Act;

/// Reports the first statement of a file that can't be run twice, where a failure leaves half of the file done.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    // `dbwright migrate apply` resumes at the statement, and a transaction takes all back.
    if !scene.as_is || scene.transaction.is_some() || scene.lines.len() < 2 || begins_later(scene) {
        return;
    }
    let Some(word) = once(scene.line()) else { return };
    if scene.before().iter().any(|line| once(line).is_some()) || scene.after().is_empty() {
        return;
    }
    let finding = cx
        .finding(scene.file.clone(), format!("when a later statement fails, this one fails the next time: {word}"))
        .why(
            "the file is run statement by statement, so that a failure leaves what came before; no change is shown: SQLite's DDL is \
             transactional, so BEGIN IMMEDIATE and COMMIT around the file take all back",
        )
        .evidence("transaction", "none", "", "the file");
    cx.report(finding);
}

/// Whether what follows is in a transaction of its own, so that this statement is all that stands outside.
fn begins_later(scene: &Scene) -> bool {
    matches!(scene.after().first().map(|line| &line.act), Some(Act::Transaction { word }) if word == "begin")
}

/// Why a statement can't be run twice.
fn once(line: &Line) -> Option<&'static str> {
    match &line.act {
        Act::Create { if_not_exists: false, temporary: false, .. } => Some("it lacks IF NOT EXISTS"),
        Act::Drop { if_exists: false, .. } => Some("it lacks IF EXISTS"),
        Act::Alter { .. } => Some("SQLite's ALTER TABLE has no IF EXISTS"),
        _ => None,
    }
}
