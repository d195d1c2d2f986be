//! `migrate/attach-database`: two files do not commit together.

use dbwright_core::Cx;

use crate::migrate::lint::Scene;
use crate::migrate::parse::Act;

/// Reports `ATTACH`.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let attaches = scene.sql().get(..6).is_some_and(|word| word.eq_ignore_ascii_case("attach"));
    if !matches!(scene.act(), Act::Attach) || !attaches {
        return;
    }
    let refused = if scene.as_is { "" } else { "; `dbwright migrate apply` refuses it" };
    let finding = cx
        .finding(scene.file.clone(), "the migration works on a second file")
        .why(format!(
            "a transaction over several files is atomic in each, but in WAL mode not across them: after a crash one may be changed and the other \
             not{refused}; no change is shown: write a migration for each file"
        ))
        .evidence("statement", "ATTACH", "", "the file");
    cx.report(finding);
}
