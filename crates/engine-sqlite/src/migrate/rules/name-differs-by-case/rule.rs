//! `migrate/name-differs-by-case`: SQLite does not tell upper from lower case.

use dbwright_core::{Cx, Severity};

use crate::migrate::lint::Scene;
use crate::migrate::lint::quoted;
use crate::migrate::parse::Act;

/// Reports objects whose name is taken, in other letters.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Act::Create { kind, name, if_not_exists, temporary: false, .. } = scene.act() else { return };
    let Some((there, known)) = scene.world.namesake(name) else { return };
    let word = kind.word().to_lowercase();
    let refused = scene.trial.refusal.is_some();
    if !refused && !*if_not_exists {
        return;
    }
    let what = if refused { "fails" } else { "does nothing" };
    let finding = cx
        .finding(
            dbwright_sql::Dialect::Sqlite.subject(&["main", name]),
            format!("making the {word} {} {what}: there is the {there} {} already", quoted(name), quoted(&known)),
        )
        .severity(if refused { Severity::High } else { Severity::Medium })
        .why(
            "names that differ by case alone mean the same thing in SQLite, quoted or not; no change is shown, because only you know whether \
             one of them needs another name or the statement is not needed",
        )
        .evidence("there", known, "", "the schema before the statement");
    cx.report(finding);
}
