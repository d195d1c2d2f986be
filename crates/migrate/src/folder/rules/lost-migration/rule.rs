//! `migrate/lost-migration`: the target has a migration that no file says.

use dbwright_core::Cx;

use crate::folder::Beside;

/// Reports entries of the journal without a file.
pub(super) fn check(cx: &mut Cx<'_, Beside>) {
    let beside = cx.body;
    for seen in beside.journal.iter().filter(|seen| seen.in_effect()) {
        if beside.file(seen).is_some() {
            continue;
        }
        let title = [&*seen.version, &*seen.name].join(" ");
        let title = title.trim_end();
        let folder = &beside.folder;
        let finding = cx
            .finding(format!("migration {}", seen.version), format!("{title} is applied, and {folder} has no file of that version"))
            .why(
                "a database that is made from the files lacks what it made: it was applied from another branch, or its file was \
                 removed. Bring the file back (version control has it), or undo the migration with `dbwright migrate undo TARGET`: \
                 the journal knows how",
            )
            .evidence("state", seen.state.as_str(), "", "journal of migrations")
            .evidence("files", beside.files.len() as u64, "migrations", "files");
        cx.report(finding);
    }
}
