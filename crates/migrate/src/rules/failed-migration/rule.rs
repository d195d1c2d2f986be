//! `migrate/failed-migration`: a migration that was begun and is neither finished nor undone.

use dbwright_core::Cx;

use crate::observed::Observed;

/// Reports migrations that stand between two states.
pub(super) fn check(cx: &mut Cx<'_, Observed>) {
    for seen in cx.body.migrations.iter().filter(|seen| seen.unfinished()) {
        let (what, how) = if seen.state == "undoing" {
            ("is half undone", "`dbwright migrate resume TARGET` goes on undoing it")
        } else {
            (
                "was begun and is not finished",
                "`dbwright migrate resume TARGET` goes on where it stopped, `dbwright migrate undo TARGET` goes back",
            )
        };
        let title = format!("the migration {} {what}", [&*seen.version, &*seen.name].join(" ").trim_end());
        let mut finding = cx
            .finding(format!("migration {}", seen.version), title)
            .why(format!(
                "the schema is neither the old nor the new one, and nothing else can be applied before this is settled, unless it \
                 is at work right now. No statement is shown, because what is left to do is in the journal: {how}"
            ))
            .evidence("state", seen.state.as_str(), "", "journal of migrations")
            .evidence("steps_done", seen.done, "steps", "journal of migrations")
            .evidence("steps_known", seen.known, "steps", "journal of migrations");
        if let Some(error) = &seen.error {
            finding = finding.evidence("error", error.as_str(), "", "journal of migrations");
        }
        cx.report(finding);
    }
}
