//! `migrate/pending-migration`: files that the target does not have yet.

use dbwright_core::Cx;

use crate::folder::{Beside, Filed};

/// Reports what is pending, all of it as one finding.
pub(super) fn check(cx: &mut Cx<'_, Beside>) {
    let beside = cx.body;
    let waits = |file: &&Filed| match beside.entry(file) {
        Some(seen) if seen.unfinished() => false,
        Some(seen) if seen.in_effect() => {
            file.repeatable && !seen.checksum.is_empty() && seen.checksum != file.checksum
        }
        _ => true,
    };
    let pending: Vec<_> = beside.files.iter().filter(waits).collect();
    let Some(first) = pending.first() else { return };
    let title = match pending.len() {
        1 => format!("{} is not applied yet", first.file),
        n => format!("{n} migrations are not applied yet, {} first", first.file),
    };
    let finding = cx
        .finding(format!("migrations in {}", beside.folder), title)
        .why(
            "the code that comes with them expects a schema that is not there. `dbwright migrate plan TARGET` shows the steps, \
             `dbwright migrate apply TARGET` carries them out; no statement is shown, because each becomes steps of its own",
        )
        .evidence("pending", pending.len() as u64, "migrations", "files and journal")
        .evidence("first", first.file.as_str(), "", "files");
    cx.report(finding);
}
