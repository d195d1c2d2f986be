//! `migrate/refused`: SQLite says no.

use dbwright_core::Cx;

use crate::migrate::lint::{Outcome, Scene, Table};
use crate::migrate::parse::{Act, Action};

/// Reports what SQLite refuses, as far as no other rule says more.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Some(message) = scene.trial.refusal.as_deref().filter(|message| !told(scene, message)) else { return };
    let subject = scene.table.as_ref().map_or_else(|| scene.file.clone(), Table::subject);
    let renames = matches!(scene.act(), Act::Alter { .. }) && message.starts_with("error in ");
    let why = if renames {
        "a rename is written into every view and trigger, and one that does not work stops it; no change is shown: drop that view or trigger \
         before, or say PRAGMA legacy_alter_table = ON around the rename, which then leaves their texts alone"
    } else {
        "the migration stops at this statement, and what stands before it is done already or rolled back, as the tool has it; no change is shown, \
         because only you know what was meant"
    };
    let finding = cx.finding(subject, format!("SQLite refuses the statement: {message}")).why(why).evidence(
        "SQLite",
        message,
        "",
        "the statement, tried in memory",
    );
    cx.report(finding);
}

/// Whether a rule of its own tells it.
fn told(scene: &Scene, message: &str) -> bool {
    match scene.act() {
        Act::Create { name, .. } => scene.world.namesake(name).is_some() || options(message),
        Act::Alter { .. } => scene.clauses().any(|(_, clause, outcome)| {
            let Outcome::Refused(_) = outcome else { return false };
            let plain = message.contains("syntax error") || message.starts_with("no such");
            match &clause.action {
                Action::AddColumn { .. } => {
                    !plain && !message.contains("duplicate") && !message.contains("CHECK constraint")
                }
                Action::DropColumn { .. } => !plain,
                Action::RenameColumn { .. } | Action::RenameTo { .. } => false,
                _ => scene.as_is,
            }
        }),
        _ => false,
    }
}

fn options(message: &str) -> bool {
    ["unknown datatype", "missing datatype", "PRIMARY KEY missing", "AUTOINCREMENT"]
        .iter()
        .any(|words| message.starts_with(words))
}
