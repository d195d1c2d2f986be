//! `migrate/not-idempotent`: after a failure half of the file is done.

use dbwright_core::Cx;

use crate::migrate::lint::Scene;
use crate::migrate::parse::{Act, Action, Clause};
use crate::migrate::text::Cursor;

/// Reports the first statement of a file that can't be run twice, where a failure leaves half of the file done.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    // `dbwright migrate apply` resumes at the statement.
    if !scene.as_is
        || scene.after().is_empty()
        || scene.before().iter().any(|line| once(&line.act, &line.sql).is_some())
    {
        return;
    }
    let Some(word) = once(scene.act(), scene.sql()) else { return };
    // Where nothing but settings follows, nothing is left half done.
    let more = scene
        .after()
        .iter()
        .any(|line| !matches!(line.act, Act::Set | Act::Query | Act::Transaction(_) | Act::Use | Act::Lock));
    if !more {
        return;
    }
    let finding = cx
        .finding(scene.file.clone(), format!("when a later statement fails, this one fails the next time: it {word}"))
        .why("each statement of DDL commits by itself, so that a failure leaves what came before; no change is shown: write the words where the server has \
              them, or one statement of DDL in a file")
        .evidence("missing", word, "", "the statement");
    cx.report(finding);
}

/// Why a statement can't run twice.
fn once(act: &Act, sql: &str) -> Option<&'static str> {
    const NOT: &str = "lacks IF NOT EXISTS";
    const IF: &str = "lacks IF EXISTS";
    match act {
        Act::CreateTable { if_not_exists: false, temporary: false, .. }
        | Act::Create { if_not_exists: false, replace: false, .. } => Some(NOT),
        Act::DropTable { if_exists: false, .. } | Act::Drop { if_exists: false, .. } => Some(IF),
        Act::RenameTable { .. } => Some("renames what is no longer there"),
        Act::Alter { clauses, .. } => clauses.iter().find_map(clause),
        Act::Other(word) if matches!(word.as_str(), "CREATE" | "DROP") => {
            let mut cursor = Cursor::new(sql);
            let said = cursor.seek(&["if"]) || Cursor::new(sql).accept(&["create", "or", "replace"]);
            (!said).then_some(if word == "CREATE" { NOT } else { IF })
        }
        _ => None,
    }
}

fn clause(clause: &Clause) -> Option<&'static str> {
    let said = Cursor::new(&clause.text).seek(&["if"]);
    match &clause.action {
        _ if said => None,
        Action::AddColumns(_)
        | Action::AddIndex { .. }
        | Action::AddForeignKey
        | Action::AddCheck
        | Action::AddPrimaryKey => Some("adds what is there already"),
        Action::DropColumn(_)
        | Action::DropIndex(_)
        | Action::DropForeignKey(_)
        | Action::DropConstraint(_)
        | Action::DropPrimaryKey => Some("drops what is no longer there"),
        Action::Change { from, to, .. } | Action::RenameColumn { from, to } | Action::RenameIndex { from, to }
            if from != to =>
        {
            Some("renames what is no longer there")
        }
        Action::RenameTable(_) => Some("renames what is no longer there"),
        _ => None,
    }
}
