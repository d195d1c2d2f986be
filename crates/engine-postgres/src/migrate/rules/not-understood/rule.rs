//! `migrate/not-understood`: a statement that dbwright can't read, so that no rule looked at it.

use dbwright_core::{Cx, Severity};
use dbwright_migrate::lint::Verdict;

use crate::migrate::lint::Scene;

/// The most characters of a statement in a title.
const SHOWN: usize = 60;

/// Reports what the target refuses, and, without its word, what can't be read.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Some(message) = scene.unknown().filter(|_| scene.part == 0) else { return };
    let line = scene.sql().split_whitespace().collect::<Vec<_>>().join(" ");
    let shown = if line.chars().count() > SHOWN { line.chars().take(SHOWN - 1).chain(['…']).collect() } else { line };
    let (severity, title, why) = match scene.verdict() {
        Some(Verdict::Reads) => return,
        Some(Verdict::Refuses(said)) => (
            Severity::High,
            format!("the server can't read `{shown}`"),
            format!("it says: {said}; the migration stops there, after all that comes before it was done"),
        ),
        None => (
            Severity::Medium,
            format!("dbwright can't read `{shown}`"),
            format!(
                "{message}; no rule looked at it: it may be misspelt, or lock anything for any time; --target URL asks the \
                 server's own parser, which runs nothing"
            ),
        ),
    };
    let finding = cx.finding(shown, title).severity(severity).why(why);
    cx.report(finding);
}
