//! `migrate/changed-migration`: a file that was edited after it was applied.

use dbwright_core::Cx;

use crate::folder::Beside;

/// Reports each file whose checksum is not the journal's.
pub(super) fn check(cx: &mut Cx<'_, Beside>) {
    let beside = cx.body;
    for seen in beside.journal.iter().filter(|seen| seen.in_effect()) {
        let Some(file) = beside.file(seen) else { continue };
        if file.repeatable || seen.checksum.is_empty() || seen.checksum == file.checksum {
            continue;
        }
        let version = &seen.version;
        let finding = cx
            .finding(file.file.clone(), format!("{} was changed after it was applied", file.file))
            .why(format!(
                "the target has what the file said before, a new database gets what it says now: the two differ from here on, and \
                 `dbwright migrate apply` refuses. Put the file back as it was and write a new migration for what is to change; or, \
                 when the target is as the file says now: `dbwright migrate baseline TARGET --to {version}`"
            ))
            .evidence("checksum_applied", seen.checksum.as_str(), "", "journal of migrations")
            .evidence("checksum_now", file.checksum.as_str(), "", "the file");
        cx.report(finding);
    }
}
